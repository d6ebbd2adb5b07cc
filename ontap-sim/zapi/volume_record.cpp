// volume-attributes: get-iter, modify-iter and what they share. Source: sections 7.4.2 and 7.4.4.
#include <algorithm>

#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Cluster;
using model::kKiB;
using model::Svm;
using model::Volume;
using model::VolumeState;
using model::VolumeType;

const RecordShape kVolumeShape{"volume-attributes",
                               {"volume-id-attributes/owning-vserver-name", "volume-id-attributes/name"}};

struct Subject {
  const Cluster& cluster;
  const Svm& svm;
  const Volume& volume;
  const model::VolumeExtras& extras;
  bool online;
};

void write_id(Out& out, const Subject& s) {
  if (!out.open("volume-id-attributes")) return;
  const Volume& v = s.volume;
  const model::Aggregate* aggregate = s.cluster.find_aggregate(v.aggregate);
  out.text("comment", v.comment);
  if (aggregate != nullptr) {
    out.text("containing-aggregate-name", v.aggregate);
    out.text("containing-aggregate-uuid", aggregate->uuid.text());
  }
  if (v.flexgroup() && out.wants("aggr-list")) {
    std::set<std::string> aggregates;
    for (const std::string& part : v.constituents) {
      if (const Volume* constituent = s.svm.find_volume(part)) aggregates.insert(constituent->aggregate);
    }
    out.list("aggr-list", "aggr-name", aggregates);
  }
  out.time("creation-time", v.created);
  out.integer("dsid", static_cast<std::int64_t>(v.dsid));
  if (out.wants("fsid")) {
    char fsid[32];
    std::snprintf(fsid, sizeof fsid, "0x%llx", static_cast<unsigned long long>(v.msid));
    out.text("fsid", fsid);
  }
  if (out.wants("instance-uuid")) out.text("instance-uuid", v.instance_uuid.text());
  if (!v.junction_path.empty()) {
    if (out.wants("junction-parent-name") && v.junction_path != "/") {
      const std::size_t slash = v.junction_path.rfind('/');
      const auto parent = s.svm.junctions.find(slash == 0 ? "/" : base::to_lower(v.junction_path.substr(0, slash)));
      if (parent != s.svm.junctions.end()) out.text("junction-parent-name", parent->second);
    }
    out.text("junction-path", v.junction_path);
  }
  out.integer("msid", static_cast<std::int64_t>(v.msid));
  out.text("name", v.name);
  out.text("name-ordinal", "base");
  if (s.cluster.ontapi_minor >= 100 && aggregate != nullptr) out.text("node", aggregate->node);
  out.text("owning-vserver-name", s.svm.name);
  if (out.wants("owning-vserver-uuid")) out.text("owning-vserver-uuid", s.svm.uuid.text());
  if (out.wants("provenance-uuid")) out.text("provenance-uuid", v.uuid.text());
  out.text("style", "flex");
  if (s.cluster.ontapi_minor >= 100) out.text("style-extended", to_string(v.style));
  out.text("type", to_string(v.type));
  if (out.wants("uuid")) out.text("uuid", v.uuid.text());
  out.close();
}

