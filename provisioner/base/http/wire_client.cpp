#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <vector>

#include "provisioner/base/http/parse.h"
#include "provisioner/base/http/socket.h"
#include "provisioner/base/http/wire.h"
#include "provisioner/base/text.h"

namespace base::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::seconds;

namespace {

constexpr std::size_t kReadSize = 16 * 1024;
constexpr std::size_t kStreamQueueMax = 1024 * 1024;  // read ahead of a slow reader
constexpr std::size_t kIdleMax = 64;                  // kept connections per endpoint
constexpr Duration kIdleTime = seconds(45);           // below what servers allow, so that they rarely close first
constexpr std::uint64_t kBodyMax = 1ULL << 30U;

struct Link {
  explicit Link(tcp::socket s) : socket(std::move(s)) {}
  Socket socket;
  std::string in;
  std::string key;
  TimePoint idle_since{};
  bool timed_out = false;
};
using LinkPtr = std::shared_ptr<Link>;

/// Endpoints with equal keys may share connections.
std::string key_of(const Endpoint& to) {
  std::string key = (to.tls ? "s " : "c ") + to.host + " " + std::to_string(to.port) + (to.insecure ? " i " : " v ");
  return to.tls ? key + to.ca_pem + " " + to.client_cert_pem : key;
}

bool only_reads(const std::string& method) { return method == "GET" || method == "HEAD" || method == "OPTIONS"; }

}  // namespace

struct WireTransport::State {
  State(asio::io_context& context, Clock& c) : io(context), clock(c) {}
  asio::io_context& io;
  Clock& clock;
  bool closed = false;
  std::map<std::string, std::vector<LinkPtr>> idle;
  std::map<Link*, std::weak_ptr<Link>> open;  // order is never seen outside
  std::size_t forget_at = 64;
  std::map<std::pair<std::string, std::uint16_t>, std::pair<std::string, std::uint16_t>> dial;
  std::map<std::string, std::shared_ptr<TlsContext>> contexts;

  LinkPtr take_idle(const std::string& key);
  void give_back(LinkPtr link);
  void forget_gone();
};

