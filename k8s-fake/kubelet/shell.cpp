#include <cctype>

#include "k8s-fake/kubelet/commands.h"
#include "k8s-fake/kubelet/shell_arithmetic.h"
#include "k8s-fake/kubelet/shell_syntax.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

namespace asio = boost::asio;

namespace {

using Output = std::function<void(std::string)>;

struct Streams {
  std::shared_ptr<base::Pipe> in;
  Output out;
  Output err;
};

/// One shell: its variables, where it stands, and what control flow asks for.
struct Shell {
  std::shared_ptr<Process> process;
  const StorageHooks* hooks = nullptr;
  std::map<std::string, std::string> env;
  std::string cwd = "/";
  std::vector<std::string> positional;  // $0 first
  int last = 0;
  bool exiting = false;
  bool stop_on_error = false;
  int breaking = 0;
  bool continuing = false;
  bool left() const { return exiting || breaking > 0 || continuing; }
};

asio::awaitable<int> run_node(Shell& shell, ShellPtr node, Streams streams);

std::string variable(const Shell& shell, const std::string& name) {
  if (name == "?") return std::to_string(shell.last);
  if (name == "$") return "1";
  if (name == "#") return std::to_string(shell.positional.empty() ? 0 : shell.positional.size() - 1);
  if (name == "@" || name == "*") {
    std::vector<std::string> rest(
        shell.positional.begin() + std::min<std::ptrdiff_t>(1, static_cast<std::ptrdiff_t>(shell.positional.size())),
        shell.positional.end());
    return base::join(rest, " ");
  }
  if (!name.empty() && std::isdigit(static_cast<unsigned char>(name[0]))) {
    const auto index = base::parse_unsigned(name).value_or(0);
    return index < shell.positional.size() ? shell.positional[static_cast<std::size_t>(index)] : "";
  }
  const auto found = shell.env.find(name);
  return found == shell.env.end() ? "" : found->second;
}

asio::awaitable<std::string> substitute(Shell& shell, std::string text, Output err) {
  const auto parsed = parse_shell(text);
  if (!parsed) {
    err("sh: " + parsed.error().message + "\n");
    co_return "";
  }
  std::string collected;
  std::string* into = &collected;
  Shell inner = shell;
  Streams streams{std::make_shared<base::Pipe>(), [into](std::string part) { *into += part; }, err};
  streams.in->close();
  shell.last = co_await run_node(inner, *parsed, streams);
  while (collected.ends_with('\n')) collected.pop_back();
  co_return collected;
}

/// "${NAME}", "${NAME:-word}", "${NAME:=word}", "${#NAME}", "${NAME%suffix}", "${NAME#prefix}" without patterns.
std::string braced(Shell& shell, const std::string& body) {
  if (body.starts_with('#') && body.size() > 1) return std::to_string(variable(shell, body.substr(1)).size());
  std::size_t end = 0;
  while (end < body.size() && (std::isalnum(static_cast<unsigned char>(body[end])) || body[end] == '_')) ++end;
  if (end == 0 && !body.empty()) end = 1;
  const std::string name = body.substr(0, end);
  std::string value = variable(shell, name);
  std::string op = body.substr(end);
  const bool colon = op.starts_with(':');
  if (colon) op.erase(0, 1);
  if (op.empty()) return value;
  const std::string word = op.substr(1);
  const bool unset = colon ? value.empty() : !shell.env.contains(name);
  switch (op[0]) {
    case '-': return unset ? word : value;
    case '=':
      if (unset) shell.env[name] = value = word;
      return value;
    case '+': return unset ? "" : word;
    case '%':
      if (value.ends_with(word)) value.resize(value.size() - word.size());
      return value;
    case '#':
      if (value.starts_with(word)) value.erase(0, word.size());
      return value;
    default: return value;
  }
}

std::size_t closing(const std::string& s, std::size_t open) {
  const char o = s[open];
  const char c = o == '(' ? ')' : '}';
  int depth = 0;
  for (std::size_t i = open; i < s.size(); ++i) {
    if (s[i] == '\'' && i > open) {
      const std::size_t end = s.find('\'', i + 1);
      if (end != std::string::npos) i = end;
      continue;
    }
    if (s[i] == o) ++depth;
    if (s[i] == c && --depth == 0) return i;
  }
  return s.size() - 1;
}

/// Everything that '$' and '`' can start at position `i`, which moves past it.
asio::awaitable<std::string> dollar(Shell& shell, const std::string& s, std::size_t& i, Output err) {
  if (s[i] == '`') {
    const std::size_t end = s.find('`', i + 1);
    std::string inside = s.substr(i + 1, end - i - 1);
    i = end + 1;
    co_return co_await substitute(shell, std::move(inside), err);
  }
  if (i + 1 >= s.size()) {
    ++i;
    co_return "$";
  }
  const char next = s[i + 1];
  if (next == '(' && i + 2 < s.size() && s[i + 2] == '(') {
    const std::size_t end = closing(s, i + 1);
    std::string inside = s.substr(i + 3, end - i - 4);
    i = end + 1;
    const std::int64_t value =
        shell_arithmetic(inside, [&shell](const std::string& name) { return variable(shell, name); });
    co_return std::to_string(value);
  }
  if (next == '(') {
    const std::size_t end = closing(s, i + 1);
    std::string inside = s.substr(i + 2, end - i - 2);
    i = end + 1;
    co_return co_await substitute(shell, std::move(inside), err);
  }
  if (next == '{') {
    const std::size_t end = closing(s, i + 1);
    std::string inside = s.substr(i + 2, end - i - 2);
    i = end + 1;
    co_return braced(shell, inside);
  }
  std::size_t end = i + 1;
  if (std::string_view("?$#@*").find(next) != std::string_view::npos ||
      std::isdigit(static_cast<unsigned char>(next))) {
    ++end;
  } else {
    while (end < s.size() && (std::isalnum(static_cast<unsigned char>(s[end])) || s[end] == '_')) ++end;
  }
  if (end == i + 1) {
    ++i;
    co_return "$";
  }
  const std::string name = s.substr(i + 1, end - i - 1);
  i = end;
  co_return variable(shell, name);
}

bool matches_pattern(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return matches_pattern(text, pattern.substr(1)) || (!text.empty() && matches_pattern(text.substr(1), pattern));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) &&
         matches_pattern(text.substr(1), pattern.substr(1));
}

