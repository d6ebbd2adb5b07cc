#include "provisioner/tridentctl/cli.h"

#include <algorithm>
#include <optional>
#include <set>

#include "provisioner/base/text.h"
#include "provisioner/tridentctl/later.h"

namespace provisioner::tridentctl {

namespace {

constexpr std::string_view kProgram = "tridentctl";

const std::vector<Flag>& global_flags() {
  static const std::vector<Flag> flags{
      {.letter = 'd', .name = "debug", .boolean = true, .help = "Debug output", .initial = {}, .hidden = false},
      {.letter = 'n',
       .name = "namespace",
       .boolean = false,
       .help = "Namespace of Trident deployment",
       .initial = {},
       .hidden = false},
      {.letter = 'o',
       .name = "output",
       .boolean = false,
       .help = "Output format. One of json|yaml|name|wide|ps (default)",
       .initial = {},
       .hidden = false},
      {.letter = 's',
       .name = "server",
       .boolean = false,
       .help = "Address/port of Trident REST interface",
       .initial = {},
       .hidden = false}};
  return flags;
}

int help_command(Context& context);
int completion_command(Context& context);

std::vector<Command> commands() {
  std::vector<Command> all{
      {.path = "",
       .aliases = "",
       .args = "",
       .summary = "A CLI tool for NetApp Trident, the external storage provisioner",
       .flags = {}},
      {.path = "create", .aliases = "", .args = "", .summary = "Add a resource to Trident", .flags = {}},
      {.path = "get", .aliases = "", .args = "", .summary = "Get one or more resources from Trident", .flags = {}},
      {.path = "delete",
       .aliases = "",
       .args = "",
       .summary = "Remove one or more resources from Trident",
       .flags = {}},
      {.path = "update", .aliases = "", .args = "", .summary = "Modify a resource in Trident", .flags = {}},
      {.path = "import", .aliases = "", .args = "", .summary = "Import an existing resource to Trident", .flags = {}},
      {.path = "explain",
       .aliases = "",
       .args = "",
       .summary = "Tell why storage pools are chosen or not",
       .flags = {}},
      {.path = "help",
       .aliases = "",
       .args = "[command]",
       .summary = "Help about any command",
       .flags = {},
       .needs = Needs::nothing,
       .run = help_command},
      {.path = "completion",
       .aliases = "",
       .args = "bash",
       .summary = "Print a shell completion script",
       .flags = {},
       .needs = Needs::nothing,
       .run = completion_command}};
  for (auto rows : {create_commands(), get_commands(), delete_commands(), logs_commands(), version_commands(),
                    later_commands(), install_commands()}) {
    std::ranges::move(rows, std::back_inserter(all));
  }
  return all;
}

std::string_view last_word(std::string_view path) {
  const std::size_t blank = path.rfind(' ');
  return blank == std::string_view::npos ? path : path.substr(blank + 1);
}

std::string_view parent(std::string_view path) {
  const std::size_t blank = path.rfind(' ');
  return blank == std::string_view::npos ? std::string_view() : path.substr(0, blank);
}

bool is_child(const Command& command, std::string_view of) {
  return !command.path.empty() && parent(command.path) == of;
}

bool answers_to(const Command& command, std::string_view word) {
  if (last_word(command.path) == word) return true;
  if (command.aliases.empty()) return false;
  return std::ranges::any_of(base::split(command.aliases, ','),
                             [&](std::string_view alias) { return base::trim(alias) == word; });
}

std::string full_name(std::string_view path) {
  return std::string(kProgram) + (path.empty() ? "" : " ") + std::string(path);
}

std::string help_text(const std::vector<Command>& all, const Command& command) {
  std::vector<const Command*> children;
  for (const Command& other : all) {
    if (is_child(other, command.path)) children.push_back(&other);
  }
  std::ranges::sort(children, {}, [](const Command* child) { return child->path; });
  std::vector<Flag> own = command.flags;
  own.push_back({.letter = 'h', .name = "help", .boolean = true, .help = {}, .initial = {}, .hidden = false});
  const std::string help_line = "help for " + std::string(command.path.empty() ? kProgram : last_word(command.path));
  own.back().help = help_line;
  if (command.path.empty()) own.insert(own.end(), global_flags().begin(), global_flags().end());
  std::string text = std::string(command.summary) + "\n\nUsage:\n  " + full_name(command.path);
  if (!children.empty()) text += " [command]";
  if (command.run) text += (command.args.empty() ? "" : " ") + std::string(command.args) + " [flags]";
  text += "\n";
  if (!command.aliases.empty()) {
    text += "\nAliases:\n  " + std::string(last_word(command.path)) + ", " + std::string(command.aliases) + "\n";
  }
  if (!children.empty()) {
    text += "\nAvailable Commands:\n";
    std::size_t width = 11;
    for (const Command* child : children) width = std::max(width, last_word(child->path).size());
    for (const Command* child : children) {
      std::string name(last_word(child->path));
      name.resize(width, ' ');
      text += "  " + name + " " + std::string(child->summary) + "\n";
    }
  }
  text += "\nFlags:\n" + describe_flags(own);
  if (!command.path.empty()) text += "\nGlobal Flags:\n" + describe_flags(global_flags());
  if (!children.empty())
    text += "\nUse \"" + full_name(command.path) + " [command] --help\" for more information about a command.\n";
  return text;
}

/// The row that the words name, and how many of them are its path.
std::pair<const Command*, std::size_t> find_command(const std::vector<Command>& all,
                                                    const std::vector<std::string>& words) {
  const Command* current = &all.front();
  std::size_t used = 0;
  while (used < words.size()) {
    const auto next = std::ranges::find_if(all, [&](const Command& command) {
      return is_child(command, current->path) && answers_to(command, words[used]);
    });
    if (next == all.end()) break;
    current = &*next;
    ++used;
  }
  return {current, used};
}

/// The arguments that are no flags and no flag's value, whatever command the flags belong to.
std::vector<std::string> bare_words(const std::vector<Command>& all, const std::vector<std::string>& args) {
  std::set<std::string> with_value;
  const auto learn = [&](const std::vector<Flag>& flags) {
    for (const Flag& flag : flags) {
      if (flag.boolean) continue;
      with_value.insert("--" + std::string(flag.name));
      if (flag.letter) with_value.insert(std::string("-") + flag.letter);
    }
  };
  learn(global_flags());
  for (const Command& command : all) learn(command.flags);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--") break;
    if (args[i].size() > 1 && args[i][0] == '-') {
      if (with_value.contains(args[i])) ++i;
    } else {
      words.push_back(args[i]);
    }
  }
  return words;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

int unknown_command(const std::vector<Command>& all, const Command& group, const std::string& word, Host& host) {
  std::string text = "Error: unknown command \"" + word + "\" for \"" + full_name(group.path) + "\"";
  std::string near;
  for (const Command& command : all) {
    if (!is_child(command, group.path)) continue;
    const std::string name(last_word(command.path));
    if (edit_distance(word, name) <= 2 || name.starts_with(base::to_lower(word))) near += "\t" + name + "\n";
  }
  if (!near.empty()) text += "\n\nDid you mean this?\n" + near;
  host.err(text + "\nRun '" + full_name(group.path) + " --help' for usage.\n");
  return 1;
}

int help_command(Context& context) {
  const std::vector<Command> all = commands();
  const auto [command, used] = find_command(all, context.parsed.args);
  if (used < context.parsed.args.size()) {
    std::vector<std::string> words = context.parsed.args;
    context.host.out("Unknown help topic " + base::join(words, " ") + "\n\n");
  }
  context.host.out(help_text(all, *command));
  return 0;
}

/// A bash function that completes command words from the table; zsh reads it through bashcompinit.
int completion_command(Context& context) {
  if (context.parsed.args != std::vector<std::string>{"bash"})
    return context.fail("only bash completion is available: tridentctl completion bash");
  std::string text =
      "# bash completion for tridentctl; zsh: autoload bashcompinit && bashcompinit first\n_tridentctl() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" path=\"\" i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case \"${COMP_WORDS[i]}\" in\n"
      "      -n|-o|-s|-f|-l|--namespace|--output|--server|--filename|--log) i=$((i + 1)) ;;\n"
      "      -*) ;;\n"
      "      *) path=\"$path ${COMP_WORDS[i]}\" ;;\n"
      "    esac\n  done\n"
      "  case \"$path\" in\n";
  const std::vector<Command> all = commands();
  for (const Command& group : all) {
    std::vector<std::string> words;
    for (const Command& command : all) {
      if (is_child(command, group.path)) words.emplace_back(last_word(command.path));
    }
    for (const Flag& flag : group.flags) {
      if (!flag.hidden) words.push_back("--" + std::string(flag.name));
    }
    for (const Flag& flag : global_flags()) words.push_back("--" + std::string(flag.name));
    std::ranges::sort(words);
    text += "    \"" + std::string(group.path.empty() ? "" : " ") + std::string(group.path) +
            "\") COMPREPLY=($(compgen -W \"" + base::join(words, " ") + "\" -- \"$word\")) ;;\n";
  }
  context.host.out(text + "  esac\n}\ncomplete -F _tridentctl tridentctl\n");
  return 0;
}

}  // namespace

int Context::fail(const std::string& message) const {
  host.err("Error: " + message + "\n");
  return 1;
}

int run(const std::vector<std::string>& args, Host& host) {
  const std::vector<Command> all = commands();
  const std::vector<std::string> words = bare_words(all, args);
  const auto [command, used] = find_command(all, words);
  std::vector<Flag> known = global_flags();
  known.insert(known.end(), command->flags.begin(), command->flags.end());
  known.push_back({.letter = 'h', .name = "help", .boolean = true, .help = {}, .initial = {}, .hidden = false});
  auto parsed = parse_flags(known, args);
  Context context{.host = host,
                  .parsed = {},
                  .path = std::string(command->path),
                  .mode = Mode::direct,
                  .server = {},
                  .cli = {},
                  .pod_namespace = {},
                  .pod = {}};
  if (!parsed) return context.fail(parsed.error().message);
  context.parsed = std::move(*parsed);
  context.parsed.args.erase(context.parsed.args.begin(),
                            context.parsed.args.begin() + static_cast<std::ptrdiff_t>(used));
  if (context.parsed.on("help")) {
    host.out(help_text(all, *command));
    return 0;
  }
  if (!command->run) {
    if (!context.parsed.args.empty()) return unknown_command(all, *command, context.parsed.args.front(), host);
    host.out(help_text(all, *command));
    return 0;
  }
  if (const int status = find_server(context, *command); status != 0) return status;
  return command->run(context);
}

}  // namespace provisioner::tridentctl
