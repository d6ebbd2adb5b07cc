#include <array>
#include <map>

#include "k8s-fake/streams/connection.h"
#include "k8s-fake/streams/exec_core.h"
#include "k8s-fake/streams/negotiate.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

namespace asio = boost::asio;
namespace http = base::http;
using base::Chunk;
using base::Pipe;
using namespace streams;

namespace {

constexpr std::array kSpdyProtocols{Protocol{"portforward.k8s.io", 1, false}};
constexpr std::array kChannelProtocols{Protocol{"v4.channel.k8s.io", 4, false},
                                       Protocol{"v4.base64.channel.k8s.io", 4, true}};
constexpr std::string_view kTunnel = "SPDY/3.1+portforward.k8s.io";
constexpr std::size_t kPieceMax = 32 * 1024;
constexpr std::uint32_t kRefusedStream = 3;

std::optional<std::uint16_t> to_port(std::string_view text) {
  const auto number = base::parse_unsigned(text);
  if (!number || *number == 0 || *number > 65535) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

/// What carries one forwarded connection's bytes to the client.
struct Way {
  std::function<void(std::string_view bytes)> send;
  std::function<void(std::string_view message)> finish;  // no more; a message says why it failed
  std::shared_ptr<Pipe> connection;
};

asio::awaitable<void> pump(std::shared_ptr<ForwardConnection> forward, Way way, std::shared_ptr<std::string> failure) {
  bool wanted = true;
  while (wanted) {
    const Chunk chunk = co_await forward->to_client->read();
    if (!chunk) break;
    for (std::size_t at = 0; at < chunk->size() && wanted; at += kPieceMax) {
      way.send(std::string_view(*chunk).substr(at, kPieceMax));
      wanted = co_await way.connection->room(kQueueMax);
    }
  }
  if (wanted) way.finish(*failure);
  forward->to_client->abandon();
}

/// Makes the connection, starts its pump and tells the runner.
std::shared_ptr<ForwardConnection> start_forward(StreamLoop loop, std::uint16_t port, Way way,
                                                 const ForwardRunner& run) {
  auto forward = std::make_shared<ForwardConnection>();
  forward->port = port;
  forward->from_client = std::make_shared<Pipe>();
  forward->to_client = std::make_shared<Pipe>();
  const auto failure = std::make_shared<std::string>();
  forward->fail = [failure, from = forward->from_client, to = forward->to_client](std::string message) {
    if (!to->writable()) return;
    *failure = std::move(message);
    to->close();
    from->abandon();
  };
  loop.tasks.spawn(pump(forward, std::move(way), failure));
  run(forward);
  return forward;
}

void end_forward(const std::shared_ptr<ForwardConnection>& forward) {
  forward->from_client->close();
  forward->to_client->abandon();
}

/// A SPDY connection that carries any number of forwarded ones: two streams each.
struct SpdyForward {
  SpdyForward(StreamLoop l, std::shared_ptr<Pipe> o, ForwardRunner f) : loop(l), out(std::move(o)), run(std::move(f)) {}
  struct Pair {
    std::uint32_t data = 0;
    std::uint32_t error = 0;
    std::uint16_t port = 0;
    std::shared_ptr<ForwardConnection> forward;
  };
  StreamLoop loop;
  std::shared_ptr<Pipe> out;
  ForwardRunner run;
  SpdyWriter writer;
  std::map<std::string, Pair> pairs;               // by request id
  std::map<std::uint32_t, std::string> by_stream;  // data streams

  void open(const SpdyFrame& frame) {
    const std::string type = spdy_header(frame.headers, "streamtype");
    const auto port = to_port(spdy_header(frame.headers, "port"));
    std::string id = spdy_header(frame.headers, "requestid");
    if (id.empty())
      id = std::to_string(type == "data" ? frame.stream - 2 : frame.stream);  // old clients: error first, data next
    if (!port || (type != "data" && type != "error")) {
      out->write(SpdyWriter::rst_stream(frame.stream, kRefusedStream));
      return;
    }
    out->write(writer.syn_reply(frame.stream));
    Pair& pair = pairs[id];
    pair.port = *port;
    (type == "data" ? pair.data : pair.error) = frame.stream;
    if (pair.data == 0 || pair.error == 0 || pair.forward) return;
    by_stream[pair.data] = id;
    Way way;
    way.connection = out;
    way.send = [to = out, stream = pair.data](std::string_view bytes) {
      to->write(SpdyWriter::data(stream, bytes, false));
    };
    way.finish = [to = out, data = pair.data, error = pair.error](std::string_view message) {
      if (!message.empty()) to->write(SpdyWriter::data(error, message, false));
      to->write(SpdyWriter::data(error, "", true));
      to->write(SpdyWriter::data(data, "", true));
    };
    pair.forward = start_forward(loop, pair.port, std::move(way), run);
  }

  void feed(const SpdyFrame& frame) {
    if (frame.type == SpdyType::syn_stream) return open(frame);
    const auto stream = by_stream.find(frame.stream);
    if (stream == by_stream.end()) return;
    const std::shared_ptr<ForwardConnection> forward = pairs[stream->second].forward;
    if (frame.type == SpdyType::data && !frame.data.empty()) forward->from_client->write(frame.data);
    if (frame.type == SpdyType::rst_stream) {
      end_forward(forward);
      pairs.erase(stream->second);
      by_stream.erase(stream);
    } else if (frame.fin) {
      forward->from_client->close();
    }
  }

  void end() {
    for (const auto& entry : pairs) {
      if (entry.second.forward) end_forward(entry.second.forward);
    }
    pairs.clear();
    by_stream.clear();
  }
};

void serve_spdy(StreamLoop loop, RawConnection raw, ForwardRunner run) {
  const auto state = std::make_shared<SpdyForward>(loop, raw.out, std::move(run));
  loop.tasks.spawn(read_frames(
      raw, [state](const SpdyFrame& frame) { state->feed(frame); }, [state] { state->end(); }));
}

/// SPDY inside binary WebSocket messages.
http::Response tunnel(const http::Request& request, StreamLoop loop, ForwardRunner run) {
  http::Response response = accept_websocket(request, std::string(kTunnel));
  if (response.status != 101) return response;
  const RawConnection raw{response.incoming, response.outgoing};
  const RawConnection inner{std::make_shared<Pipe>(), std::make_shared<Pipe>()};
  const auto on_message = [to = inner.in](const WsMessage& message) { to->write(message.data); };
  const auto on_end = [inner] {
    inner.in->close();
    inner.out->abandon();
  };
  loop.tasks.spawn(read_messages(raw, on_message, on_end));
  loop.tasks.spawn(write_messages(inner.out, raw.out));
  serve_spdy(loop, inner, std::move(run));
  return response;
}

/// Two channels for each port of the query: data and error.
struct ChannelForward {
  std::vector<std::shared_ptr<ForwardConnection>> forwards;
  std::size_t open = 0;
};

asio::awaitable<void> start_channels(StreamLoop loop, std::shared_ptr<Pipe> out, std::shared_ptr<ChannelForward> state,
                                     std::vector<std::uint16_t> ports, bool base64, ForwardRunner run) {
  state->open = ports.size();
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const int data = static_cast<int>(2 * i);
    const std::string port{static_cast<char>(ports[i] & 0xffU), static_cast<char>(ports[i] >> 8U)};
    out->write(channel_message(data, port, base64));
    out->write(channel_message(data + 1, port, base64));
    Way way;
    way.connection = out;
    way.send = [out, data, base64](std::string_view bytes) { out->write(channel_message(data, bytes, base64)); };
    way.finish = [out, data, base64, state](std::string_view message) {
      if (!message.empty()) out->write(channel_message(data + 1, message, base64));
      if (--state->open > 0) return;
      out->write(ws_close(1000));
      out->close();
    };
    state->forwards.push_back(start_forward(loop, ports[i], std::move(way), run));
  }
  co_return;
}

http::Response forward_over_channels(const http::Request& request, StreamLoop loop, const Protocol& protocol,
                                     ForwardRunner run) {
  std::vector<std::uint16_t> ports;
  for (const auto& [name, value] : http::parse_query(request.query())) {
    if (name != "ports") continue;
    for (const std::string_view part : base::split(value, ',')) {
      const auto port = to_port(part);
      if (!port) return refusal(400, "BadRequest", "query parameter \"ports\" has invalid value " + std::string(part));
      ports.push_back(*port);
    }
  }
  if (ports.empty()) return refusal(400, "BadRequest", "query parameter \"ports\" is required");
  if (ports.size() > 100) return refusal(400, "BadRequest", "query parameter \"ports\" names more than 100 ports");
  http::Response response = accept_websocket(request, protocol.said ? std::string(protocol.name) : std::string());
  if (response.status != 101) return response;
  const RawConnection raw{response.incoming, response.outgoing};
  const auto state = std::make_shared<ChannelForward>();
  const auto on_message = [state, base64 = protocol.base64](const WsMessage& message) {
    if (message.data.empty()) return;
    const int channel = base64 ? message.data.front() - '0' : static_cast<unsigned char>(message.data.front());
    const auto index = static_cast<std::size_t>(channel / 2);
    if (channel < 0 || channel % 2 != 0 || index >= state->forwards.size()) return;
    const std::string data = message.data.substr(1);
    state->forwards[index]->from_client->write(base64 ? base::base64_decode(data).value_or("") : data);
  };
  const auto on_end = [state] {
    for (const auto& forward : state->forwards) end_forward(forward);
  };
  loop.tasks.spawn(start_channels(loop, raw.out, state, std::move(ports), protocol.base64, std::move(run)));
  loop.tasks.spawn(read_messages(raw, on_message, on_end));
  return response;
}

}  // namespace

http::Response serve_forward(const http::Request& request, StreamLoop loop, ForwardRunner run) {
  if (wants_websocket(request)) {
    const std::vector<std::string> offers = offered(request, "Sec-WebSocket-Protocol");
    for (const std::string& offer : offers) {
      if (offer == kTunnel) return tunnel(request, loop, std::move(run));
    }
    auto protocol = choose(offers, kChannelProtocols);
    if (!protocol) return refusal(400, "BadRequest", "unable to upgrade: no common WebSocket subprotocol");
    return forward_over_channels(request, loop, *protocol, std::move(run));
  }
  if (!wants_spdy(request)) return refusal(400, "BadRequest", "Upgrade request required");
  const std::vector<std::string> offers = offered(request, "X-Stream-Protocol-Version");
  if (offers.empty()) return refusal(400, "BadRequest", "unable to upgrade: X-Stream-Protocol-Version is missing");
  const auto protocol = choose(offers, kSpdyProtocols);
  if (!protocol) return no_common_protocol(offers, kSpdyProtocols);
  http::Response response = accept_spdy(std::string(protocol->name));
  const RawConnection raw{response.incoming, response.outgoing};
  serve_spdy(loop, raw, std::move(run));
  return response;
}

}  // namespace k8s_fake
