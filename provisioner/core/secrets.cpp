#include "provisioner/core/secrets.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

#include "provisioner/base/text.h"

namespace provisioner {

namespace {

constexpr std::string_view kMark = "sealed:1:";
constexpr std::size_t kNonce = 12;
constexpr std::size_t kTag = 16;

using Context = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;
using Key = std::array<unsigned char, 32>;

Key key_from(const std::string& secret) {
  Key key{};
  unsigned length = 0;
  EVP_Digest(secret.data(), secret.size(), key.data(), &length, EVP_sha256(), nullptr);
  return key;
}

const unsigned char* bytes(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string seal(const std::string& text, const std::string& secret) {
  const Key key = key_from(secret);
  std::string nonce(kNonce, '\0');
  CHECK(RAND_bytes(bytes(nonce), static_cast<int>(nonce.size())) == 1);
  std::string sealed(text.size(), '\0');
  std::string tag(kTag, '\0');
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), bytes(nonce)) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), bytes(sealed), &length, bytes(text), static_cast<int>(text.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(context.get(), bytes(sealed) + length, &length) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTag), tag.data()) == 1);
  return std::string(kMark) + base::base64_encode(nonce + tag + sealed);
}

std::optional<std::string> open(std::string_view text, const std::string& secret) {
  const auto raw = base::base64_decode(text.substr(kMark.size()));
  if (secret.empty() || !raw || raw->size() < kNonce + kTag) return std::nullopt;
  const Key key = key_from(secret);
  const std::string nonce = raw->substr(0, kNonce);
  std::string tag = raw->substr(kNonce, kTag);
  const std::string sealed = raw->substr(kNonce + kTag);
  std::string plain(sealed.size(), '\0');
  const Context context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int length = 0;
  if (EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key.data(), bytes(nonce)) != 1) return std::nullopt;
  if (EVP_DecryptUpdate(context.get(), bytes(plain), &length, bytes(sealed), static_cast<int>(sealed.size())) != 1)
    return std::nullopt;
  if (EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTag), tag.data()) != 1)
    return std::nullopt;
  if (EVP_DecryptFinal_ex(context.get(), bytes(plain) + length, &length) != 1) return std::nullopt;
  return plain;
}

}  // namespace

Json seal_secrets(const Json& config, const std::string& key) {
  Json copy = config;
  if (key.empty()) return copy;
  for (auto& [name, value] : copy.items()) {
    if (value.is_object()) value = seal_secrets(value, key);
    else if (name == "password" && value.is_string() && !value.get<std::string>().starts_with(kMark))
      value = seal(value.get<std::string>(), key);
  }
  return copy;
}

Result<Json> open_secrets(const Json& config, const std::string& key) {
  Json copy = config;
  for (auto& [name, value] : copy.items()) {
    if (value.is_object()) {
      auto inner = open_secrets(value, key);
      if (!inner) return inner.error();
      value = std::move(*inner);
    } else if (name == "password" && value.is_string() && value.get<std::string>().starts_with(kMark)) {
      auto plain = open(value.get<std::string>(), key);
      if (!plain) return Error{ErrorKind::invalid, "the stored password is sealed with another key"};
      value = std::move(*plain);
    }
  }
  return copy;
}

}  // namespace provisioner