void write_space(Out& out, const Subject& s) {
  if (!out.open("volume-space-attributes")) return;
  const Volume& v = s.volume;
  const model::VolumeSpace space = space_of(s.cluster, s.svm, v);
  if (s.online) {
    out.integer("filesystem-size", space.size);
    out.flag("is-filesys-size-fixed", s.extras.size_fixed);
    out.flag("is-space-guarantee-enabled", v.guarantee_enabled);
    if (s.cluster.ontapi_minor >= 140) {
      out.flag("is-space-enforcement-logical", s.svm.logical_space_enforcement);
      out.flag("is-space-reporting-logical", s.svm.logical_space_reporting);
    }
    out.integer("expected-available", std::max<Bytes>(0, space.total - space.used));
    if (s.cluster.ontapi_minor >= 120) {
      out.integer("logical-available", std::max<Bytes>(0, space.total - space.used));
      out.integer("logical-used", space.used);
      out.integer("logical-used-percent", space.percent_used);
      out.integer("logical-used-by-afs", v.active);
      out.integer("logical-used-by-snapshots", space.snapshot_used);
    }
    out.integer("overwrite-reserve", 0);
    out.integer("overwrite-reserve-required", 0);
    out.integer("overwrite-reserve-used", 0);
    out.integer("overwrite-reserve-used-actual", 0);
    out.integer("percentage-fractional-reserve", v.fractional_reserve_percent);
    out.integer("percentage-size-used", space.percent_used);
    out.integer("percentage-snapshot-reserve", v.snapshot_reserve_percent);
    out.integer("percentage-snapshot-reserve-used", space.reserve_used_percent);
    if (s.cluster.ontapi_minor >= 100) {
      out.integer("physical-used", space.physical_used);
      out.integer("physical-used-percent", model::percent(space.physical_used, space.size));
    }
    out.integer("size-available", space.available);
    out.integer("size-available-for-snapshots", space.snapshot_available);
    out.integer("size-total", space.total);
    out.integer("size-used", space.used);
    out.integer("size-used-by-snapshots", space.snapshot_used);
    out.integer("snapshot-reserve-available", std::max<Bytes>(0, space.reserve - space.snapshot_used));
    out.integer("snapshot-reserve-size", space.reserve);
    out.integer("space-full-threshold-percent", 98);
    out.text("space-mgmt-option-try-first", "volume_grow");
    out.integer("space-nearly-full-threshold-percent", 95);
  }
  out.integer("size", space.size);
  out.text("space-guarantee", to_string(v.guarantee));
  out.close();
}

void write_state(Out& out, const Subject& s) {
  if (!out.open("volume-state-attributes")) return;
  const Volume& v = s.volume;
  out.flag("become-node-root-after-reboot", false);
  if (s.cluster.ontapi_minor >= 30) out.flag("force-nvfail-on-dr", false);
  out.flag("ignore-inconsistent", false);
  out.flag("in-nvfailed-state", false);
  out.flag("is-cluster-volume", true);
  out.flag("is-constituent", v.constituent());
  if (s.cluster.ontapi_minor >= 100) out.flag("is-flexgroup", v.flexgroup());
  out.flag("is-inconsistent", false);
  out.flag("is-invalid", false);
  if (!v.junction_path.empty()) out.flag("is-junction-active", v.junction_active);
  out.flag("is-moving", v.move && v.move->state == "healthy" && v.move->phase != "completed");
  out.flag("is-node-root", v.node_root);
  out.flag("is-nvfail-enabled", s.extras.nvfail);
  out.flag("is-quiesced-in-memory", false);
  out.flag("is-quiesced-on-disk", false);
  out.flag("is-unrecoverable", false);
  out.flag("is-volume-in-cutover", false);
  out.flag("is-vserver-root", v.svm_root);
  out.text("state", to_string(v.state));
  out.close();
}

