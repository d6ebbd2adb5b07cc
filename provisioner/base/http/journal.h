#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/call_name.h"
#include "provisioner/base/http/message.h"

/// One line of JSON per exchange, in the order the answers were made; the same history gives the same bytes:
///   {"n":7,"time":"2017-11-28T07:46:32.000000Z","server":"ontap","who":"admin","method":"POST","target":"/servlets/…",
///    "call":"volume-create","object":"svm1/v","status":200,"took":"0s","request":"…","answer":"…"}
/// `fate` and `delay` stand there when the delivery is spoilt, `stream` when the answer is one. Header fields are never
/// written. Secrets are masked wherever they stand (see mask_secrets). Bodies longer than body_max are cut, binary ones
/// only counted.
namespace base::http {

/// Replaces what follows a secret's name by "***", in JSON, XML, YAML, form and query text: passwords, passphrases,
/// secrets, tokens, private keys, authorization, and all values of a Kubernetes Secret's data and stringData. Works on
/// incomplete text.
std::string mask_secrets(std::string_view text);

struct JournalOptions {
  std::string server;  // which of the lab's servers this is
  bool bodies = true;
  std::size_t body_max = 16 * 1024;
  /// Replaces a request's or answer's body by readable text (protobuf to JSON, say); "" keeps it.
  std::function<std::string(const Headers& headers, const std::string& body)> readable;
};

class Journal {
 public:
  using Sink = std::function<void(std::string_view line)>;  // newline included
  Journal(const Clock& clock, JournalOptions options, NameCall name_call, Sink sink);
  /// Records the calls of `inner`. The result refers to this object. Outside of Faults it records what the client gets.
  Handler wrap(Handler inner);
  std::uint64_t lines() const { return lines_; }

 private:
  void write(const CallName& call, const Request& request, const Response& response, TimePoint start);
  std::string body_text(const Headers& headers, const std::string& body) const;

  const Clock& clock_;
  JournalOptions options_;
  NameCall name_call_;
  Sink sink_;
  std::uint64_t lines_ = 0;
};

}  // namespace base::http
