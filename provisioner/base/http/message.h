#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/pipe.h"

/// One HTTP message type for every program and every transport. A server is a function from Request to Response.
/// Header names compare without case. Bodies are raw bytes. Source: RFC 9110, RFC 9112.
namespace base::http {

class Headers {
 public:
  using Entry = std::pair<std::string, std::string>;
  Headers() = default;
  Headers(std::initializer_list<Entry> entries) : entries_(entries) {}

  /// The first value of that name, or null.
  const std::string* find(std::string_view name) const;
  /// The first value of that name, or "".
  std::string get(std::string_view name) const;
  /// Replaces every value of that name.
  void set(std::string_view name, std::string value);
  void add(std::string_view name, std::string value);
  void remove(std::string_view name);
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
};

/// What a verified client certificate says: subject CN and every O.
struct ClientCertificate {
  std::string common_name;
  std::vector<std::string> organizations;
};

/// Where a request arrived; filled in by the transport, never by a client.
struct Peer {
  bool tls = false;
  std::string local_address;  // numeric; in memory: the host that the caller dialled
  std::uint16_t local_port = 0;
  std::string remote_address;
  std::uint16_t remote_port = 0;
  std::optional<ClientCertificate> certificate;
  bool certificate_rejected = false;  // one was presented that the client CA does not vouch for
};

struct Request {
  std::string method = "GET";
  std::string target = "/";  // path and query as sent, percent-encoding kept
  Headers headers;
  std::string body;
  Peer peer;
  /// The raw path (still encoded), without the query.
  std::string_view path() const;
  /// The raw query without the question mark; "" if none.
  std::string_view query() const;
};

/// How the answer travels: every transport obeys. The handler has already run.
struct Delivery {
  enum class Fate {
    answer,      // as it is
    drop_reply,  // close the connection without an answer
    cut_reply,   // send `cut_after` bytes of the body, then close
    hang,        // keep the connection open and never answer
    refuse,      // as if nobody listened: refused in memory, a reset over the wire
  };
  Duration delay{0};
  Fate fate = Fate::answer;
  std::size_t cut_after = 0;
};

class Deferred;  // deferred.h

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
  /// When set, the body is what this pipe yields (chunked transfer), after `body`. With status 101 it is the server's
  /// half of an upgraded connection (raw bytes after the 101 head), and `incoming` is the client's half.
  std::shared_ptr<Pipe> outgoing;
  std::shared_ptr<Pipe> incoming;
  /// When set, nothing else of this Response counts: the transport waits for the answer that comes through it.
  std::shared_ptr<Deferred> later;
  Delivery delivery;
};

using Handler = std::function<Response(const Request&)>;

/// "a%2Fb+c" -> "a/b+c"; with `plus_is_space`, '+' becomes ' '. A malformed escape is kept as it stands.
std::string percent_decode(std::string_view text, bool plus_is_space = false);
/// Encodes everything but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);
/// Decoded name and value pairs in the order of the query.
std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);
/// "OK", "Not Found" and so on; "Unknown" otherwise.
std::string_view reason_phrase(int status);

}  // namespace base::http
