#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "provisioner/base/result.h"

/// The clustershell's words. A line holds commands separated by `;`; a `#` at the start of a word begins a comment.
/// Words are separated by blanks; double quotes keep blanks and switch query operators off; `{ … }` is one word (an
/// extended query). Source: ONTAP system administration reference, "Rules for specifying values in the CLI".
namespace ontap_sim::cli {

struct Word {
  std::string text = {};
  bool quoted = false;  // it stood in double quotes, so operators in it are plain characters
  bool braces = false;  // the inside of { … }
};

/// The commands of one line; no empty ones. Errors: the shell's own message (an unclosed quote or brace).
base::Result<std::vector<std::vector<Word>>, std::string> split_line(std::string_view line);

/// The parts of a comma-separated value, blanks around them removed; "" has none.
std::vector<std::string> split_list(std::string_view value);

}  // namespace ontap_sim::cli
