// x509_decode: a PEM certificate as the fields of Go's x509.Certificate, which is what suites ask for.
#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "provisioner/base/text.h"
#include "scenarios/runner/jmespath_functions.h"

namespace scenario::jmes {

namespace {

template <class T, void (*Free)(T*)>
struct Freed {
  void operator()(T* value) const { Free(value); }
};
template <class T, void (*Free)(T*)>
using Owned = std::unique_ptr<T, Freed<T, Free>>;

struct NameField {
  int nid;
  std::string_view name;
};
constexpr NameField kNameFields[] = {{NID_countryName, "Country"},
                                     {NID_organizationName, "Organization"},
                                     {NID_organizationalUnitName, "OrganizationalUnit"},
                                     {NID_localityName, "Locality"},
                                     {NID_stateOrProvinceName, "Province"},
                                     {NID_streetAddress, "StreetAddress"},
                                     {NID_postalCode, "PostalCode"}};

std::string text_of(const ASN1_STRING* value) {
  unsigned char* utf8 = nullptr;
  const int length = ASN1_STRING_to_UTF8(&utf8, value);
  if (length < 0) return "";
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(length));
  OPENSSL_free(utf8);
  return text;
}

Json oid(const ASN1_OBJECT* object) {
  char text[128];
  const int length = OBJ_obj2txt(text, sizeof text, object, 1);
  Json numbers = Json::array();
  for (const std::string_view part :
       base::split(std::string_view(text, static_cast<std::size_t>(std::clamp(length, 0, 127))), '.'))
    numbers.push_back(base::parse_unsigned(part).value_or(0));
  return numbers;
}

Json name_of(const X509_NAME* name) {
  Json json = {{"CommonName", ""}, {"SerialNumber", ""}, {"Names", Json::array()}, {"ExtraNames", nullptr}};
  for (const NameField& field : kNameFields) json[std::string(field.name)] = nullptr;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    const std::string value = text_of(X509_NAME_ENTRY_get_data(entry));
    json["Names"].push_back({{"Type", oid(X509_NAME_ENTRY_get_object(entry))}, {"Value", value}});
    if (nid == NID_commonName) json["CommonName"] = value;
    if (nid == NID_serialNumber) json["SerialNumber"] = value;
    for (const NameField& field : kNameFields)
      if (field.nid == nid) json[std::string(field.name)].push_back(value);
  }
  return json;
}

std::string decimal(const BIGNUM* number) {
  char* digits = number != nullptr ? BN_bn2dec(number) : nullptr;
  std::string text = digits != nullptr ? digits : "0";
  OPENSSL_free(digits);
  return text;
}

/// Numbers beyond 64 bits are doubles, as in any JSON without a schema.
Json big(const BIGNUM* number) { return Json::parse(decimal(number), nullptr, false); }

std::string time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "";
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts));
}

/// Go's numbers for algorithms.
struct Algorithm {
  int nid, number;
};
constexpr Algorithm kKeys[] = {{EVP_PKEY_RSA, 1}, {EVP_PKEY_DSA, 2}, {EVP_PKEY_EC, 3}, {EVP_PKEY_ED25519, 4}};
constexpr Algorithm kSignatures[] = {{NID_md5WithRSAEncryption, 2},    {NID_sha1WithRSAEncryption, 3},
                                     {NID_sha256WithRSAEncryption, 4}, {NID_sha384WithRSAEncryption, 5},
                                     {NID_sha512WithRSAEncryption, 6}, {NID_ecdsa_with_SHA1, 9},
                                     {NID_ecdsa_with_SHA256, 10},      {NID_ecdsa_with_SHA384, 11},
                                     {NID_ecdsa_with_SHA512, 12},      {NID_ED25519, 16}};
template <std::size_t Size>
int go_number(const Algorithm (&table)[Size], int nid) {
  for (const Algorithm& row : table)
    if (row.nid == nid) return row.number;
  return 0;
}

