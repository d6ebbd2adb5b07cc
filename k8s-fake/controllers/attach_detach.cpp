/// Attaches CSI volumes to nodes and takes them off again, and makes the claims of ephemeral volumes. Source:
/// kubernetes specification 5.3, 4.7.
#include <algorithm>

#include "k8s-fake/controllers/pods.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/controllers/storage.h"
#include "k8s-fake/kubelet/images.h"
#include "k8s-fake/runtime.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

const EventSource kAttachSource{"attachdetach-controller"};

std::string dashes(std::string driver) {
  for (char& c : driver) c = c == '.' || c == '/' ? '-' : c;
  return driver;
}

/// The volumes of a pod that must be attached to its node.
std::vector<Object> attachable(const Cluster& cluster, const Json& pod) {
  std::vector<Object> result;
  for (const Json& volume : at(pod, "/spec/volumes")) {
    const std::string name = claim_name(pod, volume);
    const Object claim = name.empty() ? nullptr : cluster.find(resources::claims, namespace_of(pod), name);
    const Object pv = claim ? cluster.find(resources::volumes, "", text(*claim, "/spec/volumeName")) : nullptr;
    if (!pv || !has(*pv, "/spec/csi") || text(*claim, "/status/phase") != "Bound") continue;
    const Object driver = cluster.find(resources::csi_drivers, "", text(*pv, "/spec/csi/driver"));
    if (!driver || at(*driver, "/spec").value("attachRequired", true)) result.push_back(pv);
  }
  return result;
}

std::string attachment_name(const Json& pv, const std::string& node) {
  return "csi-" + sha256_hex(text(pv, "/spec/csi/volumeHandle") + text(pv, "/spec/csi/driver") + node);
}

bool exclusive(const Json& pv) {
  const Json& modes = at(pv, "/spec/accessModes");
  return std::all_of(modes.begin(), modes.end(),
                     [](const Json& mode) { return mode == "ReadWriteOnce" || mode == "ReadWriteOncePod"; });
}

/// The node that holds an exclusive volume now, "" when nobody does.
std::string holder(const Cluster& cluster, const Json& pv) {
  for (const auto& [key, attachment] : cluster.all(resources::attachments)) {
    if (text(*attachment, "/spec/source/persistentVolumeName") == name_of(pv))
      return text(*attachment, "/spec/nodeName");
  }
  return "";
}

asio::awaitable<Outcome> attach(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::pods, ns, name);
  if (!found || text(*found, "/spec/nodeName").empty() || pod_finished(*found) || deleting(*found)) co_return done();
  const Json pod = *found;
  const std::string node = text(pod, "/spec/nodeName");
  bool waiting = false;
  for (const Object& one : attachable(context.cluster, pod)) {
    const Json pv = *one;
    const std::string id = attachment_name(pv, node);
    const std::string driver = text(pv, "/spec/csi/driver");
    const Object known = context.cluster.find(resources::attachments, "", id);
    if (known && !text(at(*known, "/status"), "/attachError/message").empty()) {
      context.events.warning(kAttachSource, pod, "FailedAttachVolume",
                             "AttachVolume.Attach failed for volume \"" + name_of(pv) +
                                 "\" : " + text(*known, "/status/attachError/message"));
      waiting = true;
      continue;
    }
    if (known && at(*known, "/status").value("attached", false)) {
      const std::string volume = "kubernetes.io/csi/" + driver + "^" + text(pv, "/spec/csi/volumeHandle");
      const Object host = context.cluster.find(resources::nodes, "", node);
      bool listed = !host;
      if (host) {
        for (const Json& entry : at(*host, "/status/volumesAttached"))
          listed = listed || text(entry, "/name") == volume;
      }
      if (listed) continue;
      const std::function<bool(Json&)> change = [volume](Json& object) {
        object["status"]["volumesAttached"].push_back({{"name", volume}, {"devicePath", ""}});
        return true;
      };
      (void)co_await context.cluster.modify(resources::nodes, "", node, "status", change);
      context.events.normal(kAttachSource, pod, "SuccessfulAttachVolume",
                            "AttachVolume.Attach succeeded for volume \"" + name_of(pv) + "\" ");
      continue;
    }
    waiting = true;
    if (known) continue;
    const std::string other = exclusive(pv) ? holder(context.cluster, pv) : "";
    if (!other.empty() && other != node) {
      context.events.warning(
          kAttachSource, pod, "FailedAttachVolume",
          "Multi-Attach error for volume \"" + name_of(pv) +
              "\" Volume is already exclusively attached to one node and can't be attached to another");
      continue;
    }
    const Json attachment{
        {"metadata", {{"name", id}}},
        {"spec", {{"attacher", driver}, {"nodeName", node}, {"source", {{"persistentVolumeName", name_of(pv)}}}}}};
    const auto made = co_await context.cluster.create(resources::attachments, attachment);
    if (!made && !made.error().already_exists()) co_return failed_with(made.error());
  }
  co_return waiting ? again_in(5s) : done();
}

