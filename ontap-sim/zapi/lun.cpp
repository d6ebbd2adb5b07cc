// LUNs: life, attributes, records, copies. Source: section 7.7.
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Lun;
using model::Svm;
using model::Volume;

Status lun_create_by_size(Call& call) {
  model::NewLun spec;
  spec.path = call.text("path");
  spec.size = call.integer("size").value_or(0);
  const char* type = call.has("ostype") ? "ostype" : "type";
  spec.os_type = call.optional_text(type).value_or("image");
  if (!model::is_lun_os_type(spec.os_type)) return call.invalid(type);
  spec.comment = call.text("comment");
  spec.qos_policy = call.optional_text("qos-policy-group").value_or("");
  spec.lun_class = call.optional_text("class").value_or("regular");
  spec.reserved = call.flag("space-reservation-enabled", true);
  spec.space_allocation = call.flag("space-allocation-enabled");
  spec.exact_size = call.flag("use-exact-size");
  auto made = model::create_lun(call.cluster, call.svm(), spec);
  if (!made) return made.error();
  call.put("actual-size", (*made)->content.size);
  return {};
}

Status lun_destroy(Call& call) {
  return model::destroy_lun(call.cluster, call.svm(), call.text("path"), call.flag("force"));
}
Status lun_online(Call& call) { return model::set_lun_online(call.cluster, call.svm(), call.text("path"), true); }
Status lun_offline(Call& call) { return model::set_lun_online(call.cluster, call.svm(), call.text("path"), false); }
Status lun_move(Call& call) {
  return model::move_lun(call.cluster, call.svm(), call.text("path"), call.text("new-path"));
}

Status lun_resize(Call& call) {
  auto size = model::resize_lun(call.cluster, call.svm(), call.text("path"),
                                {.size = call.integer("size").value_or(0), .force = call.flag("force")});
  if (!size) return size.error();
  call.put("actual-size", *size);
  return {};
}

Status lun_get_serial_number(Call& call) {
  auto lun = model::require_lun(call.svm(), call.text("path"));
  if (!lun) return lun.error();
  call.put("serial-number", (*lun)->serial);
  return {};
}

Status lun_get_geometry(Call& call) {
  auto lun = model::require_lun(call.svm(), call.text("path"));
  if (!lun) return lun.error();
  const model::LunGeometry geometry = model::lun_geometry(**lun);
  call.put("bytes-per-sector", std::int64_t{geometry.bytes_per_sector});
  call.put("cylinders", geometry.cylinders);
  call.put("max-resize-size", geometry.max_resize);
  call.put("sectors-per-track", std::int64_t{geometry.sectors_per_track});
  call.put("size", geometry.size);
  call.put("tracks-per-cylinder", std::int64_t{geometry.tracks_per_cylinder});
  return {};
}

Status lun_set_attribute(Call& call) {
  return model::set_lun_attribute(call.cluster, call.svm(), call.text("path"), call.text("name"), call.text("value"));
}
Status lun_get_attribute(Call& call) {
  auto value = model::lun_attribute(call.svm(), call.text("path"), call.text("name"));
  if (!value) return value.error();
  call.put("value", *value);
  return {};
}
Status lun_del_attribute(Call& call) {
  return model::delete_lun_attribute(call.cluster, call.svm(), call.text("path"), call.text("name"));
}
Status lun_set_comment(Call& call) {
  return model::set_lun_comment(call.cluster, call.svm(), call.text("path"), call.text("comment"));
}
Status lun_get_comment(Call& call) {
  auto lun = model::require_lun(call.svm(), call.text("path"));
  if (!lun) return lun.error();
  call.put("comment", (*lun)->content.comment);
  return {};
}

Status lun_set_space_reservation_info(Call& call) {
  return model::set_lun_reservation(call.cluster, call.svm(), call.text("path"), call.flag("enable"));
}

