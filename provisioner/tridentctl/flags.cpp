#include "provisioner/tridentctl/flags.h"

#include <algorithm>
#include <array>
#include <optional>

namespace provisioner::tridentctl {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;

const Flag* find_name(const std::vector<Flag>& known, std::string_view name) {
  const auto found = std::ranges::find(known, name, &Flag::name);
  return found == known.end() ? nullptr : &*found;
}

const Flag* find_letter(const std::vector<Flag>& known, char letter) {
  const auto found = std::ranges::find(known, letter, &Flag::letter);
  return found == known.end() ? nullptr : &*found;
}

std::optional<bool> parse_bool(std::string_view text) {
  static constexpr std::array<std::string_view, 6> yes{"1", "t", "T", "TRUE", "true", "True"};
  static constexpr std::array<std::string_view, 6> no{"0", "f", "F", "FALSE", "false", "False"};
  if (std::ranges::find(yes, text) != yes.end()) return true;
  if (std::ranges::find(no, text) != no.end()) return false;
  return std::nullopt;
}

Result<void> assign(Parsed& parsed, const Flag& flag, const std::string& value) {
  if (!flag.boolean) {
    parsed.flags[std::string(flag.name)] = value;
    return {};
  }
  const auto state = parse_bool(value);
  if (!state) {
    const std::string shown =
        flag.letter ? std::string("-") + flag.letter + ", --" + std::string(flag.name) : "--" + std::string(flag.name);
    return Error{ErrorKind::invalid, "invalid argument \"" + value + "\" for \"" + shown +
                                         "\" flag: strconv.ParseBool: parsing \"" + value + "\": invalid syntax"};
  }
  parsed.flags[std::string(flag.name)] = *state ? "true" : "false";
  return {};
}

Result<void> parse_long(const std::vector<Flag>& known, const std::vector<std::string>& args, std::size_t& at,
                        Parsed& parsed) {
  const std::string& word = args[at];
  const std::size_t equal = word.find('=');
  const std::string name = word.substr(2, equal == std::string::npos ? equal : equal - 2);
  const Flag* flag = find_name(known, name);
  if (name.empty() || name[0] == '-' || !flag) {
    if (name.empty() || name[0] == '-') return Error{ErrorKind::invalid, "bad flag syntax: " + word};
    return Error{ErrorKind::invalid, "unknown flag: --" + name};
  }
  if (equal != std::string::npos) return assign(parsed, *flag, word.substr(equal + 1));
  if (flag->boolean) return assign(parsed, *flag, "true");
  if (at + 1 == args.size()) return Error{ErrorKind::invalid, "flag needs an argument: --" + name};
  return assign(parsed, *flag, args[++at]);
}

Result<void> parse_letters(const std::vector<Flag>& known, const std::vector<std::string>& args, std::size_t& at,
                           Parsed& parsed) {
  const std::string word = args[at];
  for (std::size_t i = 1; i < word.size(); ++i) {
    const Flag* flag = find_letter(known, word[i]);
    if (!flag) return Error{ErrorKind::invalid, std::string("unknown shorthand flag: '") + word[i] + "' in " + word};
    if (i + 1 < word.size() && word[i + 1] == '=') return assign(parsed, *flag, word.substr(i + 2));
    if (flag->boolean) {
      if (auto done = assign(parsed, *flag, "true"); !done) return done;
      continue;
    }
    if (i + 1 < word.size()) return assign(parsed, *flag, word.substr(i + 1));
    if (at + 1 == args.size())
      return Error{ErrorKind::invalid, std::string("flag needs an argument: '") + word[i] + "' in " + word};
    return assign(parsed, *flag, args[++at]);
  }
  return {};
}

}  // namespace

std::string Parsed::text(std::string_view name) const {
  const auto found = flags.find(name);
  return found == flags.end() ? std::string() : found->second;
}

Result<Parsed> parse_flags(const std::vector<Flag>& known, const std::vector<std::string>& args) {
  Parsed parsed;
  for (std::size_t at = 0; at < args.size(); ++at) {
    const std::string& word = args[at];
    if (word == "--") {
      parsed.args.insert(parsed.args.end(), args.begin() + static_cast<std::ptrdiff_t>(at) + 1, args.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      parsed.args.push_back(word);
      continue;
    }
    auto done = word[1] == '-' ? parse_long(known, args, at, parsed) : parse_letters(known, args, at, parsed);
    if (!done) return done.error();
  }
  return parsed;
}

std::string describe_flags(const std::vector<Flag>& flags) {
  std::vector<std::pair<std::string, std::string>> rows;
  std::vector<Flag> sorted = flags;
  std::ranges::sort(sorted, {}, &Flag::name);
  std::size_t width = 0;
  for (const Flag& flag : sorted) {
    if (flag.hidden) continue;
    std::string left = flag.letter ? std::string("  -") + flag.letter + ", --" : std::string("      --");
    left += flag.name;
    if (!flag.boolean) left += " string";
    std::string right(flag.help);
    if (!flag.initial.empty()) right += " (default \"" + std::string(flag.initial) + "\")";
    width = std::max(width, left.size());
    rows.emplace_back(std::move(left), std::move(right));
  }
  std::string text;
  for (const auto& [left, right] : rows) text += left + std::string(width - left.size() + 3, ' ') + right + "\n";
  return text;
}

}  // namespace provisioner::tridentctl
