/// Commands that work on files: ls, cat, touch, mkdir, rm, cp, mv, ln, chmod, stat, find, du, dd, tar, test.
#include <cstdio>

#include "k8s-fake/kubelet/commands.h"
#include "k8s-fake/kubelet/tar.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

namespace asio = boost::asio;

namespace {

/// Splits "-abc name" into letters and the rest. "--" ends the options.
std::string take_letters(const std::vector<std::string>& args, std::vector<std::string>& rest) {
  std::string letters;
  bool options = true;
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (options && args[i] == "--") {
      options = false;
    } else if (options && args[i].size() > 1 && args[i][0] == '-') {
      letters += args[i].substr(args[i][1] == '-' ? 2 : 1);
    } else {
      rest.push_back(args[i]);
    }
  }
  return letters;
}

bool has_letter(const std::string& letters, char c) { return letters.find(c) != std::string::npos; }

std::string mode_text(const FileNode& node) {
  std::string text(1, node.directory ? 'd' : node.link.empty() ? '-' : 'l');
  for (int bit = 8; bit >= 0; --bit) text += (node.mode >> bit) & 1U ? "xwr"[bit % 3] : '-';
  return text;
}

std::string long_line(const std::string& name, const FileNode& node, bool human) {
  const std::string when = base::to_rfc3339(node.changed);  // 2017-11-28T07:46:32Z
  static const char* const kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto month = base::parse_unsigned(when.substr(5, 2)).value_or(1);
  char line[160];
  std::snprintf(line, sizeof line, "%s %4d root     root     %9llu %s %2d %s ", mode_text(node).c_str(),
                node.directory ? 2 : 1, static_cast<unsigned long long>(node.size()), kMonths[(month - 1) % 12],
                static_cast<int>(base::parse_unsigned(when.substr(8, 2)).value_or(1)), when.substr(11, 5).c_str());
  (void)human;
  return line + name + (node.link.empty() ? "" : " -> " + node.link) + "\n";
}

int ls(Command& c) {
  std::vector<std::string> names;
  const std::string letters = take_letters(c.args, names);
  if (names.empty()) names.push_back(".");
  int code = 0;
  const bool many = names.size() > 1;
  std::string text;
  const auto row = [&](const std::string& name, const FileNode& node) {
    text += has_letter(letters, 'l') ? long_line(name, node, has_letter(letters, 'h')) : name + "\n";
  };
  for (const std::string& name : names) {
    const auto node = c.files().find(c.path(name));
    if (!node) {
      code = c.busybox() ? 1 : 2;
      c.err(c.busybox() ? "ls: " + name + ": " + node.error() + "\n"
                        : "ls: cannot access '" + name + "': " + node.error() + "\n");
      continue;
    }
    if (!(*node)->directory || has_letter(letters, 'd')) {
      row(name, **node);
      continue;
    }
    if (many) text += (text.empty() ? "" : "\n") + name + ":\n";
    if (has_letter(letters, 'l')) text += "total " + std::to_string((*node)->children.size() * 4) + "\n";
    std::map<std::string, FilePtr> shown = (*node)->children;
    const std::string here = c.path(name);
    for (const FileMount& mount : c.files().mounts()) {  // a mount hides what lies under it
      const std::size_t slash = mount.path.rfind('/');
      if (mount.path != "/" && (slash == 0 ? "/" : mount.path.substr(0, slash)) == here)
        shown[mount.path.substr(slash + 1)] = mount.root;
    }
    if (has_letter(letters, 'a')) {
      row(".", **node);
      row("..", **node);
    }
    for (const auto& [child_name, child] : shown) {
      if (child_name[0] != '.' || has_letter(letters, 'a') || has_letter(letters, 'A')) row(child_name, *child);
    }
  }
  c.out(text);
  return code;
}

