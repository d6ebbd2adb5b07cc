#include <algorithm>
#include <array>
#include <map>

#include "k8s-fake/streams/connection.h"
#include "k8s-fake/streams/exec_core.h"
#include "k8s-fake/streams/negotiate.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

namespace asio = boost::asio;
namespace http = base::http;
using namespace streams;

namespace {

constexpr std::array kWebSocketProtocols{
    Protocol{"v5.channel.k8s.io", 5, false},   Protocol{"v4.channel.k8s.io", 4, false},
    Protocol{"v3.channel.k8s.io", 3, false},   Protocol{"v2.channel.k8s.io", 2, false},
    Protocol{"channel.k8s.io", 1, false},      Protocol{"v4.base64.channel.k8s.io", 4, true},
    Protocol{"base64.channel.k8s.io", 1, true}};
constexpr std::array kSpdyProtocols{Protocol{"v4.channel.k8s.io", 4, false}, Protocol{"v3.channel.k8s.io", 3, false},
                                    Protocol{"v2.channel.k8s.io", 2, false}, Protocol{"channel.k8s.io", 1, false}};
constexpr char kCloseChannel = '\xff';                  // v5: the next byte is the channel that ends
constexpr auto kStreamsMax = std::chrono::seconds(30);  // until all of a client's SPDY streams are there

/// A message of a channel protocol: the channel, then what it carries.
void feed_message(ExecCore& core, const Protocol& protocol, const WsMessage& message) {
  if (message.data.empty()) return;
  if (protocol.version >= 5 && message.data.front() == kCloseChannel) {
    if (message.data.size() > 1 && message.data[1] == 0) core.end_input();
    return;
  }
  std::string data = message.data.substr(1);
  const int channel = protocol.base64 ? message.data.front() - '0' : message.data.front();
  if (protocol.base64) data = base::base64_decode(data).value_or("");
  if (channel == static_cast<int>(Channel::input)) core.feed_input(data);
  if (channel == static_cast<int>(Channel::resize)) core.feed_resize(data);
}

http::Response exec_over_websocket(const http::Request& request, StreamLoop loop, ExecOptions options, ExecRunner run) {
  const auto protocol = choose(offered(request, "Sec-WebSocket-Protocol"), kWebSocketProtocols);
  if (!protocol) return refusal(400, "BadRequest", "unable to upgrade: no common WebSocket subprotocol");
  http::Response response = accept_websocket(request, protocol->said ? std::string(protocol->name) : std::string());
  if (response.status != 101) return response;
  const RawConnection raw{response.incoming, response.outgoing};
  Carrier carrier;
  carrier.send = [out = raw.out, base64 = protocol->base64](Channel channel, std::string_view bytes) {
    out->write(channel_message(static_cast<int>(channel), bytes, base64));
  };
  carrier.end = [](Channel) {};
  carrier.close = [out = raw.out] {
    out->write(ws_close(1000));
    out->close();
  };
  carrier.connection = raw.out;
  // As a real server does: an empty message on the first channel the client reads says that the connection stands.
  const Channel first = options.output ? Channel::output : options.error ? Channel::error : Channel::status;
  const auto opening = [send = carrier.send, first] { send(first, ""); };
  const auto core = std::make_shared<ExecCore>(loop, options, protocol->version, std::move(carrier));
  const auto on_message = [core, chosen = *protocol](const WsMessage& message) {
    feed_message(*core, chosen, message);
  };
  loop.tasks.spawn(read_messages(raw, on_message, [core] { core->client_gone(); }));
  loop.tasks.spawn(ExecCore::start_soon(core, std::move(run), opening));
  return response;
}

/// An exec over SPDY: streams by their type, until all are there.
struct SpdyExec {
  SpdyExec(StreamLoop l, RawConnection r, ExecOptions o, int v, ExecRunner f)
      : loop(l), raw(std::move(r)), options(o), version(v), run(std::move(f)) {}
  StreamLoop loop;
  RawConnection raw;
  ExecOptions options;
  int version;
  ExecRunner run;
  SpdyWriter writer;
  std::map<Channel, std::uint32_t> streams;
  std::shared_ptr<ExecCore> core;
  base::TimerId timer = 0;
  bool begun = false;  // all streams are there

  bool complete() const {
    const auto has = [this](Channel channel) { return streams.contains(channel); };
    return has(Channel::status) && (!options.input || has(Channel::input)) &&
           (!options.output || has(Channel::output)) && (!options.error || has(Channel::error)) &&
           (!options.tty || version < 3 || has(Channel::resize));
  }

