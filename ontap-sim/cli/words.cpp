#include "ontap-sim/cli/words.h"

#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Reads a quoted part from just after its opening quote; returns the position after the closing one, or npos.
std::size_t read_quoted(std::string_view line, std::size_t at, std::string& into) {
  for (; at < line.size(); ++at) {
    if (line[at] == '"') return at + 1;
    if (line[at] == '\\' && at + 1 < line.size() && (line[at + 1] == '"' || line[at + 1] == '\\')) ++at;
    into += line[at];
  }
  return std::string_view::npos;
}

// Reads { … } from just after the opening brace; braces inside quotes do not count. Nesting has no meaning here.
std::size_t read_braces(std::string_view line, std::size_t at, std::string& into) {
  bool quoted = false;
  for (; at < line.size(); ++at) {
    if (line[at] == '"') quoted = !quoted;
    if (line[at] == '}' && !quoted) return at + 1;
    into += line[at];
  }
  return std::string_view::npos;
}

}  // namespace

base::Result<std::vector<std::vector<Word>>, std::string> split_line(std::string_view line) {
  std::vector<std::vector<Word>> commands(1);
  std::size_t at = 0;
  while (at < line.size()) {
    if (is_blank(line[at])) {
      ++at;
      continue;
    }
    if (line[at] == '#') break;
    if (line[at] == ';') {
      commands.emplace_back();
      ++at;
      continue;
    }
    Word word;
    if (line[at] == '{') {
      word.braces = true;
      at = read_braces(line, at + 1, word.text);
      if (at == std::string_view::npos) return std::string("Error: Missing closing brace in the extended query.");
    }
    while (!word.braces && at < line.size() && !is_blank(line[at]) && line[at] != ';') {
      if (line[at] == '"') {
        word.quoted = true;
        at = read_quoted(line, at + 1, word.text);
        if (at == std::string_view::npos) return std::string("Error: Missing closing quote.");
      } else {
        word.text += line[at++];
      }
    }
    commands.back().push_back(std::move(word));
  }
  std::erase_if(commands, [](const std::vector<Word>& command) { return command.empty(); });
  return commands;
}

std::vector<std::string> split_list(std::string_view value) {
  std::vector<std::string> parts;
  if (value.empty()) return parts;
  for (const std::string_view part : base::split(value, ',')) parts.emplace_back(base::trim(part));
  return parts;
}

}  // namespace ontap_sim::cli
