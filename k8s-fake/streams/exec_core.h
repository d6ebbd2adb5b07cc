#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "k8s-fake/streams/session.h"

/// One exec or attach apart from its framing: pipes, the terminal's work, pumps, the status at the end. A protocol
/// feeds in what arrived and is told what to send.
namespace k8s_fake::streams {

enum class Channel { input = 0, output = 1, error = 2, status = 3, resize = 4 };

/// What a protocol does for the core.
struct Carrier {
  std::function<void(Channel, std::string_view bytes)> send;
  std::function<void(Channel)> end;        // no more on this channel (protocols without half-closing do nothing)
  std::function<void()> close;             // everything was said
  std::shared_ptr<base::Pipe> connection;  // the raw bytes out: its queue is what a fast command has to wait for
};

class ExecCore : public std::enable_shared_from_this<ExecCore> {
 public:
  ExecCore(StreamLoop loop, ExecOptions options, int version, Carrier carrier);

  /// Starts the pumps and hands the session to the runner.
  void start(const ExecRunner& run);
  /// start() after the time that a container runtime takes, with a terminal as soon as its size is known: kubectl 1.32
  /// prints complaints when output comes before it has made its streams, or the end before it has sent its size.
  static boost::asio::awaitable<void> start_soon(std::shared_ptr<ExecCore> self, ExecRunner run,
                                                 std::function<void()> opening);

  void feed_input(std::string_view bytes);
  void end_input();
  void feed_resize(std::string_view bytes);  // lines of {"Width":120,"Height":40}
  void client_gone();

 private:
  static boost::asio::awaitable<void> pump(std::shared_ptr<ExecCore> self, std::shared_ptr<base::Pipe> pipe,
                                           Channel channel);
  void finish(ExitStatus status);
  void pump_ended();
  void feed_terminal(std::string_view bytes);
  void echo(std::string_view bytes);

  StreamLoop loop_;
  ExecOptions options_;
  int version_;  // of the channel protocol: from 4 on the status is JSON
  Carrier carrier_;
  std::shared_ptr<ExecSession> session_;
  std::string line_;    // terminal input since the last line end
  std::string resize_;  // an incomplete line
  std::optional<ExitStatus> status_;
  int pumps_ = 0;
  bool gone_ = false;
  bool closed_ = false;
  std::optional<TerminalSize> size_;
};

/// The status object of version 4 and later, or the text of earlier ones ("" for success).
std::string status_text(const ExitStatus& status, int version);

/// A Status refusal before the upgrade: code, reason and message as a Kubernetes API server words them.
base::http::Response refusal(int code, const std::string& reason, const std::string& message);

}  // namespace k8s_fake::streams
