#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "provisioner/base/result.h"

/// Flags as Go's pflag reads them: `-n ns`, `-nns`, `-n=ns`, `--namespace ns`, `--namespace=ns`, grouped one-letter
/// booleans, anywhere among the arguments, `--` ends them. Written by hand because CLI11 neither prints nor fails this
/// way.
namespace provisioner::tridentctl {

struct Flag {
  char letter = 0;  // 0: none
  std::string_view name;
  bool boolean = false;
  std::string_view help;
  std::string_view initial;  // shown as (default "…") when not empty
  bool hidden = false;
};

struct Parsed {
  std::map<std::string, std::string, std::less<>> flags;  // only those given; booleans are "true" or "false"
  std::vector<std::string> args;
  bool has(std::string_view name) const { return flags.contains(name); }
  bool on(std::string_view name) const { return text(name) == "true"; }
  std::string text(std::string_view name) const;
};

/// Errors: invalid, in pflag's words ("unknown flag: --x").
base::Result<Parsed> parse_flags(const std::vector<Flag>& known, const std::vector<std::string>& args);

/// The lines of a help text's flag section, sorted by name, hidden ones left out.
std::string describe_flags(const std::vector<Flag>& flags);

}  // namespace provisioner::tridentctl