asio::awaitable<int> cat(Command& c) {
  std::vector<std::string> names;
  (void)take_letters(c.args, names);
  if (names.empty()) names.push_back("-");
  int code = 0;
  for (const std::string& name : names) {
    if (name == "-") {
      while (const base::Chunk chunk = co_await c.in->read()) c.out(*chunk);
      continue;
    }
    const auto data = c.files().read(c.path(name));
    if (data) {
      c.out(*data);
    } else {
      code = c.fail(c.busybox() && data.error().starts_with("No such") ? "can't open '" + name + "': " + data.error()
                                                                       : name + ": " + data.error());
    }
  }
  co_return code;
}

int touch(Command& c) {
  std::vector<std::string> names;
  (void)take_letters(c.args, names);
  int code = 0;
  for (const std::string& name : names) {
    const auto node = c.files().find(c.path(name));
    if (node) {
      if (c.files().mount_of(c.path(name)).read_only) code = c.fail(name + ": Read-only file system");
      (*node)->changed = c.process->clock().now();
      continue;
    }
    const auto made = c.files().write(c.path(name), "", false);
    if (!made) code = c.fail(c.busybox() ? name + ": " + made.error() : "cannot touch '" + name + "': " + made.error());
  }
  return code;
}

int mkdir(Command& c) {
  std::vector<std::string> names;
  const std::string letters = take_letters(c.args, names);
  int code = 0;
  for (const std::string& name : names) {
    const auto made = c.files().make_directory_at(c.path(name), has_letter(letters, 'p'));
    if (!made)
      code = c.fail(c.busybox() ? "can't create directory '" + name + "': " + made.error()
                                : "cannot create directory '" + name + "': " + made.error());
  }
  return code;
}

int rm(Command& c) {
  std::vector<std::string> names;
  const std::string letters = take_letters(c.args, names);
  int code = 0;
  for (const std::string& name : names) {
    const auto gone =
        c.files().remove(c.path(name), has_letter(letters, 'r') || has_letter(letters, 'R') || c.args[0] == "rmdir");
    if (gone || (has_letter(letters, 'f') && gone.error().starts_with("No such"))) continue;
    code = c.fail(c.busybox() ? "can't remove '" + name + "': " + gone.error()
                              : "cannot remove '" + name + "': " + gone.error());
  }
  return code;
}

/// Copies a tree; false after a complaint.
bool copy_tree(Command& c, const FileNode& node, const std::string& to) {
  if (!node.directory) {
    const auto written = c.files().write(to, node.data, false, node.zeros);
    if (!written) c.fail("can't create '" + to + "': " + written.error());
    return written.ok();
  }
  (void)c.files().make_directory_at(to, true).ok();
  for (const auto& [name, child] : node.children) {
    if (!copy_tree(c, *child, to + "/" + name)) return false;
  }
  return true;
}

int cp(Command& c) {
  std::vector<std::string> names;
  const std::string letters = take_letters(c.args, names);
  if (names.size() < 2) return c.fail("missing file operand");
  const std::string last = c.path(names.back());
  const auto into = c.files().find(last);
  const bool folder = into && (*into)->directory;
  int code = 0;
  for (std::size_t i = 0; i + 1 < names.size(); ++i) {
    const auto node = c.files().find(c.path(names[i]));
    if (!node) {
      code = c.fail(c.busybox() ? "can't stat '" + names[i] + "': " + node.error()
                                : "cannot stat '" + names[i] + "': " + node.error());
      continue;
    }
    if ((*node)->directory && c.args[0] == "cp" && !has_letter(letters, 'r') && !has_letter(letters, 'R') &&
        !has_letter(letters, 'a')) {
      code = c.fail("omitting directory '" + names[i] + "'");
      continue;
    }
    const std::string from = c.path(names[i]);
    if (!copy_tree(c, **node, folder ? last + "/" + from.substr(from.rfind('/') + 1) : last)) code = 1;
    if (c.args[0] == "mv" && code == 0) (void)c.files().remove(from, true).ok();
  }
  return code;
}

int ln(Command& c) {
  std::vector<std::string> names;
  (void)take_letters(c.args, names);
  if (names.size() != 2) return c.fail("missing file operand");
  const auto made = c.files().link(c.path(names[1]), names[0]);
  return made ? 0 : c.fail(names[1] + ": " + made.error());
}

