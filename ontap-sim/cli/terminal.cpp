#include "ontap-sim/cli/terminal.h"

#include <algorithm>

#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

constexpr std::string_view kMore = "Press <space> to page down, <return> for next line, or 'q' to quit... ";
constexpr std::string_view kWipeLine = "\r\x1b[K";
constexpr std::size_t kLongestLine = 64 * 1024;
constexpr std::size_t kHistory = 100;

std::string common_start(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    const auto end = std::mismatch(common.begin(), common.end(), word.begin(), word.end()).first;
    common.erase(end, common.end());
  }
  return common;
}

}  // namespace

Terminal::Terminal(Session session, bool terminal, std::uint64_t rows, std::function<void()> changed)
    : session_(std::move(session)), changed_(std::move(changed)), terminal_(terminal) {
  resize(rows);
}

void Terminal::resize(std::uint64_t rows) {
  if (terminal_) session_.settings().rows = rows;
}

std::string Terminal::lines(std::string_view text) const {
  return terminal_ ? base::replace_all(std::string(text), "\n", "\r\n") : std::string(text);
}

std::string Terminal::feed(std::string_view bytes) {
  std::string out;
  for (const char byte : bytes) {
    if (ended_) break;
    out += key(byte);
  }
  return out;
}

std::string Terminal::run_only(std::string_view line) {
  only_ = true;
  const Session::Result result = session_.line(line);
  failed_ = result.failed;
  changed_();
  ended_ = !session_.asking();
  return lines(result.output) + (ended_ ? std::string() : shown_prompt());
}

std::string Terminal::end_of_input() {
  std::string out;
  if (!terminal_ && !line_.empty()) out = enter();
  failed_ = failed_ || session_.asking();
  ended_ = true;
  return out;
}

std::string Terminal::key(char byte) {
  if (!terminal_) {
    if (byte == '\n') return enter();
    if (byte != '\r' && line_.size() < kLongestLine) line_ += byte;
    return {};
  }
  if (!escape_.empty()) return escape(byte);
  const bool after_return = std::exchange(last_was_return_, byte == '\r');
  if (byte == '\n' && after_return) return {};
  if (!page_.empty()) return page_key(byte);
  switch (byte) {
    case '\r':
    case '\n': return enter();
    case '\x1b': escape_ = "\x1b"; return {};
    case '\x7f':
    case '\b': return erase_before(1);
    case '\x03':  // Ctrl-C
      session_.interrupt();
      line_.clear();
      cursor_ = 0;
      return "^C\r\n" + shown_prompt();
    case '\x04':  // Ctrl-D
      if (!line_.empty()) return {};
      ended_ = true;
      return "\r\n";
    case '\x01': cursor_ = 0; return redraw();
    case '\x05': cursor_ = line_.size(); return redraw();
    case '\x0b': line_.erase(cursor_); return redraw();
    case '\x15': return erase_before(cursor_);
    case '\t': return session_.asking() ? std::string() : complete();
    case '?':
      if (!session_.asking() && !in_quotes()) return help();
      break;
    default: break;
  }
  return static_cast<unsigned char>(byte) < 0x20 ? std::string() : insert(byte);
}

// Arrow keys, Home, End and Delete; anything else is swallowed whole.
std::string Terminal::escape(char byte) {
  escape_ += byte;
  if (escape_.size() == 2 && (byte == '[' || byte == 'O')) return {};
  if (escape_.size() > 2 && ((byte >= '0' && byte <= '9') || byte == ';') && escape_.size() < 16) return {};
  const std::string sequence = std::exchange(escape_, {});
  if (session_.secret() || !page_.empty()) return {};
  switch (byte) {
    case 'A': return recall(-1);
    case 'B': return recall(1);
    case 'C': cursor_ = std::min(cursor_ + 1, line_.size()); return redraw();
    case 'D': cursor_ -= cursor_ > 0 ? 1 : 0; return redraw();
    case 'H': cursor_ = 0; return redraw();
    case 'F': cursor_ = line_.size(); return redraw();
    case '~':
      if (sequence == "\x1b[3~" && cursor_ < line_.size()) line_.erase(cursor_, 1);
      return redraw();
    default: return {};
  }
}

