#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "provisioner/base/http/message.h"

/// Which of the protocols that a client offers is spoken, and the answers that say so.
namespace k8s_fake::streams {

struct Protocol {
  std::string_view name;
  int version = 0;
  bool base64 = false;
  bool said = true;  // false: the client named none and gets the oldest
};

/// The values of a header that may be repeated or hold a list, in the client's order.
std::vector<std::string> offered(const base::http::Request& request, std::string_view header);
/// The first offer that we speak; with no offers the oldest binary protocol; nothing when none fits.
std::optional<Protocol> choose(const std::vector<std::string>& offers, std::span<const Protocol> ours);

bool wants_spdy(const base::http::Request& request);
base::http::Response accept_spdy(const std::string& protocol);
/// 403, with what we speak in X-Accepted-Stream-Protocol-Versions.
base::http::Response no_common_protocol(const std::vector<std::string>& offers, std::span<const Protocol> ours);

/// One message of a WebSocket channel protocol.
std::string channel_message(int channel, std::string_view bytes, bool base64);

}  // namespace k8s_fake::streams