namespace {

using StatePtr = std::shared_ptr<WireTransport::State>;

/// Closes the connection when a call's time is over.
class Deadline {
 public:
  Deadline(Clock& clock, TimePoint when, const LinkPtr& link) : clock_(clock) {
    const std::weak_ptr<Link> weak = link;
    id_ = clock.at(when, [weak] {
      if (const LinkPtr still = weak.lock()) {
        still->timed_out = true;
        still->socket.close();
      }
    });
  }
  ~Deadline() { clock_.cancel(id_); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  Clock& clock_;
  TimerId id_ = 0;
};

/// What became of one attempt.
struct Attempt {
  std::optional<Response> response;
  bool sent = false;      // at least one byte of the request
  bool answered = false;  // at least one byte of the answer
  std::string problem;
};

std::string request_text(const Endpoint& to, const Request& request) {
  std::string out = request.method + " " + (request.target.empty() ? "/" : request.target) + " HTTP/1.1\r\n";
  const auto add = [&out](std::string_view name, std::string_view value) {
    out.append(name).append(": ");
    for (const char c : value) out += c == '\r' || c == '\n' ? ' ' : c;
    out += "\r\n";
  };
  if (!request.headers.find("Host")) {
    const std::string host = to.host.find(':') == std::string::npos ? to.host : "[" + to.host + "]";
    add("Host", to.port == (to.tls ? 443 : 80) ? host : host + ":" + std::to_string(to.port));
  }
  for (const auto& [name, value] : request.headers) {
    if (equals_ignoring_case(name, "Content-Length") || equals_ignoring_case(name, "Transfer-Encoding")) continue;
    add(name, value);
  }
  const bool has_body =
      !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (has_body) add("Content-Length", std::to_string(request.body.size()));
  out += "\r\n";
  return out += request.body;
}

asio::awaitable<IoResult> read_more(LinkPtr link) {
  const std::size_t old = link->in.size();
  link->in.resize(old + kReadSize);
  const IoResult result = co_await link->socket.read_some(link->in.data() + old, kReadSize);
  link->in.resize(old + result.bytes);
  co_return result;
}

asio::awaitable<Result<LinkPtr>> connect(StatePtr state, Endpoint to, std::string key, TimePoint deadline) {
  const std::string where = "connect to " + to.host + ":" + std::to_string(to.port) + ": ";
  std::string host = to.host;
  std::uint16_t port = to.port;
  if (const auto other = state->dial.find({host, port}); other != state->dial.end())
    std::tie(host, port) = other->second;
  auto link = std::make_shared<Link>(tcp::socket(state->io));
  link->key = key;
  const Deadline guard(state->clock, deadline, link);
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (!error) {
    const tcp::endpoint end(address, port);
    co_await link->socket.tcp().async_connect(end, token);
  } else {
    error.clear();
    tcp::resolver resolver(state->io);
    const std::string service = std::to_string(port);
    const auto found = co_await resolver.async_resolve(host, service, token);
    if (!error && !link->timed_out) co_await asio::async_connect(link->socket.tcp(), found, token);
  }
  if (link->timed_out) co_return Error{ErrorKind::unavailable, where + "connection timed out"};
  if (error) co_return Error{ErrorKind::unavailable, where + error.message()};
  link->socket.tune();
  if (to.tls) {
    auto context = state->contexts.find(key);
    if (context == state->contexts.end()) {
      auto made = make_client_context(to);
      if (!made) co_return made.error();
      context = state->contexts.emplace(key, *made).first;
    }
    const std::shared_ptr<TlsContext> tls = context->second;
    const std::string name = to.host;
    error = co_await link->socket.connect_tls(tls, name, to.insecure);
    if (link->timed_out) co_return Error{ErrorKind::unavailable, where + "TLS handshake timed out"};
    const std::string why = error ? link->socket.tls_problem() : std::string();
    if (error) co_return Error{ErrorKind::unavailable, where + (why.empty() ? error.message() : "certificate: " + why)};
  }
  state->open.insert_or_assign(link.get(), link);
  co_return link;
}

/// The rest of a streamed body, after its head went to the caller.
asio::awaitable<void> pump_stream(StatePtr state, LinkPtr link, std::shared_ptr<MessageParser> parser,
                                  std::shared_ptr<Pipe> pipe) {
  parser->on_body = [pipe](std::string_view bytes) { pipe->write(std::string(bytes)); };
  bool broken = false;
  while (!broken) {
    while (!link->in.empty() && parser->problem() == 0 && !parser->done()) {
      const std::size_t taken = parser->feed(link->in);
      link->in.erase(0, taken);
      if (taken == 0) break;
    }
    if (parser->problem() != 0 || parser->done()) break;
    if (!co_await pipe->room(kStreamQueueMax)) break;
    const IoResult got = co_await read_more(link);
    if (got.bytes > 0) continue;
    if (got.error == asio::error::eof) parser->feed_end();
    broken = got.error.failed();
  }
  const bool good = parser->done() && pipe->writable();
  if (parser->done()) pipe->close();
  else pipe->fail();
  pipe->on_reader_gone(nullptr);
  if (good && !broken && parser->keep_alive()) state->give_back(link);
  else link->socket.close();
}

/// Server to client after a 101.
asio::awaitable<void> pump_in(LinkPtr link, std::shared_ptr<Pipe> out, std::shared_ptr<Pipe> in) {
  while (true) {
    if (!link->in.empty()) out->write(std::exchange(link->in, {}));
    co_await out->room(kStreamQueueMax);
    const IoResult got = co_await read_more(link);
    if (got.bytes > 0) continue;
    if (!got.error) continue;
    const bool clean = got.error == asio::error::eof || got.error == asio::ssl::error::stream_truncated;
    if (clean) out->close();
    else out->fail();
    if (!clean) in->abandon();
    break;
  }
}

/// Client to server after a 101. Closing the pipe ends the sending half; abandoning the other pipe ends the connection.
asio::awaitable<void> pump_out(LinkPtr link, std::shared_ptr<Pipe> in) {
  while (const Chunk chunk = co_await in->read()) {
    const std::string_view bytes = *chunk;
    const IoResult result = co_await link->socket.write(bytes);
    if (result.error) break;
  }
  const bool clean = in->at_end() && !in->failed();
  in->abandon();
  if (clean) co_await link->socket.finish_sending();
  else link->socket.close();
}

Response upgraded(const StatePtr& state, const LinkPtr& link, Response head) {
  head.outgoing = std::make_shared<Pipe>();
  head.incoming = std::make_shared<Pipe>();
  const std::weak_ptr<Link> weak = link;
  head.outgoing->on_reader_gone([weak] {
    if (const LinkPtr still = weak.lock()) still->socket.close();
  });
  spawn_io(state->io.get_executor(), pump_in(link, head.outgoing, head.incoming));
  spawn_io(state->io.get_executor(), pump_out(link, head.incoming));
  return head;
}

/// Reads on until `parser` has its head (or, with `whole`, everything). False: the connection ended before.
asio::awaitable<bool> read_until(LinkPtr link, std::shared_ptr<MessageParser> parser, bool whole, Attempt& attempt) {
  while (true) {
    while (!link->in.empty() && parser->problem() == 0 && !parser->done()) {
      const std::size_t taken = parser->feed(link->in);
      link->in.erase(0, taken);
      if (taken == 0 || (parser->head_done() && !whole)) break;
    }
    if (parser->problem() != 0) {
      attempt.problem = "not a valid answer: " + parser->reason();
      co_return false;
    }
    if (parser->done() || (parser->head_done() && !whole)) co_return true;
    const IoResult got = co_await read_more(link);
    if (got.bytes > 0) attempt.answered = true;
    if (!got.error) continue;
    if (got.error == asio::error::eof && parser->head_done()) parser->feed_end();
    if (parser->done()) co_return true;
    attempt.problem = link->timed_out ? "no answer in time"
                                      : "connection closed " +
                                            std::string(attempt.answered ? "inside the answer" : "without an answer");
    co_return false;
  }
}

asio::awaitable<Attempt> try_once(StatePtr state, LinkPtr link, std::string text, std::string method, bool stream) {
  Attempt attempt;
  const IoResult written = co_await link->socket.write(text);
  attempt.sent = written.bytes > 0;
  if (written.error) attempt.problem = link->timed_out ? "not sent in time" : written.error.message();
  if (!attempt.sent) co_return attempt;
  // Also after a failed write: the server may have refused a large body early and said why.
  const auto kind = method == "HEAD" ? MessageParser::Kind::response_to_head : MessageParser::Kind::response;
  MessageLimits limits;
  limits.body_bytes = kBodyMax;
  std::shared_ptr<MessageParser> parser;
  do {  // past interim answers such as 100 and 103
    parser = std::make_shared<MessageParser>(kind, limits);
    if (!co_await read_until(link, parser, false, attempt)) co_return attempt;
  } while (parser->response.status / 100 == 1 && parser->response.status != 101);
  if (parser->response.status == 101) {
    attempt.response = upgraded(state, link, std::move(parser->response));
    co_return attempt;
  }
  if (stream && !parser->done()) {
    auto pipe = std::make_shared<Pipe>();
    const std::weak_ptr<Link> weak = link;
    pipe->on_reader_gone([weak] {
      if (const LinkPtr still = weak.lock()) still->socket.close();
    });
    attempt.response = std::move(parser->response);
    attempt.response->outgoing = pipe;
    spawn_io(state->io.get_executor(), pump_stream(state, link, parser, pipe));
    co_return attempt;
  }
  if (!co_await read_until(link, parser, true, attempt)) co_return attempt;
  attempt.response = std::move(parser->response);
  if (parser->keep_alive() && link->in.empty() && !written.error) state->give_back(link);
  else link->socket.close();
  co_return attempt;
}

}  // namespace

LinkPtr WireTransport::State::take_idle(const std::string& key) {
  const auto found = idle.find(key);
  if (found == idle.end()) return nullptr;
  while (!found->second.empty()) {
    LinkPtr link = std::move(found->second.back());
    found->second.pop_back();
    if (clock.now() - link->idle_since < kIdleTime && link->socket.quiet()) return link;
    link->socket.close();
  }
  return nullptr;
}

void WireTransport::State::give_back(LinkPtr link) {
  if (closed || !link->socket.open()) return link->socket.close();
  link->idle_since = clock.now();
  std::vector<LinkPtr>& kept = idle[link->key];
  if (kept.size() >= kIdleMax) {
    kept.front()->socket.close();
    kept.erase(kept.begin());
  }
  kept.push_back(std::move(link));
}

void WireTransport::State::forget_gone() {
  if (open.size() < forget_at) return;
  std::erase_if(open, [](const auto& entry) { return entry.second.expired(); });
  forget_at = 2 * open.size() + 64;
}

WireTransport::WireTransport(asio::io_context& io, Clock& clock) : state_(std::make_shared<State>(io, clock)) {}
WireTransport::~WireTransport() { close(); }

void WireTransport::close() {
  state_->closed = true;
  state_->idle.clear();
  const auto open = std::exchange(state_->open, {});
  for (const auto& entry : open) {
    if (const LinkPtr link = entry.second.lock()) link->socket.close();
  }
}

void WireTransport::connect_to(const std::string& host, std::uint16_t port, const std::string& other_host,
                               std::uint16_t other_port) {
  state_->dial[{host, port}] = {other_host, other_port};
}

asio::awaitable<Result<Response>> WireTransport::send(Endpoint to, Request request, CallOptions options) {
  const StatePtr state = state_;
  const TimePoint deadline = state->clock.now() + options.timeout;
  const TimePoint connect_deadline = std::min(deadline, state->clock.now() + options.connect_timeout);
  const std::string key = key_of(to);
  const std::string text = request_text(to, request);
  const std::string whom = to.host + ":" + std::to_string(to.port) + ": ";
  state->forget_gone();
  LinkPtr link = state->take_idle(key);
  while (true) {
    if (state->closed) co_return Error{ErrorKind::unavailable, whom + "the transport is closed"};
    const bool kept = link != nullptr;
    if (!link) {
      Result<LinkPtr> made = co_await connect(state, to, key, connect_deadline);
      if (!made) co_return made.error();
      link = *made;
    }
    std::optional<Attempt> attempt;
    {
      const Deadline guard(state->clock, deadline, link);
      attempt = co_await try_once(state, link, text, request.method, options.stream);
    }
    if (attempt->response) co_return std::move(*attempt->response);
    link->socket.close();
    const bool repeat =
        kept && !link->timed_out && !attempt->answered && (!attempt->sent || only_reads(request.method));
    if (!repeat)
      co_return Error{attempt->sent ? ErrorKind::unknown_outcome : ErrorKind::unavailable, whom + attempt->problem};
    link = nullptr;
  }
}

}  // namespace base::http
