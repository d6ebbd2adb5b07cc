#include "provisioner/base/http/wire.h"

#include <sys/resource.h>

#include "provisioner/base/text.h"

namespace base::http {

Result<Listen> parse_listen(const std::string& text) {
  const Error bad{ErrorKind::invalid, "not an address and port: " + text};
  Listen listen;
  std::string port = text;
  if (const std::size_t colon = text.rfind(':'); colon != std::string::npos) {
    std::string address = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (address.size() >= 2 && address.front() == '[' && address.back() == ']')
      address = address.substr(1, address.size() - 2);
    else if (address.find(':') != std::string::npos) return bad;
    if (address == "localhost") address.clear();
    if (!address.empty()) listen.address = address;
  }
  const auto number = parse_unsigned(port);
  if (!number || *number > 65535) return bad;
  listen.port = static_cast<std::uint16_t>(*number);
  return listen;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace base::http
