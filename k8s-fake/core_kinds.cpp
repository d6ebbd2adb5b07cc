// Namespaces, ConfigMaps, Secrets, ServiceAccounts, Services, Events. Source: kubernetes.md 4.6 to 4.9.
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/defaults.h"
#include "k8s-fake/names.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

std::optional<ApiStatus> admit_namespace(Write& write) {
  const std::string name = text_at(write.object, {"metadata", "name"});
  if (write.operation == Operation::remove) {
    if (name == "default" || name == "kube-system" || name == "kube-public") return forbidden(write.call.what(), name, "this namespace may not be deleted");
    return std::nullopt;
  }
  if (write.operation == Operation::create) {
    object_at(write.object, "spec")["finalizers"] = {"kubernetes"};
    write.object["status"] = {{"phase", "Active"}};
  }
  if (write.call.server.at_least(21)) object_at(object_at(write.object, "metadata"), "labels")["kubernetes.io/metadata.name"] = name;
  if (write.old != nullptr && write.subresource.empty() && at(*write.old, "spec").contains("finalizers")) object_at(write.object, "spec")["finalizers"] = at(*write.old, "spec")["finalizers"];
  return std::nullopt;
}

std::size_t validate_keys(const Json& map, const std::string& field, FieldErrors& errors) {
  std::size_t total = 0;
  if (!map.is_object()) return 0;
  for (const auto& [key, value] : map.items()) {
    if (const auto problem = config_key_problem(key); !problem.empty()) errors.invalid(field + "[" + key + "]", key, problem);
    total += value.is_string() ? value.get_ref<const std::string&>().size() : 0;
  }
  return total;
}

void immutable_data(const Json& object, const Json& old, std::initializer_list<const char*> keys, FieldErrors& errors) {
  if (!is_true(old, {"immutable"})) return;
  if (!is_true(object, {"immutable"})) errors.forbidden("immutable", "field is immutable when `immutable` is set");
  for (const auto* key : keys) if (at(object, key) != at(old, key)) errors.forbidden(key, "field is immutable when `immutable` is set");
}

void validate_configmap(const Json& object, const Json* old, FieldErrors& errors) {
  std::size_t total = validate_keys(at(object, "data"), "data", errors);
  if (const Json& binary = at(object, "binaryData"); binary.is_object()) {
    for (const auto& [key, value] : binary.items()) {
      if (at(object, "data").contains(key)) errors.invalid("data[" + key + "]", key, "duplicate of key present in binaryData");
    }
  }
  total += validate_keys(at(object, "binaryData"), "binaryData", errors);
  if (total > 1048576) errors.too_long("", 1048576);
  if (old != nullptr) immutable_data(object, *old, {"data", "binaryData"}, errors);
}

void default_secret(Json& object) {
  default_to(object, "type", "Opaque");
  const auto plain = object.find("stringData");
  if (plain == object.end()) return;
  const Json given = *plain;
  object.erase("stringData");
  if (!given.is_object()) return;
  for (const auto& [key, value] : given.items()) if (value.is_string()) object_at(object, "data")[key] = base::base64_encode(value.get_ref<const std::string&>());
}

void validate_secret(const Json& object, const Json* old, FieldErrors& errors) {
  static const std::map<std::string, std::vector<std::string>> kRequired = {
      {"kubernetes.io/dockerconfigjson", {".dockerconfigjson"}}, {"kubernetes.io/dockercfg", {".dockercfg"}}, {"kubernetes.io/tls", {"tls.crt", "tls.key"}}, {"kubernetes.io/ssh-auth", {"ssh-privatekey"}}};
  const Json& data = at(object, "data");
  if (validate_keys(data, "data", errors) > 1048576) errors.too_long("data", 1048576);
  const std::string type = text_at(object, "type");
  if (const auto found = kRequired.find(type); found != kRequired.end()) {
    for (const auto& key : found->second) if (!data.contains(key)) errors.required("data[" + key + "]");
  }
  if (type == "kubernetes.io/basic-auth" && !data.contains("username") && !data.contains("password")) {
    errors.required("data[username]");
    errors.required("data[password]");
  }
  if (type == "kubernetes.io/service-account-token" && text_at(object, {"metadata", "annotations", "kubernetes.io/service-account.name"}).empty()) {
    errors.required("metadata.annotations[kubernetes.io/service-account.name]");
  }
  if (old == nullptr) return;
  if (at(object, "type") != at(*old, "type")) errors.invalid("type", at(object, "type"), "field is immutable");
  immutable_data(object, *old, {"data"}, errors);
}

void validate_event(const Json& object, const Json*, FieldErrors& errors) {
  const std::string about = text_at(object, {"involvedObject", "namespace"}), ns = text_at(object, {"metadata", "namespace"});
  if (about != ns && !(about.empty() && (ns == "default" || ns == "kube-system"))) errors.invalid("involvedObject.namespace", about, "does not match event.namespace");
}

void default_service(Json& object) {
  Json& spec = object_at(object, "spec");
  default_to(spec, "type", "ClusterIP");
  default_to(spec, "sessionAffinity", "None");
  default_to(object, "status", Json{{"loadBalancer", Json::object()}});
  for (auto& port : spec["ports"]) {
    if (!port.is_object()) continue;
    default_to(port, "protocol", "TCP");
    if (!port.contains("targetPort")) port["targetPort"] = at(port, "port");
  }
  if (spec["ports"].is_null()) spec.erase("ports");
  if (text_at(spec, "type") == "ExternalName") return;
  default_to(spec, "ipFamilies", Json::array({"IPv4"}));
  default_to(spec, "ipFamilyPolicy", "SingleStack");
  default_to(spec, "internalTrafficPolicy", "Cluster");
  if (text_at(spec, "type") != "ClusterIP") default_to(spec, "externalTrafficPolicy", "Cluster");
}

