#pragma once

#include <memory>
#include <string>
#include <vector>

#include "provisioner/base/result.h"

/// Certificates and keys as PEM text (P-256, SHA-256), made in well under a millisecond.
namespace base::http {

struct KeyPair {
  std::string certificate_pem;
  std::string key_pem;
};

/// A self-signed authority, valid for ten years from 24 hours before now.
Result<KeyPair> make_authority(const std::string& common_name);

struct LeafRequest {
  std::string common_name;
  std::vector<std::string> organizations;
  std::vector<std::string> names;  // DNS names and addresses for the SAN; addresses are recognised
  bool client = false;             // extended key usage: clientAuth instead of serverAuth
};
Result<KeyPair> issue(const KeyPair& authority, const LeafRequest& request);

struct ServerTls {
  KeyPair identity;
  std::string client_ca_pem;  // when set, a client certificate is asked for (not demanded) and verified against it
};

}  // namespace base::http
