#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/cli/session.h"

/// What stands between a byte stream and a Session: the prompt, echo and line editing of a terminal, `?` and Tab while
/// typing, history, pages. Bytes in, bytes out; it never waits and knows nothing of SSH. Without a terminal (a pipe)
/// there is no echo and no paging, and lines end with a newline. Source: section 10.2 of the array's specification.
namespace ontap_sim::cli {

class Terminal {
 public:
  /// `rows`: lines of a page when there is a terminal, 0 for no paging. `changed` is called after every line that was
  /// run.
  Terminal(Session session, bool terminal, std::uint64_t rows, std::function<void()> changed);

  /// What is printed first.
  std::string begin() { return shown_prompt(); }
  /// What the other side typed; returns what it sees.
  std::string feed(std::string_view bytes);
  /// One command without a prompt (`ssh HOST COMMAND`); ended() unless it asks something.
  std::string run_only(std::string_view line);
  /// No more input will come.
  std::string end_of_input();
  void resize(std::uint64_t rows);

  bool ended() const { return ended_; }
  /// Of the last command.
  bool failed() const { return failed_; }

 private:
  std::string key(char byte);
  std::string escape(char byte);
  std::string enter();
  std::string insert(char byte);
  std::string erase_before(std::size_t count);
  std::string help();
  std::string complete();
  std::string recall(int step);
  std::string page_key(char byte);
  std::string show(std::string_view output);
  std::string redraw() const;
  std::string shown_prompt() const { return lines(session_.prompt()); }
  std::string lines(std::string_view text) const;
  bool in_quotes() const;

  Session session_;
  std::function<void()> changed_;
  std::string line_;
  std::size_t cursor_ = 0;
  std::string escape_;  // an escape sequence that has begun
  std::vector<std::string> history_;
  std::size_t recalled_ = 0;       // index into history_, its size when none
  std::vector<std::string> page_;  // lines not shown yet, first one last
  bool terminal_;
  bool last_was_return_ = false;
  bool only_ = false;
  bool ended_ = false;
  bool failed_ = false;
};

}  // namespace ontap_sim::cli
