#include "k8s-fake/tokens.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "k8s-fake/server.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

template <class T, auto Free>
struct Freed {
  void operator()(T* each) const { Free(each); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO, BIO_free_all>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>>;

constexpr int kHalf = 32;  // bytes of each number of a P-256 signature
constexpr const char* kIssuer = "https://kubernetes.default.svc";

std::string base64_url(std::string_view bytes) {
  std::string text = base::base64_encode(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (auto& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

Key load_key(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

std::string public_point(const EVP_PKEY& key) {
  unsigned char* raw = nullptr;
  const std::size_t length = EVP_PKEY_get1_encoded_public_key(const_cast<EVP_PKEY*>(&key), &raw);
  std::string out(reinterpret_cast<const char*>(raw), length);
  OPENSSL_free(raw);
  return out;  // 04 x y
}

std::string key_id(const EVP_PKEY& key) {
  const std::string point = public_point(key);
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(point.data()), point.size(), digest);
  return base64_url({reinterpret_cast<const char*>(digest), sizeof digest});
}

/// The raw r and s that JWS wants, from OpenSSL's DER.
std::string sign(EVP_PKEY& key, std::string_view text) {
  const Digest context(EVP_MD_CTX_new());
  std::size_t length = 0;
  const auto* data = reinterpret_cast<const unsigned char*>(text.data());
  CHECK(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, &key) == 1);
  CHECK(EVP_DigestSign(context.get(), nullptr, &length, data, text.size()) == 1);
  std::string der(length, '\0');
  CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()), &length, data, text.size()) == 1);
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length)));
  std::string out(2 * kHalf, '\0');
  BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), reinterpret_cast<unsigned char*>(out.data()), kHalf);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), reinterpret_cast<unsigned char*>(out.data()) + kHalf, kHalf);
  return out;
}

bool verify(EVP_PKEY& key, std::string_view text, const std::string& raw) {
  if (raw.size() != 2 * kHalf) return false;
  const auto* bytes = reinterpret_cast<const unsigned char*>(raw.data());
  const Signature signature(ECDSA_SIG_new());
  ECDSA_SIG_set0(signature.get(), BN_bin2bn(bytes, kHalf, nullptr), BN_bin2bn(bytes + kHalf, kHalf, nullptr));
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(signature.get(), &der);
  const Digest context(EVP_MD_CTX_new());
  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, &key);
  const bool ok = length > 0 && EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(length),
                                                 reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  OPENSSL_free(der);
  return ok;
}

std::int64_t seconds_of(const Server& server) {
  return std::chrono::duration_cast<std::chrono::seconds>(server.clock.now().time_since_epoch()).count();
}

bool exists(const Server& server, const char* plural, const std::string& ns, const std::string& name,
            const std::string& uid) {
  const ObjectPtr found = server.store.find(server.resource("", plural), ns, name);
  return found != nullptr && (uid.empty() || found->uid == uid);
}

}  // namespace