/// Names in the last folder of the path that fit; the word itself when none does.
std::vector<std::string> glob(const Shell& shell, const std::string& word) {
  const std::size_t slash = word.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : word.substr(0, slash + 1);
  const std::string pattern = slash == std::string::npos ? word : word.substr(slash + 1);
  const auto node = shell.process->spec().files->find(absolute_path(folder.empty() ? "." : folder, shell.cwd));
  std::vector<std::string> found;
  if (node && (*node)->directory) {
    for (const auto& [name, child] : (*node)->children) {
      if (name[0] != '.' && matches_pattern(name, pattern)) found.push_back(folder + name);
    }
  }
  if (found.empty()) found.push_back(word);
  return found;
}

/// Expands one word into fields. Quoted parts neither split nor glob.
asio::awaitable<std::vector<std::string>> expand(Shell& shell, std::string word, Output err, bool split) {
  std::vector<std::string> fields;
  std::string field;
  bool any = false;      // a field has begun
  bool pattern = false;  // it holds an unquoted * or ?
  const auto flush = [&] {
    if (!any) return;
    if (pattern && split) {
      for (std::string& name : glob(shell, field)) fields.push_back(std::move(name));
    } else {
      fields.push_back(field);
    }
    field.clear();
    any = pattern = false;
  };
  for (std::size_t i = 0; i < word.size();) {
    const char c = word[i];
    if (c == '\'') {
      const std::size_t end = word.find('\'', i + 1);
      field += word.substr(i + 1, end - i - 1);
      any = true;
      i = end + 1;
    } else if (c == '"') {
      any = true;
      ++i;
      while (i < word.size() && word[i] != '"') {
        if (word[i] == '\\' && i + 1 < word.size() &&
            std::string_view("\"\\$`").find(word[i + 1]) != std::string_view::npos) {
          field += word[i + 1];
          i += 2;
        } else if (word[i] == '$' || word[i] == '`') {
          const std::string value = co_await dollar(shell, word, i, err);
          field += value;
        } else {
          field += word[i++];
        }
      }
      ++i;
    } else if (c == '\\' && i + 1 < word.size()) {
      field += word[i + 1];
      any = true;
      i += 2;
    } else if (c == '$' || c == '`') {
      const std::string value = co_await dollar(shell, word, i, err);
      if (!split) {
        field += value;
        any = true;
        continue;
      }
      for (const char v : value) {
        if (v == ' ' || v == '\n' || v == '\t') {
          flush();
        } else {
          field += v;
          any = true;
        }
      }
    } else {
      pattern = pattern || c == '*' || c == '?';
      field += c;
      any = true;
      ++i;
    }
  }
  flush();
  if (fields.empty() && !split) fields.emplace_back();
  co_return fields;
}

