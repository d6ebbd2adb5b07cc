#include "provisioner/base/http/wire_connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <ctime>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/http/parse.h"
#include "provisioner/base/http/socket.h"
#include "provisioner/base/text.h"

namespace base::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::size_t kReadSize = 8 * 1024;
constexpr std::size_t kWritePiece = 256 * 1024;         // each piece has a deadline of its own
constexpr std::size_t kJoinMax = 64 * 1024;             // stream chunks and small bodies joined into one write
constexpr std::size_t kUpgradeQueueMax = 256 * 1024;    // read ahead of a slow session
constexpr Duration kLaterMax = std::chrono::hours(24);  // for an answer that the handler owes

std::string http_date(TimePoint now) {
  const std::time_t at = std::chrono::floor<seconds>(now).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&at, &parts);
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::array<char, 40> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                                 kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                                 kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                                 parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) out += c == '\r' || c == '\n' ? ' ' : c;  // a value cannot start a header of its own
  out += "\r\n";
}

std::string chunk_head(std::size_t bytes) {
  std::array<char, 20> size{};
  const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", bytes);
  return {size.data(), static_cast<std::size_t>(length)};
}

void append_chunk(std::string& out, std::string_view bytes) {
  out.append(chunk_head(bytes.size())).append(bytes).append("\r\n");
}

/// What the request asked for, as far as the answer's form depends on it.
struct Exchange {
  bool head = false;
  bool http_1_0 = false;
  bool keep_alive = false;
};

bool has_no_body(int status) { return status / 100 == 1 || status == 204 || status == 304; }

enum class ReadEnd { complete, closed, refused };

std::string head_of(const Serving& s, const Response& response, const Exchange& exchange, bool chunked,
                    std::size_t body_size) {
  std::string out = "HTTP/1.1 " + std::to_string(response.status) + " ";
  out.append(reason_phrase(response.status)).append("\r\n");
  const bool upgrade = response.status == 101;
  const std::string* said_length = nullptr;
  bool dated = false;
  for (const auto& [name, value] : response.headers) {
    if (equals_ignoring_case(name, "Content-Length")) {
      said_length = &value;
      continue;
    }
    if (equals_ignoring_case(name, "Transfer-Encoding")) continue;
    if (equals_ignoring_case(name, "Connection") && !upgrade) continue;
    if (equals_ignoring_case(name, "Date")) dated = true;
    append_header(out, name, value);
  }
  if (!dated && !upgrade) append_header(out, "Date", s.state->date_now());
  if (upgrade) {
    if (!response.headers.find("Connection")) append_header(out, "Connection", "Upgrade");
  } else {
    if (chunked) append_header(out, "Transfer-Encoding", "chunked");
    else if (exchange.head && body_size == 0 && said_length) append_header(out, "Content-Length", *said_length);
    else if (!has_no_body(response.status) && !response.outgoing)
      append_header(out, "Content-Length", std::to_string(body_size));
    if (!exchange.keep_alive) append_header(out, "Connection", "close");
    else if (exchange.http_1_0) append_header(out, "Connection", "keep-alive");
  }
  return out += "\r\n";
}

/// Writes everything, each piece within its time. False: the connection is of no use any more.
asio::awaitable<bool> write_all(Serving s, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += kWritePiece) {
    s.connection->deadline = s.state->in(s.state->options.limits.body_timeout);
    const IoResult result = co_await s.connection->socket.write(bytes.substr(at, kWritePiece));
    s.connection->deadline = kNever;
    if (result.error) {
      s.connection->gone = true;
      co_return false;
    }
  }
  co_return true;
}

asio::awaitable<IoResult> read_more(ConnectionPtr c, std::size_t want) {
  const std::size_t old = c->in.size();
  c->in.resize(old + want);
  const IoResult result = co_await c->socket.read_some(c->in.data() + old, want);
  c->in.resize(old + result.bytes);
  co_return result;
}

