#include "ontap-sim/cli/resolve.h"

#include <algorithm>
#include <array>
#include <set>

#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

// Short names that mean a deeper directory although they are also the beginning of another word.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kAliases{{
    {"aggr", "storage aggregate"},
    {"disk", "storage disk"},
    {"igroup", "lun igroup"},
    {"net", "network"},
    {"qtree", "volume qtree"},
    {"quota", "volume quota"},
    {"snap", "volume snapshot"},
    {"vol", "volume"},
}};

bool visible(const Command& command, const Settings& settings, const User& user) {
  return command.privilege <= settings.privilege && (command.reach == Reach::any || user.svm.empty());
}

std::string under(std::string_view path) { return path.empty() ? std::string() : std::string(path) + " "; }

// The words that may follow `path`.
std::set<std::string> children(std::string_view path, const Settings& settings, const User& user) {
  std::set<std::string> words;
  const std::string prefix = under(path);
  for (const Command& command : commands()) {
    if (!command.path.starts_with(prefix) || !visible(command, settings, user)) continue;
    words.emplace(base::split(command.path.substr(prefix.size()), ' ')[0]);
  }
  return words;
}

const Command* command_at(std::string_view path, const Settings& settings, const User& user) {
  const auto found = std::ranges::lower_bound(commands(), path, {}, &Command::path);
  return found != commands().end() && found->path == path && visible(*found, settings, user) ? &*found : nullptr;
}

std::vector<std::string> starting_with(const std::set<std::string>& words, std::string_view prefix) {
  if (words.contains(std::string(prefix))) return {std::string(prefix)};
  std::vector<std::string> matches;
  for (const std::string& word : words) {
    if (word.starts_with(prefix)) matches.push_back(word);
  }
  return matches;
}

std::string ambiguous(const std::vector<std::string>& matches) {
  return "Error: Ambiguous argument. Possible matches include:\n  " + base::join(matches, "\n  ");
}

// Full paths of the second-level directories whose last word begins so; an exact name wins.
std::vector<std::string> second_level(std::string_view word, const Settings& settings, const User& user) {
  std::set<std::string> exact;
  std::set<std::string> longer;
  for (const std::string& top : children("", settings, user)) {
    for (const std::string& second : children(top, settings, user)) {
      const std::string path = top + " " + second;
      if (command_at(path, settings, user) != nullptr || !second.starts_with(word)) continue;
      (second == word ? exact : longer).insert(path);
    }
  }
  const std::set<std::string>& chosen = exact.empty() ? longer : exact;
  return {chosen.begin(), chosen.end()};
}

// The first word of a command: alias, child of the current directory, top-level word, second-level directory.
base::Result<std::string, std::optional<std::string>> first_word(const std::string& word, std::string_view directory,
                                                                 const Settings& settings, const User& user) {
  const std::string not_found = "Error: \"" + word + "\" is not a recognized command";
  for (const std::string_view start : {directory, std::string_view()}) {
    const std::set<std::string> words = children(start, settings, user);
    if (words.contains(word)) return under(start) + word;
    for (const auto& [name, path] : kAliases) {
      if (start.empty() && name == word && !children(path, settings, user).empty()) return std::string(path);
    }
    const std::vector<std::string> matches = starting_with(words, word);
    if (matches.size() == 1) return under(start) + matches[0];
    if (matches.size() > 1) {
      const std::vector<std::string> exact = second_level(word, settings, user);
      if (exact.size() == 1 && exact[0].ends_with(" " + word)) return exact[0];
      return std::optional<std::string>(ambiguous(matches));
    }
    if (start.empty()) break;
  }
  const std::vector<std::string> matches = second_level(word, settings, user);
  if (matches.size() == 1) return matches[0];
  if (matches.size() > 1) return std::optional<std::string>(ambiguous(matches));
  return std::optional<std::string>(not_found);
}

std::string shown(const Param& param) {
  if (param.kind == Kind::flag) return "-" + std::string(param.name) + " [true]";
  std::string value = "<" + std::string(param.hint) + ">";
  if (param.kind == Kind::boolean) value = "{true|false}";
  if (param.kind == Kind::choice) value = "{" + std::string(param.choices) + "}";
  if (param.kind == Kind::size) value = "{<integer>[KB|MB|GB|TB|PB]}";
  if (param.kind == Kind::number) value = "<integer>";
  if (param.kind == Kind::percent) value = "<percent>";
  return "-" + std::string(param.name) + " " + value + (param.list ? ", ..." : "");
}