Json public_key(EVP_PKEY* key) {
  if (key == nullptr || EVP_PKEY_base_id(key) != EVP_PKEY_RSA) return Json::object();
  BIGNUM *modulus = nullptr, *exponent = nullptr;
  (void)EVP_PKEY_get_bn_param(key, "n", &modulus);
  (void)EVP_PKEY_get_bn_param(key, "e", &exponent);
  // N as text: it has hundreds of digits.
  Json json = {{"N", decimal(modulus)}, {"E", big(exponent)}};
  BN_free(modulus);
  BN_free(exponent);
  return json;
}

void alternative_names(const X509* certificate, Json& json) {
  for (const char* list : {"DNSNames", "EmailAddresses", "IPAddresses", "URIs"}) json[list] = nullptr;
  Owned<GENERAL_NAMES, GENERAL_NAMES_free> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) json["DNSNames"].push_back(text_of(name->d.dNSName));
    if (name->type == GEN_EMAIL) json["EmailAddresses"].push_back(text_of(name->d.rfc822Name));
    if (name->type == GEN_URI) json["URIs"].push_back(text_of(name->d.uniformResourceIdentifier));
    if (name->type != GEN_IPADD || ASN1_STRING_length(name->d.iPAddress) != 4) continue;
    const unsigned char* bytes = ASN1_STRING_get0_data(name->d.iPAddress);
    json["IPAddresses"].push_back(std::to_string(bytes[0]) + "." + std::to_string(bytes[1]) + "." +
                                  std::to_string(bytes[2]) + "." + std::to_string(bytes[3]));
  }
}

Json x509_decode(Call& c) {
  Owned<BIO, BIO_free_all> input(BIO_new_mem_buf(c.text(0).data(), static_cast<int>(c.text(0).size())));
  Owned<X509, X509_free> certificate(PEM_read_bio_X509(input.get(), nullptr, nullptr, nullptr));
  if (!certificate) return c.fail("x509_decode: not a PEM certificate");
  X509* x = certificate.get();
  Owned<BIGNUM, BN_free> serial(ASN1_INTEGER_to_BN(X509_get0_serialNumber(x), nullptr));
  Owned<EVP_PKEY, EVP_PKEY_free> key(X509_get_pubkey(x));
  const bool authority = (X509_get_extension_flags(x) & EXFLAG_CA) != 0;
  Json json = {{"Version", X509_get_version(x) + 1},
               {"SerialNumber", big(serial.get())},
               {"Issuer", name_of(X509_get_issuer_name(x))},
               {"Subject", name_of(X509_get_subject_name(x))},
               {"NotBefore", time_of(X509_get0_notBefore(x))},
               {"NotAfter", time_of(X509_get0_notAfter(x))},
               {"IsCA", authority},
               {"BasicConstraintsValid", (X509_get_extension_flags(x) & EXFLAG_BCONS) != 0},
               {"PublicKeyAlgorithm", key ? go_number(kKeys, EVP_PKEY_base_id(key.get())) : 0},
               {"SignatureAlgorithm", go_number(kSignatures, X509_get_signature_nid(x))},
               {"PublicKey", public_key(key.get())}};
  alternative_names(x, json);
  return json;
}

/// "nginx" -> "docker.io/nginx:latest": registry, tag and nothing else is filled in.
Json image_normalize(Call& c) {
  std::string image = c.text(0);
  if (image.empty() || image.find(' ') != std::string::npos) return c.fail("image_normalize: not an image");
  const std::size_t slash = image.find('/');
  const std::string first = image.substr(0, slash);
  const bool registry =
      slash != std::string::npos && (first.find_first_of(".:") != std::string::npos || first == "localhost");
  if (!registry) image.insert(0, "docker.io/");
  const std::string last = image.substr(image.rfind('/') + 1);
  if (last.find_first_of(":@") == std::string::npos) image += ":latest";
  return image;
}

}  // namespace

std::vector<FunctionRow> certificate_functions() {
  constexpr std::string_view kSource = "Kyverno's documentation of JMESPath functions";
  return {{"x509_decode", "s", x509_decode, kSource}, {"image_normalize", "s", image_normalize, kSource}};
}

}  // namespace scenario::jmes
