#include "k8s-fake/controllers/discovery.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

namespace {

void add_resources(std::vector<Discovered>& all, const std::string& prefix, const Json& document) {
  for (const Json& entry : at(document, "/resources")) {
    const std::string plural = text(entry, "/name");
    if (plural.find('/') != std::string::npos) continue;
    Discovered one;
    one.resource = {prefix, plural, text(entry, "/kind"), entry.value("namespaced", false)};
    for (const Json& verb : at(entry, "/verbs")) {
      one.can_list = one.can_list || verb == "list";
      one.can_watch = one.can_watch || verb == "watch";
      one.can_delete = one.can_delete || verb == "delete";
    }
    all.push_back(std::move(one));
  }
}

}  // namespace

asio::awaitable<base::Result<std::vector<Discovered>, ApiError>> discover(Client& client) {
  std::vector<Discovered> all;
  const auto core = co_await client.call("GET", "/api/v1", "", "");
  if (!core) co_return core.error();
  add_resources(all, "/api/v1", *core);
  const auto groups = co_await client.call("GET", "/apis", "", "");
  if (!groups) co_return groups.error();
  for (const Json& group : at(*groups, "/groups")) {
    const std::string version = text(group, "/preferredVersion/groupVersion");
    if (version.empty()) continue;
    const std::string prefix = "/apis/" + version;
    const auto document = co_await client.call("GET", prefix, "", "");
    if (document) add_resources(all, prefix, *document);
  }
  co_return all;
}

}  // namespace k8s_fake::control
