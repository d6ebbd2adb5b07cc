#include "k8s-fake/streams/exec_core.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "provisioner/base/text.h"

namespace k8s_fake {

namespace {

/// As the API reads every boolean: Python says "True", a bare name counts too.
bool is_true(std::string_view value) { return value != "0" && !base::equals_ignoring_case(value, "false"); }

}  // namespace

ExecOptions exec_options(const base::http::Request& request) {
  ExecOptions options;
  for (const auto& [name, value] : base::http::parse_query(request.query())) {
    if (name == "stdin") options.input = is_true(value);
    if (name == "stdout") options.output = is_true(value);
    if (name == "stderr") options.error = is_true(value);
    if (name == "tty") options.tty = is_true(value);
  }
  if (options.tty) options.error = false;
  return options;
}

}  // namespace k8s_fake

namespace k8s_fake::streams {

namespace asio = boost::asio;
using base::Chunk;
using base::Pipe;
using Json = nlohmann::ordered_json;

namespace {

constexpr std::size_t kMessageMax = 32 * 1024;  // as kubelets send
constexpr std::size_t kQueueMax = 256 * 1024;   // on the connection, before a command has to wait
constexpr std::size_t kResizeLineMax = 1024;
constexpr std::chrono::milliseconds kStart{20};         // of a command without a terminal
constexpr std::chrono::milliseconds kSizeAwaited{500};  // at most, for clients that never send one

/// A terminal's output: every line feed gets its carriage return.
std::string with_returns(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) out += '\r';
    out += text[i];
  }
  return out;
}

}  // namespace

