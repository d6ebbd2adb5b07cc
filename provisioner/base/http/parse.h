#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "provisioner/base/http/message.h"

/// One HTTP/1.1 message read from bytes as they come; no sockets. Used by the wire server, the wire client and fuzzing.
/// Feed the bytes not consumed so far; what is left over after done() belongs to the next message.
/// A problem is final: its HTTP status (400, 413, 431, 501, 505) and a reason. Source: RFC 9112.
namespace base::http {

struct MessageLimits {
  std::size_t header_bytes = 64 * 1024;
  std::uint64_t body_bytes = 16 * 1024 * 1024;  // the announced length is checked before a byte of the body is taken
};

class MessageParser {
 public:
  enum class Kind { request, response, response_to_head };
  MessageParser(Kind kind, MessageLimits limits);
  ~MessageParser();
  MessageParser(const MessageParser&) = delete;
  MessageParser& operator=(const MessageParser&) = delete;

  /// Reads on and says how many bytes it took. Stops once after the head, so that the caller can look at it; call
  /// again.
  std::size_t feed(std::string_view bytes);
  /// The connection ended: completes a response that lasts until then; otherwise a problem.
  void feed_end();

  bool head_done() const;
  bool done() const;
  int problem() const;  // 0: none
  const std::string& reason() const;

  // Valid once head_done().
  bool keep_alive() const;
  bool http_1_0() const;
  bool until_end() const;  // a response whose body lasts until the connection ends
  bool expects_continue() const;

  Request request;    // filled for Kind::request
  Response response;  // filled otherwise
  /// When set, gets the body's pieces; otherwise they are appended to the message's body.
  std::function<void(std::string_view)> on_body;

 private:
  class Reader;
  std::unique_ptr<Reader> reader_;
};

}  // namespace base::http