Status lun_set_qos_policy_group(Call& call) {
  const std::string policy = call.optional_text("qos-adaptive-policy-group").value_or(call.text("qos-policy-group"));
  return model::set_lun_qos(call.cluster, call.svm(), call.text("path"), policy);
}

void write_lun(Out& out, const model::Cluster& cluster, const Svm& svm, const Lun& lun) {
  const Volume* volume = svm.find_volume(lun.volume());
  const model::Aggregate* aggregate = volume == nullptr ? nullptr : cluster.find_aggregate(volume->aggregate);
  out.text("alignment", lun.content.used > 0 ? "aligned" : "indeterminate");
  out.integer("block-size", 512);
  out.text("class", lun.lun_class);
  out.text("comment", lun.content.comment);
  out.time("creation-timestamp", lun.created);
  out.flag("is-clone", lun.clone);
  out.flag("is-clone-autodelete-enabled", false);
  out.flag("is-restore-inaccessible", false);
  out.flag("is-space-alloc-enabled", lun.content.space_allocation);
  out.flag("is-space-reservation-enabled", lun.content.reserved);
  out.flag("mapped", !lun.maps.empty());
  out.text("multiprotocol-type", lun.content.os_type);
  if (aggregate != nullptr && cluster.ontapi_minor >= 100) out.text("node", aggregate->node);
  out.flag("online", lun.online);
  out.text("path", lun.path);
  out.integer("prefix-size", 0);
  out.text_if("qos-policy-group", lun.qos_policy);
  out.text("qtree", lun.qtree());
  out.flag("read-only", volume != nullptr && volume->type == model::VolumeType::dp);
  out.text("serial-number", lun.serial);
  out.text("share-state", "none");
  out.integer("size", lun.content.size);
  out.integer("size-used", lun.content.used);
  out.flag("staging", false);
  if (cluster.ontapi_minor >= 30) out.text("state", lun.online ? "online" : "offline");
  out.integer("suffix-size", 0);
  out.text("uuid", lun.uuid.text());
  out.text("volume", lun.volume());
  out.text("vserver", svm.name);
}

Status lun_get_iter(Call& call) {
  // A path contains volume, qtree and name, so it alone gives the order.
  static const RecordShape shape{"lun-info", {"vserver", "path"}};
  auto opened = Iteration::open(call, shape);
  if (!opened) return opened.error();
  Iteration& page = **opened;
  const std::string wanted_volume = page.query_text("volume");
  page.each_svm(0, [&](const Svm& svm, bool at_svm) {
    if (const Volume* volume = svm.find_volume(wanted_volume);
        volume != nullptr && volume->state != model::VolumeState::online) {
      put_volume_error(call, svm, volume->name, Errno::volume_offline, "Volume is offline");
      return true;
    }
    return page.each(svm.luns, 1, at_svm, [&](const std::string& path, const Lun& lun, bool) {
      return page.row({svm.name, path}, [&](Out& out) { write_lun(out, call.cluster, svm, lun); });
    });
  });
  return page.finish();
}

/// "/vol/v/l" as it stands; "l" inside the volume of the call.
std::string full_path(const std::string& volume, const std::string& path) {
  if (path.starts_with("/vol/")) return path;
  return "/vol/" + volume + "/" + (path.starts_with("/") ? path.substr(1) : path);
}

Status clone_file(Call& call, Volume& volume, const std::string& source, const std::string& destination) {
  const auto from = volume.files.find(source);
  if (from == volume.files.end())
    return ModelError{Errno::enoent,
                      "No such file or directory: \"" + source + "\" in volume \"" + volume.name + "\"."};
  if (!call.cluster.licensed("flexclone")) return ModelError{Errno::clone_not_licensed, "FlexClone is not licensed."};
  if (volume.files.contains(destination) && !call.flag("destination-exists")) {
    return ModelError{Errno::eexist, "The destination file \"" + destination + "\" already exists."};
  }
  model::File copy = from->second;
  copy.created = call.cluster.now();
  copy.qos_policy = call.optional_text("qos-policy-group-name").value_or("");
  volume.files.insert_or_assign(destination, copy);
  ++volume.files_used;
  call.cluster.touch(call.svm(), volume);
  return {};
}