void write_small(Out& out, const Subject& s) {
  const Volume& v = s.volume;
  if (out.open("volume-antivirus-attributes")) {
    out.text("on-access-policy", s.extras.antivirus_policy);
    out.close();
  }
  if (out.open("volume-export-attributes")) {
    out.text("policy", v.export_policy);
    out.close();
  }
  if (out.open("volume-security-attributes")) {
    out.text("style", to_string(v.security_style));
    if (out.open("volume-security-unix-attributes")) {
      out.integer("group-id", v.group_id);
      out.text("permissions", model::permissions_text(v.mode));
      out.integer("user-id", v.user_id);
      out.close();
    }
    out.close();
  }
  if (out.open("volume-snapshot-attributes")) {
    out.flag("auto-snapshots-enabled", v.snapshot_policy != "none");
    out.flag("snapdir-access-enabled", v.snapdir_access);
    out.flag("snapshot-clone-dependency-enabled", false);
    out.integer("snapshot-count", static_cast<std::int64_t>(v.snapshots.size()));
    out.text("snapshot-policy", v.snapshot_policy);
    out.close();
  }
  if ((!v.qos_policy.empty() || !s.extras.adaptive_qos_policy.empty()) && out.open("volume-qos-attributes")) {
    out.text_if("adaptive-policy-group-name", s.extras.adaptive_qos_policy);
    out.text_if("policy-group-name", v.qos_policy);
    out.close();
  }
  if (out.open("volume-mirror-attributes")) {
    bool source = false;
    for (const auto& [destination, mirror] : s.cluster.snapmirrors)
      source = source || (mirror.source.svm == s.svm.name && mirror.source.volume == v.name);
    out.flag("is-data-protection-mirror", v.type == VolumeType::dp);
    out.flag("is-load-sharing-mirror", v.type == VolumeType::ls);
    out.flag("is-move-mirror", false);
    out.flag("is-replica-volume", false);
    if (s.cluster.ontapi_minor >= 120) out.flag("is-snapmirror-source", source);
    out.flag("mirror-transfer-in-progress", false);
    out.integer("redirect-snapshot-id", 0);
    out.close();
  }
  if (s.cluster.ontapi_minor >= 120 && out.open("volume-comp-aggr-attributes")) {
    out.text("tiering-policy", model::kTieringPolicies[v.tiering_policy]);
    out.close();
  }
  if (s.cluster.ontapi_minor >= 100 && out.open("volume-snaplock-attributes")) {
    out.text("snaplock-type", s.extras.snaplock_type);
    out.close();
  }
  if (s.cluster.ontapi_minor >= 110) {
    out.flag("encrypt", v.encrypt);
    out.text("encryption-state", v.encrypt ? "full" : "none");
  }
}

void write_clone(Out& out, const Subject& s) {
  const Volume& v = s.volume;
  if ((!v.clone && v.clone_children == 0) || !out.open("volume-clone-attributes")) return;
  out.integer("clone-child-count", v.clone_children);
  if (v.clone && out.open("volume-clone-parent-attributes")) {
    const Svm* parent_svm = s.cluster.find_svm(v.clone->svm);
    const Volume* parent = parent_svm == nullptr ? nullptr : parent_svm->find_volume(v.clone->volume);
    if (parent != nullptr) {
      out.integer("dsid", static_cast<std::int64_t>(parent->dsid));
      out.integer("msid", static_cast<std::int64_t>(parent->msid));
    }
    out.text("name", v.clone->volume);
    out.text("snapshot-name", v.clone->snapshot);
    out.text("uuid", v.clone->parent_uuid.text());
    if (s.cluster.ontapi_minor >= 30) out.text("vserver-name", v.clone->svm);
    out.close();
  }
  out.close();
}

void write_online_only(Out& out, const Subject& s) {
  const Volume& v = s.volume;
  if (out.open("volume-inode-attributes")) {
    out.text("block-type", "64_bit");
    out.integer("files-private-used", 504);
    out.integer("files-total", v.files_total);
    out.integer("files-used", v.files_used);
    out.integer("inodefile-private-capacity", 31142);
    out.integer("inodefile-public-capacity", std::max<std::int64_t>(566, v.files_used));
    out.close();
  }
  if (out.open("volume-language-attributes")) {
    const std::string_view language = model::language_name(v.language);
    out.flag("is-convert-ucode-enabled", true);
    out.flag("is-create-ucode-enabled", true);
    out.text("language", language);
    out.text("language-code", language);
    out.text("nfs-character-set", language);
    out.text("oem-character-set", language);
    out.close();
  }
  if (out.open("volume-sis-attributes")) {
    const bool enabled = v.efficiency && v.efficiency->enabled;
    out.integer("compression-space-saved", 0);
    out.integer("deduplication-space-saved", 0);
    out.integer("deduplication-space-shared", 0);
    out.flag("is-sis-logging-enabled", enabled);
    if (s.cluster.ontapi_minor >= 100) out.flag("is-sis-state-enabled", enabled);
    out.flag("is-sis-volume", enabled);
    out.integer("percentage-compression-space-saved", 0);
    out.integer("percentage-deduplication-space-saved", 0);
    out.integer("percentage-total-space-saved", 0);
    out.integer("total-space-saved", 0);
    out.close();
  }
  if (out.open("volume-directory-attributes")) {
    out.flag("i2p-enabled", true);
    out.integer("max-dir-size", 41943040);
    out.text("root-dir-gen", std::to_string(v.dsid));
    out.close();
  }
  if (out.open("volume-performance-attributes")) {
    out.text("extent-enabled", "false");
    out.flag("fc-delegs-enabled", true);
    out.flag("is-atime-update-enabled", true);
    out.integer("max-write-alloc-blocks", 0);
    out.flag("minimal-read-ahead", false);
    out.text("read-realloc", "off");
    out.close();
  }
  if (out.open("volume-hybrid-cache-attributes")) {
    if (s.cluster.ontapi_minor >= 30) out.text_if("caching-policy", s.extras.caching_policy);
    out.text("eligibility", "read_write");
    out.close();
  }
  if (out.open("volume-transition-attributes")) {
    out.flag("is-copied-for-transition", false);
    out.flag("is-transitioned", false);
    out.text("transition-behavior", "none");
    out.close();
  }
}

