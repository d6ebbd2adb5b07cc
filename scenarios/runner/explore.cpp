#include "scenarios/runner/explore.h"

#include <algorithm>
#include <map>
#include <set>

#include "k8s-fake/server.h"
#include "provisioner/base/text.h"

namespace scenario {

namespace {

constexpr const char* kSvm = "svm1";
constexpr const char* kForeign = "foreign";  // a volume that is not ours
constexpr const char* kIgroup = "trident";
constexpr const char* kVolumeKey = "/trident/v1/volume/";
constexpr const char* kIntentKey = "/trident/v1/txn/";
constexpr base::Duration kSettle = std::chrono::minutes(5);

Json backend(const char* driver, const char* data_lif, const char* prefix) {
  Json config = {{"version", 1}, {"storageDriverName", driver}, {"managementLIF", "127.0.1.10"}, {"dataLIF", data_lif},
                 {"svm", kSvm},  {"username", "vsadmin"},       {"password", "netapp123"}};
  if (*prefix != 0) config["storagePrefix"] = prefix;
  if (std::string_view(driver) == "ontap-san") config["igroupName"] = kIgroup;
  return config;
}

Json claim_object(const Action& action) {
  Json annotations = Json::object();
  if (action.kind == Action::Kind::clone) annotations["trident.netapp.io/cloneFromPVC"] = action.source;
  return {{"apiVersion", "v1"},
          {"kind", "PersistentVolumeClaim"},
          {"metadata", {{"name", action.claim}, {"namespace", "default"}, {"annotations", annotations}}},
          {"spec",
           {{"accessModes", {"ReadWriteOnce"}},
            {"storageClassName", action.block ? "block" : "file"},
            {"resources", {{"requests", {{"storage", std::to_string(action.gib) + "Gi"}}}}}}}};
}

void carry_out(MemoryWorld& memory, const Action& action) {
  const std::string bytes = std::to_string(static_cast<std::uint64_t>(action.gib) << 30U);
  if (action.provisioner == 1) {
    if (action.kind == Action::Kind::create)
      memory.tell("POST", "/trident/v1/volume",
                  {{"version", "1"}, {"name", action.claim}, {"size", bytes}, {"storageClass", "file"}}, 1);
    if (action.kind == Action::Kind::remove) memory.tell("DELETE", "/trident/v1/volume/" + action.claim, nullptr, 1);
    return;
  }
  const std::string claims = "/api/v1/namespaces/default/persistentvolumeclaims";
  World& world = memory.world();
  switch (action.kind) {
    case Action::Kind::create:
    case Action::Kind::clone: (void)world.kube_internal("POST", claims, claim_object(action)); break;
    case Action::Kind::remove: (void)world.kube_internal("DELETE", claims + "/" + action.claim, nullptr); break;
    case Action::Kind::resize:
      (void)world.kube_internal(
          "PATCH", claims + "/" + action.claim,
          {{"spec", {{"resources", {{"requests", {{"storage", std::to_string(action.gib) + "Gi"}}}}}}}});
      break;
  }
}

bool posted(MemoryWorld& memory, const std::string& path, const Json& body, int which) {
  for (int i = 0; i < 100; ++i) {
    const auto answer = memory.rest("POST", path, body, which);
    if (answer && answer->status < 300) return true;
    if (answer && answer->status != 503) return false;
    memory.advance(std::chrono::milliseconds(100));
  }
  return false;
}

Json storage_class(const char* name, const char* driver) {
  return {{"apiVersion", "storage.k8s.io/v1"}, {"kind", "StorageClass"},
          {"metadata", {{"name", name}}},      {"provisioner", "netapp.io/trident"},
          {"allowVolumeExpansion", true},      {"parameters", {{"backendType", driver}}}};
}

std::vector<Json> items(MemoryWorld& memory, const std::string& path) {
  auto list = memory.world().kube_get(path);
  std::vector<Json> all;
  if (list && list->is_object())
    for (const Json& item : (*list)["items"]) all.push_back(item);
  return all;
}

/// resourceVersions never go back, neither those of a list nor those of an object.
struct Versions {
  std::map<std::string, std::uint64_t> seen;
  std::vector<std::string> wrong;
  void look(const std::string& what, std::uint64_t now) {
    std::uint64_t& last = seen[what];
    if (now < last) wrong.push_back("resourceVersion of " + what + " went back");
    last = now;
  }
  void look(MemoryWorld& memory) {
    const k8s_fake::Server& server = memory.world().cluster().server();
    look("the cluster", server.store.version());
    for (const char* plural : {"persistentvolumeclaims", "persistentvolumes"})
      for (const auto& [key, object] : server.store.objects(server.resource("", plural)))
        look(object->uid, object->version);
  }
};

struct Check {
  MemoryWorld& memory;
  std::vector<std::string> wrong;
  std::set<std::string> named;    // array volumes that a record stands for
  std::set<std::string> waiting;  // volumes of clones whose source has gone: they are wanted and can never be made