Status clone_create(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume"));
  if (!found) return found.error();
  Volume& volume = **found;
  const std::string source = full_path(volume.name, call.text("source-path"));
  const std::string destination =
      full_path(volume.name, call.optional_text("destination-path").value_or(call.text("source-path")));
  const auto ranges = call.in.child("block-ranges");
  const std::string prefix = "/vol/" + volume.name + "/";
  if (call.svm().find_lun(source) == nullptr && !call.has("snapshot-name")) {
    if (!volume.files.empty())
      return clone_file(call, volume, source.substr(prefix.size()), destination.substr(prefix.size()));
    auto missing = model::require_lun(call.svm(), source);
    return missing.error();
  }
  if (ranges) {
    std::int64_t blocks = 0;
    for (const pugi::xml_node range : ranges.children("block-range"))
      blocks += base::parse_signed(leaf_text(range.child("block-count"))).value_or(0);
    constexpr std::int64_t blocks_max = 1 << 18;  // of 512 bytes: 128 MiB in one call
    if (blocks > blocks_max)
      return model::refused("The number of blocks in one request exceeds the limit of " + std::to_string(blocks_max) +
                            ".");
    auto target = model::require_lun(call.svm(), destination);
    if (!target) return target.error();
    (*target)->clone = true;
    call.cluster.touch(call.svm(), **target);
    return {};
  }
  model::CloneLun spec;
  spec.source = source;
  spec.destination = destination;
  spec.reserved = call.boolean("space-reserve");
  spec.qos_policy = call.optional_text("qos-policy-group-name").value_or("");
  spec.snapshot = call.optional_text("snapshot-name").value_or("");
  if (call.svm().find_lun(destination) != nullptr && call.flag("destination-exists")) return {};
  auto made = model::clone_lun(call.cluster, call.svm(), spec);
  if (!made) return made.error();
  return {};
}

constexpr const char* kDue = "due";  // of a transfer: when it ends; not shown

bool transfer_done(const model::Cluster& cluster, const model::Record& record) {
  const auto due = record.fields.find(kDue);
  return record.fields.at("job-status") != "data" || due == record.fields.end() ||
         model::epoch_seconds(cluster.now()) >= base::parse_signed(due->second).value_or(0);
}

/// The new LUN can be used at once, as the array has it; its blocks arrive in virtual time, which the job of each path
/// shows until it is done.
Status start_transfer(Call& call, const char* table, bool copy) {
  Svm* source_svm = call.scope_svm;
  Svm* target_svm = call.scope_svm;
  if (const auto name = call.optional_text("source-vserver")) source_svm = call.cluster.find_svm(*name);
  if (const auto name = call.optional_text("destination-vserver")) target_svm = call.cluster.find_svm(*name);
  if (source_svm == nullptr || target_svm == nullptr)
    return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const pugi::xml_node pair : call.in.child("paths").children("lun-path-pair")) {
    pairs.emplace_back(leaf_text(pair.child("source-path")), leaf_text(pair.child("destination-path")));
  }
  if (pairs.empty() && call.has("source-path"))
    pairs.emplace_back(call.text("source-path"), call.text("destination-path"));
  if (pairs.empty()) return ModelError{Errno::invalid_input, "Missing input: paths"};
  const std::string job = model::new_uuid(call.cluster.rng).text();
  for (const auto& [from, to] : pairs) {
    auto source = model::require_lun(*source_svm, from);
    if (!source) return source.error();
    const model::LunContent content = (*source)->content;
    model::NewLun spec;
    spec.path = to;
    spec.size = content.size;
    spec.os_type = content.os_type;
    spec.reserved = content.reserved;
    spec.exact_size = true;
    auto made = model::create_lun(call.cluster, *target_svm, spec);
    if (!made) return made.error();
    (*made)->content.attributes = content.attributes;
    (*made)->content.comment = content.comment;
    if (!copy) {
      if (auto gone = model::destroy_lun(call.cluster, *source_svm, from, true); !gone) return gone;
    }
    model::Record record;
    const auto due = call.cluster.now() + model::copy_time(call.cluster, content.size);
    record.fields = {{"destination-path", to},
                     {"elapsed-time", "0"},
                     {"job-status", "data"},
                     {"job-uuid", job},
                     {"source-path", from},
                     {"last-failure-reason", ""},
                     {kDue, std::to_string(model::epoch_seconds(due))}};
    target_svm->records[table][job + " " + to] = std::move(record);
  }
  call.cluster.touch(*target_svm);
  call.put("job-uuid", job);
  return {};
}

