#include "k8s-fake/streams/spdy.h"

#include <zlib.h>

#include <array>

#include "provisioner/base/check.h"
#include "provisioner/base/text.h"

namespace k8s_fake::streams {

namespace {

/// The words that both sides know before the first header: each with its length in front, then a tail without lengths.
/// Source: SPDY/3.1, section 2.6.10.1 (a list of facts both ends must share to the byte).
constexpr std::string_view kWords =
    "options|head|post|put|delete|trace|accept|accept-charset|accept-encoding|accept-language|accept-ranges|age|"
    "allow|authorization|cache-control|connection|content-base|content-encoding|content-language|content-length|"
    "content-location|content-md5|content-range|content-type|date|etag|expect|expires|from|host|if-match|"
    "if-modified-since|if-none-match|if-range|if-unmodified-since|last-modified|location|max-forwards|pragma|"
    "proxy-authenticate|proxy-authorization|range|referer|retry-after|server|te|trailer|transfer-encoding|upgrade|"
    "user-agent|vary|via|warning|www-authenticate|method|get|status|200 OK|version|HTTP/1.1|url|public|set-cookie|"
    "keep-alive|origin";
constexpr std::string_view kTail =
    "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritativ"
    "e Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 I"
    "nternal Server Error501 Not Implemented503 Service UnavailableJan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec"
    " 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,application/xm"
    "l,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset="
    "iso-8859-1,utf-,*,enq=0.";

constexpr std::size_t kHeaderBlockMax = 64 * 1024;  // after inflating
constexpr std::size_t kHeaderCountMax = 1000;

void put(std::string& out, std::uint64_t value, unsigned bytes) {
  for (unsigned i = bytes; i > 0; --i) out += static_cast<char>((value >> (8 * (i - 1))) & 0xffU);
}

std::uint32_t get(std::string_view in, std::size_t at, unsigned bytes) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < bytes; ++i) value = value << 8U | static_cast<unsigned char>(in[at + i]);
  return value;
}

const std::string& dictionary() {
  static const std::string made = [] {
    std::string out;
    for (const std::string_view word : base::split(kWords, '|')) {
      put(out, word.size(), 4);
      out += word;
    }
    return out.append(kTail);
  }();
  return made;
}

const Bytef* bytes_of(const std::string& text) { return reinterpret_cast<const Bytef*>(text.data()); }

std::string frame(std::uint16_t type, std::uint8_t flags, std::string_view body) {
  std::string out;
  put(out, 0x8003, 2);
  put(out, type, 2);
  put(out, flags, 1);
  put(out, body.size(), 3);
  return out.append(body);
}

/// The names and values of an inflated block; nothing when lengths do not fit.
std::optional<SpdyHeaders> parse_headers(std::string_view block) {
  SpdyHeaders out;
  if (block.empty()) return out;
  if (block.size() < 4) return std::nullopt;
  const std::uint32_t count = get(block, 0, 4);
  if (count > kHeaderCountMax) return std::nullopt;
  std::size_t at = 4;
  const auto take = [&]() -> std::optional<std::string> {
    if (block.size() - at < 4) return std::nullopt;
    const std::uint32_t size = get(block, at, 4);
    at += 4;
    if (size > block.size() - at) return std::nullopt;
    at += size;
    return std::string(block.substr(at - size, size));
  };
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto name = take();
    const auto value = name ? take() : std::nullopt;
    if (!value) return std::nullopt;
    for (const std::string_view one : base::split(*value, '\0'))
      out.emplace_back(base::to_lower(*name), std::string(one));
  }
  return out;
}

}  // namespace

