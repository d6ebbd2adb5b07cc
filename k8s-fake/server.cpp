#include "k8s-fake/server.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/crd.h"
#include "k8s-fake/rbac.h"
#include "k8s-fake/start_objects.h"
#include "k8s-fake/tokens.h"
#include "k8s-fake/webhooks.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

/// Metadata and defaults as for any object, without the checks made for users. Nothing happens if it is there already.
void put_default(Server& server, const char* plural, Json object) {
  const Resource& resource = server.resource("", plural);
  const std::string ns = text_at(object, {"metadata", "namespace"});
  if (server.store.find(resource, ns, text_at(object, {"metadata", "name"})) != nullptr) return;
  object["metadata"]["uid"] = server.rng.uuid();
  object["metadata"]["creationTimestamp"] = server.now_text();
  server.store.put(resource, object);
}

void bootstrap_namespaces(Server& server) {
  std::vector<std::string> names = {"default", "kube-system", "kube-public"};
  if (server.at_least(13)) names.push_back("kube-node-lease");
  if (!server.config.openshift.empty()) {
    names.emplace_back("openshift");
    names.emplace_back("openshift-infra");
  }
  for (const auto& name : names) {
    Json labels = Json::object();
    if (server.at_least(21)) labels["kubernetes.io/metadata.name"] = name;
    Json metadata = {{"name", name}};
    if (!labels.empty()) metadata["labels"] = labels;
    put_default(
        server, "namespaces",
        {{"metadata", metadata}, {"spec", {{"finalizers", {"kubernetes"}}}}, {"status", {{"phase", "Active"}}}});
  }
}

/// The API's own service. Its address is the first of the service network.
void bootstrap_service(Server& server) {
  const std::string address = server.config.openshift.empty() ? "10.96.0.1" : "172.30.0.1";
  const auto colon = server.config.advertise_address.rfind(':');
  const std::string host = server.config.advertise_address.substr(0, colon);
  const auto port = base::parse_unsigned(server.config.advertise_address.substr(colon + 1)).value_or(6443);
  Json service_port = {{"name", "https"}, {"port", 443}, {"protocol", "TCP"}, {"targetPort", port}};
  Json spec = {{"clusterIP", address},
               {"clusterIPs", {address}},
               {"internalTrafficPolicy", "Cluster"},
               {"ipFamilies", {"IPv4"}},
               {"ipFamilyPolicy", "SingleStack"},
               {"ports", Json::array({service_port})},
               {"sessionAffinity", "None"},
               {"type", "ClusterIP"}};
  Json labels = {{"component", "apiserver"}, {"provider", "kubernetes"}};
  put_default(server, "services",
              {{"metadata", {{"name", "kubernetes"}, {"namespace", "default"}, {"labels", labels}}},
               {"spec", spec},
               {"status", {{"loadBalancer", Json::object()}}}});
  Json subset = {{"addresses", Json::array({Json{{"ip", host}}})},
                 {"ports", Json::array({Json{{"name", "https"}, {"port", port}, {"protocol", "TCP"}}})}};
  put_default(server, "endpoints",
              {{"metadata",
                {{"name", "kubernetes"},
                 {"namespace", "default"},
                 {"labels", {{"endpointslice.kubernetes.io/skip-mirror", "true"}}}}},
               {"subsets", Json::array({subset})}});
}

}  // namespace

base::Result<ServerVersion> parse_version(const std::string& text) {
  std::string body = text;
  if (!body.empty() && body.front() == 'v') body.erase(0, 1);
  const auto plus = body.find_first_of("+-");
  const auto parts = split_text(body.substr(0, plus), '.');
  const auto major = parts.empty() ? std::nullopt : base::parse_unsigned(parts[0]);
  const auto minor = parts.size() < 2 ? std::nullopt : base::parse_unsigned(parts[1]);
  if (!major || !minor || *major != 1 || (*minor != 6 && (*minor < 20 || *minor > 35))) {
    return base::Error{base::ErrorKind::invalid,
                       "unsupported Kubernetes version " + dump(Json(text)) + ": 1.6 and 1.20 to 1.35 are known"};
  }
  ServerVersion out;
  out.minor = static_cast<int>(*minor);
  out.git = parts.size() > 2 ? "v" + body
                             : "v1." + std::to_string(*minor) +
                                   (*minor == 32  ? ".4"
                                    : *minor == 6 ? ".1"
                                                  : ".2");
  return out;
}

namespace {

ServerVersion version_of(const Config& config) {
  const auto parsed = parse_version(config.version);
  CHECK(parsed.ok());
  return *parsed;
}

}  // namespace

Server::Server(base::Clock& the_clock, Config settings, std::uint64_t seed, base::Logger log)
    : config(std::move(settings)),
      version(version_of(config)),
      clock(the_clock),
      rng(seed),
      logger(std::move(log)),
      kinds({.legacy = config.legacy_apis, .openshift = !config.openshift.empty(), .minor = version.minor}),
      store(the_clock),
      rbac(std::make_unique<RbacCache>()),
      webhooks(std::make_unique<Webhooks>()) {
  hub = std::make_unique<WatchHub>(clock, store, base::Rng(rng.next()),
                                   [this](const WatchSpec& spec, const Object& object, bool first) {
                                     return encode_view(*this, spec, object, first);
                                   });
  store.listen([this](const Resource& resource, const EventPtr& event) {
    if (resource.group == "rbac.authorization.k8s.io") rbac->dirty = true;
    if (event->type == EventType::deleted && resource.group.empty()) token_cache.clear();
  });
  admin_token = config.admin_token.empty() ? rng.text(32) : config.admin_token;
  static_tokens[admin_token] = User{.name = "system:admin", .uid = {}, .groups = {"system:masters"}, .extra = {}};
  for (const auto& user : config.users) {
    if (!user.token.empty())
      static_tokens[user.token] = User{.name = user.name, .uid = {}, .groups = user.groups, .extra = {}};
  }
  token_key_pem = make_signing_key();
}

Server::~Server() { hub->end_all(); }

const Resource& Server::resource(std::string_view group, std::string_view plural) const {
  const Resource* found = kinds.resource(group, plural);
  CHECK(found != nullptr);
  return *found;
}

Json Server::read(std::string_view group, std::string_view plural, std::string_view ns, std::string_view name) const {
  const ObjectPtr found = store.find(resource(group, plural), ns, name);
  return found == nullptr ? Json() : found->json();
}

void bootstrap(Server& server) {
  follow_definitions(server);
  bootstrap_namespaces(server);
  bootstrap_rbac(server);
  bootstrap_service(server);
  create_start_objects(server);
}

}  // namespace k8s_fake
