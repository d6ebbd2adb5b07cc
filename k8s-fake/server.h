#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "k8s-fake/auth.h"
#include "k8s-fake/callouts.h"
#include "k8s-fake/config.h"
#include "k8s-fake/kinds.h"
#include "k8s-fake/store.h"
#include "k8s-fake/watch.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/log.h"
#include "provisioner/base/random.h"

/// Everything the API server knows, in one place with one owner (Fake). Handlers get it by reference.
namespace k8s_fake {

struct RbacCache;
struct Webhooks;

struct Server {
  Server(base::Clock& clock, Config config, std::uint64_t seed, base::Logger logger);
  ~Server();

  Config config;
  ServerVersion version;
  base::Clock& clock;
  base::Rng rng;
  base::Logger logger;
  Kinds kinds;
  Store store;
  std::unique_ptr<WatchHub> hub;

  std::map<std::string, User, std::less<>> static_tokens;
  std::string admin_token;
  std::string ca_pem;         // what kube-root-ca.crt holds
  std::string token_key_pem;  // signs service-account tokens
  std::unique_ptr<RbacCache> rbac;
  std::unique_ptr<Webhooks> webhooks;
  /// Sends a request of the server's own and reports once. Empty: nobody can be called.
  std::function<void(CallOut out, std::function<void(Heard)> done)> call_out;
  /// log, exec, attach, portforward and proxy: answered by the kubelet's side. Empty: 503.
  std::function<base::http::Response(const Call& call)> streams;

  /// Looked at before everything else but who asks: faults and the lab's own paths. Nothing: the request goes on.
  std::function<std::optional<base::http::Response>(const base::http::Request& request, const User& user)> intercept;
  /// Verified service-account tokens and the second they end; cleared when accounts, pods or secrets go.
  std::map<std::string, std::pair<User, std::int64_t>, std::less<>> token_cache;

  /// OpenAPI documents by group-version, with the kinds' generation they were made from.
  std::map<std::string, std::pair<std::uint64_t, std::string>> documents;

  /// An object as stored, parsed, or null.
  Json read(std::string_view group, std::string_view plural, std::string_view ns, std::string_view name) const;
  const Resource& resource(std::string_view group, std::string_view plural) const;
  std::string now_text() const { return base::to_rfc3339(clock.now()); }
  bool at_least(int minor) const { return version.minor >= minor; }
};

/// The one way in; `checked` is false for the insecure door.
base::http::Response serve(Server& server, const base::http::Request& request, bool checked);
/// Namespaces, roles, the API's own service and what the settings ask for.
void bootstrap(Server& server);

}  // namespace k8s_fake