void write_auto(Out& out, const Subject& s) {
  const model::Autosize& autosize = s.extras.autosize;
  if (out.open("volume-autosize-attributes")) {
    out.integer("grow-threshold-percent", autosize.grow_threshold);
    out.flag("is-enabled", autosize.mode != "off");
    out.integer("maximum-size", autosize.maximum > 0 ? autosize.maximum : model::round_up(s.volume.size * 12 / 10));
    out.integer("minimum-size", autosize.minimum > 0 ? autosize.minimum : s.volume.size);
    out.text("mode", autosize.mode);
    out.integer("shrink-threshold-percent", autosize.shrink_threshold);
    out.close();
  }
  const model::Autodelete& autodelete = s.extras.autodelete;
  if (out.open("volume-snapshot-autodelete-attributes")) {
    out.text("commitment", autodelete.commitment);
    out.text("defer-delete", autodelete.defer_delete);
    out.text("delete-order", autodelete.delete_order);
    out.text("destroy-list", autodelete.destroy_list);
    out.flag("is-autodelete-enabled", autodelete.enabled);
    out.text("prefix", autodelete.prefix.empty() ? "(not specified)" : autodelete.prefix);
    out.integer("target-free-space", autodelete.target_free_space);
    out.text("trigger", autodelete.trigger);
    out.close();
  }
}

void write_volume(Out& out, const Cluster& cluster, const Svm& svm, const Volume& volume) {
  static const model::VolumeExtras defaults;
  const Subject subject{cluster, svm, volume, volume.extras ? *volume.extras : defaults,
                        volume.state == VolumeState::online};
  write_id(out, subject);
  write_space(out, subject);
  write_state(out, subject);
  write_small(out, subject);
  write_clone(out, subject);
  write_auto(out, subject);
  if (subject.online) write_online_only(out, subject);
}

void walk(Iteration& page, const Cluster& cluster) {
  page.each_svm(0, [&](const Svm& svm, bool at_cursor) {
    return page.each(svm.volumes, 1, at_cursor, [&](const std::string& name, const Volume& volume, bool) {
      return page.row({svm.name, name}, [&](Out& out) { write_volume(out, cluster, svm, volume); });
    });
  });
}

Status volume_get_iter(Call& call) {
  auto page = Iteration::open(call, kVolumeShape);
  if (!page) return page.error();
  walk(**page, call.cluster);
  return (*page)->finish();
}

/// Reads the leaves that can be set; what is empty or absent stays as it is.
class ChangeReader {
 public:
  explicit ChangeReader(pugi::xml_node attributes) : root_(attributes) {}

  std::optional<std::string> text(const char* structure, const char* leaf) {
    const pugi::xml_node node = root_.child(structure).child(leaf);
    std::string value = leaf_text(node);
    if (!node || base::trim(value).empty()) return std::nullopt;
    return value;
  }
  /// Empty counts: it clears the attribute.
  std::optional<std::string> clearable(const char* structure, const char* leaf) {
    const pugi::xml_node node = root_.child(structure).child(leaf);
    if (!node) return std::nullopt;
    return leaf_text(node);
  }
  template <class T, class Parse>
  std::optional<T> parsed(const char* structure, const char* leaf, Parse&& parse) {
    const auto raw = text(structure, leaf);
    if (!raw) return std::nullopt;
    const auto value = parse(*raw);
    if (!value) {
      error_ = model::invalid_value(leaf, structure, *raw);
      return std::nullopt;
    }
    return static_cast<T>(*value);
  }
  std::optional<bool> flag(const char* structure, const char* leaf) {
    return parsed<bool>(structure, leaf, parse_boolean);
  }
  std::optional<std::int64_t> integer(const char* structure, const char* leaf) {
    return parsed<std::int64_t>(structure, leaf,
                                [](std::string_view raw) { return base::parse_signed(base::trim(raw)); });
  }
  pugi::xml_node root() const { return root_; }
  const std::optional<ModelError>& error() const { return error_; }