int chmod(Command& c) {
  std::vector<std::string> names;
  (void)take_letters(c.args, names);
  if (names.size() < 2) return c.fail("missing operand");
  int code = 0;
  for (std::size_t i = 1; i < names.size(); ++i) {
    unsigned mode = 0;
    for (const char digit : names[0])
      mode = digit >= '0' && digit <= '7' ? mode * 8 + static_cast<unsigned>(digit - '0') : mode;
    const auto node = c.files().find(c.path(names[i]));
    if (names[0].find('x') != std::string::npos && node) mode = (*node)->mode | 0111U;
    const auto set = c.files().set_mode(c.path(names[i]), mode);
    if (!set) code = c.fail(names[i] + ": " + set.error());
  }
  return code;
}

void walk(const FileNode& node, const std::string& path,
          const std::function<void(const std::string&, const FileNode&)>& visit) {
  visit(path, node);
  for (const auto& [name, child] : node.children) walk(*child, path + "/" + name, visit);
}

int find(Command& c) {
  std::string start = c.args.size() > 1 && c.args[1][0] != '-' ? c.args[1] : ".";
  std::string type;
  std::string name;
  for (std::size_t i = 1; i + 1 < c.args.size(); ++i) {
    if (c.args[i] == "-type") type = c.args[i + 1];
    if (c.args[i] == "-name") name = c.args[i + 1];
  }
  const auto node = c.files().find(c.path(start));
  if (!node) return c.fail(start + ": " + node.error());
  std::string text;
  walk(**node, start, [&](const std::string& path, const FileNode& one) {
    if (!type.empty() && (type == "d") != one.directory) return;
    if (!name.empty() && path.substr(path.rfind('/') + 1) != name) return;
    text += path + "\n";
  });
  c.out(text);
  return 0;
}

int du(Command& c) {
  std::vector<std::string> names;
  const std::string letters = take_letters(c.args, names);
  if (names.empty()) names.push_back(".");
  int code = 0;
  for (const std::string& name : names) {
    const auto node = c.files().find(c.path(name));
    if (!node) {
      code = c.fail(name + ": " + node.error());
      continue;
    }
    std::uint64_t sum = 0;
    walk(**node, name, [&](const std::string&, const FileNode& one) { sum += (one.size() + 4095) / 4096 * 4; });
    c.out((has_letter(letters, 'h') ? std::to_string(sum) + "K" : std::to_string(sum)) + "\t" + name + "\n");
  }
  return code;
}

int stat(Command& c) {
  std::vector<std::string> names;
  (void)take_letters(c.args, names);
  for (const std::string& name : names) {
    const auto node = c.files().find(c.path(name));
    if (!node)
      return c.fail(c.busybox() ? "can't stat '" + name + "': " + node.error()
                                : "cannot stat '" + name + "': " + node.error());
    char line[64];
    std::snprintf(line, sizeof line, "  Size: %-10llu\tBlocks: %llu\n",
                  static_cast<unsigned long long>((*node)->size()),
                  static_cast<unsigned long long>(((*node)->size() + 511) / 512));
    c.out("  File: " + name + "\n" + line + "Access: (" + mode_text(**node) +
          ")  Uid: (    0/    root)   Gid: (    0/    root)\n");
  }
  return 0;
}

std::optional<std::uint64_t> dd_number(const std::string& text) {
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') ++digits;
  const auto value = base::parse_unsigned(text.substr(0, digits));
  if (!value) return std::nullopt;
  const std::string unit = base::to_lower(text.substr(digits));
  const std::uint64_t factor = unit.empty() || unit == "c" ? 1
                               : unit[0] == 'k'            ? 1024
                               : unit[0] == 'm'            ? 1048576
                               : unit[0] == 'g'            ? 1073741824
                               : unit[0] == 'b'            ? 512
                                                           : 0;
  if (factor == 0 || *value > (1ULL << 50) / factor) return std::nullopt;
  return *value * factor;
}

