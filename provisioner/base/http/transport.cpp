#include "provisioner/base/http/transport.h"

#include "provisioner/base/text.h"

namespace base::http {

Result<Url> parse_url(const std::string& text) {
  const Error bad{ErrorKind::invalid, "not an http or https URL: " + text};
  Url url;
  std::size_t start = 0;
  if (text.starts_with("https://")) {
    url.tls = true;
    start = 8;
  } else if (text.starts_with("http://")) {
    start = 7;
  } else {
    return bad;
  }
  const std::size_t slash = text.find_first_of("/?", start);
  std::string authority = text.substr(start, slash == std::string::npos ? slash : slash - start);
  if (slash != std::string::npos) url.target = text[slash] == '/' ? text.substr(slash) : "/" + text.substr(slash);
  url.port = url.tls ? 443 : 80;
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  if (colon != std::string::npos && (bracket == std::string::npos || colon > bracket)) {
    const auto port = parse_unsigned(authority.substr(colon + 1));
    if (!port || *port > 65535) return bad;
    url.port = static_cast<std::uint16_t>(*port);
    authority.resize(colon);
  }
  if (authority.size() >= 2 && authority.front() == '[' && authority.back() == ']')
    authority = authority.substr(1, authority.size() - 2);
  if (authority.empty()) return bad;
  url.host = authority;
  return url;
}

}  // namespace base::http