std::string invalid_value(const Param& param, std::string_view value) {
  return "Error: \"" + std::string(value) + "\" is an invalid value for field \"" + shown(param) + "\"";
}

bool is_size(std::string_view text) {
  if (text.starts_with("+") || (text.starts_with("-") && text.size() > 1)) text.remove_prefix(1);
  std::size_t digits = 0;
  bool dot = false;
  while (digits < text.size() && ((text[digits] >= '0' && text[digits] <= '9') || (text[digits] == '.' && !dot))) {
    dot = dot || text[digits] == '.';
    ++digits;
  }
  const std::string unit = base::to_lower(text.substr(digits));
  static const std::set<std::string> units{"", "b", "k", "kb", "m", "mb", "g", "gb", "t", "tb", "p", "pb", "%"};
  return digits > 0 && text[0] != '.' && units.contains(unit);
}

// Brings one value into the form the command reads; an enumerated one may be shortened.
base::Result<void, std::string> check_value(const Param& param, std::string& value) {
  switch (param.kind) {
    case Kind::text: return {};
    case Kind::flag:
    case Kind::boolean:
      value = base::to_lower(value);
      if (value == "true" || value == "false") return {};
      return invalid_value(param, value);
    case Kind::number:
      if (base::parse_unsigned(value)) return {};
      return invalid_value(param, value);
    case Kind::percent:
      if (value.ends_with("%")) value.pop_back();
      if (base::parse_unsigned(value)) return {};
      return invalid_value(param, value);
    case Kind::size:
      if (is_size(value)) return {};
      return invalid_value(param, value);
    case Kind::choice: {
      const std::string lower = base::to_lower(value);
      std::set<std::string> choices;
      for (const std::string_view one : base::split(param.choices, '|')) choices.emplace(one);
      const std::vector<std::string> matches = starting_with(choices, lower);
      if (matches.size() == 1 && !lower.empty()) {
        value = matches[0];
        return {};
      }
      if (matches.size() > 1 && !lower.empty()) return ambiguous(matches);
      return invalid_value(param, value);
    }
  }
  return {};
}

base::Result<void, std::string> check(const Param& param, Word& word) {
  if (!param.list) return check_value(param, word.text);
  std::vector<std::string> parts = split_list(word.text);
  for (std::string& part : parts) {
    if (auto checked = check_value(param, part); !checked) return checked.error();
  }
  word.text = base::join(parts, ",");
  return {};
}

bool is_name(const Word& word) {
  return !word.quoted && !word.braces && word.text.size() > 1 && word.text[0] == '-' &&
         !(word.text[1] >= '0' && word.text[1] <= '9');
}

base::Result<const Param*, std::string> find_param(const std::vector<Param>& params, std::string_view typed) {
  const std::string_view name = typed.substr(1);
  std::vector<std::string> matches;
  const Param* found = nullptr;
  for (const Param& param : params) {
    if (param.name == name) return &param;
    if (!param.name.starts_with(name)) continue;
    matches.push_back("-" + std::string(param.name));
    found = &param;
  }
  if (matches.empty()) return "Error: invalid argument \"" + std::string(typed) + "\"";
  if (matches.size() > 1) return ambiguous(matches);
  return found;
}

bool is_key(const Command& command, std::string_view name) {
  if (command.view == nullptr) return false;
  const auto field = std::ranges::find(command.view->fields, name, &Field::name);
  return field != command.view->fields.end() && (field->key || command.run == nullptr);
}

base::Result<void, std::string> bind_extended(Call& call, const std::string& inside) {
  const auto parsed = split_line(inside);
  if (!parsed) return parsed.error();
  if (call.command.view == nullptr || parsed->size() > 1)
    return std::string("Error: An extended query is not allowed here.");
  std::vector<Param> params;
  for (const Field& field : call.command.view->fields) params.push_back({.name = field.name, .label = field.label});
  const std::vector<Word> words = parsed->empty() ? std::vector<Word>() : (*parsed)[0];
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (!is_name(words[i])) return "Error: invalid argument \"" + words[i].text + "\"";
    const auto param = find_param(params, words[i].text);
    if (!param) return param.error();
    if (i + 1 == words.size()) return "Error: Missing value for \"" + words[i].text + "\"";
    call.conditions[(*param)->name] = words[i + 1];
  }
  return {};
}