asio::awaitable<int> dd(Command& c) {
  std::map<std::string, std::string> options;
  for (std::size_t i = 1; i < c.args.size(); ++i) {
    const std::size_t equals = c.args[i].find('=');
    if (equals == std::string::npos) co_return c.fail("unrecognized operand '" + c.args[i] + "'");
    options[c.args[i].substr(0, equals)] = c.args[i].substr(equals + 1);
  }
  const auto block = dd_number(options.contains("bs") ? options["bs"] : "512");
  const auto count = dd_number(options.contains("count") ? options["count"] : "0");
  if (!block || !count || *block == 0) co_return c.fail("invalid number");
  const std::string source = options["if"];
  std::string data;
  std::uint64_t zeros = 0;
  if (source == "/dev/zero" || source == "/dev/urandom" || source == "/dev/random") {
    if (!options.contains("count")) co_return c.fail("this lab's /dev/zero needs a count");
    zeros = *block * *count;
  } else {
    if (source.empty()) {
      data = co_await read_all(c.in);
    } else {
      const auto read = c.files().read(c.path(source));
      if (!read)
        co_return c.fail(c.busybox() ? "can't open '" + source + "': " + read.error()
                                     : "failed to open '" + source + "': " + read.error());
      data = *read;
    }
    if (options.contains("count"))
      data.resize(std::min<std::size_t>(data.size(), static_cast<std::size_t>(*block * *count)));
  }
  const std::uint64_t size = data.size() + zeros;
  if (options["of"].empty()) {
    data.append(static_cast<std::size_t>(std::min<std::uint64_t>(zeros, 16U << 20)), '\0');
    c.out(std::move(data));
  } else {
    const auto written =
        c.files().write(c.path(options["of"]), std::move(data),
                        options["conv"].find("notrunc") != std::string::npos && options["oflag"] == "append", zeros);
    if (!written)
      co_return c.fail(c.busybox()
                           ? (written.error().starts_with("No space") ? "error writing '" : "can't open '") +
                                 options["of"] + "': " + written.error()
                           : (written.error().starts_with("No space") ? "error writing '" : "failed to open '") +
                                 options["of"] + "': " + written.error());
  }
  const std::string whole = std::to_string(size / *block) + "+" + (size % *block ? "1" : "0");
  c.err(whole + " records in\n" + whole + " records out\n" + std::to_string(size) + " bytes copied\n");
  co_return 0;
}

asio::awaitable<int> tar(Command& c) {
  std::string letters;
  std::string archive = "-";
  std::string folder = ".";
  std::vector<std::string> names;
  for (std::size_t i = 1; i < c.args.size(); ++i) {
    const std::string& arg = c.args[i];
    if (arg.starts_with("--")) {
      if (arg == "--extract") letters += 'x';
      if (arg == "--create") letters += 'c';
      continue;
    }
    if (i > 1 && !arg.starts_with('-')) {
      names.push_back(arg);
      continue;
    }
    if (arg == "-") {
      continue;
    }
    for (const char letter : arg.starts_with('-') ? arg.substr(1) : arg) {
      letters += letter;
      if (letter == 'f' && i + 1 < c.args.size()) archive = c.args[++i];
      if (letter == 'C' && i + 1 < c.args.size()) folder = c.args[++i];
    }
  }
  const std::string where = c.path(folder);
  if (!c.files().exists(where))
    co_return c.fail("can't change directory to '" + folder + "': No such file or directory");
  if (has_letter(letters, 'c')) {
    if (names.empty()) co_return c.fail("empty archive");
    std::string bytes;
    for (const std::string& name : names) {
      const auto node = c.files().find(absolute_path(name, where));
      if (!node)
        co_return c.fail(name + ": " + (c.busybox() ? "" : "Cannot stat: ") + node.error(), c.busybox() ? 1 : 2);
      if (name.starts_with('/'))
        c.err(c.busybox() ? "tar: removing leading '/' from member names\n"
                          : "tar: Removing leading `/' from member names\n");
      tar_append(bytes, name, **node);
    }
    tar_finish(bytes);
    if (archive == "-") {
      c.out(std::move(bytes));
      co_return 0;
    }
    const auto written = c.files().write(c.path(archive), std::move(bytes), false);
    co_return written ? 0 : c.fail("can't open '" + archive + "': " + written.error());
  }
  std::string bytes;
  if (archive == "-") {
    bytes = co_await read_all(c.in);
  } else {
    const auto read = c.files().read(c.path(archive));
    if (!read) co_return c.fail("can't open '" + archive + "': " + read.error());
    bytes = *read;
  }
  const auto entries = tar_read(bytes);
  if (!entries) co_return c.fail(entries.error());
  for (const TarEntry& entry : *entries) {
    if (has_letter(letters, 't')) {
      c.out(entry.name + "\n");
      continue;
    }
    const std::string path = absolute_path(entry.name, where);
    base::Result<bool, FileError> made = true;
    if (entry.directory) {
      made = c.files().make_directory_at(path, true);
    } else {
      const std::size_t slash = path.rfind('/');
      if (slash > 0) (void)c.files().make_directory_at(path.substr(0, slash), true).ok();
      made = entry.link.empty() ? c.files().write(path, entry.data, false) : c.files().link(path, entry.link);
    }
    if (!made) co_return c.fail(entry.name + ": Cannot open: " + made.error());
    (void)c.files().set_mode(path, entry.mode).ok();
  }
  co_return 0;
}

