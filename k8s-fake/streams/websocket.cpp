#include "k8s-fake/streams/websocket.h"

#include <openssl/evp.h>

#include <array>

#include "provisioner/base/text.h"

namespace k8s_fake::streams {

namespace {

constexpr std::uint16_t kProtocolError = 1002;
constexpr std::uint16_t kTooBig = 1009;
constexpr std::size_t kControlMax = 125;

unsigned byte_at(std::string_view bytes, std::size_t at) { return static_cast<unsigned char>(bytes[at]); }

bool has_token(const std::string& header, std::string_view token) {
  for (const std::string_view part : base::split(header, ',')) {
    if (base::equals_ignoring_case(base::trim(part), token)) return true;
  }
  return false;
}

/// What one frame's first bytes say.
struct Head {
  bool last = false;
  unsigned reserved = 0;
  unsigned opcode = 0;
  bool masked = false;
  std::uint64_t length = 0;
  std::size_t mask_at = 0;
  std::size_t data_at = 0;
};

std::optional<Head> read_head(std::string_view in) {
  if (in.size() < 2) return std::nullopt;
  Head head;
  head.last = (byte_at(in, 0) & 0x80U) != 0;
  head.reserved = byte_at(in, 0) & 0x70U;
  head.opcode = byte_at(in, 0) & 0x0fU;
  head.masked = (byte_at(in, 1) & 0x80U) != 0;
  head.length = byte_at(in, 1) & 0x7fU;
  const std::size_t extra = head.length == 126 ? 2 : head.length == 127 ? 8 : 0;
  if (in.size() < 2 + extra) return std::nullopt;
  if (extra > 0) head.length = 0;
  for (std::size_t i = 0; i < extra; ++i) head.length = head.length << 8U | byte_at(in, 2 + i);
  head.mask_at = 2 + extra;
  head.data_at = head.mask_at + (head.masked ? 4 : 0);
  return head;
}

}  // namespace

std::optional<WsMessage> WsReader::fail(std::uint16_t code) {
  problem_ = code;
  in_.clear();
  partial_.reset();
  return std::nullopt;
}

std::optional<WsMessage> WsReader::next() {
  while (problem_ == 0) {
    const std::optional<Head> head = read_head(in_);
    if (!head) return std::nullopt;
    const bool control = (head->opcode & 8U) != 0;
    const bool known = head->opcode <= 2 || (head->opcode >= 8 && head->opcode <= 10);
    if (!known || head->reserved != 0 || head->masked != (from_ == From::client)) return fail(kProtocolError);
    if (control && (!head->last || head->length > kControlMax)) return fail(kProtocolError);
    if (!control && (head->opcode == 0) != partial_.has_value()) return fail(kProtocolError);
    const std::size_t so_far = partial_ && !control ? partial_->data.size() : 0;
    if (head->length > message_max_ || so_far + head->length > message_max_) return fail(kTooBig);
    if (in_.size() < head->data_at + head->length) return std::nullopt;
    std::string data = in_.substr(head->data_at, static_cast<std::size_t>(head->length));
    if (head->masked) {
      for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(data[i] ^ in_[head->mask_at + i % 4]);
    }
    in_.erase(0, head->data_at + data.size());
    if (control) return WsMessage{static_cast<WsKind>(head->opcode), std::move(data)};
    if (head->opcode != 0) partial_ = WsMessage{static_cast<WsKind>(head->opcode), {}};
    partial_->data += data;
    if (head->last) return std::exchange(partial_, std::nullopt);
  }
  return std::nullopt;
}

std::string ws_frame(WsKind kind, std::string_view data, std::optional<std::uint32_t> mask) {
  std::string out;
  out.reserve(data.size() + 14);
  out += static_cast<char>(0x80U | static_cast<unsigned>(kind));
  const unsigned mask_bit = mask ? 0x80U : 0;
  const std::size_t extra = data.size() < 126 ? 0 : data.size() <= 0xffff ? 2 : 8;
  out += static_cast<char>(mask_bit | (extra == 0 ? static_cast<unsigned>(data.size()) : extra == 2 ? 126U : 127U));
  for (std::size_t i = extra; i > 0; --i)
    out += static_cast<char>((static_cast<std::uint64_t>(data.size()) >> (8 * (i - 1))) & 0xffU);
  if (!mask) return out.append(data);
  std::array<char, 4> key{};
  for (unsigned i = 0; i < 4; ++i) key[i] = static_cast<char>((*mask >> (8 * (3 - i))) & 0xffU);
  out.append(key.data(), key.size());
  for (std::size_t i = 0; i < data.size(); ++i) out += static_cast<char>(data[i] ^ key[i % 4]);
  return out;
}

std::string ws_close(std::uint16_t code, std::string_view reason) {
  std::string data;
  data += static_cast<char>(code >> 8U);
  data += static_cast<char>(code & 0xffU);
  return ws_frame(WsKind::close, data.append(reason));
}

bool wants_websocket(const base::http::Request& request) {
  return has_token(request.headers.get("Connection"), "upgrade") &&
         has_token(request.headers.get("Upgrade"), "websocket");
}

base::http::Response accept_websocket(const base::http::Request& request, const std::string& protocol) {
  base::http::Response response;
  const std::string key = request.headers.get("Sec-WebSocket-Key");
  if (request.headers.get("Sec-WebSocket-Version") != "13" || base::base64_decode(key).value_or("").size() != 16) {
    response.status = 400;
    response.headers.set("Sec-WebSocket-Version", "13");
    response.body = "bad WebSocket handshake\n";
    return response;
  }
  const std::string text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
  response.status = 101;
  response.headers.set("Upgrade", "websocket");
  response.headers.set("Connection", "Upgrade");
  response.headers.set("Sec-WebSocket-Accept",
                       base::base64_encode({reinterpret_cast<const char*>(digest.data()), digest.size()}));
  if (!protocol.empty()) response.headers.set("Sec-WebSocket-Protocol", protocol);
  response.outgoing = std::make_shared<base::Pipe>();
  response.incoming = std::make_shared<base::Pipe>();
  return response;
}

}  // namespace k8s_fake::streams