  void say(std::string sentence) { wrong.push_back(std::move(sentence)); }

  const ontap_sim::model::Svm* svm() { return memory.world().array().cluster().find_svm(kSvm); }

  /// What was begun for a claim stays for as long as the claim wants it.
  void find_waiting() {
    for (const Json& claim : items(memory, "/api/v1/persistentvolumeclaims")) {
      const Json& metadata = claim["metadata"];
      const std::string name = metadata.value("name", "");
      if (claim.value("status", Json::object()).value("phase", "") == "Bound" || !name.starts_with("clone-")) continue;
      std::string volume = metadata.value("namespace", "") + "-" + name + "-" + metadata.value("uid", "").substr(0, 5);
      waiting.insert(volume);
      std::replace(volume.begin(), volume.end(), '-', '_');
      named.insert("trident_" + volume);
    }
  }

  /// The array's name of each volume of a store.
  std::map<std::string, std::string> store_volumes(int which) {
    std::map<std::string, std::string> volumes;
    for (const auto& [key, value] : memory.records(which)) {
      if (key.starts_with(kIntentKey)) {
        const std::string intent = key.substr(std::string_view(kIntentKey).size());
        if (!waiting.contains(intent)) say("an intent is left: " + intent);
      }
      if (!key.starts_with(kVolumeKey)) continue;
      const Json record = Json::parse(value, nullptr, false);
      const std::string internal =
          record.is_object() ? record.value("Config", Json::object()).value("internalName", "") : "";
      volumes[key.substr(std::string_view(kVolumeKey).size())] = internal;
      if (!named.insert(internal).second) say("two records stand for the array's " + internal);
    }
    return volumes;
  }

  void volume_on_array(const std::string& pv_name, const std::string& internal, const Json& spec) {
    const auto* volume = svm() != nullptr ? svm()->find_volume(internal) : nullptr;
    if (volume == nullptr) return say("PersistentVolume " + pv_name + " has no volume on the array");
    if (volume->state != ontap_sim::model::VolumeState::online) say("volume " + internal + " is not online");
    const std::string capacity = spec.value("capacity", Json::object()).value("storage", "");
    const auto gib = base::parse_unsigned(std::string_view(capacity).substr(0, capacity.find('G')));
    const auto fits = [&](auto size) {
      return !gib || !capacity.ends_with("Gi") || static_cast<std::uint64_t>(size) >= *gib << 30U;
    };
    if (spec.contains("nfs")) {
      const std::string path = spec["nfs"].value("path", "");
      if (volume->junction_path != path)
        say("volume " + internal + " is mounted at \"" + volume->junction_path + "\", the PersistentVolume says " +
            path);
      if (!svm()->export_policies.contains(volume->export_policy)) say("volume " + internal + " has no export policy");
      if (!fits(volume->size)) say("volume " + internal + " is smaller than its PersistentVolume");
    }
    if (!spec.contains("iscsi")) return;
    const auto lun = svm()->luns.find("/vol/" + internal + "/lun0");
    if (lun == svm()->luns.end()) return say("volume " + internal + " has no LUN");
    if (!fits(lun->second.content.size)) say("the LUN of " + internal + " is smaller than its PersistentVolume");
    if (lun->second.maps.size() != 1 || lun->second.maps.begin()->first != kIgroup ||
        lun->second.maps.begin()->second != spec["iscsi"].value("lun", -1))
      say("the LUN of " + internal + " is not mapped as its PersistentVolume says");
  }

