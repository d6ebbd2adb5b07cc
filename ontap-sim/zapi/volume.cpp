// Life of volumes: create, size, mount, state, options. Source: sections 7.4.1 and 7.4.3.
#include <algorithm>

#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/read_volume.h"

namespace ontap_sim::zapi {

model::Result<model::NewVolume> read_new_volume(Call& call) {
  model::NewVolume spec;
  spec.by_svm_admin = !call.cluster_admin;
  spec.aggregate = call.text("containing-aggr-name");
  const char* guarantee = call.has("space-guarantee") ? "space-guarantee" : "space-reserve";
  if (const auto text = call.optional_text(guarantee)) {
    const auto value = model::parse_guarantee(*text);
    if (!value) return call.invalid(guarantee);
    spec.guarantee = *value;
  }
  if (const auto reserve = call.integer("percentage-snapshot-reserve")) {
    if (*reserve < 0 || *reserve > 90) return call.invalid("percentage-snapshot-reserve");
    spec.snapshot_reserve = static_cast<std::uint8_t>(*reserve);
  }
  spec.snapshot_policy = call.optional_text("snapshot-policy");
  if (const auto text = call.optional_text("unix-permissions")) {
    spec.mode = model::parse_permissions(*text);
    if (!spec.mode) return call.invalid("unix-permissions");
  }
  if (const auto policy = call.optional_text("export-policy")) spec.export_policy = *policy;
  if (const auto text = call.optional_text("volume-security-style")) {
    spec.security_style = model::parse_security_style(*text);
    if (!spec.security_style) return call.invalid("volume-security-style");
  }
  spec.junction_path = call.optional_text("junction-path").value_or("");
  spec.language = call.optional_text("language-code");
  if (const auto text = call.optional_text("volume-type")) {
    const auto type = model::parse_volume_type(*text);
    if (!type) return call.invalid("volume-type");
    spec.type = *type;
  }
  if (const auto text = call.optional_text("volume-state")) {
    const auto state = model::parse_volume_state(*text);
    if (!state) return call.invalid("volume-state");
    spec.state = *state;
  }
  spec.comment = call.text("volume-comment");
  spec.qos_policy = call.optional_text("qos-policy-group-name").value_or("");
  spec.adaptive_qos_policy = call.optional_text("qos-adaptive-policy-group-name").value_or("");
  if (const auto tiering = call.optional_text("tiering-policy")) {
    spec.tiering_policy = base::replace_all(*tiering, "_", "-");
    const auto known =
        std::find(std::begin(model::kTieringPolicies), std::end(model::kTieringPolicies), spec.tiering_policy);
    if (known == std::end(model::kTieringPolicies)) return call.invalid("tiering-policy");
  }
  if (const auto type = call.optional_text("snaplock-type")) {
    if (*type != "non_snaplock" && *type != "compliance" && *type != "enterprise") return call.invalid("snaplock-type");
    spec.snaplock_type = *type;
  }
  spec.efficiency_policy = call.optional_text("efficiency-policy").value_or("");
  spec.user_id = static_cast<std::uint32_t>(call.integer("user-id").value_or(0));
  spec.group_id = static_cast<std::uint32_t>(call.integer("group-id").value_or(0));
  spec.encrypt = call.flag("encrypt");
  return spec;
}

namespace {

using model::Volume;

Status volume_create(Call& call) {
  auto spec = read_new_volume(call);
  if (!spec) return spec.error();
  spec->name = call.text("volume");
  const auto size = model::parse_size(call.text("size"));
  if (!size && spec->type != model::VolumeType::dp) return call.invalid("size");
  spec->size = size.value_or(20 * model::kMiB);
  auto made = model::create_volume(call.cluster, call.svm(), *spec);
  if (!made) return made.error();
  return {};
}

Status volume_destroy(Call& call) {
  const std::string name = call.text("name");
  const Volume* volume = call.svm().find_volume(name);
  if (volume != nullptr && call.has("force") && !call.flag("unmount-and-offline") &&
      volume->state == model::VolumeState::online) {
    return model::refused("Volume \"" + name + "\" in Vserver \"" + call.svm().name +
                          "\" must be offline to be deleted");
  }
  return model::destroy_volume(call.cluster, call.svm(), name,
                               {.unmount_and_offline = call.flag("unmount-and-offline"), .force = call.flag("force")});
}

Status volume_size(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume"), Errno::entry_does_not_exist);
  if (!found) return found.error();
  Volume& volume = **found;
  if (const auto text = call.optional_text("new-size")) {
    if (volume.flexgroup())
      return model::refused("Volume \"" + volume.name + "\" is a FlexGroup; use the asynchronous form of the call.");
    auto size = model::new_size_from(*text, volume.size);
    if (!size) return size.error();
    if (auto resized = model::resize_volume(call.cluster, call.svm(), volume.name, *size); !resized) return resized;
  }
  call.put_flag("is-fixed-size-flex-volume", volume.extras && volume.extras->size_fixed);
  call.put_flag("is-readonly-flex-volume", volume.type != model::VolumeType::rw);
  call.put_flag("is-replica-flex-volume", volume.type == model::VolumeType::dp);
  call.put("volume-size", std::to_string(volume.size));
  return {};
}

Status volume_mount(Call& call) {
  return model::mount_volume(call.cluster, call.svm(), call.text("volume-name"),
                             std::string(base::trim(call.text("junction-path"))), call.flag("activate-junction", true));
}
Status volume_unmount(Call& call) {
  return model::unmount_volume(call.cluster, call.svm(), call.text("volume-name"), call.flag("force"));
}
Status volume_offline(Call& call) { return model::offline_volume(call.cluster, call.svm(), call.text("name")); }
Status volume_online(Call& call) { return model::online_volume(call.cluster, call.svm(), call.text("name")); }
Status volume_restrict(Call& call) { return model::restrict_volume(call.cluster, call.svm(), call.text("name")); }
Status volume_rename(Call& call) {
  return model::rename_volume(call.cluster, call.svm(), call.text("volume"), call.text("new-volume-name"));
}

Status volume_get_root_name(Call& call) {
  call.put("volume", call.svm().root_volume);
  return {};
}

Status volume_get_volume_path(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume"));
  if (!found) return found.error();
  std::string path = (*found)->junction_path;
  if (path.empty()) return ModelError{Errno::volume_not_mounted, "Volume \"" + (*found)->name + "\" is not mounted."};
  if (call.flag("is-style-cifs")) std::replace(path.begin(), path.end(), '/', '\\');
  call.put("junction", path);
  return {};
}

Status volume_options_list_info(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume"), Errno::entry_does_not_exist);
  if (!found) return found.error();
  pugi::xml_node options = call.put("options");
  for (const auto& [name, value] : model::volume_options(**found)) {
    pugi::xml_node option = options.append_child("volume-option-info");
    append_text(option, "name", name);
    append_text(option, "value", value);
  }
  return {};
}

Status volume_set_option(Call& call) {
  return model::set_volume_option(call.cluster, call.svm(), call.text("volume"), call.text("option-name"),
                                  call.text("option-value"));
}

Status volume_autosize_get(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume"), Errno::entry_does_not_exist);
  if (!found) return found.error();
  const Volume& volume = **found;
  const model::Autosize autosize = volume.extras ? volume.extras->autosize : model::Autosize{};
  const Bytes maximum = autosize.maximum > 0 ? autosize.maximum : model::round_up(volume.size * 12 / 10);
  const Bytes minimum = autosize.minimum > 0 ? autosize.minimum : volume.size;
  call.put("grow-threshold-percent", std::int64_t{autosize.grow_threshold});
  call.put_flag("is-enabled", autosize.mode != "off");
  call.put("maximum-size", std::to_string(maximum / model::kKiB));  // a number of KiB, without unit
  call.put("minimum-size", std::to_string(minimum / model::kKiB));
  call.put("mode", autosize.mode);
  call.put("shrink-threshold-percent", std::int64_t{autosize.shrink_threshold});
  return {};
}

Status volume_autosize_set(Call& call) {
  model::VolumeChange change;
  change.autosize_mode = call.optional_text("mode");
  if (const auto enabled = call.boolean("is-enabled"); enabled && !change.autosize_mode)
    change.autosize_mode = *enabled ? "grow" : "off";
  for (const auto& [element, target] :
       {std::pair{"maximum-size", &change.autosize_maximum}, std::pair{"minimum-size", &change.autosize_minimum}}) {
    const auto text = call.optional_text(element);
    if (!text) continue;
    *target = model::parse_size(*text);
    if (!*target) return call.invalid(element);
  }
  if (const auto percent = call.integer("grow-threshold-percent")) change.autosize_grow = static_cast<int>(*percent);
  if (const auto percent = call.integer("shrink-threshold-percent"))
    change.autosize_shrink = static_cast<int>(*percent);
  change.autosize_reset = call.flag("reset");
  return model::modify_volume(call.cluster, call.svm(), call.text("volume"), change);
}

Status volume_recovery_queue_get_iter(Call& call) {
  static const RecordShape shape{"volume-recovery-queue-info", {"vserver-name", "volume-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](model::Svm& svm, bool) {
    model::expire_recovery_queue(call.cluster, svm);
    const auto queue = svm.records.find("volume-recovery-queue");
    if (queue == svm.records.end()) return true;
    for (const auto& entry : queue->second) {
      const auto& name = entry.first;
      const auto& record = entry.second;
      const auto& fields = record.fields;
      const bool more = (*page)->row({svm.name, name}, [&](Out& out) {
        for (const auto& [field, value] : fields) out.text(field.c_str(), value);
        out.text("volume-name", name);
        out.text("vserver-name", svm.name);
      });
      if (!more) return false;
    }
    return true;
  });
  return (*page)->finish();
}

Status volume_recovery_queue_purge(Call& call) {
  model::Svm* svm = call.cluster.find_svm(call.text("vserver-name"));
  if (svm == nullptr) return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  model::expire_recovery_queue(call.cluster, *svm);
  const auto queue = svm->records.find("volume-recovery-queue");
  if (queue == svm->records.end() || queue->second.erase(call.text("volume-name")) == 0) return model::missing_entry();
  call.cluster.touch(*svm);
  return {};
}

constexpr std::string_view kVolumeCreateInput =
    "antivirus-on-access-policy cache-retention-priority caching-policy constituent-role containing-aggr-name* "
    "disk-count:i disk-size-with-unit disk-size:i "
    "efficiency-policy encrypt:b@110 excluded-from-autobalance:b export-policy extent-size flexcache-cache-policy "
    "flexcache-fill-policy "
    "flexcache-origin-volume-name force:b group-id:i is-junction-active:b is-mirrored:b is-nvfail-enabled "
    "is-snaplock:b is-vserver-root:b junction-path "
    "language-code max-dir-size:i max-write-alloc-blocks:i percentage-snapshot-reserve:i "
    "qos-adaptive-policy-group-name@130 qos-policy-group-name raid-size:i "
    "remote-location size snaplock-type@100 snapshot-policy space-reserve space-guarantee space-slo storage-service "
    "stripe-algorithm stripe-concurrency "
    "stripe-constituent-volume-count:i stripe-optimize stripe-width:i tiering-policy@120 unix-permissions user-id:i "
    "vm-align-sector:i vm-align-suffix "
    "volume-comment volume-raid-type volume-security-style volume-state volume-type volume* vserver-dr-protection";

}  // namespace

std::vector<ApiEntry> volume_apis() {
  return {
      {.name = "volume-create",
       .scope = Scope::svm,
       .input = kVolumeCreateInput,
       .run = volume_create,
       .source = "17, 14420, 13115: nDVP's tests"},
      {.name = "volume-destroy",
       .scope = Scope::svm,
       .input = "force:b name* unmount-and-offline:b",
       .run = volume_destroy,
       .source = "13040 and 15894: nDVP, Manila"},
      {.name = "volume-size",
       .scope = Scope::svm,
       .input = "new-size volume*",
       .run = volume_size,
       .source = "15661 for an unknown volume: nDVP"},
      {.name = "volume-mount",
       .scope = Scope::svm,
       .input = "activate-junction:b export-policy-override:b junction-path* volume-name*",
       .run = volume_mount,
       .source = "13115 for a path without slash: nDVP's tests"},
      {.name = "volume-unmount",
       .scope = Scope::svm,
       .input = "force:b volume-name*",
       .run = volume_unmount,
       .source = "14716: Manila"},
      {.name = "volume-offline",
       .scope = Scope::svm,
       .input = "cifs-delay:i name*",
       .run = volume_offline,
       .source = "160 while mounted: nDVP's tests"},
      {.name = "volume-online",
       .scope = Scope::svm,
       .input = "name*",
       .run = volume_online,
       .source = "13060 is assumption A7"},
      {.name = "volume-restrict",
       .scope = Scope::svm,
       .input = "name* cifs-delay:i",
       .run = volume_restrict,
       .source = "Ansible's na_ontap_volume"},
      {.name = "volume-rename",
       .scope = Scope::svm,
       .input = "new-volume-name* volume*",
       .run = volume_rename,
       .source = "Manila"},
      {.name = "volume-get-root-name", .scope = Scope::svm, .run = volume_get_root_name, .source = "nDVP"},
      {.name = "volume-get-volume-path",
       .scope = Scope::svm,
       .input = "is-style-cifs*:b volume*",
       .run = volume_get_volume_path,
       .source = "Manila"},
      {.name = "volume-options-list-info",
       .scope = Scope::svm,
       .input = "volume*",
       .run = volume_options_list_info,
       .source = "Cinder's names"},
      {.name = "volume-set-option",
       .scope = Scope::svm,
       .input = "volume* option-name* option-value*",
       .run = volume_set_option,
       .source = "section 7.4.3"},
      {.name = "volume-autosize-get",
       .scope = Scope::svm,
       .input = "volume*",
       .run = volume_autosize_get,
       .source = "Manila hands the sizes back verbatim"},
      {.name = "volume-autosize-set",
       .scope = Scope::svm,
       .input = "volume* mode is-enabled:b maximum-size minimum-size increment-size grow-threshold-percent:i "
                "shrink-threshold-percent:i reset:b",
       .run = volume_autosize_set,
       .source = "Ansible's na_ontap_volume_autosize"},
      {.name = "volume-recovery-queue-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = volume_recovery_queue_get_iter,
       .source = "Trident from 25.02 on"},
      {.name = "volume-recovery-queue-purge",
       .scope = Scope::cluster,
       .input = "volume-name* vserver-name*",
       .run = volume_recovery_queue_purge,
       .source = "Trident from 25.02 on"},
  };
}

}  // namespace ontap_sim::zapi
