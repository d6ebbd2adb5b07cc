// Request bodies: content types, decoding, the checks that need the kind.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/field_table.h"
#include "k8s-fake/fields.h"
#include "k8s-fake/protobuf.h"
#include "k8s-fake/yaml.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr std::size_t kBodyMax = 3145728;

std::string media_type(const Call& call) {
  const std::string type = call.request.headers.get("Content-Type");
  return base::to_lower(base::trim(type.substr(0, type.find(';'))));
}

const std::string& kind_of(const Call& call) {
  return call.sub != nullptr && call.sub->kind != "" ? call.sub->kind : call.endpoint->kind();
}

std::string group_version_of(const Call& call) {
  return call.sub != nullptr && !call.sub->group_version.empty() ? call.sub->group_version
                                                                 : call.endpoint->group_version();
}

/// The start of a body as decoders show it: text when it looks like JSON, hexadecimal otherwise.
std::string summary(std::string_view body) {
  constexpr std::size_t kShown = 30;
  if (body.empty()) return "<empty>";
  const std::string_view head = body.substr(0, kShown);
  const std::string more = body.size() > kShown ? " ..." : "";
  if (body.front() == '{') return std::string(head) + more;
  std::string out;
  for (const char c : head) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out + more;
}

ApiStatus unrecognized(const Call& call, const std::string& why) {
  return bad_request("the object provided is unrecognized (must be of type " + kind_of(call) + "): " + why + " (" +
                     summary(call.request.body) + ")");
}

struct Decoded {
  Json value;
  bool text = true;                       // JSON or YAML; false for protobuf
  std::vector<std::string> duplicates{};  // members given twice
};

ApiResult<Decoded> decode(Call& call) {
  const auto& body = call.request.body;
  if (body.size() > kBodyMax) {
    return ApiStatus{
        .code = 413, .reason = "RequestEntityTooLarge", .message = "Request entity too large: limit is 3145728"};
  }
  const std::string type = media_type(call);
  const bool custom = call.resource().custom != nullptr;
  if (type == kProtobufType && !custom) {
    auto value = decode_protobuf(body, group_version_of(call), kind_of(call));
    if (!value) return unrecognized(call, value.error().message);
    return Decoded{std::move(*value), false};
  }
  if (type == "application/yaml") {
    auto value = yaml_to_json(body);
    if (!value) return unrecognized(call, value.error().message);
    if (!value->is_object())
      return unrecognized(call, "couldn't get version/kind; json parse error: the document is not an object");
    return Decoded{std::move(*value), true};
  }
  if (!type.empty() && type != "application/json") {
    return unsupported_media(std::string("the body of the request was in an unknown format - accepted media types "
                                         "include: application/json, application/yaml") +
                             (custom ? "" : ", application/vnd.kubernetes.protobuf"));
  }
  ParsedJson parsed = parse_json(body);
  if (!parsed.error.empty()) return unrecognized(call, "couldn't get version/kind; json parse error: " + parsed.error);
  if (parsed.value.is_null()) parsed.value = Json::object();
  if (!parsed.value.is_object()) {
    return unrecognized(call,
                        std::string("couldn't get version/kind; json parse error: json: cannot unmarshal ") +
                            (parsed.value.is_array() ? "array" : parsed.value.type_name()) +
                            " into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; "
                            "Kind string \"json:\\\"kind,omitempty\\\"\" }");
  }
  return Decoded{std::move(parsed.value), true, std::move(parsed.duplicates)};
}

std::string short_version(const std::string& group_version) {
  const auto slash = group_version.find('/');
  return slash == std::string::npos ? group_version : group_version.substr(slash + 1);
}

std::optional<ApiStatus> check_type(const Call& call, const Json& body, const std::string& shown) {
  const auto registered = [&](const std::string& version, const std::string& kind) {
    const auto slash = version.find('/');
    const std::string group = slash == std::string::npos ? "" : version.substr(0, slash);
    const std::string bare = slash == std::string::npos ? version : version.substr(slash + 1);
    return call.server.kinds.find_kind(group, bare, kind) != nullptr || find_message(version, kind) != nullptr;
  };
  const std::string kind = text_at(body, "kind");
  const std::string version = text_at(body, "apiVersion");
  if (call.resource().custom != nullptr) {
    if (kind.empty()) return unrecognized(call, "Object 'Kind' is missing in '" + shown + "'");
    if (version.empty()) return unrecognized(call, "Object 'apiVersion' is missing in '" + shown + "'");
  }
  const std::string expected = group_version_of(call);
  const bool legacy_oapi =
      call.info.oapi || (version == "v1" && call.endpoint->group.find("openshift.io") != std::string::npos);
  if (std::count(version.begin(), version.end(), '/') > 1)
    return unrecognized(call, "unexpected GroupVersion string: " + version);
  const std::string said_version = version.empty() ? expected : version,
                    said_kind = kind.empty() ? kind_of(call) : kind;
  if (call.resource().custom == nullptr && call.sub == nullptr && !legacy_oapi &&
      !registered(said_version, said_kind)) {
    return bad_request(said_kind + " in version \"" + short_version(said_version) + "\" cannot be handled as a " +
                       kind_of(call) + ": no kind \"" + said_kind + "\" is registered for version \"" + said_version +
                       "\" in scheme \"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30\"");
  }
  if (!version.empty() && version != expected && !legacy_oapi) {
    return bad_request("the API version in the data (" + version + ") does not match the expected API version (" +
                       expected + ")");
  }
  if (!kind.empty() && kind != kind_of(call)) {
    const std::string v = short_version(expected);
    return bad_request(
        kind + " in version \"" + v + "\" cannot be handled as a " + kind_of(call) + ": converting (" + v + "." + kind +
        ") to (" +
        (call.endpoint->group.empty() ? "core" : call.endpoint->group.substr(0, call.endpoint->group.find('.'))) + "." +
        kind_of(call) + "): unknown conversion");
  }
  return std::nullopt;
}

