/// Empties a namespace that is being deleted, then lets it go; gives every namespace its default service account and
/// the cluster's CA; fills service-account token secrets. Source: kubernetes specification 5.5, 5.6, 4.9.
#include <optional>
#include "k8s-fake/controllers/discovery.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/runtime.h"

#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

struct Remains {
  std::map<std::string, int> resources;   // "configmaps." -> how many
  std::map<std::string, int> finalizers;  // "ex.io/f" -> how many
};

std::string group_of(const Resource& resource) {
  const std::string version = resource.api_version();
  const std::size_t slash = version.find('/');
  return slash == std::string::npos ? "" : version.substr(0, slash);
}

/// Asks for the deletion of everything in the namespace and counts what is still there.
asio::awaitable<base::Result<Remains, ApiError>> empty_out(Context& context, std::string ns) {
  const auto served = co_await discover(context.cluster.client());
  if (!served) co_return served.error();
  Remains remains;
  for (const Discovered& kind : *served) {
    const bool second_view = kind.resource.plural == "events" && kind.resource.prefix != "/api/v1";
    if (!kind.resource.namespaced || !kind.can_list || !kind.can_delete || second_view) continue;
    const auto found = co_await context.cluster.client().list(kind.resource, ns, "");
    if (!found) continue;
    for (Json item : at(*found, "/items")) {
      if (!deleting(item)) {
        const auto gone = co_await context.cluster.remove(kind.resource, item);
        if (!gone || !deleting(*gone) ||
            (!has(*gone, "/metadata/finalizers") && number(*gone, "/metadata/deletionGracePeriodSeconds") == 0))
          continue;
        item = *gone;
      }
      remains.resources[kind.resource.plural + "." + group_of(kind.resource)] += 1;
      for (const Json& finalizer : at(item, "/metadata/finalizers"))
        remains.finalizers[finalizer.get<std::string>()] += 1;
    }
  }
  co_return remains;
}

std::string listing(const std::map<std::string, int>& counts, const char* between) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts)
    parts.push_back(name + between + std::to_string(count) + " resource instances");
  return base::join(parts, ", ");
}

bool describe(Json& status, const Remains& remains, const std::string& now) {
  bool changed = set_condition(status, "NamespaceDeletionDiscoveryFailure", false, "ResourcesDiscovered",
                               "All resources successfully discovered", now);
  changed |= set_condition(status, "NamespaceDeletionGroupVersionParsingFailure", false, "ParsedGroupVersions",
                           "All legacy kube types successfully parsed", now);
  changed |= set_condition(status, "NamespaceDeletionContentFailure", false, "ContentDeleted",
                           "All content successfully deleted, may be waiting on finalization", now);
  const bool content = !remains.resources.empty();
  changed |=
      set_condition(status, "NamespaceContentRemaining", content, content ? "SomeResourcesRemain" : "ContentRemoved",
                    content ? "Some resources are remaining: " + listing(remains.resources, " has ")
                            : "All content successfully removed",
                    now);
  const bool finalizers = !remains.finalizers.empty();
  changed |= set_condition(
      status, "NamespaceFinalizersRemaining", finalizers,
      finalizers ? "SomeFinalizersRemain" : "ContentHasNoFinalizers",
      finalizers ? "Some content in the namespace has finalizers remaining: " + listing(remains.finalizers, " in ")
                 : "All content-preserving finalizers finished",
      now);
  return changed;
}

asio::awaitable<Outcome> finish_namespace(Context& context, std::string key) {
  const std::string name = key.substr(1);
  const Object found = context.cluster.find(resources::namespaces, "", name);
  if (!found || !deleting(*found)) co_return done();
  const Json& finalizers = at(*found, "/spec/finalizers");
  if (std::find(finalizers.begin(), finalizers.end(), "kubernetes") == finalizers.end()) co_return done();
  const auto remains = co_await empty_out(context, name);
  if (!remains) co_return Outcome{true, {}};
  if (!remains->resources.empty()) {
    const std::string now = context.now();
    const Remains left = *remains;
    const std::function<bool(Json&)> change = [left, now](Json& object) {
      return describe(object["status"], left, now);
    };
    const auto written = co_await context.cluster.modify(resources::namespaces, "", name, "status", change);
    if (!written && !written.error().not_found()) co_return Outcome{true, {}};
    co_return again_in(100ms);
  }
  const auto released = co_await context.cluster.modify(resources::namespaces, "", name, "finalize", [](Json& object) {
    Json& list = object["spec"]["finalizers"];
    if (!list.is_array()) return false;
    list.erase(std::remove(list.begin(), list.end(), Json("kubernetes")), list.end());
    return true;
  });
  co_return released ? done() : failed_with(released.error());
}

