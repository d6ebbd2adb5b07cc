#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "k8s-fake/auth.h"

/// Service-account tokens: JWTs signed with ES256 by the server's key. Source: kubernetes.md 6.4, lab.md decision 9.
namespace k8s_fake {

struct TokenSpec {
  std::string ns{};
  std::string account{};
  std::string account_uid{};
  std::vector<std::string> audiences = {"https://kubernetes.default.svc"};
  std::int64_t lifetime_seconds = 3600;
  std::string pod{};  // bound object, if any
  std::string pod_uid{};
  std::string node{};
  std::string secret{};  // legacy token of that Secret: no expiry
};
std::string make_service_token(Server& server, const TokenSpec& spec);
/// Checks signature, times and that account and pod still exist.
std::optional<User> user_of_service_token(Server& server, std::string_view token,
                                          std::vector<std::string>* audiences = nullptr);
/// The key set of /openid/v1/jwks.
Json key_set(const Server& server);
/// A new signing key (P-256) as PEM.
std::string make_signing_key();

}  // namespace k8s_fake
