#include "provisioner/base/http/parse.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>

#include "provisioner/base/text.h"

namespace base::http {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;

namespace {

std::string text(boost::beast::string_view view) { return {view.data(), view.size()}; }

/// "http://host/path" -> "/path"; other forms stay.
std::string origin_form(std::string target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find_first_of("/?", scheme.size());
    if (slash == std::string::npos) return "/";
    return target[slash] == '/' ? target.substr(slash) : "/" + target.substr(slash);
  }
  return target;
}

int status_of(const error_code& error) {
  if (error == beast_http::error::header_limit) return 431;
  if (error == beast_http::error::body_limit) return 413;
  if (error == beast_http::error::bad_version) return 505;
  return 400;
}

/// What both directions share; `Base` is Beast's parser for one of them.
template <bool isRequest>
class Callbacks final : public beast_http::basic_parser<isRequest> {
 public:
  explicit Callbacks(MessageParser& owner) : owner_(owner) {}
  int version = 11;
  bool expects_continue = false;
  bool other_coding = false;

 private:
  using View = boost::beast::string_view;

  void on_request_impl(beast_http::verb, View method, View target, int http_version, error_code&) override {
    owner_.request.method = text(method);
    owner_.request.target = origin_form(text(target));
    version = http_version;
  }
  void on_response_impl(int code, View, int http_version, error_code&) override {
    owner_.response.status = code;
    version = http_version;
  }
  void on_field_impl(beast_http::field name, View name_text, View value, error_code&) override {
    if (head_seen_) return;  // trailers say nothing that we act on
    if (name == beast_http::field::expect) expects_continue = equals_ignoring_case(text(value), "100-continue");
    if (name == beast_http::field::transfer_encoding) other_coding = !equals_ignoring_case(text(value), "chunked");
    (isRequest ? owner_.request.headers : owner_.response.headers).add(text(name_text), text(value));
  }
  void on_header_impl(error_code&) override { head_seen_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    constexpr std::uint64_t kReserveMax = 1 << 20;
    if (length && !owner_.on_body) body().reserve(static_cast<std::size_t>(std::min(*length, kReserveMax)));
  }
  std::size_t on_body_impl(View bytes, error_code&) override { return take(bytes); }
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, View bytes, error_code&) override { return take(bytes); }
  void on_finish_impl(error_code&) override {}

  std::string& body() { return isRequest ? owner_.request.body : owner_.response.body; }
  std::size_t take(View bytes) {
    if (owner_.on_body) owner_.on_body(std::string_view(bytes.data(), bytes.size()));
    else body().append(bytes.data(), bytes.size());
    return bytes.size();
  }

  MessageParser& owner_;
  bool head_seen_ = false;
};

}  // namespace

class MessageParser::Reader {
 public:
  virtual ~Reader() = default;
  virtual std::size_t feed(std::string_view bytes) = 0;
  virtual void feed_end() = 0;
  virtual bool done() const = 0;
  virtual bool keep_alive() const = 0;
  virtual bool http_1_0() const = 0;
  virtual bool until_end() const = 0;
  virtual bool expects_continue() const = 0;

  bool head_done = false;
  int problem = 0;
  std::string reason;
};

namespace {

constexpr std::size_t kChunkLineMax = 8 * 1024;  // a chunk's size line or a trailer that never ends

}  // namespace

// Beast's parser behind an interface of bytes, so that only this file compiles it.
template <bool isRequest, class Reader>
class ReaderOf final : public Reader {
 public:
  ReaderOf(MessageParser& owner, MessageLimits limits, bool skip_body) : owner_(owner), parser_(owner) {
    parser_.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
    parser_.body_limit(limits.body_bytes);
    if constexpr (!isRequest) parser_.skip(skip_body);
  }

  std::size_t feed(std::string_view bytes) override {
    std::size_t taken = 0;
    const bool head_before = this->head_done;
    while (taken < bytes.size() && !parser_.is_done() && this->problem == 0) {
      error_code error;
      const std::size_t n = parser_.put(boost::asio::buffer(bytes.data() + taken, bytes.size() - taken), error);
      taken += n;
      if (parser_.is_header_done() && !this->head_done) finish_head();
      if (error == beast_http::error::need_more) {
        if (this->head_done && n == 0 && bytes.size() - taken > kChunkLineMax) fail(400, "chunk line too long");
        break;
      }
      if (error) fail(status_of(error), error.message());
      if (this->head_done && !head_before) break;
      if (n == 0) break;
    }
    return taken;
  }

  void feed_end() override {
    if (parser_.is_done() || this->problem != 0) return;
    error_code error;
    if (this->head_done) parser_.put_eof(error);
    if (error || !parser_.is_done()) fail(400, "the connection ended inside the message");
  }

  bool done() const override { return this->problem == 0 && parser_.is_done(); }
  bool keep_alive() const override { return parser_.keep_alive(); }
  bool http_1_0() const override { return parser_.version < 11; }
  bool until_end() const override { return !parser_.is_done() && parser_.need_eof(); }
  bool expects_continue() const override { return parser_.expects_continue; }

 private:
  void finish_head() {
    this->head_done = true;
    if (isRequest && parser_.other_coding) fail(501, "unsupported transfer encoding");
    if (isRequest && parser_.version >= 11 && !owner_.request.headers.find("Host"))
      fail(400, "missing required Host header");
    const std::string* expect = isRequest ? owner_.request.headers.find("Expect") : nullptr;
    if (expect && !parser_.expects_continue) fail(417, "unknown expectation");
  }
  void fail(int status, std::string why) {
    if (this->problem != 0) return;
    this->problem = status;
    this->reason = std::move(why);
  }

  MessageParser& owner_;
  Callbacks<isRequest> parser_;
};

MessageParser::MessageParser(Kind kind, MessageLimits limits) {
  if (kind == Kind::request) reader_ = std::make_unique<ReaderOf<true, Reader>>(*this, limits, false);
  else reader_ = std::make_unique<ReaderOf<false, Reader>>(*this, limits, kind == Kind::response_to_head);
}
MessageParser::~MessageParser() = default;

std::size_t MessageParser::feed(std::string_view bytes) { return reader_->feed(bytes); }
void MessageParser::feed_end() { reader_->feed_end(); }
bool MessageParser::head_done() const { return reader_->head_done; }
bool MessageParser::done() const { return reader_->done(); }
int MessageParser::problem() const { return reader_->problem; }
const std::string& MessageParser::reason() const { return reader_->reason; }
bool MessageParser::keep_alive() const { return reader_->keep_alive(); }
bool MessageParser::http_1_0() const { return reader_->http_1_0(); }
bool MessageParser::until_end() const { return reader_->until_end(); }
bool MessageParser::expects_continue() const { return reader_->expects_continue(); }

}  // namespace base::http
