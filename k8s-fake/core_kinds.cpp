// Namespaces, ConfigMaps, Secrets, ServiceAccounts, Services, Events. Source: kubernetes.md 4.6 to 4.9.
#include <boost/asio/ip/address.hpp>

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
#include "k8s-fake/rules.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

std::optional<ApiStatus> admit_namespace(Write& write) {
  const std::string name = text_at(write.object, {"metadata", "name"});
  if (write.operation == Operation::remove) {
    if (name == "default" || name == "kube-system" || name == "kube-public")
      return forbidden(write.call.what(), name, "this namespace may not be deleted");
    return std::nullopt;
  }
  if (write.operation == Operation::create) {
    object_at(write.object, "spec")["finalizers"] = {"kubernetes"};
    write.object["status"] = {{"phase", "Active"}};
  }
  if (write.call.server.at_least(21))
    object_at(object_at(write.object, "metadata"), "labels")["kubernetes.io/metadata.name"] = name;
  if (write.old != nullptr && write.subresource.empty() && at(*write.old, "spec").contains("finalizers"))
    object_at(write.object, "spec")["finalizers"] = at(*write.old, "spec")["finalizers"];
  return std::nullopt;
}

std::size_t validate_keys(const Json& map, const std::string& field, FieldErrors& errors) {
  std::size_t total = 0;
  if (!map.is_object()) return 0;
  for (const auto& [key, value] : map.items()) {
    if (const auto problem = config_key_problem(key); !problem.empty())
      errors.invalid(field + "[" + key + "]", key, problem);
    total += value.is_string() ? value.get_ref<const std::string&>().size() : 0;
  }
  return total;
}

void immutable_data(const Json& object, const Json& old, std::initializer_list<const char*> keys, FieldErrors& errors) {
  if (!is_true(old, {"immutable"})) return;
  if (!is_true(object, {"immutable"})) errors.forbidden("immutable", "field is immutable when `immutable` is set");
  for (const auto* key : keys)
    if (at(object, key) != at(old, key)) errors.forbidden(key, "field is immutable when `immutable` is set");
}

