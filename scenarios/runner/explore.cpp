#include "scenarios/runner/explore.h"

#include <algorithm>
#include <set>

#include "provisioner/base/text.h"

namespace scenario {

namespace {

constexpr const char* kSvm = "svm1";
constexpr const char* kForeign = "foreign";  // a volume that is not ours
constexpr base::Duration kSettle = std::chrono::minutes(5);

Json backend() {
  return {{"version", 1}, {"storageDriverName", "ontap-nas"}, {"managementLIF", "127.0.1.10"}, {"dataLIF", "127.0.1.11"}, {"svm", kSvm}, {"username", "vsadmin"}, {"password", "netapp123"}};
}

Json claim_object(const Action& action) {
  Json annotations = Json::object();
  if (action.kind == Action::Kind::clone) annotations["trident.netapp.io/cloneFromPVC"] = action.source;
  return {{"apiVersion", "v1"},
          {"kind", "PersistentVolumeClaim"},
          {"metadata", {{"name", action.claim}, {"namespace", "default"}, {"annotations", annotations}}},
          {"spec", {{"accessModes", {"ReadWriteOnce"}}, {"storageClassName", "gold"}, {"resources", {{"requests", {{"storage", std::to_string(action.gib) + "Gi"}}}}}}}};
}

void carry_out(MemoryWorld& memory, const Action& action) {
  const std::string claims = "/api/v1/namespaces/default/persistentvolumeclaims";
  World& world = memory.world();
  switch (action.kind) {
    case Action::Kind::create:
    case Action::Kind::clone: (void)world.kube_internal("POST", claims, claim_object(action)); break;
    case Action::Kind::remove: (void)world.kube_internal("DELETE", claims + "/" + action.claim, nullptr); break;
    case Action::Kind::resize:
      (void)world.kube_internal("PATCH", claims + "/" + action.claim, {{"spec", {{"resources", {{"requests", {{"storage", std::to_string(action.gib) + "Gi"}}}}}}}});
      break;
  }
}

bool prepare(MemoryWorld& memory) {
  World& world = memory.world();
  (void)world.array().command(std::string("volume create -vserver ") + kSvm + " -volume " + kForeign + " -aggregate aggr1 -size 2g");
  (void)world.kube_internal("POST", "/apis/storage.k8s.io/v1/storageclasses",
                            {{"apiVersion", "storage.k8s.io/v1"}, {"kind", "StorageClass"}, {"metadata", {{"name", "gold"}}}, {"provisioner", "netapp.io/trident"},
                             {"allowVolumeExpansion", true}, {"parameters", {{"backendType", "ontap-nas"}}}});
  for (int i = 0; i < 100; ++i) {
    const auto answer = memory.rest("POST", "/trident/v1/backend", backend());
    if (answer && answer->status < 300) return true;
    if (answer && answer->status != 503) return false;
    memory.advance(std::chrono::milliseconds(100));
  }
  return false;
}

std::vector<Json> items(MemoryWorld& memory, const std::string& path) {
  auto list = memory.world().kube_get(path);
  std::vector<Json> all;
  if (list && list->is_object())
    for (const Json& item : (*list)["items"]) all.push_back(item);
  return all;
}

}  // namespace

History plain_history() {
  using std::chrono::seconds;
  History history;
  history.actions = {{seconds(1), Action::Kind::create, "a", "", 1}, {seconds(10), Action::Kind::create, "b", "", 2}, {seconds(20), Action::Kind::clone, "c", "a", 1},
                     {seconds(30), Action::Kind::resize, "b", "", 3}, {seconds(40), Action::Kind::remove, "a", "", 1}, {seconds(45), Action::Kind::remove, "b", "", 1}};
  return history;
}

History make_history(std::uint64_t seed) {
  base::Rng rng(seed);
  History history;
  history.seed = seed;
  std::vector<std::string> claims;
  const auto moment = [&] { return std::chrono::milliseconds(500 + rng.below(40000)); };
  const std::size_t count = 2 + rng.below(5);
  base::Duration at{0};
  for (std::size_t i = 0; i < count; ++i) {
    at += std::chrono::milliseconds(rng.below(8000));
    Action action;
    action.at = at;
    action.gib = static_cast<int>(1 + rng.below(4));
    const std::uint64_t what = claims.empty() ? 0 : rng.below(10);
    if (what < 4) {
      action.claim = "claim-" + std::to_string(i);
      claims.push_back(action.claim);
    } else {
      action.claim = claims[rng.below(claims.size())];
      action.kind = what < 7 ? Action::Kind::remove : what < 9 ? Action::Kind::resize : Action::Kind::clone;
      if (action.kind == Action::Kind::clone) {
        action.source = action.claim;
        action.claim = "clone-" + std::to_string(i);
        claims.push_back(action.claim);
      }
      if (action.kind == Action::Kind::resize) action.gib += 4;
    }
    history.actions.push_back(action);
  }
  static constexpr const char* kCalls[] = {"volume-create", "volume-mount", "volume-size", "volume-destroy", "volume-offline", "volume-unmount", "volume-clone-create", "volume-get-iter", "*"};
  static constexpr const char* kActions[] = {"drop-reply", "drop-request", "error", "delay", "hang"};
  for (std::uint64_t i = rng.below(4); i > 0; --i) {
    Json rule = {{"name", "f" + std::to_string(i)}, {"call", kCalls[rng.below(std::size(kCalls))]}, {"action", kActions[rng.below(std::size(kActions))]}, {"times", 1 + rng.below(2)}};
    if (rule["action"] == "delay") rule["delay"] = std::to_string(1 + rng.below(20)) + "s";
    history.faults.emplace_back(moment(), std::move(rule));
  }
  for (std::uint64_t i = rng.below(3); i > 0; --i) history.crashes.push_back({20 + rng.below(120), rng.below(2) == 0, std::chrono::milliseconds(rng.below(5000))});
  return history;
}

HistoryOutcome play(const History& history) {
  HistoryOutcome outcome;
  WorldConfig config;
  config.seed = history.seed;
  config.provisioner = true;
  auto made = MemoryWorld::make(config);
  if (!made) {
    outcome.violations.push_back(made.error().message);
    return outcome;
  }
  MemoryWorld& memory = **made;
  if (!prepare(memory)) {
    outcome.violations.push_back("the backend could not be added");
    return outcome;
  }
  outcome.messages_ready = memory.messages();
  for (MemoryWorld::CrashPoint point : history.crashes) {
    point.message += outcome.messages_ready;
    memory.plan_crash(point);
  }
  // Actions and faults in order of time.
  base::Duration now{0};
  std::size_t action = 0, fault = 0;
  std::vector<std::pair<base::Duration, Json>> faults = history.faults;
  std::stable_sort(faults.begin(), faults.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  while (action < history.actions.size() || fault < faults.size()) {
    const bool take_action = action < history.actions.size() && (fault == faults.size() || history.actions[action].at <= faults[fault].first);
    const base::Duration next = take_action ? history.actions[action].at : faults[fault].first;
    if (next > now) memory.advance(next - now);
    now = std::max(now, next);
    if (take_action) carry_out(memory, history.actions[action++]);
    else (void)memory.world().array().faults().add(faults[fault++].second, memory.world().array().cluster());
  }
  memory.advance(std::chrono::seconds(60));
  memory.world().array().faults().remove("");
  memory.advance(kSettle);
  outcome.violations = check_lab(memory, history);
  outcome.journal = memory.world().journal().lines();
  outcome.messages = memory.messages();
  outcome.virtual_time = memory.elapsed();
  return outcome;
}

std::vector<std::string> check_lab(MemoryWorld& memory, const History& history) {
  std::vector<std::string> wrong;
  if (!memory.provisioner_runs()) wrong.push_back("the provisioner has ended by itself");
  const auto claims = items(memory, "/api/v1/persistentvolumeclaims");
  const auto volumes = items(memory, "/api/v1/persistentvolumes");
  const auto& cluster = memory.world().array().cluster();
  const auto* svm = cluster.find_svm(kSvm);
  for (const std::string& sentence : ontap_sim::model::check_invariants(cluster)) wrong.push_back("array: " + sentence);

  std::set<std::string> named;  // array volumes that a PersistentVolume stands for
  std::map<std::string, std::string> volume_of_claim;
  std::set<std::string> pv_names;
  for (const Json& pv : volumes) {
    const std::string name = pv["metadata"].value("name", "");
    pv_names.insert(name);
    const std::string path = pv["spec"].value("nfs", Json::object()).value("path", "");
    const std::string on_array = path.empty() ? "" : path.substr(1);
    const Json reference = pv["spec"].value("claimRef", Json::object());
    const std::string claim = reference.value("name", "");
    if (!named.insert(on_array).second) wrong.push_back("two PersistentVolumes stand for the array's " + on_array);
    if (!volume_of_claim.emplace(claim + "/" + reference.value("uid", ""), name).second) wrong.push_back("two PersistentVolumes for the claim " + claim);
    const auto* volume = svm != nullptr ? svm->find_volume(on_array) : nullptr;
    if (volume == nullptr) {
      wrong.push_back("PersistentVolume " + name + " has no volume on the array");
      continue;
    }
    if (volume->junction_path != path) wrong.push_back("volume " + on_array + " is mounted at \"" + volume->junction_path + "\", the PersistentVolume says " + path);
    if (volume->state != ontap_sim::model::VolumeState::online) wrong.push_back("volume " + on_array + " is not online");
    const auto capacity = pv["spec"]["capacity"].value("storage", "");
    const auto gib = base::parse_unsigned(std::string_view(capacity).substr(0, capacity.find('G')));
    if (gib && capacity.ends_with("Gi") && static_cast<std::uint64_t>(volume->size) < *gib << 30U) wrong.push_back("volume " + on_array + " is smaller than its PersistentVolume");
    if (!memory.records().contains("volume/" + name)) wrong.push_back("PersistentVolume " + name + " is not in the store");
  }
  for (const auto& [key, value] : memory.records()) {
    if (key.starts_with("txn/")) wrong.push_back("an intent is left: " + key);
    if (key.starts_with("volume/") && !pv_names.contains(key.substr(7))) wrong.push_back("the store has " + key + ", the cluster has not");
  }
  if (svm != nullptr)
    for (const auto& [name, volume] : svm->volumes)
      if (name.starts_with("trident_") && !named.contains(name)) wrong.push_back("the array has " + name + ", the cluster has not");
  if (svm == nullptr || svm->find_volume(kForeign) == nullptr) wrong.push_back("a volume that is not ours has gone");

  std::set<std::string> removed;
  for (const Action& action : history.actions)
    if (action.kind == Action::Kind::remove) removed.insert(action.claim);
    else if (action.kind == Action::Kind::create) removed.erase(action.claim);
  for (const Json& claim : claims) {
    const std::string name = claim["metadata"].value("name", "");
    const bool bound = claim.value("status", Json::object()).value("phase", "") == "Bound";
    if (removed.contains(name)) wrong.push_back("claim " + name + " was deleted and is still there");
    else if (bound && !pv_names.contains(claim["spec"].value("volumeName", ""))) wrong.push_back("claim " + name + " is Bound to a volume that is not there");
    // A clone of a claim that has gone can never be made.
    else if (!bound && !name.starts_with("clone-")) wrong.push_back("claim " + name + " is not settled after five minutes");
  }
  return wrong;
}

History shrink(History history) {
  bool smaller = true;
  const auto still_wrong = [](const History& candidate) { return !play(candidate).violations.empty(); };
  const auto without = [](auto list, std::size_t i) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(i));
    return list;
  };
  while (smaller) {
    smaller = false;
    for (std::size_t i = history.faults.size(); i-- > 0 && !smaller;) {
      History candidate = history;
      candidate.faults = without(history.faults, i);
      if (still_wrong(candidate)) history = candidate, smaller = true;
    }
    for (std::size_t i = history.crashes.size(); i-- > 0 && !smaller;) {
      History candidate = history;
      candidate.crashes = without(history.crashes, i);
      if (still_wrong(candidate)) history = candidate, smaller = true;
    }
    for (std::size_t i = history.actions.size(); i-- > 0 && !smaller;) {
      History candidate = history;
      candidate.actions = without(history.actions, i);
      if (still_wrong(candidate)) history = candidate, smaller = true;
    }
  }
  return history;
}

std::string describe(const History& history) {
  static constexpr const char* kNames[] = {"create", "delete", "resize", "clone"};
  std::string text;
  for (const Action& action : history.actions)
    text += "  " + base::to_go_duration(action.at) + " " + kNames[static_cast<int>(action.kind)] + " " + action.claim + (action.source.empty() ? "" : " of " + action.source) + " " + std::to_string(action.gib) + "Gi\n";
  for (const auto& [at, rule] : history.faults) text += "  " + base::to_go_duration(at) + " fault " + rule.dump() + "\n";
  for (const auto& crash : history.crashes)
    text += "  crash " + std::string(crash.before ? "before" : "after") + " message " + std::to_string(crash.message) + ", again after " + base::to_go_duration(crash.pause) + "\n";
  return text;
}

}  // namespace scenario