 private:
  pugi::xml_node root_;
  std::optional<ModelError> error_;
};

template <class T>
std::optional<int> to_int(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return static_cast<int>(*value);
}

model::Result<model::VolumeChange> read_change(const Call& call) {
  ChangeReader in(call.in.child("attributes").child(kVolumeShape.type));
  model::VolumeChange change;
  change.size = in.parsed<Bytes>("volume-space-attributes", "size", model::parse_size);
  change.guarantee = in.parsed<model::Guarantee>("volume-space-attributes", "space-guarantee", model::parse_guarantee);
  change.snapshot_reserve = to_int(in.integer("volume-space-attributes", "percentage-snapshot-reserve"));
  change.fractional_reserve = to_int(in.integer("volume-space-attributes", "percentage-fractional-reserve"));
  change.size_fixed = in.flag("volume-space-attributes", "is-filesys-size-fixed");
  change.snapdir_access = in.flag("volume-snapshot-attributes", "snapdir-access-enabled");
  change.snapshot_policy = in.text("volume-snapshot-attributes", "snapshot-policy");
  change.export_policy = in.text("volume-export-attributes", "policy");
  change.security_style =
      in.parsed<model::SecurityStyle>("volume-security-attributes", "style", model::parse_security_style);
  ChangeReader unix(in.root().child("volume-security-attributes"));
  change.mode = unix.parsed<std::uint16_t>("volume-security-unix-attributes", "permissions", model::parse_permissions);
  if (const auto id = unix.integer("volume-security-unix-attributes", "user-id"))
    change.user_id = static_cast<std::uint32_t>(*id);
  if (const auto id = unix.integer("volume-security-unix-attributes", "group-id"))
    change.group_id = static_cast<std::uint32_t>(*id);
  change.files_total = in.integer("volume-inode-attributes", "files-total");
  change.language = in.text("volume-language-attributes", "language");
  if (!change.language) change.language = in.text("volume-language-attributes", "language-code");
  change.qos_policy = in.clearable("volume-qos-attributes", "policy-group-name");
  change.adaptive_qos_policy = in.clearable("volume-qos-attributes", "adaptive-policy-group-name");
  change.comment = in.clearable("volume-id-attributes", "comment");
  change.tiering_policy = in.text("volume-comp-aggr-attributes", "tiering-policy");
  change.antivirus_policy = in.text("volume-antivirus-attributes", "on-access-policy");
  change.caching_policy = in.text("volume-hybrid-cache-attributes", "caching-policy");
  change.autosize_mode = in.text("volume-autosize-attributes", "mode");
  if (const auto enabled = in.flag("volume-autosize-attributes", "is-enabled"); enabled && !change.autosize_mode)
    change.autosize_mode = *enabled ? "grow" : "off";
  change.autosize_maximum = in.parsed<Bytes>("volume-autosize-attributes", "maximum-size", model::parse_size);
  change.autosize_minimum = in.parsed<Bytes>("volume-autosize-attributes", "minimum-size", model::parse_size);
  change.autosize_grow = to_int(in.integer("volume-autosize-attributes", "grow-threshold-percent"));
  change.autosize_shrink = to_int(in.integer("volume-autosize-attributes", "shrink-threshold-percent"));
  change.autosize_reset = in.flag("volume-autosize-attributes", "reset").value_or(false);
  constexpr const char* autodelete = "volume-snapshot-autodelete-attributes";
  if (in.root().child(autodelete).first_child()) {
    model::Autodelete wanted;
    wanted.enabled = in.flag(autodelete, "is-autodelete-enabled").value_or(false);
    wanted.commitment = in.text(autodelete, "commitment").value_or(wanted.commitment);
    wanted.trigger = in.text(autodelete, "trigger").value_or(wanted.trigger);
    wanted.delete_order = in.text(autodelete, "delete-order").value_or(wanted.delete_order);
    wanted.defer_delete = in.text(autodelete, "defer-delete").value_or(wanted.defer_delete);
    wanted.destroy_list = in.text(autodelete, "destroy-list").value_or(wanted.destroy_list);
    wanted.prefix = in.text(autodelete, "prefix").value_or("");
    wanted.target_free_space =
        static_cast<std::int32_t>(in.integer(autodelete, "target-free-space").value_or(wanted.target_free_space));
    change.autodelete = wanted;
  }
  for (const ChangeReader* reader : {&in, &unix}) {
    if (reader->error()) return *reader->error();
  }
  return change;
}