std::string Terminal::insert(char byte) {
  if (line_.size() >= kLongestLine) return {};
  line_.insert(line_.begin() + static_cast<std::ptrdiff_t>(cursor_), byte);
  ++cursor_;
  if (session_.secret()) return {};
  return cursor_ == line_.size() ? std::string(1, byte) : redraw();
}

std::string Terminal::erase_before(std::size_t count) {
  if (count == 0 || cursor_ == 0) return {};
  const bool at_end = cursor_ == line_.size();
  line_.erase(cursor_ - count, count);
  cursor_ -= count;
  if (session_.secret()) return {};
  return at_end && count == 1 ? "\b \b" : redraw();
}

std::string Terminal::redraw() const {
  if (session_.secret()) return {};
  std::string prompt = session_.prompt();
  prompt.erase(0, prompt.rfind('\n') + 1);
  std::string out = std::string(kWipeLine) + prompt + line_;
  if (cursor_ < line_.size()) out += "\x1b[" + std::to_string(line_.size() - cursor_) + "D";
  return out;
}

bool Terminal::in_quotes() const {
  return std::count(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(cursor_), '"') % 2 == 1;
}

std::string Terminal::enter() {
  const std::string line = std::exchange(line_, {});
  cursor_ = 0;
  const bool answer = session_.asking();
  if (!answer && !base::trim(line).empty() && (history_.empty() || history_.back() != line)) {
    history_.push_back(line);
    if (history_.size() > kHistory) history_.erase(history_.begin());
  }
  recalled_ = history_.size();
  const Session::Result result = session_.line(line);
  failed_ = result.failed;
  changed_();
  ended_ = session_.ended() || (only_ && !session_.asking());
  return (terminal_ ? "\r\n" : "") + show(result.output);
}

// Output, a page of it at a time, and the next prompt.
std::string Terminal::show(std::string_view output) {
  const std::uint64_t rows = session_.settings().rows;
  const auto count = static_cast<std::uint64_t>(std::count(output.begin(), output.end(), '\n'));
  if (!terminal_ || rows < 2 || count < rows || ended_)
    return lines(output) + (ended_ ? std::string() : shown_prompt());
  page_.clear();
  for (const auto& line : base::split(output, '\n')) page_.emplace_back(line);
  if (page_.back().empty()) page_.pop_back();
  std::reverse(page_.begin(), page_.end());
  return page_key(' ');
}

std::string Terminal::page_key(char byte) {
  std::size_t more = 0;
  if (byte == ' ') more = session_.settings().rows - 1;
  if (byte == '\r' || byte == '\n') more = 1;
  std::string out(kWipeLine);
  if (byte == 'q' || byte == 'Q' || byte == '\x03') page_.clear();
  for (; more > 0 && !page_.empty(); --more) {
    out += page_.back() + "\r\n";
    page_.pop_back();
  }
  return out + (page_.empty() ? shown_prompt() : std::string(kMore));
}

std::string Terminal::help() {
  const std::string text = session_.help(line_.substr(0, cursor_));
  return "?\r\n" + lines(text) + (text.ends_with("\n") ? "" : "\r\n") + shown_prompt() + line_ +
         (cursor_ < line_.size() ? "\x1b[" + std::to_string(line_.size() - cursor_) + "D" : std::string());
}

std::string Terminal::complete() {
  if (cursor_ != line_.size()) return {};
  const std::vector<std::string> words = session_.complete(line_);
  if (words.empty()) return "\a";
  const std::size_t blank = line_.find_last_of(" ,=");
  const std::string typed = blank == std::string::npos ? line_ : line_.substr(blank + 1);
  const std::string common = common_start(words) + (words.size() == 1 ? " " : "");
  if (common.size() > typed.size() && common.starts_with(typed)) {
    line_ += common.substr(typed.size());
    cursor_ = line_.size();
    return redraw();
  }
  std::string out = "\r\n";
  for (const std::string& word : words) out += "    " + word + "\r\n";
  return out + shown_prompt() + line_;
}

std::string Terminal::recall(int step) {
  if (session_.asking()) return {};
  const std::size_t wanted = recalled_ + static_cast<std::size_t>(step);  // wraps below zero
  if (wanted > history_.size()) return {};
  recalled_ = wanted;
  line_ = wanted == history_.size() ? std::string() : history_[wanted];
  cursor_ = line_.size();
  return redraw();
}

}  // namespace ontap_sim::cli