void validate_configmap(const Json& object, const Json* old, FieldErrors& errors) {
  std::size_t total = validate_keys(at(object, "data"), "data", errors);
  if (const Json& binary = at(object, "binaryData"); binary.is_object()) {
    for (const auto& [key, value] : binary.items()) {
      if (at(object, "data").contains(key))
        errors.invalid("data[" + key + "]", key, "duplicate of key present in binaryData");
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
  for (const auto& [key, value] : given.items())
    if (value.is_string()) object_at(object, "data")[key] = base::base64_encode(value.get_ref<const std::string&>());
}

void validate_secret(const Json& object, const Json* old, FieldErrors& errors) {
  static const std::map<std::string, std::vector<std::string>> kRequired = {
      {"kubernetes.io/dockerconfigjson", {".dockerconfigjson"}},
      {"kubernetes.io/dockercfg", {".dockercfg"}},
      {"kubernetes.io/tls", {"tls.crt", "tls.key"}},
      {"kubernetes.io/ssh-auth", {"ssh-privatekey"}}};
  const Json& data = at(object, "data");
  if (validate_keys(data, "data", errors) > 1048576) errors.too_long("data", 1048576);
  const std::string type = text_at(object, "type");
  if (const auto found = kRequired.find(type); found != kRequired.end()) {
    for (const auto& key : found->second)
      if (!data.contains(key)) errors.required("data[" + key + "]");
  }
  if (const std::string config = text_at(data, ".dockerconfigjson");
      type == "kubernetes.io/dockerconfigjson" && !config.empty()) {
    const ParsedJson parsed = parse_json(base::base64_decode(config).value_or(""));
    if (!parsed.error.empty()) errors.invalid("data[.dockerconfigjson]", "<secret contents redacted>", parsed.error);
  }
  if (type == "kubernetes.io/basic-auth" && !data.contains("username") && !data.contains("password")) {
    errors.required("data[username]");
    errors.required("data[password]");
  }
  if (type == "kubernetes.io/service-account-token" &&
      text_at(object, {"metadata", "annotations", "kubernetes.io/service-account.name"}).empty()) {
    errors.required("metadata.annotations[kubernetes.io/service-account.name]");
  }
  if (old == nullptr) return;
  if (at(object, "type") != at(*old, "type")) errors.invalid("type", at(object, "type"), "field is immutable");
  immutable_data(object, *old, {"data"}, errors);
}

void validate_namespace(const Json& object, const Json*, FieldErrors& errors) {
  for (const auto& each : at_path(object, {"spec", "finalizers"})) {
    if (each.is_string() && each != "kubernetes" && each.get_ref<const std::string&>().find('/') == std::string::npos) {
      errors.invalid("spec.finalizers", each, "name is neither a standard finalizer name nor is it fully qualified");
    }
  }
}

void validate_priority_class(const Json& object, const Json*, FieldErrors& errors) {
  const std::string name = text_at(object, {"metadata", "name"});
  const bool known = name == "system-node-critical" || name == "system-cluster-critical";
  if (name.rfind("system-", 0) == 0 && !known) {
    errors.forbidden("metadata.name",
                     "priority class names with 'system-' prefix are reserved for system use only. error: " + name +
                         " is not a known system priority class");
  }
  if (!known && int_at(object, {"value"}) > 1000000000)
    errors.forbidden("value", "maximum allowed value of a user defined priority is 1000000000");
}

void validate_endpoints(const Json& object, const Json*, FieldErrors& errors) {
  std::size_t i = 0;
  for (const auto& subset : at(object, "subsets")) {
    const std::string path = "subsets[" + std::to_string(i++) + "]";
    if (at(subset, "addresses").empty() && at(subset, "notReadyAddresses").empty())
      errors.required(path, "must specify `addresses` or `notReadyAddresses`");
    for (const auto* list : {"addresses", "notReadyAddresses"}) {
      std::size_t j = 0;
      for (const auto& each : at(subset, list)) {
        const std::string where = path + "." + list + "[" + std::to_string(j++) + "].ip", text = text_at(each, "ip");
        boost::system::error_code bad;
        const auto address = boost::asio::ip::make_address(text, bad);
        if (bad) errors.invalid(where, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
        else if (text.rfind("127.0.", 0) == 0 || text == "::1")  // pods of the lab live in the rest of 127.0.0.0/8
          errors.invalid(where, text, "may not be in the loopback range (127.0.0.0/8)");
        else if (address.is_unspecified()) errors.invalid(where, text, "may not be unspecified (0.0.0.0)");
      }
    }
  }
}

void default_endpoints(Json& object) {
  if (!at(object, "subsets").is_array()) return;
  for (auto& subset : object["subsets"]) {
    if (!at(subset, "ports").is_array()) continue;
    for (auto& port : subset["ports"])
      if (port.is_object()) default_to(port, "protocol", "TCP");
  }
}

void validate_event(const Json& object, const Json*, FieldErrors& errors) {
  const std::string about = text_at(object, {"involvedObject", "namespace"}),
                    ns = text_at(object, {"metadata", "namespace"});
  if (about != ns && !(about.empty() && (ns == "default" || ns == "kube-system")))
    errors.invalid("involvedObject.namespace", about, "does not match event.namespace");
}

void default_priority_class(Json& object) { default_to(object, "preemptionPolicy", "PreemptLowerPriority"); }

void default_network_policy(Json& object) {
  Json& spec = object_at(object, "spec");
  if (is_empty_value(at(spec, "policyTypes"))) {
    spec["policyTypes"] = {"Ingress"};
    if (!is_empty_value(at(spec, "egress"))) spec["policyTypes"].push_back("Egress");
  }
  for (const auto* way : {"ingress", "egress"}) {
    if (!at(spec, way).is_array()) continue;
    for (auto& rule : spec[way]) {
      if (!at(rule, "ports").is_array()) continue;
      for (auto& port : rule["ports"]) default_to(port, "protocol", "TCP");
    }
  }
}

/// The first versions of Ingress name their back ends in another way.
void move_backend(Json& holder, const char* key, bool to_storage) {
  if (!at(holder, key).is_object()) return;
  Json& backend = holder[key];
  if (to_storage) {
    if (!backend.contains("serviceName")) return;
    Json service = {{"name", backend["serviceName"]}};
    const Json port = at(backend, "servicePort");
    if (port.is_string()) service["port"] = {{"name", port}};
    else if (port.is_number()) service["port"] = {{"number", port}};
    backend.erase("serviceName");
    backend.erase("servicePort");
    backend["service"] = service;
  } else if (at(backend, "service").is_object()) {
    const Json service = backend["service"];
    backend.erase("service");
    backend["serviceName"] = at(service, "name");
    const Json& port = at(service, "port");
    backend["servicePort"] = port.contains("name")     ? at(port, "name")
                             : port.contains("number") ? at(port, "number")
                                                       : Json(0);
  }
}
void convert_ingress(Json& object, bool to_storage) {
  if (!at(object, "spec").is_object()) return;
  Json& spec = object["spec"];
  const char* from = to_storage ? "backend" : "defaultBackend";
  if (const Json backend = at(spec, from); backend.is_object()) {
    spec.erase(from);
    spec[to_storage ? "defaultBackend" : "backend"] = backend;
  }
  move_backend(spec, to_storage ? "defaultBackend" : "backend", to_storage);
  if (!at(spec, "rules").is_array()) return;
  for (auto& rule : spec["rules"]) {
    if (!at_path(rule, {"http", "paths"}).is_array()) continue;
    for (auto& path : rule["http"]["paths"]) {
      move_backend(path, "backend", to_storage);
      if (to_storage) default_to(path, "pathType", "ImplementationSpecific");
    }
  }
}
void ingress_to_storage(Json& object) { convert_ingress(object, true); }
void ingress_from_storage(Json& object) { convert_ingress(object, false); }

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

/// Whether an aggregated API can be reached. Nothing is aggregated here: those with a service of their own cannot.
std::optional<ApiStatus> admit_api_service(Write& write) {
  if (write.operation == Operation::remove || write.subresource == "status") return std::nullopt;
  const Json& service = at_path(write.object, {"spec", "service"});
  Json condition = {{"type", "Available"},
                    {"status", "True"},
                    {"reason", "Local"},
                    {"message", "Local APIServices are always available"},
                    {"lastTransitionTime", write.call.server.now_text()}};
  if (service.is_object()) {
    const std::string name = text_at(service, "name"), ns = text_at(service, "namespace");
    const bool known = !write.call.server.read("", "services", ns, name).is_null();
    condition["status"] = "False";
    condition["reason"] = known ? "FailedDiscoveryCheck" : "ServiceNotFound";
    condition["message"] =
        known ? "this server calls no aggregated API" : "service/" + name + " in \"" + ns + "\" is not present";
  }
  Json& conditions = object_at(write.object, "status")["conditions"];
  for (const auto& each : conditions)
    if (at(each, "reason") == condition["reason"]) return std::nullopt;
  conditions = Json::array({condition});
  return std::nullopt;
}

/// A new node takes no pods until it says that it is ready.
std::optional<ApiStatus> admit_node(Write& write) {
  if (write.operation != Operation::create || !write.call.server.at_least(12)) return std::nullopt;
  Json& spec = object_at(write.object, "spec");
  Json& taints = spec["taints"];
  if (!taints.is_array()) taints = Json::array();
  for (const auto& taint : taints)
    if (at(taint, "key") == "node.kubernetes.io/not-ready" && at(taint, "effect") == "NoSchedule") return std::nullopt;
  taints.push_back({{"key", "node.kubernetes.io/not-ready"}, {"effect", "NoSchedule"}});
  return std::nullopt;
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
    for (const auto* key : {"clusterIP", "clusterIPs"})
      if (at(*write.old, "spec").contains(key)) spec[key] = at(at(*write.old, "spec"), key);
  }
  if (type != "ExternalName" && text_at(spec, "clusterIP").empty()) {
    std::string address;
    do {
      const auto n = server.rng.below(65000) + 10;
      address = (server.config.openshift.empty() ? "10.96." : "172.30.") + std::to_string(n / 256) + "." +
                std::to_string(n % 256);
    } while (used.contains(address));
    spec["clusterIP"] = address;
  }
  if (type != "ExternalName") default_to(spec, "clusterIPs", Json::array({spec["clusterIP"]}));
  if (type == "NodePort" || type == "LoadBalancer") {
    for (auto& port : spec["ports"]) {
      if (int_at(port, {"nodePort"}) != 0) continue;
      std::int64_t number = 0;
      do number = 30000 + static_cast<std::int64_t>(server.rng.below(2768));
      while (ports.contains(number));
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
  std::set<std::string> port_names;
  i = 0;
  for (const auto& port : at(spec, "ports")) {
    const std::string path = "spec.ports[" + std::to_string(i++) + "]", name = text_at(port, "name");
    if (!name.empty() && !port_names.insert(name).second) errors.duplicate(path + ".name", name);
    const Json& target = at(port, "targetPort");
    if (target.is_number() && (target < 1 || target > 65535))
      errors.invalid(path + ".targetPort", target, "must be between 1 and 65535, inclusive");
    if (target.is_string()) {
      std::vector<std::string> problems;
      port_name_problem(target.get<std::string>(), problems);
      for (const auto& each : problems) errors.invalid(path + ".targetPort", target, each);
    }
    if (text_at(spec, "type") == "ClusterIP" && int_at(port, {"nodePort"}) != 0)
      errors.forbidden(path + ".nodePort", "may not be used when `type` is 'ClusterIP'");
  }
  if (headless && (text_at(spec, "type") == "NodePort" || text_at(spec, "type") == "LoadBalancer")) {
    errors.invalid("spec.clusterIPs[0]", "None", "may not be set to 'None' for " + text_at(spec, "type") + " services");
  }
  if (const std::string address = text_at(spec, "clusterIP"); !address.empty() && !headless) {
    boost::system::error_code bad;
    boost::asio::ip::make_address(address, bad);
    if (bad)
      errors.invalid("spec.clusterIPs[0]", address, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
  }
  if (text_at(spec, "type") == "ClusterIP" && !text_at(spec, "externalTrafficPolicy").empty()) {
    errors.invalid("spec.externalTrafficPolicy", at(spec, "externalTrafficPolicy"),
                   errors.at_least(22) ? "may only be set for externally-accessible services"
                                       : "ExternalTrafficPolicy can only be set on NodePort and LoadBalancer service");
  }
  if (text_at(spec, "type") == "ExternalName" && text_at(spec, "externalName").empty())
    errors.required("spec.externalName");
  if (old != nullptr && text_at(spec, "type") == text_at(*old, {"spec", "type"}) &&
      !text_at(*old, {"spec", "clusterIP"}).empty() &&
      text_at(spec, "clusterIP") != text_at(*old, {"spec", "clusterIP"})) {
    errors.add({"FieldValueInvalid", "spec.clusterIPs[0]",
                "Invalid value: []string{" + dump(at(spec, "clusterIP")) + "}: may not change once set"});
  }
}

/// events.k8s.io shows the same objects under other names.
constexpr std::pair<const char*, const char*> kEventNames[] = {{"message", "note"},
                                                               {"involvedObject", "regarding"},
                                                               {"source", "deprecatedSource"},
                                                               {"count", "deprecatedCount"},
                                                               {"firstTimestamp", "deprecatedFirstTimestamp"},
                                                               {"lastTimestamp", "deprecatedLastTimestamp"},
                                                               {"reportingComponent", "reportingController"}};

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
  kinds.resource("", "events")->names = NameRule::path_segment;
  kinds.resource("", "namespaces")->validate = validate_namespace;
  kinds.resource("", "endpoints")->validate = validate_endpoints;
  kinds.resource("", "endpoints")->set_defaults = default_endpoints;
  kinds.resource("scheduling.k8s.io", "priorityclasses")->validate = validate_priority_class;
  kinds.resource("scheduling.k8s.io", "priorityclasses")->set_defaults = default_priority_class;
  kinds.resource("networking.k8s.io", "networkpolicies")->set_defaults = default_network_policy;
  kinds.resource("apiregistration.k8s.io", "apiservices")->admit = admit_api_service;
  kinds.resource("", "nodes")->admit = admit_node;
  Resource& services = *kinds.resource("", "services");
  services.set_defaults = default_service;
  services.admit = admit_service;
  services.validate = validate_service;
  for (const auto& each : kinds.endpoints()) {
    if (each->resource->plural == "ingresses" && each->version == "v1beta1") {
      each->to_storage = ingress_to_storage;
      each->from_storage = ingress_from_storage;
    }
    if (each->group != "events.k8s.io") continue;
    each->from_storage = event_from_storage;
    each->to_storage = event_to_storage;
  }
}

}  // namespace k8s_fake