/// test, [ and the forms people use: -d -f -e -s -z -n, = != -eq -ne -lt -le -gt -ge, "!".
int test(Command& c) {
  std::vector<std::string> words(c.args.begin() + 1, c.args.end());
  if (c.args[0] == "[") {
    if (words.empty() || words.back() != "]") return c.fail("missing ]", 2);
    words.pop_back();
  }
  bool negate = false;
  while (!words.empty() && words[0] == "!") {
    negate = !negate;
    words.erase(words.begin());
  }
  bool result = false;
  if (words.size() == 1) {
    result = !words[0].empty();
  } else if (words.size() == 2) {
    const auto node = c.files().find(c.path(words[1]));
    const std::string& op = words[0];
    if (op == "-z") result = words[1].empty();
    else if (op == "-n") result = !words[1].empty();
    else if (op == "-d") result = node && (*node)->directory;
    else if (op == "-f") result = node && !(*node)->directory;
    else if (op == "-s") result = node && (*node)->size() > 0;
    else if (op == "-w") result = node && !c.files().mount_of(c.path(words[1])).read_only;
    else if (op == "-e" || op == "-r" || op == "-x" || op == "-L" || op == "-h") result = node.ok();
    else return c.fail(op + ": unknown operand", 2);
  } else if (words.size() == 3) {
    const auto a = base::parse_signed(words[0]);
    const auto b = base::parse_signed(words[2]);
    const std::string& op = words[1];
    if (op == "=" || op == "==") result = words[0] == words[2];
    else if (op == "!=") result = words[0] != words[2];
    else if (!a || !b) return c.fail(words[a ? 2 : 0] + ": bad number", 2);
    else if (op == "-eq") result = *a == *b;
    else if (op == "-ne") result = *a != *b;
    else if (op == "-lt") result = *a < *b;
    else if (op == "-le") result = *a <= *b;
    else if (op == "-gt") result = *a > *b;
    else if (op == "-ge") result = *a >= *b;
    else return c.fail(op + ": unknown operand", 2);
  } else if (words.size() > 3) {
    return c.fail("too many arguments", 2);
  }
  return result != negate ? 0 : 1;
}

}  // namespace

const std::vector<CommandRow>& file_commands() {
  static const std::vector<CommandRow> rows = {{"ls", ls},
                                               {"cat", nullptr, cat},
                                               {"touch", touch},
                                               {"mkdir", mkdir},
                                               {"rm", rm},
                                               {"rmdir", rm},
                                               {"cp", cp},
                                               {"mv", cp},
                                               {"ln", ln},
                                               {"chmod", chmod},
                                               {"find", find},
                                               {"du", du},
                                               {"stat", stat},
                                               {"dd", nullptr, dd},
                                               {"tar", nullptr, tar},
                                               {"test", test},
                                               {"[", test}};
  return rows;
}

}  // namespace k8s_fake
