#include "scenarios/runner/world.h"

#include <cstdio>

#include "k8s-fake/config_file.h"
#include "provisioner/base/text.h"
#include "scenarios/runner/lab_load.h"
#include "scenarios/runner/lab_objects.h"
#include "scenarios/runner/lab_snapshot.h"

namespace scenario {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace http = base::http;

void Journal::add(const std::string& line) {
  const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - start_).count();
  char stamp[32];
  std::snprintf(stamp, sizeof stamp, "+%lld.%03lld ", static_cast<long long>(since / 1000),
                static_cast<long long>(since % 1000));
  lines_.push_back(stamp + line);
}

std::string Journal::text() const {
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  return text;
}

World::World(boost::asio::any_io_executor executor, base::Clock& clock, const WorldConfig& config)
    : executor_(std::move(executor)),
      clock_(clock),
      seed_(config.seed),
      logger_(clock, config.log),
      journal_(clock),
      kube_faults_(config.seed) {}

World::~World() {
  for (const auto& [name, timer] : later_) clock_.cancel(timer);
}

void World::later(const std::string& name, base::Duration delay, std::function<void()> action) {
  later_.emplace(name, clock_.after(delay, std::move(action)));
}

void World::cancel_later(const std::string& name) {
  const auto [first, last] = later_.equal_range(name);
  for (auto timer = first; timer != last; ++timer) clock_.cancel(timer->second);
  later_.erase(first, last);
}

Result<std::unique_ptr<World>> World::make(boost::asio::any_io_executor executor, base::Clock& clock,
                                           const WorldConfig& config, const std::string& kube_address) {
  std::unique_ptr<World> world(new World(std::move(executor), clock, config));
  auto array = ontap_sim::parse_config(config.lab_text, config.lab_name);
  if (!array) return array.error();
  auto cluster = k8s_fake::parse_config(config.lab_text, config.lab_name);
  if (!cluster) return cluster.error();
  world->cluster_config_ = *cluster;
  world->cluster_config_.advertise_address = kube_address;
  world->cluster_config_.state_dir = config.state_dir;
  for (Json& definition : lab_definitions()) world->cluster_config_.objects.push_back(std::move(definition));
  base::Rng rng(config.seed);
  auto sim = ontap_sim::Sim::open(clock, *array, rng.next(), world->logger_, config.state_dir);
  if (!sim) return sim.error();
  world->array_ = std::move(*sim);
  world->cluster_ =
      std::make_unique<k8s_fake::Fake>(world->executor_, clock, world->cluster_config_, rng.next(), world->logger_);
  world->loads_ = std::make_unique<Loads>(*world);
  world->snapshots_ = std::make_unique<Snapshots>(*world);
  world->objects_ = std::make_unique<LabObjects>(*world);
  return world;
}

http::Response World::kube(const http::Request& request) {
  if (auto answer = objects_->before(request)) return std::move(*answer);
  http::Response response =
      kube_faults_.serve(request, [this](const http::Request& one) { return cluster_->handle(one); });
  if (request.method != "GET")
    journal_.add("kube " + request.method + " " + std::string(request.path()) + " " + std::to_string(response.status));
  objects_->after(request, response);
  loads_->watch(request, response);
  return response;
}

http::Response World::ontap(const http::Request& request) {
  http::Response response = array_->handle(request);
  const std::string call = ontap_sim::api_of(request.body);
  if (!call.empty()) {
    std::string outcome = std::to_string(response.status);
    const std::size_t number = response.body.find("errno=\"");
    if (response.body.find("status=\"passed\"") != std::string::npos) outcome = "passed";
    else if (number != std::string::npos)
      outcome = "errno " + response.body.substr(number + 7, response.body.find('"', number + 7) - number - 7);
    if (response.delivery.fate != http::Delivery::Fate::answer) outcome += " undelivered";
    journal_.add("ontap " + call + " " + outcome);
  }
  return response;
}

http::Response World::kube_internal(const std::string& method, const std::string& target, const Json& body) {
  http::Request request;
  request.method = method;
  request.target = target;
  request.headers.set("Accept", "application/json");
  if (!body.is_null()) {
    request.headers.set("Content-Type", method == "PATCH" ? "application/merge-patch+json" : "application/json");
    request.body = body.dump();
  }
  return cluster_->handle_insecure(request);
}

