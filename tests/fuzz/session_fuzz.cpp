// exec and port-forward sessions fed with anything: they end, they leave no task behind, they never answer after their
// close.
#include <array>
#include <boost/asio/io_context.hpp>

#include "k8s-fake/streams/session.h"
#include "k8s-fake/streams/websocket.h"
#include "provisioner/base/check.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace k8s_fake;

struct Kind {
  const char* target;
  const char* websocket;  // subprotocol, or null for SPDY
  const char* spdy;
};
constexpr std::array kKinds{Kind{"/exec?stdin=1&stdout=1&stderr=1", "v5.channel.k8s.io", nullptr},
                            Kind{"/exec?stdin=1&stdout=1&tty=1", "v4.channel.k8s.io", nullptr},
                            Kind{"/exec?stdin=1&stdout=1", "v4.base64.channel.k8s.io", nullptr},
                            Kind{"/exec?stdin=1&stdout=1&tty=1", nullptr, "v4.channel.k8s.io"},
                            Kind{"/portforward", nullptr, "portforward.k8s.io"},
                            Kind{"/portforward", "SPDY/3.1+portforward.k8s.io", nullptr},
                            Kind{"/portforward?ports=1,2", "v4.channel.k8s.io", nullptr}};

base::http::Request request_of(const Kind& kind) {
  base::http::Request request;
  request.target = kind.target;
  request.headers.set("Connection", "Upgrade");
  request.headers.set("Upgrade", kind.websocket ? "websocket" : "SPDY/3.1");
  if (kind.spdy) request.headers.set("X-Stream-Protocol-Version", kind.spdy);
  if (kind.websocket) {
    request.headers.set("Sec-WebSocket-Version", "13");
    request.headers.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    request.headers.set("Sec-WebSocket-Protocol", kind.websocket);
  }
  return request;
}

}  // namespace

void fuzz_one(std::string_view input) {
  const unsigned choice = take_byte(input);
  const bool framed = (choice & 0x80U) != 0;  // wrap the pieces in good WebSocket frames to get deeper
  const Kind& kind = kKinds[choice % kKinds.size()];
  boost::asio::io_context io;
  base::VirtualClock clock(io);
  base::TaskGroup tasks(io.get_executor());
  const StreamLoop loop{tasks, clock};
  std::vector<std::shared_ptr<ExecSession>> sessions;
  std::vector<std::shared_ptr<ForwardConnection>> forwards;
  const bool exec = std::string_view(kind.target).starts_with("/exec");
  const base::http::Response answer =
      exec ? serve_exec(request_of(kind), loop,
                        [&](std::shared_ptr<ExecSession> session) { sessions.push_back(std::move(session)); })
           : serve_forward(request_of(kind), loop,
                           [&](std::shared_ptr<ForwardConnection> made) { forwards.push_back(std::move(made)); });
  CHECK(answer.status == 101);
  clock.run_ready();
  while (!input.empty()) {
    const std::size_t wanted = 1 + take_byte(input);
    const std::size_t size = std::min(wanted, input.size());
    const std::string_view piece = input.substr(0, size);
    input.remove_prefix(size);
    answer.incoming->write(framed && kind.websocket ? streams::ws_frame(streams::WsKind::binary, piece, 0x01020304)
                                                    : std::string(piece));
    clock.run_ready();
    for (const auto& session : sessions) {
      if (const base::Chunk chunk = session->input->try_read()) session->output->write(chunk);
    }
    for (const auto& forward : forwards) {
      if (const base::Chunk chunk = forward->from_client->try_read()) forward->to_client->write(chunk);
    }
  }
  for (const auto& session : sessions) session->finish({});
  for (const auto& forward : forwards) forward->to_client->close();
  clock.run_ready();
  answer.incoming->close();
  while (answer.outgoing->try_read()) clock.run_ready();
  clock.run_ready();
  clock.advance(std::chrono::minutes(1));
  CHECK(tasks.size() == 0);
  CHECK(answer.outgoing->at_end());
}
