#include "provisioner/base/http/memory.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "provisioner/base/http/deferred.h"

namespace base::http {

namespace asio = boost::asio;

namespace {

/// Appends what the pipe yields until its end. False if it broke or time ran out.
asio::awaitable<bool> collect(Clock& clock, std::shared_ptr<Pipe> pipe, std::string& body, TimePoint deadline) {
  const TimerId timer = clock.at(deadline, [pipe] { pipe->fail(); });
  while (const Chunk chunk = co_await pipe->read()) body += *chunk;
  clock.cancel(timer);
  co_return !pipe->failed();
}

}  // namespace

asio::awaitable<Result<Response>> MemoryTransport::send(Endpoint to, Request request, CallOptions options) {
  const Handler* handler = router_(to.host, to.port);
  if (!handler)
    co_return Error{ErrorKind::unavailable,
                    "connect to " + to.host + ":" + std::to_string(to.port) + ": connection refused"};
  const TimePoint deadline = clock_.now() + options.timeout;
  request.peer.tls = to.tls;
  request.peer.local_address = to.host;
  request.peer.local_port = to.port;
  request.peer.remote_address = source_address;
  if (!request.headers.find("Host")) request.headers.set("Host", to.host + ":" + std::to_string(to.port));
  co_await sleep_for(clock_, Duration{0});  // other ready work goes first, as it would on a wire
  Response response = (*handler)(request);
  if (const std::shared_ptr<Deferred> later = response.later) {
    std::optional<Response> answer = co_await later->wait(clock_, deadline);
    if (!answer) co_return Error{ErrorKind::unknown_outcome, "no answer from " + to.host + " in time"};
    response = std::move(*answer);
  }
  const Delivery delivery = response.delivery;
  response.delivery = {};
  if (delivery.fate == Delivery::Fate::hang || clock_.now() + delivery.delay > deadline) {
    co_await sleep_for(clock_, deadline - clock_.now());
    co_return Error{ErrorKind::unknown_outcome, "no answer from " + to.host + " in time"};
  }
  if (delivery.delay > Duration{0}) co_await sleep_for(clock_, delivery.delay);
  if (delivery.fate == Delivery::Fate::refuse)
    co_return Error{ErrorKind::unavailable,
                    "connect to " + to.host + ":" + std::to_string(to.port) + ": connection refused"};
  if (delivery.fate == Delivery::Fate::drop_reply)
    co_return Error{ErrorKind::unknown_outcome, "connection to " + to.host + " closed without an answer"};
  if (delivery.fate == Delivery::Fate::cut_reply)
    co_return Error{ErrorKind::unknown_outcome, "connection to " + to.host + " closed inside the answer"};
  if (request.method == "HEAD" || response.status == 204 ||
      response.status == 304) {  // no body, whatever the handler wrote
    response.body.clear();
    if (response.outgoing) response.outgoing->abandon();
    response.outgoing = nullptr;
  }
  if (response.outgoing && response.status != 101 && !options.stream) {
    const std::shared_ptr<Pipe> pipe = std::exchange(response.outgoing, nullptr);
    if (!co_await collect(clock_, pipe, response.body, deadline))
      co_return Error{ErrorKind::unknown_outcome, "connection to " + to.host + " broke inside the answer"};
  }
  co_return response;
}

asio::awaitable<Result<Response>> NearTransport::send(Endpoint to, Request request, CallOptions options) {
  Transport& chosen = router_(to.host, to.port) != nullptr ? static_cast<Transport&>(memory_) : wire_;
  return chosen.send(std::move(to), std::move(request), std::move(options));
}

}  // namespace base::http
