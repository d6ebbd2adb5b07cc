#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/http/pipe.h"
#include "provisioner/base/task_group.h"

/// exec, attach and port-forward as the kubelet sees them: pipes and an exit status. Which protocol carries them
/// (WebSocket channels v1 to v5, binary or base64; SPDY/3.1; SPDY inside a WebSocket) is settled by serve_exec and
/// serve_forward. The caller has already checked who asks and that pod and container are there; what is wrong with the
/// request itself (no upgrade, no common protocol, no stream asked for) is answered here with a Status. Source:
/// Kubernetes specification 5.10.
namespace k8s_fake {

/// Where sessions run. Both must outlive every session; stopping the group ends them.
struct StreamLoop {
  base::TaskGroup& tasks;
  base::Clock& clock;
};

struct TerminalSize {
  std::uint16_t width = 0;
  std::uint16_t height = 0;
};

/// How the command ended.
struct ExitStatus {
  int code = 0;  // 0: Success; otherwise NonZeroExitCode with this code …
  std::string
      failure;  // … unless the command could not be run: "error executing command in container: …" (InternalError)
};

/// One exec or attach. Made by serve_exec and handed to the runner once all streams are there; the runner keeps it as
/// long as the command runs and calls finish() exactly once (calling it after the client has gone is allowed and does
/// nothing). With a terminal (`tty`) the session does the terminal's work: input arrives echoed and in lines (CR
/// becomes LF, DEL erases, Ctrl-D ends it, Ctrl-C calls on_interrupt), output lines end in CR LF, and there is no
/// standard error.
struct ExecSession {
  bool tty = false;
  /// Standard input. Ends at the client's EOF, at once when stdin was not asked for, and when the client goes.
  std::shared_ptr<base::Pipe> input;
  /// Standard output and error. Always there: what was not asked for is thrown away. write() is false once the client
  /// has gone; a command with much to say awaits room().
  std::shared_ptr<base::Pipe> output;
  std::shared_ptr<base::Pipe> error;
  /// Set by the runner if it cares. Called on the loop's thread, never after finish().
  std::function<void(TerminalSize)> on_resize;
  std::function<void()> on_interrupt;
  std::function<void()> on_gone;  // the client went before finish()
  /// Sends what is queued, then the status, then closes the connection. Set by serve_exec.
  std::function<void(ExitStatus)> finish;
  /// attach with stdinOnce and the like: no more input is wanted.
  void ignore_input() { input->abandon(); }
};
using ExecRunner = std::function<void(std::shared_ptr<ExecSession>)>;

/// What `?stdin=…&stdout=…&stderr=…&tty=…` asks for; "1" and "true" count. `tty` switches standard error off.
struct ExecOptions {
  bool input = false;
  bool output = false;
  bool error = false;
  bool tty = false;
};
ExecOptions exec_options(const base::http::Request& request);

/// Answers an exec or attach request: 101 and a session, or 400/403 with a Status. `run` is called later, on the loop.
base::http::Response serve_exec(const base::http::Request& request, StreamLoop loop, ExecRunner run);

/// One forwarded connection. The runner connects to the container's port, or calls fail().
struct ForwardConnection {
  std::uint16_t port = 0;
  std::shared_ptr<base::Pipe> from_client;  // ends when the client has no more to say, or goes
  std::shared_ptr<base::Pipe>
      to_client;  // close() ends the connection's half; write() is false once the client has gone
  /// "error forwarding port 80 to pod …: connection refused": sent on the error stream; ends both halves. Set by
  /// serve_forward.
  std::function<void(std::string message)> fail;
};
using ForwardRunner = std::function<void(std::shared_ptr<ForwardConnection>)>;

/// Answers a port-forward request. `run` is called for each connection the client opens, any number of times.
base::http::Response serve_forward(const base::http::Request& request, StreamLoop loop, ForwardRunner run);

}  // namespace k8s_fake