  void cluster(const std::map<std::string, std::string>& store, const std::vector<std::string>& removed) {
    const auto claims = items(memory, "/api/v1/persistentvolumeclaims");
    std::set<std::string> pv_names, owners;
    for (const Json& pv : items(memory, "/api/v1/persistentvolumes")) {
      const std::string name = pv["metadata"].value("name", "");
      pv_names.insert(name);
      const Json reference = pv["spec"].value("claimRef", Json::object());
      if (!owners.insert(reference.value("name", "") + "/" + reference.value("uid", "")).second)
        say("two PersistentVolumes for the claim " + reference.value("name", ""));
      const auto record = store.find(name);
      if (record == store.end()) say("PersistentVolume " + name + " is not in the store");
      else volume_on_array(name, record->second, pv["spec"]);
    }
    for (const auto& [name, internal] : store)
      if (!pv_names.contains(name)) say("the store has volume " + name + ", the cluster has not");
    for (const Json& claim : claims) {
      const std::string name = claim["metadata"].value("name", "");
      const bool bound = claim.value("status", Json::object()).value("phase", "") == "Bound";
      if (std::find(removed.begin(), removed.end(), name) != removed.end())
        say("claim " + name + " was deleted and is still there");
      else if (bound && !pv_names.contains(claim["spec"].value("volumeName", "")))
        say("claim " + name + " is Bound to a volume that is not there");
      // A clone of a claim that has gone can never be made.
      else if (!bound && !name.starts_with("clone-")) say("claim " + name + " is not settled after five minutes");
    }
  }

