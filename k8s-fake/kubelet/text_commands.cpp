/// Commands on text: echo, printf, grep, head, tail, wc, sort, uniq, tee, tr, seq, basename, dirname.
#include <cstdio>

#include "k8s-fake/kubelet/commands.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

namespace asio = boost::asio;

namespace {

std::string unescape(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 >= text.size()) {
      result += text[i];
      continue;
    }
    switch (text[++i]) {
      case 'n': result += '\n'; break;
      case 't': result += '\t'; break;
      case 'r': result += '\r'; break;
      case '\\': result += '\\'; break;
      default: result += std::string("\\") + text[i];
    }
  }
  return result;
}

int echo(Command& c) {
  std::size_t i = 1;
  bool newline = true;
  bool escapes = false;
  for (; i < c.args.size() && (c.args[i] == "-n" || c.args[i] == "-e" || c.args[i] == "-ne" || c.args[i] == "-en");
       ++i) {
    newline = newline && c.args[i].find('n') == std::string::npos;
    escapes = escapes || c.args[i].find('e') != std::string::npos;
  }
  std::string text =
      base::join(std::vector<std::string>(c.args.begin() + static_cast<std::ptrdiff_t>(i), c.args.end()), " ");
  c.out((escapes ? unescape(text) : text) + (newline ? "\n" : ""));
  return 0;
}

int printf_(Command& c) {
  if (c.args.size() < 2) return c.fail("usage: printf FORMAT [ARG]...");
  const std::string format = unescape(c.args[1]);
  std::size_t next = 2;
  std::string text;
  do {
    for (std::size_t i = 0; i < format.size(); ++i) {
      if (format[i] != '%' || i + 1 >= format.size()) {
        text += format[i];
        continue;
      }
      const char kind = format[++i];
      if (kind == '%') {
        text += '%';
      } else {
        const std::string value = next < c.args.size() ? c.args[next++] : "";
        text += kind == 'd' ? std::to_string(base::parse_signed(value).value_or(0)) : value;
      }
    }
  } while (next < c.args.size() && c.args.size() > 2 && format.find('%') != std::string::npos);
  c.out(std::move(text));
  return 0;
}

struct Input {
  std::string data;
  std::vector<std::string> options;
  int code = 0;
};