/// Reads one request. On `refused` the status is in `status` (408 for time-outs) and `reason` says why.
asio::awaitable<ReadEnd> read_request(Serving s, MessageParser& parser, int& status, std::string& reason) {
  const ConnectionPtr& c = s.connection;
  const ServerLimits& limits = s.state->options.limits;
  c->idle = c->in.empty();
  c->deadline = s.state->in(c->idle ? limits.idle_timeout : limits.header_timeout);
  bool continued = false;
  while (true) {
    if (!c->in.empty()) {
      const bool head_before = parser.head_done();
      c->in.erase(0, parser.feed(c->in));
      if (parser.problem() != 0) {
        status = parser.problem();
        reason = parser.reason();
        co_return ReadEnd::refused;
      }
      if (parser.done()) break;
      if (parser.head_done() && !head_before) {
        c->deadline = s.state->in(limits.body_timeout);
        if (!c->in.empty()) continue;
      }
      if (parser.head_done() && parser.expects_continue() && !continued) {
        continued = true;
        if (!co_await write_all(s, "HTTP/1.1 100 Continue\r\n\r\n")) co_return ReadEnd::closed;
        c->deadline = s.state->in(limits.body_timeout);
      }
    }
    const IoResult got = co_await read_more(c, parser.head_done() ? kJoinMax : kReadSize);
    if (got.error) {
      const bool started = !c->idle || parser.head_done();
      status = 408;
      reason = parser.head_done() ? "the body did not arrive in time" : "the head did not arrive in time";
      co_return c->timed_out&& started ? ReadEnd::refused : ReadEnd::closed;
    }
    if (c->idle) {
      c->idle = false;
      c->deadline = s.state->in(limits.header_timeout);
    }
  }
  c->deadline = kNever;
  co_return ReadEnd::complete;
}

/// Says good-bye so that the client can read the last answer: end of sending, then its bytes are thrown away until it
/// ends too.
asio::awaitable<void> close_gently(Serving s) {
  const ConnectionPtr& c = s.connection;
  c->deadline = s.state->in(s.state->stopping ? Duration(milliseconds(50)) : kLingerMax);
  co_await c->socket.finish_sending();
  if (s.state->stopping) co_return;
  std::array<char, 4096> waste{};
  while (c->socket.open() && !c->timed_out) {
    const IoResult got = co_await c->socket.read_some(waste.data(), waste.size());
    if (got.error) break;
  }
  c->socket.close();
}

/// While an answer streams: keeps what the client sends for later and abandons the stream when it goes.
asio::awaitable<void> watch_client(Serving s) {
  const ConnectionPtr c = s.connection;
  while (!c->stop_reading && c->in.size() < kJoinMax) {
    const IoResult got = co_await read_more(c, kReadSize);
    if (!got.error) continue;
    if (!c->stop_reading) {
      c->gone = true;
      if (c->outgoing) c->outgoing->abandon();
    }
    break;
  }
  c->reading = false;
  c->reader_done.notify();
}

/// The client's half of an upgraded connection.
asio::awaitable<void> read_upgraded(Serving s) {
  const ConnectionPtr c = s.connection;
  const std::shared_ptr<Pipe> incoming = c->incoming;
  if (!c->in.empty()) incoming->write(std::exchange(c->in, {}));
  while (true) {
    co_await incoming->room(kUpgradeQueueMax);
    const IoResult got = co_await read_more(c, kJoinMax / 4);
    if (got.bytes > 0) incoming->write(std::exchange(c->in, {}));
    if (!got.error) continue;
    const bool clean = got.error == asio::error::eof || got.error == asio::ssl::error::stream_truncated;
    if (clean || c->stop_reading) {
      incoming->close();
    } else {
      c->gone = true;
      incoming->fail();
      c->outgoing->abandon();
    }
    break;
  }
  c->reading = false;
  c->reader_done.notify();
}

asio::awaitable<void> join_reader(Serving s) {
  const ConnectionPtr& c = s.connection;
  c->stop_reading = true;
  if (c->reading) c->socket.cancel();
  while (c->reading) co_await c->reader_done.wait();
}

void start_reader(Serving s, bool upgraded) {
  s.connection->stop_reading = false;
  s.connection->reading = true;
  spawn_io(s.state->io.get_executor(), upgraded ? read_upgraded(s) : watch_client(s));
}

/// A chunk too large to be copied.
asio::awaitable<bool> send_large(Serving s, std::string_view bytes, bool chunked) {
  const std::string head = chunk_head(bytes.size());
  if (chunked && !co_await write_all(s, head)) co_return false;
  if (!co_await write_all(s, bytes)) co_return false;
  co_return !chunked || co_await write_all(s, "\r\n");
}

