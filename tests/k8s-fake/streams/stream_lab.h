#pragma once

#include <boost/asio/io_context.hpp>
#include <string>

#include "k8s-fake/streams/session.h"
#include "k8s-fake/streams/websocket.h"

/// A client and a loop in memory: what serve_exec and serve_forward answer, seen from the other end of the pipes.
namespace k8s_fake::streams {

struct StreamLab {
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  base::TaskGroup tasks{io.get_executor()};
  StreamLoop loop{tasks, clock};
  base::http::Response answer;

  ~StreamLab() {
    if (answer.incoming) answer.incoming->close();
    if (answer.outgoing) answer.outgoing->abandon();
    clock.run_ready();
    tasks.stop();
    clock.run_ready();
  }

  static base::http::Request websocket(const std::string& target, const std::string& protocol) {
    base::http::Request request;
    request.target = target;
    request.headers.set("Connection", "Upgrade");
    request.headers.set("Upgrade", "websocket");
    request.headers.set("Sec-WebSocket-Version", "13");
    request.headers.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    if (!protocol.empty()) request.headers.set("Sec-WebSocket-Protocol", protocol);
    return request;
  }
  static base::http::Request spdy(const std::string& target, std::initializer_list<std::string> protocols) {
    base::http::Request request;
    request.method = "POST";
    request.target = target;
    request.headers.set("Connection", "Upgrade");
    request.headers.set("Upgrade", "SPDY/3.1");
    for (const std::string& protocol : protocols) request.headers.add("X-Stream-Protocol-Version", protocol);
    return request;
  }

  void send(std::string bytes) {
    answer.incoming->write(std::move(bytes));
    clock.run_ready();
  }
  void send_message(const std::string& data, WsKind kind = WsKind::binary) { send(ws_frame(kind, data, 0x11223344)); }
  /// All bytes that wait for the client.
  std::string bytes() {
    clock.run_ready();
    std::string out;
    while (const base::Chunk chunk = answer.outgoing->try_read()) out += *chunk;
    clock.run_ready();
    return out;
  }
  /// The messages that wait for the client, one per element: kind, then data; closes as "close 1000".
  std::vector<std::string> messages() {
    reader_.feed(bytes());
    std::vector<std::string> out;
    while (const auto message = reader_.next()) {
      if (message->kind == WsKind::close) {
        out.push_back("close " + std::to_string(static_cast<unsigned char>(message->data[0]) * 256 +
                                                static_cast<unsigned char>(message->data[1])));
      } else {
        out.push_back(message->data);
      }
    }
    return out;
  }
  bool closed() const { return answer.outgoing->at_end(); }

 private:
  WsReader reader_{1 << 20U, WsReader::From::server};
};

}  // namespace k8s_fake::streams
