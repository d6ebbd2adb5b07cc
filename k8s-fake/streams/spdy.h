#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// SPDY/3.1 framing over bytes, as much as Kubernetes' clients use: streams, data, resets, pings, goodbye; no flow
/// control. One reader and one writer per connection: header blocks are compressed with a state that spans all of them.
/// Source: the SPDY/3.1 draft; Kubernetes specification 5.10.4.
namespace k8s_fake::streams {

using SpdyHeaders = std::vector<std::pair<std::string, std::string>>;  // names in lower case
/// The first value of that name, or "".
std::string spdy_header(const SpdyHeaders& headers, std::string_view name);

enum class SpdyType : std::uint16_t {
  data = 0,
  syn_stream = 1,
  syn_reply = 2,
  rst_stream = 3,
  settings = 4,
  ping = 6,
  goaway = 7,
  headers = 8,
  window_update = 9,
  other = 0xffff
};

struct SpdyFrame {
  SpdyType type = SpdyType::data;
  bool fin = false;
  std::uint32_t stream = 0;  // data, syn_stream, syn_reply, rst_stream, headers
  std::uint32_t value = 0;   // rst_stream: status; ping: id; goaway: last good stream
  SpdyHeaders headers{};
  std::string data{};
};

class SpdyReader {
 public:
  explicit SpdyReader(std::size_t frame_max = 16 * 1024 * 1024);
  ~SpdyReader();
  SpdyReader(const SpdyReader&) = delete;
  SpdyReader& operator=(const SpdyReader&) = delete;

  void feed(std::string_view bytes) { in_.append(bytes); }
  /// The next whole frame, or nothing until more bytes come. Frames of unknown types come as `other`.
  std::optional<SpdyFrame> next();
  /// Why the bytes made no sense; "" while they do. Nothing is read after that.
  const std::string& problem() const { return problem_; }

 private:
  struct Inflater;
  std::optional<SpdyFrame> control(std::uint16_t type, std::uint8_t flags, std::string_view body);
  std::optional<SpdyFrame> fail(std::string why);

  std::size_t frame_max_;
  std::string in_;
  std::string problem_;
  std::unique_ptr<Inflater> inflater_;
};

class SpdyWriter {
 public:
  SpdyWriter();
  ~SpdyWriter();
  SpdyWriter(const SpdyWriter&) = delete;
  SpdyWriter& operator=(const SpdyWriter&) = delete;

  std::string syn_stream(std::uint32_t stream, const SpdyHeaders& headers);
  std::string syn_reply(std::uint32_t stream, const SpdyHeaders& headers = {});
  static std::string data(std::uint32_t stream, std::string_view bytes, bool fin);
  static std::string rst_stream(std::uint32_t stream, std::uint32_t status);
  static std::string ping(std::uint32_t id);
  static std::string goaway(std::uint32_t last_good_stream);

 private:
  struct Deflater;
  std::string compress(const SpdyHeaders& headers);
  std::unique_ptr<Deflater> deflater_;
};

}  // namespace k8s_fake::streams