bool resizes_flexgroup(const Svm& svm, const Key& key, const model::VolumeChange& change) {
  const Volume* volume = svm.find_volume(key[1]);
  return volume != nullptr && volume->flexgroup() && change.size && *change.size != volume->size;
}

Status volume_modify_iter(Call& call) {
  auto change = read_change(call);
  if (!change) return change.error();
  auto found = Iteration::collect(call, kVolumeShape);
  if (!found) return found.error();
  walk(**found, call.cluster);
  return change_each(call, kVolumeShape, **found, {"volume-modify-iter-info", "volume-key"},
                     [&](const Key& key) -> Status {
                       if (resizes_flexgroup(call.svm(), key, *change)) {
                         return model::refused("The size of the FlexGroup \"" + key[1] +
                                               "\" can only be changed with the asynchronous form of the call.");
                       }
                       return model::modify_volume(call.cluster, call.svm(), key[1], *change);
                     });
}

/// Done at once, but reported as a job per volume, as clients expect of the asynchronous form.
Status volume_modify_iter_async(Call& call) {
  auto change = read_change(call);
  if (!change) return change.error();
  auto found = Iteration::collect(call, kVolumeShape);
  if (!found) return found.error();
  walk(**found, call.cluster);
  std::int64_t failed = 0;
  std::int64_t succeeded = 0;
  for (const Key& key : (*found)->collected()) {
    const Status done = model::modify_volume(call.cluster, call.svm(), key[1], *change);
    const char* list_name = done ? "success-list" : "failure-list";
    pugi::xml_node list = call.out.child(list_name);
    if (!list) list = call.put(list_name);
    pugi::xml_node info = list.append_child("volume-modify-iter-async-info");
    if (done) {
      const std::uint64_t job = model::start_job(call.cluster,
                                                 {.kind = model::JobKind::volume_modify,
                                                  .name = "Modify " + key[1],
                                                  .type = "VOLUME_MODIFY",
                                                  .svm = key[0],
                                                  .volume = key[1]},
                                                 call.cluster.settings.job_time);
      append_text(info, "jobid", std::to_string(job));
      append_text(info, "status", "in_progress");
      ++succeeded;
    } else {
      append_text(info, "error-code", std::to_string(static_cast<int>(done.error().code)));
      append_text(info, "error-message", done.error().reason);
      append_text(info, "status", "failed");
      ++failed;
    }
    write_key(info.append_child("volume-key"), kVolumeShape, key);
    if (!done && !call.flag("continue-on-failure")) break;
  }
  call.put("num-failed", failed);
  call.put("num-succeeded", succeeded);
  return {};
}

}  // namespace

std::vector<ApiEntry> volume_record_apis() {
  return {
      {.name = "volume-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = volume_get_iter,
       .source = "fields: nDVP, Trident, Manila, Cinder, Harvest"},
      {.name = "volume-modify-iter",
       .scope = Scope::svm,
       .input = kModifyIter,
       .run = volume_modify_iter,
       .source = "Manila reads num-failed and failure-list"},
      {.name = "volume-modify-iter-async",
       .scope = Scope::svm,
       .input = kModifyIter,
       .run = volume_modify_iter_async,
       .source = "Trident reads jobid and status"},
  };
}

}  // namespace ontap_sim::zapi