bool is_assignment(const std::string& word) {
  std::size_t i = 0;
  while (i < word.size() && (std::isalnum(static_cast<unsigned char>(word[i])) || word[i] == '_')) ++i;
  return i > 0 && i < word.size() && word[i] == '=' && !std::isdigit(static_cast<unsigned char>(word[0]));
}

/// What a shell must do itself. Nothing: it is an ordinary command.
std::optional<int> shell_command(Shell& shell, const std::vector<std::string>& args, const Streams& streams) {
  const std::string& name = args[0];
  const auto count = args.size() > 1 ? base::parse_unsigned(args[1]) : std::nullopt;
  if (name == ":" || name == "trap" || name == "wait" || name == "unset" || name == "local" || name == "umask")
    return 0;
  if (name == "set") {
    if (args.size() > 1 && args[1].find('e') != std::string::npos) shell.stop_on_error = args[1][0] == '-';
    return 0;
  }
  if (name == "exit") {
    shell.exiting = true;
    return count ? static_cast<int>(*count & 255) : shell.last;
  }
  if (name == "break" || name == "continue") {
    shell.breaking = name == "break" ? static_cast<int>(count.value_or(1)) : 0;
    shell.continuing = name == "continue";
    return 0;
  }
  if (name == "cd") {
    const std::string where = absolute_path(args.size() > 1 ? args[1] : "/root", shell.cwd);
    const auto node = shell.process->spec().files->find(where);
    if (!node || !(*node)->directory) {
      streams.err("sh: cd: can't cd to " + args[1] + ": " +
                  (node ? std::string("Not a directory") : std::string(node.error())) + "\n");
      return 1;
    }
    shell.cwd = where;
    shell.env["PWD"] = where;
    return 0;
  }
  if (name == "export" || name == "readonly") {
    for (std::size_t i = 1; i < args.size(); ++i) {
      const std::size_t equals = args[i].find('=');
      if (equals != std::string::npos) shell.env[args[i].substr(0, equals)] = args[i].substr(equals + 1);
    }
    return 0;
  }
  if (name == "shift") {
    if (shell.positional.size() > 1) shell.positional.erase(shell.positional.begin() + 1);
    return 0;
  }
  return std::nullopt;
}

/// Points the streams at files. The error text when that cannot be done.
asio::awaitable<std::string> redirect(Shell& shell, const ShellNode& node, Streams& streams) {
  const std::shared_ptr<FileTree> files = shell.process->spec().files;
  for (const Redirect& one : node.redirects) {
    const std::vector<std::string> words = co_await expand(shell, one.word, streams.err, false);
    const std::string& target = words[0];
    if (one.op == ">&") {
      (one.fd == 2 ? streams.err : streams.out) = target == "2" ? streams.err : streams.out;
      continue;
    }
    const std::string path = absolute_path(target, shell.cwd);
    if (one.op == "<") {
      const auto content =
          path == "/dev/null" ? base::Result<std::string, FileError>(std::string()) : files->read(path);
      if (!content)
        co_return "can't open " + target + ": " + base::to_lower(content.error().substr(0, 2)) +
            content.error().substr(2);
      streams.in = std::make_shared<base::Pipe>();
      streams.in->write(*content);
      streams.in->close();
      continue;
    }
    if (path == "/dev/stderr" || path == "/proc/1/fd/2") {
      streams.out = streams.err;
      continue;
    }
    if (path == "/dev/stdout" || path == "/proc/1/fd/1") continue;
    const auto opened = files->write(path, "", one.op == ">>");
    if (!opened) co_return "can't create " + target + ": " + opened.error();
    const Output complain = streams.err;
    Output into = [files, path, complain](std::string text) {
      const auto written = files->write(path, std::move(text), true);
      if (!written) complain("sh: write error: " + written.error() + "\n");
    };
    if (one.op == "&>") streams.out = streams.err = into;
    else (one.fd == 2 ? streams.err : streams.out) = into;
  }
  co_return "";
}