Status transfer_get_iter(Call& call, const RecordShape& shape, const char* table) {
  auto opened = Iteration::open(call, shape);
  if (!opened) return opened.error();
  (*opened)->each_svm(0, [&](const Svm& svm, bool) {
    const auto rows = svm.records.find(table);
    if (rows == svm.records.end()) return true;
    for (const auto& entry : rows->second) {
      const auto& record = entry.second;
      const auto& fields = record.fields;
      const bool more = (*opened)->row({svm.name, fields.at("job-uuid"), fields.at("destination-path")}, [&](Out& out) {
        const bool done = transfer_done(call.cluster, record);
        for (const auto& [field, value] : fields) {
          if (field != kDue && field != "job-status") out.text(field.c_str(), value);
        }
        out.text("job-status", done && fields.at("job-status") == "data" ? "complete" : fields.at("job-status"));
        out.text("scanner-status", done ? "complete" : "scanning");
        out.text("vserver", svm.name);
      });
      if (!more) return false;
    }
    return true;
  });
  return (*opened)->finish();
}

Status lun_copy_start(Call& call) { return start_transfer(call, "lun-copy", true); }
Status lun_move_start(Call& call) { return start_transfer(call, "lun-move", false); }
Status lun_copy_get_iter(Call& call) {
  static const RecordShape shape{"lun-copy-info", {"vserver", "job-uuid", "destination-path"}};
  return transfer_get_iter(call, shape, "lun-copy");
}
Status lun_move_get_iter(Call& call) {
  static const RecordShape shape{"lun-move-info", {"vserver", "job-uuid", "destination-path"}};
  return transfer_get_iter(call, shape, "lun-move");
}
Status lun_copy_cancel(Call& call) {
  for (auto& [name, svm] : call.cluster.svms) {
    const auto rows = svm.records.find("lun-copy");
    if (rows == svm.records.end()) continue;
    bool found = false;
    for (auto& [key, record] : rows->second) {
      if (record.fields.at("job-uuid") != call.text("job-uuid")) continue;
      found = true;
      if (transfer_done(call.cluster, record)) continue;  // nothing left to stop
      record.fields["job-status"] = "destroyed";
      const std::string& path = record.fields.at("destination-path");
      if (svm.find_lun(path) == nullptr) continue;
      if (auto gone = model::destroy_lun(call.cluster, svm, path, true); !gone) return gone;
    }
    if (!found) continue;
    call.cluster.touch(svm);
    return {};
  }
  return model::missing_entry();
}

}  // namespace

