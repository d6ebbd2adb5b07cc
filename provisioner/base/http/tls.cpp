#include "provisioner/base/http/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <memory>

namespace base::http {

namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;
using Bio = std::unique_ptr<BIO, Freer<BIO_free_all>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freer<X509_EXTENSION_free>>;

constexpr long kDay = 24L * 60 * 60;
constexpr long kTenYears = 3650 * kDay;

Error failure(const std::string& what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return Error{ErrorKind::invalid, what + ": " + text.data()};
}

Key new_key() { return Key(EVP_EC_gen("P-256")); }

std::string drain(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool add_name(X509_NAME* name, const char* field, const std::string& value) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(value.data());
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes, static_cast<int>(value.size()), -1, 0) == 1;
}

/// A certificate with serial, validity and key; names and extensions are still missing.
Certificate blank(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  std::array<unsigned char, 16> serial{};
  if (!certificate || RAND_bytes(serial.data(), serial.size()) != 1) return nullptr;
  serial[0] &= 0x7fU;
  serial[0] |= 0x01U;
  const std::unique_ptr<BIGNUM, Freer<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  X509_set_version(certificate.get(), X509_VERSION_3);
  BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()));
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kTenYears);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

Result<KeyPair> to_pem(X509* certificate, EVP_PKEY* key) {
  const Bio certificate_bio(BIO_new(BIO_s_mem()));
  const Bio key_bio(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(certificate_bio.get(), certificate) != 1) return failure("write certificate");
  if (PEM_write_bio_PrivateKey(key_bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return failure("write key");
  return KeyPair{drain(certificate_bio.get()), drain(key_bio.get())};
}

/// "DNS:localhost,IP:127.0.0.1"; nothing when a name holds what the notation cannot carry.
std::optional<std::string> alternative_names(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (name.empty() || name.find_first_of(",\n\r\\\"") != std::string::npos) return std::nullopt;
    boost::system::error_code error;
    boost::asio::ip::make_address(name, error);
    out += (out.empty() ? "" : ",") + std::string(error ? "DNS:" : "IP:") + name;
  }
  return out;
}

}  // namespace

Result<KeyPair> make_authority(const std::string& common_name) {
  const Key key = new_key();
  if (!key) return failure("make key");
  const Certificate certificate = blank(key.get());
  if (!certificate) return failure("make certificate");
  X509* const it = certificate.get();
  X509_NAME* const subject = X509_get_subject_name(it);
  const bool done = add_name(subject, "CN", common_name) && X509_set_issuer_name(it, subject) == 1 &&
                    add_extension(it, it, NID_basic_constraints, "critical,CA:TRUE") &&
                    add_extension(it, it, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature") &&
                    add_extension(it, it, NID_subject_key_identifier, "hash") &&
                    X509_sign(it, key.get(), EVP_sha256()) > 0;
  if (!done) return failure("make authority " + common_name);
  return to_pem(it, key.get());
}

Result<KeyPair> issue(const KeyPair& authority, const LeafRequest& request) {
  const Bio ca_bio(
      BIO_new_mem_buf(authority.certificate_pem.data(), static_cast<int>(authority.certificate_pem.size())));
  const Certificate ca(PEM_read_bio_X509(ca_bio.get(), nullptr, nullptr, nullptr));
  const Bio ca_key_bio(BIO_new_mem_buf(authority.key_pem.data(), static_cast<int>(authority.key_pem.size())));
  const Key ca_key(PEM_read_bio_PrivateKey(ca_key_bio.get(), nullptr, nullptr, nullptr));
  if (!ca || !ca_key) return failure("read authority");
  const auto names = alternative_names(request.names);
  if (!names)
    return Error{ErrorKind::invalid, "a certificate name is empty or holds a comma, quote, backslash or line end"};
  const Key key = new_key();
  if (!key) return failure("make key");
  const Certificate certificate = blank(key.get());
  if (!certificate) return failure("make certificate");
  X509* const it = certificate.get();
  X509_NAME* const subject = X509_get_subject_name(it);
  bool done = true;
  for (const std::string& organization : request.organizations) done = done && add_name(subject, "O", organization);
  done = done && add_name(subject, "CN", request.common_name) &&
         X509_set_issuer_name(it, X509_get_subject_name(ca.get())) == 1 &&
         add_extension(it, ca.get(), NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(it, ca.get(), NID_key_usage, "critical,digitalSignature") &&
         add_extension(it, ca.get(), NID_ext_key_usage, request.client ? "clientAuth" : "serverAuth") &&
         add_extension(it, ca.get(), NID_authority_key_identifier, "keyid");
  if (!names->empty()) done = done && add_extension(it, ca.get(), NID_subject_alt_name, *names);
  if (!done || X509_sign(it, ca_key.get(), EVP_sha256()) <= 0) return failure("issue " + request.common_name);
  return to_pem(it, key.get());
}

}  // namespace base::http