asio::awaitable<int> run_simple(Shell& shell, ShellPtr node, Streams streams) {
  const std::string problem = co_await redirect(shell, *node, streams);
  if (!problem.empty()) {
    streams.err("sh: " + problem + "\n");
    co_return 1;
  }
  std::vector<std::string> args;
  std::map<std::string, std::string> assigned;
  for (const std::string& word : node->words) {
    if (args.empty() && is_assignment(word)) {
      const std::size_t equals = word.find('=');
      const std::vector<std::string> value = co_await expand(shell, word.substr(equals + 1), streams.err, false);
      assigned[word.substr(0, equals)] = value[0];
      continue;
    }
    const std::vector<std::string> fields = co_await expand(shell, word, streams.err, true);
    args.insert(args.end(), fields.begin(), fields.end());
  }
  if (!args.empty() && (args[0] == "exec" || args[0] == "command")) args.erase(args.begin());
  if (args.empty()) {
    for (auto& [name, value] : assigned) shell.env[name] = value;
    co_return assigned.empty() ? 0 : shell.last;
  }
  if (const auto own = shell_command(shell, args, streams)) co_return *own;
  Command command{shell.process, shell.hooks, args, shell.env, shell.cwd, streams.in, streams.out, streams.err};
  for (const auto& [name, value] : assigned) command.env[name] = value;
  if (args[0] == "read") {
    std::string line;
    bool ended = false;
    while (!ended) {
      const base::Chunk chunk = co_await streams.in->read();
      if (!chunk) break;
      line += *chunk;
      ended = line.find('\n') != std::string::npos;
    }
    if (args.size() > 1) shell.env[args.back()] = std::string(base::trim(line.substr(0, line.find('\n'))));
    co_return ended ? 0 : 1;
  }
  co_return co_await run_command(command);
}

asio::awaitable<int> run_pipeline(Shell& shell, ShellPtr node, Streams streams) {
  int code = 0;
  std::shared_ptr<base::Pipe> input = streams.in;
  for (std::size_t i = 0; i < node->parts.size(); ++i) {
    Streams stage = streams;
    stage.in = input;
    const bool last = i + 1 == node->parts.size();
    const auto between = std::make_shared<base::Pipe>();
    if (!last) stage.out = [between](std::string text) { between->write(std::move(text)); };
    if (node->parts.size() > 1) {
      Shell inner = shell;
      code = co_await run_node(inner, node->parts[i], stage);
    } else {
      code = co_await run_node(shell, node->parts[i], stage);
    }
    between->close();
    input = between;
  }
  co_return node->negated ? (code == 0 ? 1 : 0) : code;
}

asio::awaitable<int> run_list(Shell& shell, ShellPtr node, Streams streams) {
  std::string before = ";";
  for (std::size_t i = 0; i < node->parts.size() && !shell.left(); ++i) {
    const bool skip = (before == "&&" && shell.last != 0) || (before == "||" && shell.last == 0);
    const std::string after = node->operators[i];
    if (!skip) {
      shell.last = co_await run_node(shell, node->parts[i], streams);
      if (shell.stop_on_error && shell.last != 0 && after == ";" && !shell.left()) shell.exiting = true;
    }
    before = after;
  }
  co_return shell.last;
}

asio::awaitable<int> run_loop(Shell& shell, ShellPtr node, Streams streams) {
  std::vector<std::string> values;
  const bool each = node->kind == ShellNode::Kind::each;
  if (each) {
    for (const std::string& word : node->words) {
      const std::vector<std::string> fields = co_await expand(shell, word, streams.err, true);
      values.insert(values.end(), fields.begin(), fields.end());
    }
    if (!node->explicit_values && shell.positional.size() > 1)
      values.assign(shell.positional.begin() + 1, shell.positional.end());
  }
  int code = 0;
  for (std::size_t round = 0;; ++round) {
    if (each) {
      if (round >= values.size()) break;
      shell.env[node->name] = values[round];
    } else {
      const int condition = co_await run_node(shell, node->parts[0], streams);
      if (shell.left() || (condition == 0) == node->negated) break;
    }
    code = co_await run_node(shell, node->parts.back(), streams);
    // Let others run: a loop that never waits must not hold up the whole lab.
    co_await base::sleep_for(shell.process->clock(), base::Duration{0});
    if (shell.exiting) co_return code;
    shell.continuing = false;
    if (shell.breaking > 0) {
      --shell.breaking;
      break;
    }
  }
  co_return code;
}

