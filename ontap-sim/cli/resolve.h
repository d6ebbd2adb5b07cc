#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/cli/command.h"

/// From words to a command with checked parameters; `?` and completion. Directories, commands, parameters and
/// enumerated values may be shortened to a unique prefix; a second-level directory may stand without the first ("nfs
/// create").
namespace ontap_sim::cli {

/// What the words before the parameters name.
struct Target {
  const Command* command = nullptr;
  std::string directory;  // when they name a directory: its full path
  std::size_t words_used = 0;
};

/// Errors: the shell's own message.
base::Result<Target, std::string> find_target(const std::vector<Word>& words, std::string_view directory,
                                              const Settings& settings, const User& user);

/// Reads the parameters into the call. Errors: the shell's own message.
base::Result<void, std::string> bind(Call& call, const std::vector<Word>& words, std::size_t from);

/// Every parameter of a command, those of its view and -fields, -instance included.
std::vector<Param> params_of(const Command& command);

/// What `?` prints after these words.
std::string help_text(const std::vector<Word>& words, std::string_view directory, const Settings& settings,
                      const User& user);

/// Whole words that could stand in place of the last one ("" after a blank), sorted: data for tab completion.
std::vector<std::string> completions(std::string_view line, std::string_view directory, const Settings& settings,
                                     const User& user);

}  // namespace ontap_sim::cli
