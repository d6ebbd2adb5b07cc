// SPDY frames and header blocks: in any pieces the same frames, and never more than the limits allow.
#include "k8s-fake/streams/spdy.h"
#include "provisioner/base/check.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace k8s_fake::streams;

std::string read(std::string_view bytes, std::size_t piece) {
  SpdyReader reader(1 << 16U);
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.substr(at, piece));
    while (const auto frame = reader.next()) {
      out += std::to_string(static_cast<int>(frame->type)) + " " + std::to_string(frame->stream) + " " + frame->data;
      for (const auto& [name, value] : frame->headers) out += " " + name + "=" + value;
      out += "\n";
    }
  }
  return out + reader.problem();
}

}  // namespace

void fuzz_one(std::string_view input) {
  const unsigned choice = take_byte(input);
  CHECK(read(input, std::max<std::size_t>(1, input.size())) == read(input, 1 + choice % 16));
  // A block of our own making, with the input as a value, comes back; and damaging it does not harm the reader.
  SpdyWriter writer;
  const std::string value(input.substr(0, 1000));
  std::string ours = writer.syn_stream(1, {{"streamtype", value}});
  SpdyReader reader;
  reader.feed(ours);
  const auto frame = reader.next();
  CHECK(frame && spdy_header(frame->headers, "streamtype") == value.substr(0, value.find('\0')));
  ours[18 + choice % (ours.size() - 18)] ^= static_cast<char>(1 + choice / 2);
  read(ours, 7);
}
