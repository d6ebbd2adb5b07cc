#pragma once

#include <string>

#include "provisioner/core/types.h"

/// Passwords inside stored configurations: AES-256-GCM under a key derived from the operator's secret (scrypt would be
/// spent on a secret that is a random key by recommendation; SHA-256 is used). Sealed texts start with "sealed:1:".
/// Without a key they stay in clear text, as 17.10.1 stores them.
namespace provisioner {
/// A copy in which every "password" member (at any depth) is sealed, unless it is already.
Json seal_secrets(const Json& config, const std::string& key);
/// The opposite. Errors: invalid (no key, or another key).
Result<Json> open_secrets(const Json& config, const std::string& key);
}  // namespace provisioner