base::Result<void, std::string> take_fields(Call& call, const Word& value) {
  for (const std::string& wanted : split_list(value.text)) {
    std::vector<std::string> matches;
    std::string_view found;
    for (const Field& field : call.command.view->fields) {
      if (field.name.starts_with(wanted)) {
        matches.emplace_back(field.name);
        found = field.name;
      }
      if (field.name == wanted) {
        matches = {wanted};
        break;
      }
    }
    if (matches.size() > 1) return ambiguous(matches);
    if (matches.empty() || wanted.empty())
      return "Error: \"" + wanted + "\" is an invalid value for field \"-fields <fieldname>, ...\"";
    call.fields.push_back(found);
  }
  return {};
}

// A value for a parameter that was named.
base::Result<void, std::string> take(Call& call, const Param& param, Word value) {
  if (call.given.contains(param.name)) return "Error: \"-" + std::string(param.name) + "\" was given more than once";
  if (call.command.view != nullptr && call.command.run == nullptr && param.name == "fields")
    return take_fields(call, value);
  if (call.command.view != nullptr && call.command.run == nullptr && param.name == "instance") {
    call.instance = true;
    return {};
  }
  if (!is_key(call.command, param.name)) {
    if (auto checked = check(param, value); !checked) return checked.error();
  }
  call.given.emplace(param.name, std::move(value));
  return {};
}

base::Result<void, std::string> check_required(Call& call, const std::vector<Param>& params) {
  for (const Param& param : params) {
    if (param.name == "vserver" && !call.user.svm.empty()) {
      const auto given = call.given.find("vserver");
      if (given != call.given.end() && given->second.text != call.user.svm && call.command.run != nullptr)
        return invalid_value(param, given->second.text);
      if (given == call.given.end() && call.command.run != nullptr)
        call.given.emplace(param.name, Word{call.user.svm, true, false});
    }
    // An extended query names the objects as well as their keys do.
    if (!call.conditions.empty() && is_key(call.command, param.name)) continue;
    if (param.required && !call.given.contains(param.name))
      return "Error: Missing required argument \"" + shown(param) + "\"";
  }
  return {};
}

}  // namespace

base::Result<Target, std::string> find_target(const std::vector<Word>& words, std::string_view directory,
                                              const Settings& settings, const User& user) {
  Target target;
  if (words.empty()) return target;
  const auto first = first_word(words[0].text, directory, settings, user);
  if (!first) return *first.error();
  std::string path = *first;
  target.words_used = 1;
  while (target.words_used < words.size()) {
    const Word& word = words[target.words_used];
    if (word.quoted || word.braces || word.text.starts_with("-")) break;
    const std::set<std::string> next = children(path, settings, user);
    if (next.empty() || command_at(path, settings, user) != nullptr) break;
    const std::vector<std::string> matches = starting_with(next, word.text);
    if (matches.size() > 1) return ambiguous(matches);
    if (matches.empty()) return "Error: \"" + word.text + "\" is not a recognized command";
    path += " " + matches[0];
    ++target.words_used;
  }
  target.command = command_at(path, settings, user);
  if (target.command == nullptr) target.directory = path;
  return target;
}

std::vector<Param> params_of(const Command& command) {
  std::vector<Param> params = command.params;
  if (command.view == nullptr) return params;
  const std::vector<Field>& fields = command.view->fields;
  if (command.run != nullptr) return params;
  std::size_t last_key = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) last_key = fields[i].key ? i : last_key;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    params.push_back({.name = fields[i].name, .hint = "query", .label = fields[i].label, .positional = i == last_key});
  }
  for (const Layout& layout : command.view->layouts) {
    if (!layout.flag.empty()) params.push_back({.name = layout.flag, .label = "Show this layout", .kind = Kind::flag});
  }
  params.push_back({.name = "fields", .hint = "fieldname", .label = "Fields to show", .list = true});
  params.push_back({.name = "instance", .label = "Show every field", .kind = Kind::flag});
  return params;
}

