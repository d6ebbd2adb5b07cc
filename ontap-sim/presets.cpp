#include "ontap-sim/presets.h"

#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/model/volume_ops.h"

namespace ontap_sim {
namespace {

using model::Cluster;
using model::ModelError;
using model::Svm;
using Changed = model::Result<void>;

struct InSvm {
  Svm* svm = nullptr;
  std::string name;
};
InSvm split_object(Cluster& cluster, const std::string& object) {
  const std::size_t colon = object.find(':');
  return {cluster.find_svm(object.substr(0, colon)),
          colon == std::string::npos ? std::string() : object.substr(colon + 1)};
}
ModelError no_object(const std::string& object) {
  return model::refused("There is no \"" + object + "\" that this preset could act on.");
}

Changed aggregate_full(Cluster& cluster, const std::string& object) {
  model::Aggregate* aggregate = cluster.find_aggregate(object);
  if (aggregate == nullptr) return no_object(object);
  aggregate->size = aggregate->used();
  cluster.touch(*aggregate);
  return {};
}
Changed aggregate_offline(Cluster& cluster, const std::string& object) {
  model::Aggregate* aggregate = cluster.find_aggregate(object);
  if (aggregate == nullptr) return no_object(object);
  aggregate->state = "offline";
  cluster.touch(*aggregate);
  return {};
}
Changed aggregate_online(Cluster& cluster, const std::string& object) {
  model::Aggregate* aggregate = cluster.find_aggregate(object);
  if (aggregate == nullptr) return no_object(object);
  aggregate->state = "online";
  cluster.touch(*aggregate);
  return {};
}
Changed aggr_list_empty(Cluster& cluster, const std::string& object) {
  model::SvmChange change;
  change.aggregates = std::vector<std::string>{};
  return model::modify_svm(cluster, object, change);
}
Changed availsize_empty(Cluster& cluster, const std::string& object) {
  cluster.settings.empty_availsize = object != "off";
  cluster.touch();
  return {};
}

// What the partner takes over: aggregates change owner, LIFs move, the node is unhealthy. Giveback is the way back.
Changed takeover(Cluster& cluster, const std::string& object, bool taken) {
  const auto node = cluster.nodes.find(object);
  if (node == cluster.nodes.end() || node->second.partner.empty()) return no_object(object);
  node->second.taken_over = taken;
  node->second.healthy = !taken;
  for (auto& [name, aggregate] : cluster.aggregates) {
    if (aggregate.home_node != object || aggregate.root) continue;
    aggregate.node = taken ? node->second.partner : object;
    cluster.touch(aggregate);
  }
  for (auto& [svm_name, svm] : cluster.svms) {
    for (auto& [lif_name, lif] : svm.lifs) {
      if (taken && lif.current_node == object && cluster.ports.contains({node->second.partner, lif.current_port}))
        lif.current_node = node->second.partner;
      if (!taken && lif.home_node == object) lif.current_node = lif.home_node;
    }
    cluster.touch(svm);
  }
  cluster.touch();
  return {};
}
Changed node_takeover(Cluster& cluster, const std::string& object) { return takeover(cluster, object, true); }
Changed node_giveback(Cluster& cluster, const std::string& object) { return takeover(cluster, object, false); }

Changed lif_admin(Cluster& cluster, const std::string& object, bool up) {
  const InSvm at = split_object(cluster, object);
  if (at.svm == nullptr) return no_object(object);
  model::LifChange change;
  change.admin_up = up;
  return model::modify_lif(cluster, *at.svm, at.name, change);
}
Changed lif_down(Cluster& cluster, const std::string& object) { return lif_admin(cluster, object, false); }
Changed lif_up(Cluster& cluster, const std::string& object) { return lif_admin(cluster, object, true); }

Changed volume_offline(Cluster& cluster, const std::string& object) {
  const InSvm at = split_object(cluster, object);
  model::Volume* volume = at.svm == nullptr ? nullptr : at.svm->find_volume(at.name);
  if (volume == nullptr) return no_object(object);
  volume->state = model::VolumeState::offline;
  model::recharge(cluster, *at.svm, *volume);
  cluster.touch(*at.svm, *volume);
  return {};
}
Changed volume_full(Cluster& cluster, const std::string& object) {
  const InSvm at = split_object(cluster, object);
  const model::Volume* volume = at.svm == nullptr ? nullptr : at.svm->find_volume(at.name);
  if (volume == nullptr) return no_object(object);
  return model::write_data(
      cluster, *at.svm, at.name,
      {.qtree = {},
       .added = model::space_of(cluster, *at.svm, *volume).available / model::kBlock * model::kBlock,
       .overwritten = 0});
}
Changed svm_stopped(Cluster& cluster, const std::string& object) { return model::stop_svm(cluster, object); }
Changed svm_started(Cluster& cluster, const std::string& object) { return model::start_svm(cluster, object); }

constexpr std::string_view kPrivilege =
    "Insufficient privileges: user 'vsadmin' does not have write access to this resource";
constexpr std::string_view kUnavailablePage =
    "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head><title>503 Service "
    "Unavailable</title></head><body><h1>Service Unavailable</h1></body></html>\n";
constexpr std::string_view kUnauthorized =
    "<html><head><title>401 Unauthorized</title></head><body><h1>Unauthorized</h1></body></html>\n";

}  // namespace

const std::vector<Preset>& preset_table() {
  static const std::vector<Preset> table{
      {.name = "aggr-availsize-empty",
       .help = "the available size of an SVM's aggregates is an empty element (object \"off\" ends it)",
       .change = availsize_empty},
      {.name = "aggr-list-empty", .help = "the SVM has no aggregates assigned", .change = aggr_list_empty},
      {.name = "aggregate-full", .help = "nothing is free in the aggregate", .change = aggregate_full},
      {.name = "aggregate-offline", .help = "the aggregate is offline", .change = aggregate_offline},
      {.name = "aggregate-online", .help = "ends aggregate-offline", .change = aggregate_online},
      {.name = "async-failed",
       .help = "an asynchronous call passes with result-status failed inside",
       .call = "*-async",
       .action = "async-failed",
       .code = 13001,
       .reason = "Operation failed"},
      {.name = "clone-parent",
       .help = "the volume cannot be destroyed because it has clones",
       .call = "volume-destroy",
       .code = 15894,
       .reason = "Volume is a clone parent"},
      {.name = "clone-split-running",
       .help = "operations are refused during a clone split",
       .call = "volume-size|snapshot-create|volume-clone-split-start",
       .code = 13001,
       .reason = "The volume is undergoing a clone split"},
      {.name = "credentials-changed",
       .help = "every call is answered 401",
       .action = "http",
       .status = 401,
       .body = kUnauthorized},
      {.name = "flexgroup-contention",
       .help = "FlexGroup creation meets another one",
       .call = "volume-create-async",
       .code = 13001,
       .reason = "Another operation uses the aggregate, try the command again"},
      {.name = "initiator-exists",
       .help = "the initiator is in the igroup already",
       .call = "igroup-add",
       .code = 9008,
       .reason = "Initiator already in this igroup"},
      {.name = "initiator-wrong-type",
       .help = "the initiator has another protocol",
       .call = "igroup-add",
       .code = 9010,
       .reason = "Wrong initiator type for this igroup"},
      {.name = "internal-error", .help = "EINTERNALERROR", .code = 13114, .reason = "Failed to load job"},
      {.name = "job-exists",
       .help = "a create job of the same volume is running",
       .call = "volume-create|lun-create-by-size",
       .code = 13001,
       .reason = "Failed to create the volume. Reason: Job exists"},
      {.name = "job-failure",
       .help = "the job ends as failure",
       .call = "*-async|volume-clone-split-start|quota-*|volume-move-start",
       .action = "fail-job",
       .code = 13001,
       .reason = "Job failed"},
      {.name = "job-slow",
       .help = "the job takes 150 s longer",
       .call = "*-async|volume-clone-split-start|quota-*|volume-move-start",
       .action = "slow-job",
       .delay_seconds = 150},
      {.name = "lif-down", .help = "the LIF (svm:lif) is down", .change = lif_down},
      {.name = "lif-up", .help = "ends lif-down", .change = lif_up},
      {.name = "lun-busy",
       .help = "the LUN is busy",
       .call = "lun-destroy|lun-unmap",
       .code = 9062,
       .reason = "LUN is busy"},
      {.name = "lun-id-taken",
       .help = "the LUN id is used in the igroup",
       .call = "lun-map",
       .code = 9024,
       .reason = "LUN already mapped to this group"},
      {.name = "missing-num-records",
       .help = "iterators leave num-records out",
       .call = "*-iter",
       .action = "no-count"},
      {.name = "empty-page",
       .help = "iterators return an empty page with a next-tag",
       .call = "*-iter",
       .action = "empty-page"},
      {.name = "node-giveback", .help = "ends node-takeover", .change = node_giveback},
      {.name = "node-takeover", .help = "the partner has taken the node over", .change = node_takeover},
      {.name = "ontapi-disabled", .help = "ONTAPI is suspended", .code = 61253, .reason = "ONTAPI is disabled"},
      {.name = "overload", .help = "the management layer is overloaded", .code = 13001, .reason = "Too many requests"},
      {.name = "perf-limit",
       .help = "performance batches are too large",
       .call = "perf-object-get-instances",
       .code = 13001,
       .reason = "resource limit exceeded"},
      {.name = "quota-list-success",
       .help = "a defect of some 9.7 releases",
       .call = "quota-list-entries-iter",
       .code = 13001,
       .reason = "success"},
      {.name = "quota-resizing",
       .help = "a quota operation is running",
       .call = "quota-resize|quota-on|quota-off",
       .code = 15680,
       .reason = "A quota operation is in progress"},
      {.name = "repeated-tag",
       .help = "iterators repeat the tag they were given",
       .call = "*-iter",
       .action = "repeat-tag"},
      {.name = "reset-after", .help = "the call runs, the connection is reset", .action = "drop-reply"},
      {.name = "reset-before", .help = "the connection is reset before the call", .action = "drop-request"},
      {.name = "reset-mid-body", .help = "the connection is reset within the answer", .action = "cut-reply"},
      {.name = "role-too-small", .help = "the role forbids the call", .code = 13003, .reason = kPrivilege},
      {.name = "service-restarting",
       .help = "503 with an HTML page",
       .action = "http",
       .status = 503,
       .body = kUnavailablePage},
      {.name = "short-page",
       .help = "iterators return fewer records than asked for",
       .call = "*-iter",
       .action = "short-page"},
      {.name = "sis-active",
       .help = "a storage efficiency operation is active",
       .call = "sis-*",
       .code = 40043,
       .reason = "sis operation is currently active"},
      {.name = "slow", .help = "answers take 60 s", .action = "delay", .delay_seconds = 60},
      {.name = "snapmirror-exists",
       .help = "the relationship exists",
       .call = "snapmirror-create",
       .code = 17122,
       .reason = "Relationship exists"},
      {.name = "snapmirror-other-operation",
       .help = "another operation is active",
       .call = "snapmirror-*",
       .code = 17131,
       .reason = "Another transfer is in progress"},
      {.name = "snapmirror-transferring",
       .help = "a transfer is in progress",
       .call = "snapmirror-update|snapmirror-initialize|snapmirror-break",
       .code = 17137,
       .reason = "Transfer in progress"},
      {.name = "snapshot-busy",
       .help = "the snapshot has owners",
       .call = "snapshot-delete",
       .code = 13024,
       .reason = "Snapshot copy is busy"},
      {.name = "svm-started", .help = "ends svm-stopped", .change = svm_started},
      {.name = "svm-stopped", .help = "the SVM is stopped", .change = svm_stopped},
      {.name = "truncated-xml", .help = "the answer is not well-formed", .action = "invalid-xml"},
      {.name = "unknown-api",
       .help = "the release does not know the call",
       .code = 13005,
       .reason = "Unable to find API"},
      {.name = "unmount-job",
       .help = "a job holds the volume's junction",
       .call = "volume-unmount",
       .code = 13001,
       .reason = "Failed to unmount the volume: another operation with job ID 123 is in progress"},
      {.name = "volume-busy",
       .help = "the volume is busy",
       .call = "volume-destroy|volume-offline",
       .code = 13158,
       .reason = "Volume is busy"},
      {.name = "volume-full", .help = "nothing is free in the volume (svm:volume)", .change = volume_full},
      {.name = "volume-offline",
       .help = "the volume (svm:volume) is offline although mounted",
       .change = volume_offline},
  };
  return table;
}

}  // namespace ontap_sim