/// The content of the files that are named, or of the input. `skip`: how many plain words come before the names.
asio::awaitable<Input> gather(Command& c, std::size_t skip, std::string with_value) {
  Input input;
  std::vector<std::string> names;
  for (std::size_t i = 1; i < c.args.size(); ++i) {
    const std::string& arg = c.args[i];
    if (arg.size() > 1 && arg[0] == '-') {
      input.options.push_back(arg);
      if (arg.size() == 2 && with_value.find(arg[1]) != std::string::npos && i + 1 < c.args.size())
        input.options.push_back(c.args[++i]);
    } else if (skip > 0) {
      --skip;
      input.options.push_back(arg);
    } else {
      names.push_back(arg);
    }
  }
  if (names.empty()) {
    input.data = co_await read_all(c.in);
    co_return input;
  }
  for (const std::string& name : names) {
    const auto read = c.files().read(c.path(name));
    if (read) {
      input.data += *read;
    } else {
      input.code = c.fail(name + ": " + read.error());
    }
  }
  co_return input;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    lines.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

/// A number after -n, -c or in "-5", "-c+3"; `otherwise` if there is none.
std::string count_option(const Input& input, char letter, const std::string& otherwise) {
  for (std::size_t i = 0; i < input.options.size(); ++i) {
    const std::string& option = input.options[i];
    if (option.size() > 1 && option[1] == letter)
      return option.size() > 2 ? option.substr(2) : i + 1 < input.options.size() ? input.options[i + 1] : otherwise;
    if (letter == 'n' && option.size() > 1 && option[0] == '-' && option[1] >= '0' && option[1] <= '9')
      return option.substr(1);
  }
  return otherwise;
}

asio::awaitable<int> head(Command& c) {
  const Input input = co_await gather(c, 0, "nc");
  const std::string bytes = count_option(input, 'c', "");
  if (!bytes.empty()) {
    c.out(input.data.substr(0, static_cast<std::size_t>(base::parse_unsigned(bytes).value_or(0))));
    co_return input.code;
  }
  const auto count = base::parse_unsigned(count_option(input, 'n', "10")).value_or(10);
  std::string text;
  std::uint64_t shown = 0;
  for (const std::string& line : lines_of(input.data)) {
    if (shown++ < count) text += line + "\n";
  }
  c.out(std::move(text));
  co_return input.code;
}

bool follows(const Command& c) {
  return std::any_of(c.args.begin() + 1, c.args.end(),
                     [](const std::string& arg) { return arg == "-f" || arg == "-F"; });
}

asio::awaitable<int> tail(Command& c) {
  if (follows(c) && c.args.size() > 2) {
    const std::string name = c.args.back();
    std::size_t shown = 0;
    while (true) {  // ends with the process
      const auto read = c.files().read(c.path(name));
      if (read && read->size() > shown) c.out(read->substr(shown));
      if (read) shown = read->size();
      co_await base::sleep_for(c.process->clock(), std::chrono::seconds(1));
    }
  }
  const Input input = co_await gather(c, 0, "nc");
  const std::string bytes = count_option(input, 'c', "");
  if (!bytes.empty()) {
    const bool from_start = bytes[0] == '+';
    const auto count = static_cast<std::size_t>(base::parse_unsigned(from_start ? bytes.substr(1) : bytes).value_or(0));
    const std::size_t start = from_start ? std::min(input.data.size(), count > 0 ? count - 1 : 0)
                                         : input.data.size() - std::min(input.data.size(), count);
    c.out(input.data.substr(start));
    co_return input.code;
  }
  const std::string number = count_option(input, 'n', "10");
  const bool from_start = number[0] == '+';
  const auto count =
      static_cast<std::size_t>(base::parse_unsigned(from_start ? number.substr(1) : number).value_or(10));
  const std::vector<std::string> lines = lines_of(input.data);
  const std::size_t start = from_start ? (count > 0 ? count - 1 : 0) : lines.size() - std::min(lines.size(), count);
  std::string text;
  for (std::size_t i = start; i < lines.size(); ++i) text += lines[i] + "\n";
  c.out(std::move(text));
  co_return input.code;
}

asio::awaitable<int> grep(Command& c) {
  const Input input = co_await gather(c, 1, "");
  std::string letters;
  std::string pattern;
  for (const std::string& option : input.options) {
    if (option.size() > 1 && option[0] == '-') letters += option.substr(1);
    else pattern = option;
  }
  const auto has = [&](char letter) { return letters.find(letter) != std::string::npos; };
  const bool start = pattern.starts_with('^');
  const bool end = pattern.ends_with('$') && !pattern.empty();
  std::string core = pattern.substr(start ? 1 : 0);
  if (end) core.pop_back();
  if (has('i')) core = base::to_lower(core);
  std::string text;
  int hits = 0;
  for (const std::string& line : lines_of(input.data)) {
    const std::string low = has('i') ? base::to_lower(line) : line;
    const bool found = start && end ? low == core
                       : start      ? low.starts_with(core)
                       : end        ? low.ends_with(core)
                                    : low.find(core) != std::string::npos;
    if (found == has('v')) continue;
    ++hits;
    text += line + "\n";
  }
  if (has('c')) c.out(std::to_string(hits) + "\n");
  else if (!has('q')) c.out(std::move(text));
  co_return hits > 0 ? 0 : 1;
}

asio::awaitable<int> wc(Command& c) {
  const Input input = co_await gather(c, 0, "");
  const auto newlines = static_cast<std::size_t>(std::count(input.data.begin(), input.data.end(), '\n'));
  std::size_t words = 0;
  bool inside = false;
  for (const char ch : input.data) {
    const bool blank = ch == ' ' || ch == '\n' || ch == '\t';
    if (!blank && !inside) ++words;
    inside = !blank;
  }
  std::string letters;
  for (const std::string& option : input.options) letters += option;
  std::string text;
  if (letters.empty())
    text = "\t" + std::to_string(newlines) + "\t" + std::to_string(words) + "\t" + std::to_string(input.data.size());
  if (letters.find('l') != std::string::npos) text += std::to_string(newlines);
  if (letters.find('w') != std::string::npos) text += (text.empty() ? "" : " ") + std::to_string(words);
  if (letters.find('c') != std::string::npos) text += (text.empty() ? "" : " ") + std::to_string(input.data.size());
  const std::string& last = c.args.back();
  c.out(text + (c.args.size() > 1 && last[0] != '-' ? " " + last : "") + "\n");
  co_return input.code;
}

asio::awaitable<int> sort(Command& c) {
  const Input input = co_await gather(c, 0, "k");
  std::vector<std::string> lines = lines_of(input.data);
  std::string letters;
  for (const std::string& option : input.options) letters += option;
  const bool numeric = letters.find('n') != std::string::npos;
  if (c.args[0] != "uniq") {
    std::stable_sort(lines.begin(), lines.end(), [numeric](const std::string& a, const std::string& b) {
      return numeric ? base::parse_signed(base::trim(a)).value_or(0) < base::parse_signed(base::trim(b)).value_or(0)
                     : a < b;
    });
  }
  if (letters.find('r') != std::string::npos) std::reverse(lines.begin(), lines.end());
  if (c.args[0] == "uniq" || letters.find('u') != std::string::npos)
    lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  c.out(std::move(text));
  co_return input.code;
}

asio::awaitable<int> tee(Command& c) {
  const bool append = c.args.size() > 1 && c.args[1] == "-a";
  const std::string data = co_await read_all(c.in);
  c.out(data);
  int code = 0;
  for (std::size_t i = append ? 2 : 1; i < c.args.size(); ++i) {
    const auto written = c.files().write(c.path(c.args[i]), data, append);
    if (!written) code = c.fail(c.args[i] + ": " + written.error());
  }
  co_return code;
}

int seq(Command& c) {
  if (c.args.size() < 2) return c.fail("missing operand");
  const auto last = base::parse_signed(c.args.back());
  const auto first = c.args.size() > 2 ? base::parse_signed(c.args[1]) : 1;
  const auto step = c.args.size() > 3 ? base::parse_signed(c.args[2]) : 1;
  if (!last || !first || !step || *step == 0 || (*last - *first) / *step > 1000000) return c.fail("invalid number");
  std::string text;
  for (std::int64_t i = *first; *step > 0 ? i <= *last : i >= *last; i += *step) text += std::to_string(i) + "\n";
  c.out(std::move(text));
  return 0;
}

int basename_(Command& c) {
  if (c.args.size() < 2) return c.fail("missing operand");
  const std::size_t slash = c.args[1].rfind('/');
  if (c.args[0] == "basename") c.out((slash == std::string::npos ? c.args[1] : c.args[1].substr(slash + 1)) + "\n");
  else c.out((slash == std::string::npos ? "." : slash == 0 ? "/" : c.args[1].substr(0, slash)) + "\n");
  return 0;
}

asio::awaitable<int> tr(Command& c) {
  std::string data = co_await read_all(c.in);
  if (c.args.size() == 3 && c.args[1] == "-d") {
    const std::string drop = unescape(c.args[2]);
    data.erase(std::remove_if(data.begin(), data.end(), [&](char ch) { return drop.find(ch) != std::string::npos; }),
               data.end());
  } else if (c.args.size() == 3) {
    const auto widen = [](const std::string& text) {
      std::string all;
      for (std::size_t i = 0; i < text.size(); ++i) {
        if (i + 2 < text.size() && text[i + 1] == '-') {
          for (char ch = text[i]; ch <= text[i + 2]; ++ch) all += ch;
          i += 2;
        } else {
          all += text[i];
        }
      }
      return all;
    };
    const std::string from = widen(unescape(c.args[1]));
    const std::string to = widen(unescape(c.args[2]));
    for (char& ch : data) {
      const std::size_t at = from.find(ch);
      if (at != std::string::npos && !to.empty()) ch = to[std::min(at, to.size() - 1)];
    }
  }
  c.out(std::move(data));
  co_return 0;
}

}  // namespace

const std::vector<CommandRow>& text_commands() {
  static const std::vector<CommandRow> rows = {
      {"echo", echo},          {"printf", printf_}, {"head", nullptr, head}, {"tail", nullptr, tail},
      {"grep", nullptr, grep}, {"wc", nullptr, wc}, {"sort", nullptr, sort}, {"uniq", nullptr, sort},
      {"tee", nullptr, tee},   {"seq", seq},        {"basename", basename_}, {"dirname", basename_},
      {"tr", nullptr, tr}};
  return rows;
}

}  // namespace k8s_fake