std::string status_text(const ExitStatus& status, int version) {
  const bool success = status.failure.empty() && status.code == 0;
  const std::string exit_message =
      "command terminated with non-zero exit code: exit status " + std::to_string(status.code);
  const std::string message =
      status.failure.empty() ? exit_message : "error executing command in container: " + status.failure;
  if (version < 4) return success ? "" : message;
  Json out;
  out["metadata"] = Json::object();
  out["status"] = success ? "Success" : "Failure";
  if (success) return out.dump();
  out["message"] = message;
  out["reason"] = status.failure.empty() ? "NonZeroExitCode" : "InternalError";
  Json cause;
  if (status.failure.empty()) cause["reason"] = "ExitCode";
  cause["message"] = status.failure.empty() ? std::to_string(status.code) : status.failure;
  out["details"]["causes"] = Json::array({cause});
  if (!status.failure.empty()) out["code"] = 500;
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

base::http::Response refusal(int code, const std::string& reason, const std::string& message) {
  Json status;
  status["kind"] = "Status";
  status["apiVersion"] = "v1";
  status["metadata"] = Json::object();
  status["status"] = "Failure";
  status["message"] = message;
  if (!reason.empty()) status["reason"] = reason;
  status["code"] = code;
  base::http::Response response;
  response.status = code;
  response.headers.set("Content-Type", "application/json");
  response.body = status.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

ExecCore::ExecCore(StreamLoop loop, ExecOptions options, int version, Carrier carrier)
    : loop_(loop),
      options_(options),
      version_(version),
      carrier_(std::move(carrier)),
      session_(std::make_shared<ExecSession>()) {
  session_->tty = options.tty;
  session_->input = std::make_shared<Pipe>();
  session_->output = std::make_shared<Pipe>();
  session_->error = std::make_shared<Pipe>();
}

void ExecCore::start(const ExecRunner& run) {
  const std::shared_ptr<ExecCore> self = shared_from_this();
  // The pumps keep this object alive as long as there is something to finish.
  const std::weak_ptr<ExecCore> weak = self;
  session_->finish = [weak](ExitStatus status) {
    if (const std::shared_ptr<ExecCore> core = weak.lock()) core->finish(std::move(status));
  };
  if (!options_.input) session_->input->close();
  pumps_ = 2;
  loop_.tasks.spawn(pump(self, session_->output, Channel::output));
  loop_.tasks.spawn(pump(self, session_->error, options_.tty ? Channel::output : Channel::error));
  run(session_);
  if (gone_ && session_->on_gone) session_->on_gone();
  if (size_ && session_->on_resize) session_->on_resize(*size_);
}

asio::awaitable<void> ExecCore::start_soon(std::shared_ptr<ExecCore> self, ExecRunner run,
                                           std::function<void()> opening) {
  base::Clock& clock = self->loop_.clock;
  const base::TimePoint latest = clock.now() + (self->options_.tty ? kSizeAwaited : kStart);
  while (!self->size_ && !self->gone_ && clock.now() < latest)
    co_await base::sleep_for(clock, std::chrono::milliseconds(2));
  opening();
  self->start(run);
}

asio::awaitable<void> ExecCore::pump(std::shared_ptr<ExecCore> self, std::shared_ptr<Pipe> pipe, Channel channel) {
  const bool wanted = channel == Channel::output ? self->options_.output : self->options_.error;
  const std::shared_ptr<Pipe> connection = self->carrier_.connection;
  while (const Chunk chunk = co_await pipe->read()) {
    if (!wanted || self->gone_) continue;
    const std::string text = self->options_.tty ? with_returns(*chunk) : std::string();
    const std::string_view bytes = self->options_.tty ? std::string_view(text) : std::string_view(*chunk);
    for (std::size_t at = 0; at < bytes.size() && !self->gone_; at += kMessageMax) {
      self->carrier_.send(channel, bytes.substr(at, kMessageMax));
      if (!co_await connection->room(kQueueMax)) self->client_gone();
    }
  }
  self->pump_ended();
}

void ExecCore::finish(ExitStatus status) {
  if (status_ || gone_) return;
  status_ = std::move(status);
  session_->output->close();
  session_->error->close();
  session_->input->abandon();
}

void ExecCore::pump_ended() {
  if (--pumps_ > 0 || closed_) return;
  closed_ = true;
  if (!gone_ && status_) {
    if (options_.output) carrier_.end(Channel::output);
    if (options_.error) carrier_.end(Channel::error);
    const std::string text = status_text(*status_, version_);
    if (!text.empty()) carrier_.send(Channel::status, text);
    carrier_.end(Channel::status);
  }
  carrier_.close();
  // Whoever still holds the session must not hold the connection with it.
  session_->on_resize = nullptr;
  session_->on_interrupt = nullptr;
  session_->on_gone = nullptr;
  carrier_ = {};
}

void ExecCore::client_gone() {
  if (gone_ || closed_) return;
  gone_ = true;
  session_->input->close();
  session_->output->abandon();
  session_->error->abandon();
  const auto hook = session_->on_gone;
  if (hook && !status_) hook();
}

void ExecCore::feed_input(std::string_view bytes) {
  if (bytes.empty() || !options_.input || gone_ || status_) return;
  if (options_.tty) feed_terminal(bytes);
  else session_->input->write(std::string(bytes));
}

void ExecCore::end_input() {
  if (options_.tty && !line_.empty()) session_->input->write(std::exchange(line_, {}));
  session_->input->close();
}

void ExecCore::echo(std::string_view bytes) {
  if (options_.output) carrier_.send(Channel::output, bytes);
}

void ExecCore::feed_terminal(std::string_view bytes) {
  for (const char c : bytes) {
    if (c == 3) {  // Ctrl-C
      echo("^C\r\n");
      line_.clear();
      const auto hook = session_->on_interrupt;
      if (hook) hook();
    } else if (c == 4) {  // Ctrl-D: hands over what is there, or ends the input
      if (line_.empty()) session_->input->close();
      else session_->input->write(std::exchange(line_, {}));
    } else if (c == 8 || c == 127) {
      if (line_.empty()) continue;
      line_.pop_back();
      echo("\b \b");
    } else if (c == '\r' || c == '\n') {
      echo("\r\n");
      session_->input->write(std::exchange(line_, {}) + "\n");
    } else {
      line_ += c;
      echo(std::string_view(&c, 1));
    }
    if (gone_ || closed_) return;
  }
}

void ExecCore::feed_resize(std::string_view bytes) {
  resize_ += bytes;
  for (std::size_t end = resize_.find_first_of("\n}"); end != std::string::npos; end = resize_.find_first_of("\n}")) {
    const Json size = Json::parse(resize_.substr(0, end + 1), nullptr, false);
    resize_.erase(0, end + 1);
    if (!size.is_object() || gone_ || status_) continue;
    const auto field = [&size](const char* name) {
      const auto found = size.find(name);
      return found != size.end() && found->is_number_unsigned()
                 ? static_cast<std::uint16_t>(found->get<std::uint64_t>())
                 : std::uint16_t{0};
    };
    size_ = TerminalSize{field("Width"), field("Height")};
    const auto hook = session_->on_resize;
    if (hook) hook(*size_);
  }
  if (resize_.size() > kResizeLineMax) resize_.clear();
}

}  // namespace k8s_fake::streams