Result<Json> World::kube_get(const std::string& target) {
  http::Request request;
  request.target = target;
  request.headers.set("Accept", "application/json");
  request.headers.set("Authorization", "Bearer " + cluster_->admin_token());
  const http::Response response = kube(request);
  if (response.status == 404) return Json();
  Json json = Json::parse(response.body, nullptr, false);
  if (response.status != 200 || json.is_discarded())
    return Error{ErrorKind::unavailable, "GET " + target + ": HTTP " + std::to_string(response.status)};
  return json;
}

bool World::array_has(const std::string& host) const {
  for (const ontap_sim::ManagementLif& lif : array_->management_lifs())
    if (lif.address == host) return true;
  return false;
}

std::string World::connect_to(const std::string& array_address) const {
  std::vector<std::string> rules;
  for (const ontap_sim::ManagementLif& lif : array_->management_lifs())
    rules.push_back(lif.address + ":443=" + array_address);
  return base::join(rules, ",");
}

k8s_fake::StorageHooks World::storage_hooks() {
  using k8s_fake::MountFailure;
  using k8s_fake::MountKind;
  k8s_fake::StorageHooks hooks;
  hooks.mount = [this](const k8s_fake::MountRequest& request) -> Result<k8s_fake::Mounted, MountFailure> {
    if (request.kind == MountKind::csi)
      return MountFailure{MountFailure::Why::failed, "no driver " + request.driver + " on this node"};
    if (request.kind == MountKind::nfs) {
      auto mount = array_->mount_nfs(request.server, request.path, request.node_address);
      if (!mount) {
        const ErrorKind kind = mount.error().kind;
        return MountFailure{kind == ErrorKind::not_found ? MountFailure::Why::no_such_path
                            : kind == ErrorKind::invalid ? MountFailure::Why::access_denied
                                                         : MountFailure::Why::timed_out,
                            mount.error().message};
      }
      k8s_fake::Mounted mounted;
      mounted.source = request.server + ":" + request.path;
      mounted.id = "nfs:" + mount->svm + ":" + mount->volume + ":" + mount->qtree;
      return mounted;
    }
    std::string reached;
    for (const std::string& portal : request.portals) {
      const std::string address = portal.substr(0, portal.rfind(':'));
      auto luns = array_->luns_for(address, request.node_initiator);
      if (!luns) continue;
      reached = address;
      if (!request.iqn.empty() && array_->target_name(address) != request.iqn)
        return MountFailure{MountFailure::Why::no_such_target, "no target " + request.iqn + " at " + portal};
      for (const ontap_sim::MappedLun& lun : *luns)
        if (lun.id == request.lun && lun.online) {
          k8s_fake::Mounted mounted;
          mounted.source = "/dev/sd" + std::string(1, static_cast<char>('b' + lun.id % 24));
          mounted.id = "lun:" + lun.serial;
          mounted.fs_type = request.fs_type.empty() ? "ext4" : request.fs_type;
          return mounted;
        }
    }
    if (!reached.empty())
      return MountFailure{MountFailure::Why::no_such_target,
                          "LUN " + std::to_string(request.lun) + " is not mapped to " + request.node_initiator};
    return MountFailure{MountFailure::Why::timed_out, "no iSCSI portal answers"};
  };
  hooks.unmount = [](const k8s_fake::MountRequest&, const k8s_fake::Mounted&) {};
  hooks.usage = [this](const k8s_fake::Mounted& mounted) -> std::optional<k8s_fake::Usage> {
    const auto parts = base::split(mounted.id, ':');
    if (parts[0] != "nfs" || parts.size() != 4) return std::nullopt;
    auto usage = array_->nfs_usage(std::string(parts[1]), std::string(parts[2]), std::string(parts[3]));
    if (!usage) return std::nullopt;
    return k8s_fake::Usage{static_cast<std::uint64_t>(usage->total), static_cast<std::uint64_t>(usage->used),
                           static_cast<std::uint64_t>(usage->available)};
  };
  hooks.ping = [this](const std::string& address) -> std::optional<base::Duration> {
    if (!array_->answers_ping(address)) return std::nullopt;
    return std::chrono::microseconds(267);
  };
  return hooks;
}

}  // namespace scenario