base::Result<void, std::string> bind(Call& call, const std::vector<Word>& words, std::size_t from) {
  const std::vector<Param> params = params_of(call.command);
  std::size_t next_positional = 0;
  for (std::size_t i = from; i < words.size(); ++i) {
    if (words[i].braces) {
      if (auto bound = bind_extended(call, words[i].text); !bound) return bound.error();
      continue;
    }
    if (!is_name(words[i])) {
      while (next_positional < params.size() &&
             (!params[next_positional].positional || call.has(params[next_positional].name)))
        ++next_positional;
      if (next_positional == params.size()) return "Error: invalid argument \"" + words[i].text + "\"";
      if (auto taken = take(call, params[next_positional], words[i]); !taken) return taken.error();
      continue;
    }
    const auto found = find_param(params, words[i].text);
    if (!found) return found.error();
    const Param& param = **found;
    const bool has_value = i + 1 < words.size() && !is_name(words[i + 1]) && !words[i + 1].braces;
    if (param.kind == Kind::flag) {
      const bool spelled = has_value && (base::equals_ignoring_case(words[i + 1].text, "true") ||
                                         base::equals_ignoring_case(words[i + 1].text, "false"));
      if (auto taken = take(call, param, spelled ? words[++i] : Word{"true"}); !taken) return taken.error();
      continue;
    }
    if (!has_value) return "Error: Missing value for \"-" + std::string(param.name) + "\"";
    if (auto taken = take(call, param, words[++i]); !taken) return taken.error();
  }
  return check_required(call, params);
}

std::string help_text(const std::vector<Word>& words, std::string_view directory, const Settings& settings,
                      const User& user) {
  Target target;
  target.directory = directory;
  if (!words.empty()) {
    const auto found = find_target(words, directory, settings, user);
    if (!found) return found.error() + "\n";
    target = *found;
  }
  std::string out;
  const auto line = [&](std::string left, std::string_view right) {
    left.resize(std::max<std::size_t>(left.size() + 1, 40), ' ');
    out += "  " + left + std::string(right) + "\n";
  };
  if (target.command != nullptr) {
    for (const Param& param : params_of(*target.command)) {
      std::string text = shown(param);
      if (param.positional) text = "[-" + std::string(param.name) + "]" + text.substr(param.name.size() + 1);
      line(param.required ? " " + text : "[" + text + "]", param.label);
    }
    return out;
  }
  for (const std::string& word : children(target.directory, settings, user)) {
    const std::string path = under(target.directory) + word;
    const Command* command = command_at(path, settings, user);
    line(command == nullptr ? word + ">" : word, command == nullptr ? "Manage " + path : std::string(command->help));
  }
  return out;
}

std::vector<std::string> completions(std::string_view line, std::string_view directory, const Settings& settings,
                                     const User& user) {
  const auto parsed = split_line(line);
  if (!parsed) return {};
  std::vector<Word> words = parsed->empty() ? std::vector<Word>() : parsed->back();
  std::string begun;
  if (!words.empty() && !line.ends_with(' ')) {
    begun = words.back().text;
    words.pop_back();
  }
  std::set<std::string> choices;
  const auto target = find_target(words, directory, settings, user);
  if (!target) return {};
  if (target->command == nullptr) {
    choices = children(words.empty() ? directory : std::string_view(target->directory), settings, user);
    if (words.empty() && !directory.empty()) choices.merge(children("", settings, user));
  } else {
    const std::vector<Param> params = params_of(*target->command);
    const auto named =
        words.empty() || !is_name(words.back()) ? nullptr : find_param(params, words.back().text).value_or(nullptr);
    if (named != nullptr && named->kind != Kind::flag) {
      const std::string_view values = named->kind == Kind::boolean ? "true|false" : named->choices;
      for (const std::string_view value : base::split(values, '|')) choices.emplace(value);
    } else {
      for (const Param& param : params) choices.insert("-" + std::string(param.name));
    }
  }
  std::vector<std::string> matches;
  for (const std::string& choice : choices) {
    if (choice.starts_with(begun) && !choice.empty()) matches.push_back(choice);
  }
  return matches;
}

}  // namespace ontap_sim::cli