asio::awaitable<Outcome> furnish(Context& context, std::string key) {
  const std::string ns = key.substr(1);
  const Object found = context.cluster.find(resources::namespaces, "", ns);
  if (!found || deleting(*found)) co_return done();
  if (!context.cluster.find(resources::service_accounts, ns, "default")) {
    const Json account{{"metadata", {{"name", "default"}, {"namespace", ns}}}};
    const auto made = co_await context.cluster.create(resources::service_accounts, account);
    if (!made && !made.error().already_exists()) co_return failed_with(made.error());
  }
  const Object known = context.cluster.find(resources::root_ca_maps, ns, "kube-root-ca.crt");
  if (known && text(*known, "/data/ca.crt") == context.config.ca_pem) co_return done();
  Json wanted{{"metadata",
               {{"name", "kube-root-ca.crt"},
                {"namespace", ns},
                {"annotations",
                 {{"kubernetes.io/description",
                   "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints "
                   "such as the internal service "
                   "IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes "
                   "clusters."}}}}},
              {"data", {{"ca.crt", context.config.ca_pem}}}};
  if (known) wanted["metadata"]["resourceVersion"] = text(*known, "/metadata/resourceVersion");
  std::optional<ApiResult> outcome;  // not one conditional expression: gcc 12 destroys an awaited branch twice
  if (known) outcome.emplace(co_await context.cluster.update(resources::root_ca_maps, wanted));
  else outcome.emplace(co_await context.cluster.create(resources::root_ca_maps, wanted));
  const ApiResult written = std::move(*outcome);
  co_return written || written.error().already_exists() ? done() : failed_with(written.error());
}

/// Only what went or appeared concerns us: a namespace, or one of the two objects.
Keys namespace_key(Context&, const Object& old, const Object& now) { return {"/" + namespace_of(now ? *now : *old)}; }
Keys namespace_of_account(Context&, const Object& old, const Object& now) {
  return !now && name_of(*old) == "default" ? Keys{"/" + namespace_of(*old)} : Keys{};
}

asio::awaitable<Outcome> fill_token(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::token_secrets, ns, name);
  if (!found || deleting(*found) || has(*found, "/data/token")) co_return done();
  Json secret = *found;
  const std::string account_name = annotation(secret, "kubernetes.io/service-account.name");
  const auto account = co_await context.cluster.client().get(resources::service_accounts, ns, account_name);
  if (!account) {
    if (!account.error().not_found()) co_return Outcome{true, {}};
    const auto removed = co_await context.cluster.remove(resources::token_secrets, secret);  // as the real one does
    co_return removed ? done() : failed_with(removed.error());
  }
  constexpr std::int64_t kTenYears = 315360000;  // such tokens carry no end; the API issues none without one
  const Json ask{{"kind", "TokenRequest"},
                 {"apiVersion", "authentication.k8s.io/v1"},
                 {"spec", {{"audiences", Json::array()}, {"expirationSeconds", kTenYears}}}};
  const auto token =
      co_await context.cluster.client().create_sub(resources::service_accounts, ns, account_name, "token", ask);
  if (!token) co_return failed_with(token.error());
  secret["metadata"]["annotations"]["kubernetes.io/service-account.uid"] = uid_of(*account);
  secret["data"]["token"] = base::base64_encode(text(*token, "/status/token"));
  secret["data"]["ca.crt"] = base::base64_encode(context.config.ca_pem);
  secret["data"]["namespace"] = base::base64_encode(ns);
  const auto written = co_await context.cluster.update(resources::token_secrets, std::move(secret));
  co_return written ? done() : failed_with(written.error());
}

/// Before 1.24 every service account got a token secret of its own.
asio::awaitable<Outcome> give_secret(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object account = context.cluster.find(resources::service_accounts, ns, name);
  if (context.config.minor >= 24 || !account || deleting(*account)) co_return done();
  const std::string start = name + "-token-";
  for (const Json& one : at(*account, "/secrets")) {
    if (text(one, "/name").starts_with(start)) co_return done();
  }
  const std::string secret_name = start + context.rng.text(5, "bcdfghjklmnpqrstvwxz2456789");
  const Json secret{
      {"metadata",
       {{"name", secret_name},
        {"namespace", ns},
        {"annotations",
         {{"kubernetes.io/service-account.name", name}, {"kubernetes.io/service-account.uid", uid_of(*account)}}}}},
      {"type", "kubernetes.io/service-account-token"}};
  const auto made = co_await context.cluster.create(resources::token_secrets, secret);
  if (!made) co_return failed_with(made.error());
  const std::function<bool(Json&)> change2 = [secret_name](Json& object) {
    object["secrets"].push_back({{"name", secret_name}});
    return true;
  };
  const auto written = co_await context.cluster.modify(resources::service_accounts, ns, name, "", change2);
  co_return written ? done() : failed_with(written.error());
}

}  // namespace

std::vector<Controller> namespace_rows() {
  return {{.name = "namespace", .triggers = {{resources::namespaces, own_key}}, .reconcile = finish_namespace}};
}

std::vector<Controller> account_rows() {
  return {
      {.name = "namespace-furniture",
       .triggers = {{resources::namespaces, own_key},
                    {resources::service_accounts, namespace_of_account},
                    {resources::root_ca_maps, namespace_key}},
       .reconcile = furnish},
      {.name = "token-secrets", .triggers = {{resources::token_secrets, own_key}}, .reconcile = fill_token},
      {.name = "account-secrets", .triggers = {{resources::service_accounts, own_key}}, .reconcile = give_secret},
  };
}

}  // namespace k8s_fake::control