/// Sends what the pipe yields, several waiting chunks at once. False: the stream did not end cleanly. `cut_after` bytes
/// at most.
asio::awaitable<bool> send_stream(Serving s, std::shared_ptr<Pipe> pipe, std::string out, bool chunked,
                                  std::size_t cut_after) {
  std::size_t sent = 0;
  bool more = true;
  while (more) {
    if (out.empty()) {
      const Chunk first = co_await pipe->read();
      if (!first) break;
      if (first->size() > kJoinMax && cut_after == std::string::npos) {
        const std::string_view bytes = *first;
        if (!co_await send_large(s, bytes, chunked)) co_return false;
        continue;
      }
      for (Chunk chunk = first; chunk; chunk = out.size() < kJoinMax ? pipe->try_read() : nullptr) {
        const std::string_view bytes = std::string_view(*chunk).substr(0, cut_after - sent);
        sent += bytes.size();
        if (bytes.empty()) continue;
        if (chunked) append_chunk(out, bytes);
        else out += bytes;
      }
    }
    if (!co_await write_all(s, out)) co_return false;
    out.clear();
    more = sent < cut_after;
  }
  co_return more && !pipe->failed() && !s.connection->gone;
}

/// An answer whose body is a pipe. True: the connection can carry the next request.
asio::awaitable<bool> deliver_stream(Serving s, Exchange exchange, Response response) {
  const ConnectionPtr& c = s.connection;
  const bool chunked = !exchange.http_1_0;
  const bool cut = response.delivery.fate == Delivery::Fate::cut_reply;
  if (!chunked) exchange.keep_alive = false;
  std::string out = head_of(s, response, exchange, chunked, 0);
  if (exchange.head || has_no_body(response.status)) {
    response.outgoing->abandon();
    co_return co_await write_all(s, out) && exchange.keep_alive;
  }
  if (!response.body.empty()) {
    if (chunked) append_chunk(out, response.body);
    else out += response.body;
  }
  c->outgoing = response.outgoing;
  start_reader(s, false);
  const std::size_t cut_after = cut ? response.delivery.cut_after : std::string::npos;
  bool clean = co_await send_stream(s, response.outgoing, std::move(out), chunked, cut_after);
  if (clean && chunked) clean = co_await write_all(s, "0\r\n\r\n");
  response.outgoing->abandon();
  co_await join_reader(s);
  c->outgoing = nullptr;
  if (!clean) c->gone = true;
  co_return clean&& exchange.keep_alive && !s.state->stopping;
}

/// A 101 and the raw bytes after it, until both halves have ended.
asio::awaitable<void> deliver_upgrade(Serving s, Response response) {
  const ConnectionPtr& c = s.connection;
  c->outgoing = response.outgoing ? response.outgoing : std::make_shared<Pipe>();
  c->incoming = response.incoming ? response.incoming : std::make_shared<Pipe>();
  std::string head = head_of(s, response, {}, false, 0);
  start_reader(s, true);
  const std::shared_ptr<Pipe> outgoing = c->outgoing;
  const bool clean = co_await send_stream(s, outgoing, std::move(head), false, std::string::npos);
  outgoing->abandon();
  if (clean) {  // what the client still sends is read until it ends or the linger is over
    c->deadline = s.state->in(kLingerMax);
    error_code ignored;
    if (!c->socket.tls()) c->socket.tcp().shutdown(tcp::socket::shutdown_send, ignored);
    else co_await c->socket.finish_sending();
    while (c->reading && !c->timed_out) co_await c->reader_done.wait();
  }
  co_await join_reader(s);
  c->gone = true;
}

asio::awaitable<bool> deliver_plain(Serving s, Exchange exchange, Response response) {
  const bool cut = response.delivery.fate == Delivery::Fate::cut_reply;
  std::string out = head_of(s, response, exchange, false, response.body.size());
  const bool with_body = !exchange.head && !has_no_body(response.status);
  if (cut) response.body.resize(std::min(response.body.size(), response.delivery.cut_after));
  bool sent = true;
  if (with_body && out.size() + response.body.size() <= kJoinMax) {
    out += response.body;
    sent = co_await write_all(s, out);
  } else {
    sent = co_await write_all(s, out);
    if (sent && with_body) sent = co_await write_all(s, response.body);
  }
  if (cut) s.connection->gone = true;
  co_return sent && !cut && exchange.keep_alive;
}

/// Holds the connection and says nothing until the client goes or the server stops.
asio::awaitable<void> hang(Serving s) {
  std::array<char, 4096> waste{};
  s.connection->hanging = true;
  while (!s.state->stopping) {
    const IoResult got = co_await s.connection->socket.read_some(waste.data(), waste.size());
    if (got.error) break;
  }
  s.connection->gone = true;
}

