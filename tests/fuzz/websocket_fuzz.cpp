// WebSocket frames: in any pieces the same messages; what we write we can read.
#include "k8s-fake/streams/websocket.h"
#include "provisioner/base/check.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace k8s_fake::streams;

std::string read(std::string_view bytes, std::size_t piece, std::uint16_t& problem) {
  WsReader reader(4096);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    while (const auto message = reader.next()) {
      CHECK(message->data.size() <= 4096);
      out += std::to_string(static_cast<int>(message->kind)) + ":" + message->data + "\n";
    }
  }
  problem = reader.problem();
  return out;
}

}  // namespace

void fuzz_one(std::string_view input) {
  const unsigned choice = take_byte(input);
  std::uint16_t one = 0;
  std::uint16_t two = 0;
  CHECK(read(input, std::max<std::size_t>(1, input.size()), one) == read(input, 1 + choice % 16, two));
  CHECK(one == two);
  WsReader reader(1 << 20U);
  reader.feed(ws_frame(WsKind::binary, input, choice * 0x01010101U));
  const auto back = reader.next();
  CHECK(back && back->data == input);
}