  void open(const SpdyFrame& frame) {
    struct Row {
      std::string_view type;
      Channel channel;
    };
    static constexpr std::array kRows{Row{"error", Channel::status}, Row{"stdin", Channel::input},
                                      Row{"stdout", Channel::output}, Row{"stderr", Channel::error},
                                      Row{"resize", Channel::resize}};
    const std::string type = spdy_header(frame.headers, "streamtype");
    const auto* const row = std::ranges::find(kRows, type, &Row::type);
    if (row == kRows.end() || streams.contains(row->channel)) {
      raw.out->write(SpdyWriter::rst_stream(frame.stream, 3));  // refused
      return;
    }
    raw.out->write(writer.syn_reply(frame.stream));
    streams.emplace(row->channel, frame.stream);
    if (!complete() || begun) return;
    begun = true;
    loop.clock.cancel(timer);
    if (options.tty && version >= 3) loop.tasks.spawn(ExecCore::start_soon(core, run, [] {}));
    else core->start(run);
  }

  void feed(const SpdyFrame& frame) {
    if (frame.type == SpdyType::syn_stream) return open(frame);
    const auto stream =
        std::ranges::find_if(streams, [&frame](const auto& entry) { return entry.second == frame.stream; });
    if (stream == streams.end()) return;
    const bool ended = frame.type == SpdyType::rst_stream || frame.fin;
    if (stream->first == Channel::input) {
      if (frame.type == SpdyType::data) core->feed_input(frame.data);
      if (ended) core->end_input();
    } else if (stream->first == Channel::resize && frame.type == SpdyType::data) {
      core->feed_resize(frame.data);
    } else if (stream->first == Channel::status && frame.type == SpdyType::rst_stream) {
      core->client_gone();
    }
  }
};

http::Response exec_over_spdy(const http::Request& request, StreamLoop loop, ExecOptions options, ExecRunner run) {
  const std::vector<std::string> wanted = offered(request, "X-Stream-Protocol-Version");
  if (wanted.empty()) return refusal(400, "BadRequest", "unable to upgrade: X-Stream-Protocol-Version is missing");
  const auto protocol = choose(wanted, kSpdyProtocols);
  if (!protocol) return no_common_protocol(wanted, kSpdyProtocols);
  http::Response response = accept_spdy(std::string(protocol->name));
  const RawConnection raw{response.incoming, response.outgoing};
  const auto exec = std::make_shared<SpdyExec>(loop, raw, options, protocol->version, std::move(run));
  const std::weak_ptr<SpdyExec> weak = exec;
  Carrier carrier;
  carrier.send = [weak](Channel channel, std::string_view bytes) {
    const auto self = weak.lock();
    if (self && self->streams.contains(channel))
      self->raw.out->write(SpdyWriter::data(self->streams.at(channel), bytes, false));
  };
  carrier.end = [weak](Channel channel) {
    const auto self = weak.lock();
    if (self && self->streams.contains(channel))
      self->raw.out->write(SpdyWriter::data(self->streams.at(channel), "", true));
  };
  carrier.close = [out = raw.out] {
    out->write(SpdyWriter::goaway(0));
    out->close();
  };
  carrier.connection = raw.out;
  exec->core = std::make_shared<ExecCore>(loop, options, protocol->version, std::move(carrier));
  exec->timer = loop.clock.after(kStreamsMax, [weak] {
    const auto self = weak.lock();
    if (self && !self->begun) self->raw.out->close();
  });
  const auto on_end = [exec] {
    exec->loop.clock.cancel(exec->timer);
    exec->core->client_gone();
  };
  loop.tasks.spawn(read_frames(
      raw, [exec](const SpdyFrame& frame) { exec->feed(frame); }, on_end));
  return response;
}

}  // namespace

http::Response serve_exec(const http::Request& request, StreamLoop loop, ExecRunner run) {
  const ExecOptions options = exec_options(request);
  if (!options.input && !options.output && !options.error)
    return refusal(400, "BadRequest", "you must specify at least 1 of stdin, stdout, stderr");
  if (wants_websocket(request)) return exec_over_websocket(request, loop, options, std::move(run));
  if (wants_spdy(request)) return exec_over_spdy(request, loop, options, std::move(run));
  return refusal(400, "BadRequest", "Upgrade request required");
}

}  // namespace k8s_fake