  void array() {
    for (const std::string& sentence : ontap_sim::model::check_invariants(memory.world().array().cluster()))
      say("array: " + sentence);
    if (svm() == nullptr) return say("the SVM has gone");
    for (const auto& [name, volume] : svm()->volumes)
      if ((name.starts_with("trident_") || name.starts_with("other_")) && !named.contains(name))
        say("the array has volume " + name + ", no store has");
    for (const auto& [path, lun] : svm()->luns)
      if (!named.contains(std::string(base::split(path.substr(1), '/')[1])))
        say("the array has LUN " + path + ", no store has");
  }
};

}  // namespace

base::Result<std::unique_ptr<MemoryWorld>> prepare_lab() {
  WorldConfig config;
  config.provisioner = true;
  config.lean = true;
  config.lab_text = "kubernetes:\n  nodes: []\n";  // nothing of a history happens on nodes
  auto made = MemoryWorld::make(config);
  if (!made) return made;
  MemoryWorld& memory = **made;
  World& world = memory.world();
  (void)world.array().command(std::string("volume create -vserver ") + kSvm + " -volume " + kForeign +
                              " -aggregate aggr1 -size 2g");
  (void)world.array().command(std::string("lun igroup create -vserver ") + kSvm + " -igroup " + kIgroup +
                              " -protocol iscsi -ostype linux");
  for (const Json& one : {storage_class("file", "ontap-nas"), storage_class("block", "ontap-san")})
    (void)world.kube_internal("POST", "/apis/storage.k8s.io/v1/storageclasses", one);
  memory.start_provisioner(1);
  const bool ready = posted(memory, "/trident/v1/backend", backend("ontap-nas", "127.0.1.11", ""), 0) &&
                     posted(memory, "/trident/v1/backend", backend("ontap-san", "127.0.1.12", ""), 0) &&
                     posted(memory, "/trident/v1/backend", backend("ontap-nas", "127.0.1.11", "other"), 1) &&
                     posted(memory, "/trident/v1/storageclass",
                            {{"version", "1"}, {"name", "file"}, {"attributes", {{"backendType", "ontap-nas"}}}}, 1);
  if (!ready)
    return base::Error{base::ErrorKind::unavailable, "the lab could not be prepared: a backend or class was refused"};
  // Controllers list, tokens, roots and whatever is made at its first use are made: no history pays for it again.
  memory.advance(std::chrono::seconds(30));
  const History once = plain_history();
  base::Duration now{0};
  for (const Action& action : once.actions) {
    memory.advance(action.at - now);
    now = action.at;
    carry_out(memory, action);
  }
  memory.advance(std::chrono::minutes(2));
  carry_out(memory, Action{now, Action::Kind::remove, "clone-c", "", 1, false, 0});
  memory.advance(std::chrono::minutes(2));
  if (const auto wrong = check_lab(memory, {"a", "b", "l", "clone-c"}); !wrong.empty())
    return base::Error{base::ErrorKind::unavailable, "the lab could not be prepared: " + wrong.front()};
  return made;
}

HistoryOutcome play_on(MemoryWorld& memory, const History& history) {
  HistoryOutcome outcome;
  const base::Duration began = memory.elapsed();
  const std::uint64_t sent_before = memory.messages();
  memory.set_jitter(history.jitter, history.seed);
  for (MemoryWorld::CrashPoint point : history.crashes) {
    point.message += sent_before;
    memory.plan_crash(point);
  }
  // Actions and faults in order of time.
  Versions versions;
  base::Duration now{0};
  std::size_t action = 0, fault = 0;
  std::vector<std::pair<base::Duration, Json>> faults = history.faults;
  std::stable_sort(faults.begin(), faults.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  while (action < history.actions.size() || fault < faults.size()) {
    const bool take_action = action < history.actions.size() &&
                             (fault == faults.size() || history.actions[action].at <= faults[fault].first);
    const base::Duration next = take_action ? history.actions[action].at : faults[fault].first;
    if (next > now) memory.advance(next - now);
    now = std::max(now, next);
    if (take_action) carry_out(memory, history.actions[action++]);
    else (void)memory.world().array().faults().add(faults[fault++].second);
    versions.look(memory);
  }
  memory.advance(std::chrono::seconds(60));
  memory.world().array().faults().remove("");
  memory.cancel_crashes();
  std::vector<std::string> removed;
  for (const Action& one : history.actions) {
    // Who asks over REST and got no answer asks again, for the last thing that was wanted.
    const bool last = std::none_of(&one + 1, history.actions.data() + history.actions.size(),
                                   [&](const Action& later) { return later.claim == one.claim; });
    if (one.provisioner != 0 && last) carry_out(memory, one);
    if (one.provisioner != 0) continue;
    if (one.kind == Action::Kind::remove) removed.push_back(one.claim);
    else if (one.kind == Action::Kind::create) std::erase(removed, one.claim);
  }
  memory.advance(kSettle);
  versions.look(memory);
  outcome.violations = check_lab(memory, removed);
  outcome.violations.insert(outcome.violations.end(), versions.wrong.begin(), versions.wrong.end());
  if (!outcome.violations.empty()) outcome.journal = memory.world().journal().lines();
  outcome.messages = memory.messages() - sent_before;
  outcome.virtual_time = memory.elapsed() - began;
  return outcome;
}

std::vector<std::string> tidy(MemoryWorld& memory) {
  World& world = memory.world();
  memory.set_jitter(base::Duration{0}, 1);
  std::vector<std::string> left;
  for (int i = 0; i < 30; ++i) {
    left.clear();
    std::vector<std::string> second;
    for (const Json& claim : items(memory, "/api/v1/persistentvolumeclaims")) {
      const std::string name = claim["metadata"].value("name", "");
      left.push_back("claim " + name + " is still there");
      if (!claim["metadata"].contains("deletionTimestamp"))
        (void)world.kube_internal("DELETE", "/api/v1/namespaces/default/persistentvolumeclaims/" + name, nullptr);
    }
    for (int which = 0; which < 2; ++which)
      for (const auto& entry : memory.records(which)) {
        const std::string& key = entry.first;
        if (key.starts_with(kIntentKey)) left.push_back("an intent is left: " + key);
        if (!key.starts_with(kVolumeKey)) continue;
        const std::string name = key.substr(std::string_view(kVolumeKey).size());
        left.push_back("volume " + name + " is still in a store");
        if (which == 1) second.push_back(name);
      }
    for (const std::string& name : second) memory.tell("DELETE", "/trident/v1/volume/" + name, nullptr, 1);
    for (const Json& pv : items(memory, "/api/v1/persistentvolumes"))
      left.push_back("PersistentVolume " + pv["metadata"].value("name", "") + " is still there");
    if (left.empty()) break;
    memory.advance(std::chrono::seconds(10));
  }
  if (left.empty()) left = check_lab(memory, {});
  return left;
}

HistoryOutcome play(const History& history) {
  auto memory = prepare_lab();
  if (memory) return play_on(**memory, history);
  HistoryOutcome outcome;
  outcome.violations.push_back(memory.error().message);
  return outcome;
}

std::vector<std::string> check_lab(MemoryWorld& memory, const std::vector<std::string>& removed) {
  Check check{memory, {}, {}, {}};
  check.find_waiting();
  if (!memory.provisioner_runs()) check.say("the provisioner has ended by itself");
  check.cluster(check.store_volumes(0), removed);
  for (const auto& [name, internal] : check.store_volumes(1))
    if (check.svm() == nullptr || check.svm()->find_volume(internal) == nullptr)
      check.say("the second store has volume " + name + ", the array has not");
  check.array();
  return std::move(check.wrong);
}

}  // namespace scenario