std::string spdy_header(const SpdyHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

struct SpdyReader::Inflater {
  Inflater() { CHECK(inflateInit(&stream) == Z_OK); }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  /// The block, or nothing when it is damaged or grows too large.
  std::optional<std::string> run(std::string_view block) {
    std::string in(block);
    std::string out;
    std::array<char, 4096> buffer{};
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    while (stream.avail_in > 0) {
      stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
      stream.avail_out = static_cast<uInt>(buffer.size());
      int result = inflate(&stream, Z_SYNC_FLUSH);
      if (result == Z_NEED_DICT &&
          inflateSetDictionary(&stream, bytes_of(dictionary()), static_cast<uInt>(dictionary().size())) == Z_OK)
        result = Z_OK;
      out.append(buffer.data(), buffer.size() - stream.avail_out);
      if (result != Z_OK && result != Z_BUF_ERROR) return std::nullopt;
      if (out.size() > kHeaderBlockMax) return std::nullopt;
      if (result == Z_BUF_ERROR && stream.avail_out > 0) break;  // wants bytes that the block does not have
    }
    return out;
  }

  z_stream stream{};
};

SpdyReader::SpdyReader(std::size_t frame_max) : frame_max_(frame_max), inflater_(std::make_unique<Inflater>()) {}
SpdyReader::~SpdyReader() = default;

std::optional<SpdyFrame> SpdyReader::fail(std::string why) {
  problem_ = std::move(why);
  in_.clear();
  return std::nullopt;
}

std::optional<SpdyFrame> SpdyReader::next() {
  constexpr std::size_t kHead = 8;
  if (!problem_.empty() || in_.size() < kHead) return std::nullopt;
  const std::size_t length = get(in_, 5, 3);
  if (length > frame_max_) return fail("frame too large");
  if (in_.size() < kHead + length) return std::nullopt;
  const std::string whole = in_.substr(0, kHead + length);
  in_.erase(0, whole.size());
  const auto flags = static_cast<std::uint8_t>(whole[4]);
  const std::string_view body = std::string_view(whole).substr(kHead);
  const std::uint32_t first = get(whole, 0, 4);
  if ((first & 0x80000000U) == 0) {
    SpdyFrame frame;
    frame.stream = first;
    frame.fin = (flags & 1U) != 0;
    frame.data = body;
    return frame;
  }
  if ((first >> 16U) != 0x8003U) return fail("not SPDY/3");
  return control(static_cast<std::uint16_t>(first & 0xffffU), flags, body);
}

std::optional<SpdyFrame> SpdyReader::control(std::uint16_t type, std::uint8_t flags, std::string_view body) {
  struct Row {
    SpdyType type;
    std::size_t fixed;  // bytes before the header block, or of the whole body
    bool headers;
  };
  static constexpr std::array kRows{Row{SpdyType::syn_stream, 10, true}, Row{SpdyType::syn_reply, 4, true},
                                    Row{SpdyType::rst_stream, 8, false}, Row{SpdyType::settings, 4, false},
                                    Row{SpdyType::ping, 4, false},       Row{SpdyType::goaway, 8, false},
                                    Row{SpdyType::headers, 4, true},     Row{SpdyType::window_update, 8, false}};
  SpdyFrame frame;
  frame.type = SpdyType::other;
  for (const Row& row : kRows) {
    if (static_cast<std::uint16_t>(row.type) != type) continue;
    if (body.size() < row.fixed) return fail("control frame too short");
    frame.type = row.type;
    const std::uint32_t word = row.fixed >= 4 ? get(body, 0, 4) & 0x7fffffffU : 0;
    if (row.type == SpdyType::ping || row.type == SpdyType::goaway) frame.value = get(body, 0, 4);
    else frame.stream = word;
    if (row.type == SpdyType::rst_stream) frame.value = get(body, 4, 4);
    if (!row.headers) continue;
    frame.fin = (flags & 1U) != 0;
    const auto block = inflater_->run(body.substr(row.fixed));
    auto headers = block ? parse_headers(*block) : std::nullopt;
    if (!headers) return fail("damaged header block");
    frame.headers = std::move(*headers);
  }
  return frame;
}

struct SpdyWriter::Deflater {
  Deflater() {
    CHECK(deflateInit(&stream, Z_BEST_SPEED) == Z_OK);
    CHECK(deflateSetDictionary(&stream, bytes_of(dictionary()), static_cast<uInt>(dictionary().size())) == Z_OK);
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  z_stream stream{};
};

SpdyWriter::SpdyWriter() : deflater_(std::make_unique<Deflater>()) {}
SpdyWriter::~SpdyWriter() = default;

std::string SpdyWriter::compress(const SpdyHeaders& headers) {
  std::string block;
  put(block, headers.size(), 4);
  for (const auto& [name, value] : headers) {
    put(block, name.size(), 4);
    block += name;
    put(block, value.size(), 4);
    block += value;
  }
  std::string out;
  std::array<char, 4096> buffer{};
  z_stream& stream = deflater_->stream;
  stream.next_in = reinterpret_cast<Bytef*>(block.data());
  stream.avail_in = static_cast<uInt>(block.size());
  do {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    deflate(&stream, Z_SYNC_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  } while (stream.avail_out == 0);
  return out;
}

std::string SpdyWriter::syn_stream(std::uint32_t stream, const SpdyHeaders& headers) {
  std::string body;
  put(body, stream, 4);
  put(body, 0, 4);
  put(body, 0, 2);  // priority and slot
  return frame(1, 0, body + compress(headers));
}

std::string SpdyWriter::syn_reply(std::uint32_t stream, const SpdyHeaders& headers) {
  std::string body;
  put(body, stream, 4);
  return frame(2, 0, body + compress(headers));
}

std::string SpdyWriter::data(std::uint32_t stream, std::string_view bytes, bool fin) {
  std::string out;
  put(out, stream & 0x7fffffffU, 4);
  put(out, fin ? 1 : 0, 1);
  put(out, bytes.size(), 3);
  return out.append(bytes);
}

std::string SpdyWriter::rst_stream(std::uint32_t stream, std::uint32_t status) {
  std::string body;
  put(body, stream, 4);
  put(body, status, 4);
  return frame(3, 0, body);
}

std::string SpdyWriter::ping(std::uint32_t id) {
  std::string body;
  put(body, id, 4);
  return frame(6, 0, body);
}

std::string SpdyWriter::goaway(std::uint32_t last_good_stream) {
  std::string body;
  put(body, last_good_stream, 4);
  put(body, 0, 4);
  return frame(7, 0, body);
}

}  // namespace k8s_fake::streams