std::string validation_mode(const Call& call) {
  const std::string mode = call.server.at_least(24) ? call.query.get("fieldValidation") : "";
  return mode.empty() ? (call.server.at_least(25) ? "Warn" : "Ignore") : mode;
}

}  // namespace

ApiResult<Json> read_options(Call& call) {
  const std::string type = media_type(call);
  if (type == kProtobufType) {
    auto value = decode_protobuf(call.request.body, "meta/v1", "DeleteOptions");
    if (!value) return bad_request(value.error().message);
    return std::move(*value);
  }
  if (type == "application/yaml") {
    auto value = yaml_to_json(call.request.body);
    if (!value) return bad_request(value.error().message);
    return std::move(*value);
  }
  ParsedJson parsed = parse_json(call.request.body);
  const bool deletion = call.request.method == "DELETE";  // an eviction has options of its own
  if (!parsed.error.empty())
    return ApiStatus{.code = deletion ? 500 : 400,
                     .reason = deletion ? "" : "BadRequest",
                     .message = "couldn't get version/kind; json parse error: " + parsed.error};
  const std::string kind = text_at(parsed.value, "kind");
  if (deletion && !kind.empty() && kind != "DeleteOptions") {
    return ApiStatus{
        .code = 500,
        .message = "no kind " + dump(Json(kind)) + " is registered for version " +
                   dump(Json(text_at(parsed.value, "apiVersion"))) +
                   " in scheme \"k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27\""};
  }
  return std::move(parsed.value);
}

std::optional<ApiStatus> check_fields(Call& call, Json& object, const std::vector<std::string>& duplicates,
                                      bool is_json) {
  const std::string mode = validation_mode(call);
  FieldReport report;
  if (call.resource().custom != nullptr && call.sub == nullptr)
    check_custom_fields(*call.resource().custom, call.endpoint->version, object, report);
  else check_known_fields(group_version_of(call), kind_of(call), object, report, call.server.version.minor);
  const std::string version = short_version(group_version_of(call));
  const std::string prefix =
      kind_of(call) + " in version \"" + version + "\" cannot be handled as a " + kind_of(call) + ": ";
  if (!report.error.empty()) return bad_request(prefix + report.error);
  if (mode == "Ignore" || !is_json) return std::nullopt;
  std::vector<std::string> problems;
  for (const auto& field : report.unknown) problems.push_back("unknown field \"" + field + "\"");
  for (const auto& field : duplicates) problems.push_back("duplicate field \"" + field + "\"");
  if (problems.empty()) return std::nullopt;
  if (mode == "Strict") return bad_request(prefix + "strict decoding error: " + base::join(problems, ", "));
  for (auto& problem : problems) call.warnings.push_back(std::move(problem));
  return std::nullopt;
}

ApiResult<Json> read_body(Call& call) {
  auto decoded = decode(call);
  if (!decoded) return decoded.error();
  Json& value = decoded->value;
  if (auto problem = check_type(call, value, call.request.body.substr(0, 1024))) return *problem;
  if (decoded->text) {
    if (auto problem = check_fields(call, value, decoded->duplicates, true)) return *problem;
  }
  value.erase("kind");
  value.erase("apiVersion");
  if (!at(value, "metadata").is_object()) value["metadata"] = Json::object();
  if (call.endpoint->to_storage != nullptr && call.sub == nullptr) call.endpoint->to_storage(value);
  return std::move(value);
}

std::optional<ApiStatus> check_options(Call& call, const char* options_kind) {
  FieldErrors errors(call.server.version.minor);
  for (const auto& value : call.query.all("dryRun")) {
    if (value == "All") call.dry_run = true;
    else if (call.server.at_least(27)) errors.unsupported("dryRun", value, {"All"});
    else
      errors.add({"FieldValueNotSupported", "dryRun",
                  "Unsupported value: []string{" + dump(Json(value)) + "}: supported values: \"All\""});
  }
  const std::string manager = call.query.get("fieldManager");
  if (manager.size() > 128) errors.too_long("fieldManager", 128);
  std::size_t position = 0;
  for (const char c : manager) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      static const char* const kDigits = "0123456789ABCDEF";
      const std::string hex = std::string("00") + kDigits[byte >> 4] + kDigits[byte & 15];
      errors.add({"FieldValueInvalid", "fieldManager",
                  "Invalid value: \"\\x" + base::to_lower(hex.substr(2)) + "\": invalid character U+" + hex +
                      " (at position " + std::to_string(position) + ")"});
      break;
    }
    ++position;
  }
  const std::string mode = call.server.at_least(24) ? call.query.get("fieldValidation") : "";
  if (!mode.empty() && mode != "Ignore" && mode != "Warn" && mode != "Strict")
    errors.unsupported("fieldValidation", mode, {"Ignore", "Strict", "Warn"});
  if (errors.empty()) return std::nullopt;
  return invalid("meta.k8s.io", options_kind, "", errors);
}

}  // namespace k8s_fake