std::string make_signing_key() {
  const Key key(EVP_EC_gen("P-256"));
  const Bio bio(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

std::string make_service_token(Server& server, const TokenSpec& spec) {
  const Key key = load_key(server.token_key_pem);
  const std::string subject = "system:serviceaccount:" + spec.ns + ":" + spec.account;
  Json claims;
  if (!spec.secret.empty()) {
    claims = {{"iss", "kubernetes/serviceaccount"},
              {"kubernetes.io/serviceaccount/namespace", spec.ns},
              {"kubernetes.io/serviceaccount/secret.name", spec.secret},
              {"kubernetes.io/serviceaccount/service-account.name", spec.account},
              {"kubernetes.io/serviceaccount/service-account.uid", spec.account_uid}};
  } else {
    const std::int64_t now = seconds_of(server);
    Json bound = {{"namespace", spec.ns}, {"serviceaccount", {{"name", spec.account}, {"uid", spec.account_uid}}}};
    if (!spec.pod.empty()) bound["pod"] = {{"name", spec.pod}, {"uid", spec.pod_uid}};
    if (!spec.node.empty()) bound["node"] = {{"name", spec.node}};
    claims = {{"aud", spec.audiences},
              {"exp", now + spec.lifetime_seconds},
              {"iat", now},
              {"nbf", now},
              {"iss", kIssuer},
              {"jti", server.rng.uuid()},
              {"kubernetes.io", bound}};
  }
  claims["sub"] = subject;
  const std::string text =
      base64_url(dump(Json{{"alg", "ES256"}, {"kid", key_id(*key)}})) + "." + base64_url(dump(claims));
  return text + "." + base64_url(sign(*key, text));
}

std::optional<User> user_of_service_token(Server& server, std::string_view token, std::vector<std::string>* audiences) {
  const auto parts = split_text(token, '.');
  if (parts.size() != 3) return std::nullopt;
  const auto signature = base::base64_decode(parts[2]);
  const auto payload = base::base64_decode(parts[1]);
  if (!signature || !payload) return std::nullopt;
  const Key key = load_key(server.token_key_pem);
  if (!verify(*key, token.substr(0, parts[0].size() + 1 + parts[1].size()), *signature)) return std::nullopt;
  const ParsedJson parsed = parse_json(*payload);
  if (!parsed.error.empty()) return std::nullopt;
  const Json& claims = parsed.value;
  const auto subject = split_text(text_at(claims, "sub"), ':');
  if (subject.size() != 4) return std::nullopt;
  User user{.name = text_at(claims, "sub"),
            .uid = {},
            .groups = {"system:serviceaccounts", "system:serviceaccounts:" + subject[2]},
            .extra = {}};
  if (claims.contains("exp")) {
    const std::int64_t now = seconds_of(server);
    if (int_at(claims, {"exp"}) <= now || int_at(claims, {"nbf"}) > now + 60) return std::nullopt;
    const Json& bound = at(claims, "kubernetes.io");
    user.uid = text_at(bound, {"serviceaccount", "uid"});
    user.extra["authentication.kubernetes.io/credential-id"] = {"JTI=" + text_at(claims, "jti")};
    if (bound.contains("pod")) {
      if (!exists(server, "pods", subject[2], text_at(bound, {"pod", "name"}), text_at(bound, {"pod", "uid"})))
        return std::nullopt;
      user.extra["authentication.kubernetes.io/pod-name"] = {text_at(bound, {"pod", "name"})};
      user.extra["authentication.kubernetes.io/pod-uid"] = {text_at(bound, {"pod", "uid"})};
      if (bound.contains("node"))
        user.extra["authentication.kubernetes.io/node-name"] = {text_at(bound, {"node", "name"})};
    }
    if (audiences != nullptr)
      for (const auto& each : at(claims, "aud"))
        if (each.is_string()) audiences->push_back(each.get<std::string>());
  } else {
    user.uid = text_at(claims, "kubernetes.io/serviceaccount/service-account.uid");
    if (!exists(server, "secrets", subject[2], text_at(claims, "kubernetes.io/serviceaccount/secret.name"), ""))
      return std::nullopt;
  }
  if (!exists(server, "serviceaccounts", subject[2], subject[3], user.uid)) return std::nullopt;
  return user;
}

Json key_set(const Server& server) {
  const Key key = load_key(server.token_key_pem);
  const std::string point = public_point(*key);
  return {{"keys", Json::array({Json{{"use", "sig"},
                                     {"kty", "EC"},
                                     {"kid", key_id(*key)},
                                     {"alg", "ES256"},
                                     {"crv", "P-256"},
                                     {"x", base64_url(std::string_view(point).substr(1, kHalf))},
                                     {"y", base64_url(std::string_view(point).substr(1 + kHalf, kHalf))}}})}};
}

}  // namespace k8s_fake