asio::awaitable<int> run_node(Shell& shell, ShellPtr node, Streams streams) {
  if (node->kind != ShellNode::Kind::simple && !node->redirects.empty()) {
    const std::string problem = co_await redirect(shell, *node, streams);
    if (!problem.empty()) {
      streams.err("sh: " + problem + "\n");
      co_return 1;
    }
  }
  switch (node->kind) {
    case ShellNode::Kind::simple: co_return co_await run_simple(shell, node, streams);
    case ShellNode::Kind::pipeline: co_return co_await run_pipeline(shell, node, streams);
    case ShellNode::Kind::list: co_return co_await run_list(shell, node, streams);
    case ShellNode::Kind::group: co_return co_await run_node(shell, node->parts[0], streams);
    case ShellNode::Kind::loop:
    case ShellNode::Kind::each: co_return co_await run_loop(shell, node, streams);
    case ShellNode::Kind::branch: {
      const int condition = co_await run_node(shell, node->parts[0], streams);
      if (shell.left()) co_return shell.last;
      if (condition == 0) co_return co_await run_node(shell, node->parts[1], streams);
      if (node->parts.size() > 2) co_return co_await run_node(shell, node->parts[2], streams);
      co_return 0;
    }
  }
  co_return 0;
}

asio::awaitable<int> run_text(Shell& shell, std::string text, Streams streams) {
  const auto parsed = parse_shell(text);
  if (!parsed) {
    streams.err("sh: " + parsed.error().message + "\n");
    co_return shell.last = 2;
  }
  co_return shell.last = co_await run_node(shell, *parsed, streams);
}

asio::awaitable<int> run_lines(Shell& shell, Streams streams, bool prompt) {
  std::string pending;
  const auto ask = [&] {
    if (prompt) streams.out(shell.cwd + " # ");
  };
  ask();
  while (const base::Chunk chunk = co_await streams.in->read()) {
    pending += *chunk;
    std::size_t end = pending.find('\n');
    while (end != std::string::npos) {
      const std::string line = pending.substr(0, end);
      pending.erase(0, end + 1);
      if (!base::trim(line).empty()) co_await run_text(shell, line, streams);
      if (shell.exiting) co_return shell.last;
      ask();
      end = pending.find('\n');
    }
  }
  if (!base::trim(pending).empty()) co_await run_text(shell, pending, streams);
  co_return shell.last;
}

}  // namespace

asio::awaitable<int> run_shell(Command& command) {
  Shell shell{command.process, command.hooks, command.env, command.cwd, {}, 0, false, false, 0, false};
  const Streams streams{command.in, command.out, command.err};
  std::size_t i = 1;
  bool inline_text = false;
  for (; i < command.args.size() && command.args[i].starts_with('-') && command.args[i].size() > 1; ++i) {
    inline_text = inline_text || command.args[i].find('c') != std::string::npos;
    shell.stop_on_error = shell.stop_on_error || command.args[i].find('e') != std::string::npos;
  }
  if (inline_text) {
    if (i >= command.args.size()) co_return command.fail("option requires an argument -- 'c'", 2);
    const std::string text = command.args[i++];
    if (i < command.args.size())
      shell.positional.assign(command.args.begin() + static_cast<std::ptrdiff_t>(i), command.args.end());
    else shell.positional = {"sh"};
    co_return co_await run_text(shell, text, streams);
  }
  if (i < command.args.size()) {
    const auto script = command.files().read(command.path(command.args[i]));
    if (!script) co_return command.fail("can't open '" + command.args[i] + "': " + script.error(), 2);
    shell.positional.assign(command.args.begin() + static_cast<std::ptrdiff_t>(i), command.args.end());
    co_return co_await run_text(shell, *script, streams);
  }
  co_return co_await run_lines(shell, streams, command.process->spec().tty);
}

}  // namespace k8s_fake