asio::awaitable<void> wait_in_connection(Serving s, Duration delay) {
  const ConnectionPtr c = s.connection;
  const std::weak_ptr<Connection> weak = c;
  bool due = false;
  bool* const flag = &due;
  const TimerId timer = s.state->clock.after(delay, [weak, flag] {
    if (const ConnectionPtr still = weak.lock()) {
      *flag = true;
      still->woken.notify();
    }
  });
  while (!due && c->socket.open() && !s.state->stopping) co_await c->woken.wait();
  s.state->clock.cancel(timer);
}

asio::awaitable<bool> deliver(Serving s, Exchange exchange, Response response) {
  const std::shared_ptr<Pipe> outgoing = response.outgoing;
  if (equals_ignoring_case(response.headers.get("Connection"), "close") || s.state->stopping)
    exchange.keep_alive = false;
  if (response.delivery.delay > Duration{0}) co_await wait_in_connection(s, response.delivery.delay);
  const Delivery::Fate fate = response.delivery.fate;
  bool again = false;
  if (fate == Delivery::Fate::hang) {
    co_await hang(s);
  } else if (fate == Delivery::Fate::drop_reply || fate == Delivery::Fate::refuse) {
    s.connection->gone = true;
    if (fate == Delivery::Fate::refuse) s.connection->socket.reset_on_close();
  } else if (response.status == 101) {
    co_await deliver_upgrade(s, std::move(response));
  } else if (response.outgoing) {
    again = co_await deliver_stream(s, exchange, std::move(response));
  } else {
    again = co_await deliver_plain(s, exchange, std::move(response));
  }
  if (outgoing) outgoing->abandon();
  co_return again;
}

Response plain_refusal(int status, const std::string& reason) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/plain; charset=utf-8");
  response.body = std::to_string(status) + " " + std::string(reason_phrase(status)) + ": " + reason + "\n";
  return response;
}

/// One request and its answer. True: another may follow.
asio::awaitable<bool> exchange_one(Serving s) {
  const ConnectionPtr& c = s.connection;
  const ServerOptions& options = s.state->options;
  MessageParser parser(MessageParser::Kind::request, {options.limits.header_bytes, options.limits.body_bytes});
  int status = 0;
  std::string reason;
  Exchange exchange;
  const ReadEnd end = co_await read_request(s, parser, status, reason);
  if (end == ReadEnd::closed) {
    c->gone = true;
    co_return false;
  }
  if (end == ReadEnd::refused) {
    c->timed_out = false;
    Response refusal = options.refuse ? options.refuse(status, reason) : plain_refusal(status, reason);
    co_return co_await deliver(s, exchange, std::move(refusal));
  }
  exchange.head = parser.request.method == "HEAD";
  exchange.http_1_0 = parser.http_1_0();
  exchange.keep_alive = parser.keep_alive();
  parser.request.peer = c->peer;
  Response response = s.state->handler(parser.request);
  if (const std::shared_ptr<Deferred> later = response.later) {
    c->later = later;
    std::optional<Response> answer = co_await later->wait(s.state->clock, s.state->in(kLaterMax));
    c->later = nullptr;
    response = answer ? std::move(*answer) : overdue();
  }
  co_return co_await deliver(s, exchange, std::move(response));
}

}  // namespace

const std::string& Server::State::date_now() {
  const TimePoint now = std::chrono::floor<seconds>(clock.now());
  if (date.empty() || now != date_time) {
    date_time = now;
    date = http_date(now);
  }
  return date;
}

Response overdue() {
  Response response;
  response.status = 503;
  response.headers.set("Connection", "close");
  return response;
}

asio::awaitable<void> serve(Serving s) {
  const ConnectionPtr c = s.connection;
  c->socket.tune();
  bool ready = true;
  if (s.state->tls) {
    c->deadline = s.state->in(s.state->options.limits.header_timeout);
    const error_code error = co_await c->socket.accept_tls(s.state->tls);
    ready = !error;
  }
  if (ready) {
    c->socket.fill_peer(c->peer);
    while (co_await exchange_one(s)) {
      if (s.state->stopping && c->in.empty()) break;
    }
    if (!c->gone) co_await close_gently(s);
  }
  c->socket.close();
  s.state->connections.erase(c.get());
  if (!s.state->connections.empty()) co_return;
  s.state->clock.cancel(s.state->sweep_timer);
  s.state->clock.cancel(s.state->grace_timer);
  s.state->sweep_timer = 0;
}

}  // namespace base::http