std::optional<ApiStatus> admit_service(Write& write) {
  if (write.operation == Operation::remove) return std::nullopt;
  Json& spec = object_at(write.object, "spec");
  Server& server = write.call.server;
  const std::string type = text_at(spec, "type");
  std::set<std::string> used;
  std::set<std::int64_t> ports;
  for (const auto& [key, object] : server.store.objects(server.resource("", "services"))) {
    const Json other = object->json();
    used.insert(text_at(other, {"spec", "clusterIP"}));
    for (const auto& port : at_path(other, {"spec", "ports"})) ports.insert(int_at(port, {"nodePort"}));
  }
  if (write.old != nullptr && text_at(spec, "clusterIP").empty() && type != "ExternalName") {
    for (const auto* key : {"clusterIP", "clusterIPs"}) if (at(*write.old, "spec").contains(key)) spec[key] = at(at(*write.old, "spec"), key);
  }
  if (type != "ExternalName" && text_at(spec, "clusterIP").empty()) {
    std::string address;
    do {
      const auto n = server.rng.below(65000) + 10;
      address = (server.config.openshift.empty() ? "10.96." : "172.30.") + std::to_string(n / 256) + "." + std::to_string(n % 256);
    } while (used.contains(address));
    spec["clusterIP"] = address;
  }
  if (type != "ExternalName") default_to(spec, "clusterIPs", Json::array({spec["clusterIP"]}));
  if (type == "NodePort" || type == "LoadBalancer") {
    for (auto& port : spec["ports"]) {
      if (int_at(port, {"nodePort"}) != 0) continue;
      std::int64_t number = 0;
      do number = 30000 + static_cast<std::int64_t>(server.rng.below(2768)); while (ports.contains(number));
      ports.insert(number);
      port["nodePort"] = number;
    }
  }
  return std::nullopt;
}

void validate_service(const Json& object, const Json* old, FieldErrors& errors) {
  const Json& spec = at(object, "spec");
  one_of(at(spec, "type"), "spec.type", {"ClusterIP", "ExternalName", "LoadBalancer", "NodePort"}, errors);
  const bool headless = text_at(spec, "clusterIP") == "None";
  if (at(spec, "ports").empty() && text_at(spec, "type") != "ExternalName" && !headless) errors.required("spec.ports");
  std::size_t i = 0;
  const std::size_t total = at(spec, "ports").size();
  for (const auto& port : at(spec, "ports")) {
    const std::string path = "spec.ports[" + std::to_string(i++) + "]";
    const std::int64_t number = int_at(port, {"port"});
    if (number < 1 || number > 65535) errors.invalid(path + ".port", number, "must be between 1 and 65535, inclusive");
    if (total > 1 && text_at(port, "name").empty()) errors.required(path + ".name");
    one_of(at(port, "protocol"), path + ".protocol", {"SCTP", "TCP", "UDP"}, errors);
  }
  if (text_at(spec, "type") == "ExternalName" && text_at(spec, "externalName").empty()) errors.required("spec.externalName");
  if (old != nullptr && text_at(spec, "type") == text_at(*old, {"spec", "type"}) && !text_at(*old, {"spec", "clusterIP"}).empty() && text_at(spec, "clusterIP") != text_at(*old, {"spec", "clusterIP"})) {
    errors.add({"FieldValueInvalid", "spec.clusterIPs[0]", "Invalid value: []string{" + dump(at(spec, "clusterIP")) + "}: may not change once set"});
  }
}

/// events.k8s.io shows the same objects under other names.
constexpr std::pair<const char*, const char*> kEventNames[] = {
    {"message", "note"}, {"involvedObject", "regarding"}, {"source", "deprecatedSource"}, {"count", "deprecatedCount"}, {"firstTimestamp", "deprecatedFirstTimestamp"},
    {"lastTimestamp", "deprecatedLastTimestamp"}, {"reportingComponent", "reportingController"}};

void rename_members(Json& object, bool to_core) {
  for (const auto& [core, other] : kEventNames) {
    const char* from = to_core ? other : core;
    const auto found = object.find(from);
    if (found == object.end()) continue;
    Json value = *found;
    object.erase(from);
    object[to_core ? core : other] = std::move(value);
  }
}
void event_from_storage(Json& object) { rename_members(object, false); }
void event_to_storage(Json& object) { rename_members(object, true); }

}  // namespace

void add_core_behaviour(Kinds& kinds) {
  kinds.resource("", "namespaces")->admit = admit_namespace;
  kinds.resource("", "configmaps")->validate = validate_configmap;
  kinds.resource("", "secrets")->set_defaults = default_secret;
  kinds.resource("", "secrets")->validate = validate_secret;
  kinds.resource("", "events")->validate = validate_event;
  Resource& services = *kinds.resource("", "services");
  services.set_defaults = default_service;
  services.admit = admit_service;
  services.validate = validate_service;
  for (const auto& each : kinds.endpoints()) {
    if (each->group != "events.k8s.io") continue;
    each->from_storage = event_from_storage;
    each->to_storage = event_to_storage;
  }
}

}  // namespace k8s_fake