std::vector<ApiEntry> lun_apis() {
  return {
      {.name = "lun-create-by-size",
       .scope = Scope::svm,
       .input = "application caching-policy class comment foreign-disk ostype path* prefix-size:i "
                "qos-adaptive-policy-group qos-policy-group size*:i "
                "space-allocation-enabled:b space-reservation-enabled:b type use-exact-size:b@110",
       .run = lun_create_by_size,
       .source = "9036, 9041, 9012, 13115: nDVP's tests"},
      {.name = "lun-destroy",
       .scope = Scope::svm,
       .input = "destroy-application-lun:b destroy-fenced-lun:b force:b path*",
       .run = lun_destroy,
       .source = "15661: nDVP's tests; 9013: libstoragemgmt"},
      {.name = "lun-online",
       .scope = Scope::svm,
       .input = "force:b path*",
       .run = lun_online,
       .source = "9015: nDVP's tests"},
      {.name = "lun-offline",
       .scope = Scope::svm,
       .input = "path*",
       .run = lun_offline,
       .source = "9014: nDVP's tests"},
      {.name = "lun-move", .scope = Scope::svm, .input = "new-path* path*", .run = lun_move, .source = "Cinder"},
      {.name = "lun-resize",
       .scope = Scope::svm,
       .input = "force:b path* size*:i",
       .run = lun_resize,
       .source = "9042: Ansible; actual-size: Trident"},
      {.name = "lun-get-serial-number",
       .scope = Scope::svm,
       .input = "path*",
       .run = lun_get_serial_number,
       .source = "Trident"},
      {.name = "lun-get-geometry",
       .scope = Scope::svm,
       .input = "path*",
       .run = lun_get_geometry,
       .source = "Trident, Cinder"},
      {.name = "lun-set-attribute",
       .scope = Scope::svm,
       .input = "name* path* value*",
       .run = lun_set_attribute,
       .source = "nDVP"},
      {.name = "lun-get-attribute",
       .scope = Scope::svm,
       .input = "name* path*",
       .run = lun_get_attribute,
       .source = "9011: nDVP"},
      {.name = "lun-del-attribute",
       .scope = Scope::svm,
       .input = "name* path*",
       .run = lun_del_attribute,
       .source = "section 7.7"},
      {.name = "lun-set-comment",
       .scope = Scope::svm,
       .input = "comment path*",
       .run = lun_set_comment,
       .source = "section 7.7"},
      {.name = "lun-get-comment",
       .scope = Scope::svm,
       .input = "path*",
       .run = lun_get_comment,
       .source = "section 7.7"},
      {.name = "lun-set-space-reservation-info",
       .scope = Scope::svm,
       .input = "enable*:b path*",
       .run = lun_set_space_reservation_info,
       .source = "Cinder"},
      {.name = "lun-set-qos-policy-group",
       .scope = Scope::svm,
       .input = "path* qos-adaptive-policy-group@130 qos-policy-group",
       .run = lun_set_qos_policy_group,
       .source = "Cinder"},
      {.name = "lun-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = lun_get_iter,
       .source = "fields: Cinder, Trident"},
      {.name = "clone-create",
       .scope = Scope::svm,
       .input = "autodelete:b block-ranges:r bypass-license-check:b bypass-throttle:b destination-exists:b "
                "destination-path destination-volume "
                "fixed-block-count:i ignore-locks:b ignore-streams:b is-backup:b@100 is-fixed-block-count:b "
                "is-vvol-backup:b lun-serial-number nosplit-entry:b "
                "qos-adaptive-policy-group-name@130 qos-policy-group-name snapshot-name source-path* space-reserve:b "
                "token-uuid volume*",
       .run = clone_create,
       .source = "relative names: Cinder, Trident"},
      {.name = "lun-copy-start",
       .scope = Scope::any,
       .input = "destination-path max-throughput:i promote-early:b scanner-paused:b source-path source-vserver "
                "destination-vserver paths:r",
       .run = lun_copy_start,
       .source = "both forms of appendix B"},
      {.name = "lun-copy-get-iter", .scope = Scope::any, .input = kIter, .run = lun_copy_get_iter, .source = "Cinder"},
      {.name = "lun-copy-cancel",
       .scope = Scope::any,
       .input = "job-uuid*",
       .run = lun_copy_cancel,
       .source = "Cinder"},
      {.name = "lun-move-start",
       .scope = Scope::any,
       .input = "paths*:r max-throughput:i promote-late:b",
       .run = lun_move_start,
       .source = "Cinder"},
      {.name = "lun-move-get-iter", .scope = Scope::any, .input = kIter, .run = lun_move_get_iter, .source = "Cinder"},
  };
}

}  // namespace ontap_sim::zapi
