#include "k8s-fake/streams/connection.h"

namespace k8s_fake::streams {

namespace asio = boost::asio;
using base::Chunk;
using base::Pipe;

asio::awaitable<void> read_messages(RawConnection raw, std::function<void(const WsMessage&)> on_message,
                                    std::function<void()> on_end) {
  WsReader reader(kMessageMax);
  raw.out->on_reader_gone([in = raw.in] { in->fail(); });
  bool over = false;
  while (!over) {
    const Chunk chunk = co_await raw.in->read();
    if (!chunk) break;
    reader.feed(*chunk);
    while (auto message = reader.next()) {
      if (message->kind == WsKind::ping) {
        raw.out->write(ws_frame(WsKind::pong, message->data));
      } else if (message->kind == WsKind::close) {
        raw.out->write(message->data.size() >= 2 ? ws_frame(WsKind::close, message->data.substr(0, 2))
                                                 : ws_close(1000));
        over = true;
        break;
      } else if (message->kind != WsKind::pong) {
        on_message(*message);
      }
    }
    if (reader.problem() != 0) {
      raw.out->write(ws_close(reader.problem()));
      over = true;
    }
  }
  raw.out->on_reader_gone(nullptr);
  on_end();
  raw.out->close();
  raw.in->abandon();
}

asio::awaitable<void> read_frames(RawConnection raw, std::function<void(const SpdyFrame&)> on_frame,
                                  std::function<void()> on_end) {
  SpdyReader reader;
  raw.out->on_reader_gone([in = raw.in] { in->fail(); });
  bool over = false;
  while (!over) {
    const Chunk chunk = co_await raw.in->read();
    if (!chunk) break;
    reader.feed(*chunk);
    while (auto frame = reader.next()) {
      if (frame->type == SpdyType::ping) {
        raw.out->write(SpdyWriter::ping(frame->value));
      } else if (frame->type == SpdyType::goaway) {
        over = true;
        break;
      } else {
        on_frame(*frame);
      }
    }
    over = over || !reader.problem().empty();
  }
  raw.out->on_reader_gone(nullptr);
  on_end();
  raw.out->close();
  raw.in->abandon();
}

asio::awaitable<void> write_messages(std::shared_ptr<Pipe> inner, std::shared_ptr<Pipe> out) {
  bool wanted = true;
  while (wanted) {
    const Chunk chunk = co_await inner->read();
    if (!chunk) break;
    out->write(ws_frame(WsKind::binary, *chunk));
    wanted = co_await out->room(kQueueMax);
  }
  if (wanted) out->write(ws_close(1000));
  out->close();
  inner->abandon();
}

}  // namespace k8s_fake::streams