/// Plays the external-attacher for drivers that run none, and detaches what no pod on the node uses any more.
asio::awaitable<Outcome> follow_attachment(Context& context, std::string key) {
  const Object found = context.cluster.find(resources::attachments, "", key.substr(1));
  if (!found) co_return done();
  const Json attachment = *found;
  const std::string node = text(attachment, "/spec/nodeName");
  const std::string driver = text(attachment, "/spec/attacher");
  const std::string finalizer = "external-attacher/" + dashes(driver);
  if (deleting(attachment)) {
    if (!context.config.attach_csi || !has_finalizer(attachment, finalizer)) co_return done();
    Json changed = attachment;
    drop_finalizer(changed, finalizer);
    const auto written = co_await context.cluster.update(resources::attachments, std::move(changed));
    co_return written ? done() : failed_with(written.error());
  }
  const std::string volume = text(attachment, "/spec/source/persistentVolumeName");
  const Object known = context.cluster.find(resources::volumes, "", volume);
  // Attachments that somebody else made, under other names, are theirs.
  bool wanted = volume.empty() || !known || name_of(attachment) != attachment_name(*known, node);
  for (const auto& [pod_key, pod] : context.cluster.all(resources::pods)) {
    if (wanted || text(*pod, "/spec/nodeName") != node || pod_finished(*pod)) continue;
    for (const Object& pv : attachable(context.cluster, *pod)) wanted = wanted || name_of(*pv) == volume;
  }
  if (!wanted) {
    const Object pv = context.cluster.find(resources::volumes, "", volume);
    const std::string listed = pv ? "kubernetes.io/csi/" + driver + "^" + text(*pv, "/spec/csi/volumeHandle") : "";
    const auto gone = co_await context.cluster.remove(resources::attachments, attachment);
    if (!gone) co_return failed_with(gone.error());
    const std::function<bool(Json&)> change2 = [listed](Json& object) {
      if (!at(object, "/status/volumesAttached").is_array()) return false;
      Json& list = object["status"]["volumesAttached"];
      const std::size_t before = list.size();
      list.erase(
          std::remove_if(list.begin(), list.end(), [&](const Json& one) { return text(one, "/name") == listed; }),
          list.end());
      return list.size() != before;
    };
    (void)co_await context.cluster.modify(resources::nodes, "", node, "status", change2);
    co_return done();
  }
  if (!context.config.attach_csi || at(attachment, "/status").value("attached", false)) co_return done();
  Json changed = attachment;
  if (!has_finalizer(changed, finalizer)) {
    changed["metadata"]["finalizers"].push_back(finalizer);
    auto written = co_await context.cluster.update(resources::attachments, changed);
    if (!written) co_return failed_with(written.error());
    changed = std::move(*written);
  }
  changed["status"] = {{"attached", true}};
  const auto written = co_await context.cluster.update(resources::attachments, std::move(changed), "status");
  co_return written ? done() : failed_with(written.error());
}

Keys attachments_of_pod(Context& context, const Object& old, const Object& now) {
  Keys keys;
  if (now && !pod_finished(*now)) return keys;
  for (const auto& [key, attachment] : context.cluster.all(resources::attachments)) {
    if (text(*attachment, "/spec/nodeName") == text(now ? *now : *old, "/spec/nodeName")) keys.push_back(key);
  }
  return keys;
}

Keys pods_of_attachment(Context& context, const Object& old, const Object& now) {
  Keys keys;
  for (const auto& [key, pod] : context.cluster.all(resources::pods)) {
    if (text(*pod, "/spec/nodeName") == text(now ? *now : *old, "/spec/nodeName") && !pod_finished(*pod) &&
        has(*pod, "/spec/volumes"))
      keys.push_back(key);
  }
  return keys;
}

asio::awaitable<Outcome> make_ephemeral(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::pods, ns, name);
  if (!found || deleting(*found)) co_return done();
  const Json pod = *found;
  for (const Json& volume : at(pod, "/spec/volumes")) {
    if (!has(volume, "/ephemeral/volumeClaimTemplate")) continue;
    const std::string claim_text = claim_name(pod, volume);
    if (context.cluster.find(resources::claims, ns, claim_text)) continue;
    Json claim{{"metadata",
                {{"name", claim_text}, {"namespace", ns}, {"ownerReferences", Json::array({owner_reference(pod)})}}},
               {"spec", at(volume, "/ephemeral/volumeClaimTemplate/spec")}};
    for (const char* kept : {"labels", "annotations"}) {
      const Json& value = at(volume, std::string("/ephemeral/volumeClaimTemplate/metadata/") + kept);
      if (!value.is_null()) claim["metadata"][kept] = value;
    }
    const auto made = co_await context.cluster.create(resources::claims, std::move(claim));
    if (!made && !made.error().already_exists()) co_return failed_with(made.error());
  }
  co_return done();
}

Keys new_pod(Context&, const Object& old, const Object& now) { return old || !now ? Keys{} : Keys{key_of(*now)}; }

}  // namespace

std::vector<Controller> attach_detach_rows() {
  return {
      {.name = "attachdetach",
       .triggers = {{resources::pods, own_key}, {resources::attachments, pods_of_attachment}},
       .reconcile = attach},
      {.name = "external-attacher",
       .triggers = {{resources::attachments, own_key}, {resources::pods, attachments_of_pod}},
       .reconcile = follow_attachment},
      {.name = "ephemeral-volume", .triggers = {{resources::pods, new_pod}}, .reconcile = make_ephemeral},
  };
}

}  // namespace k8s_fake::control
