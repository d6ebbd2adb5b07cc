// Files on NFS volumes: what Cinder's NFS driver asks for. Source: section 7.7.
#include "ontap-sim/model/file_ops.h"

#include "ontap-sim/model/svm_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Svm;

Status file_assign_qos(Call& call) {
  auto svm = model::require_svm(call.cluster, call.text("vserver"));
  if (!svm) return svm.error();
  const std::string policy =
      call.optional_text("qos-policy-group-name").value_or(call.text("qos-adaptive-policy-group-name"));
  return model::set_file_qos(call.cluster, **svm, "/vol/" + call.text("volume") + "/" + call.text("file"), policy);
}

Status file_delete_file(Call& call) { return model::delete_file(call.cluster, call.svm(), call.text("path")); }
Status file_rename_file(Call& call) {
  return model::rename_file(call.cluster, call.svm(), call.text("from-path"), call.text("to-path"));
}

Status file_usage_get(Call& call) {
  auto place = model::resolve_file(call.svm(), call.text("path"));
  if (!place) return place.error();
  const auto at = place->volume->files.find(place->inside);
  if (at == place->volume->files.end())
    return ModelError{Errno::enoent, "No such file or directory: \"" + call.text("path") + "\""};
  call.put("total-bytes", at->second.used);
  call.put("unique-bytes", at->second.used);
  return {};
}

Status file_list_directory_iter(Call& call) {
  static const RecordShape shape{"file-info", {"name"}};
  auto place = model::resolve_file(call.svm(), call.text("path"));
  if (!place) return place.error();
  const model::Volume& volume = *place->volume;
  const std::string prefix = place->inside.empty() ? "" : place->inside + "/";
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  const auto row = [&](const std::string& name, bool directory, const model::File& file) {
    return (*page)->row({name}, [&](Out& out) {
      out.time("accessed-timestamp", file.created);
      out.integer("bytes-used", file.used);
      out.time("creation-timestamp", file.created);
      out.integer("file-size", file.size);
      out.text("file-type", directory ? "directory" : "file");
      out.time("modified-timestamp", file.created);
      out.text("name", name);
      out.text("perm", directory ? "755" : "644");
    });
  };
  std::map<std::string, std::pair<bool, model::File>> entries;
  if (prefix.empty()) {
    for (const auto& [name, qtree] : volume.qtrees)
      entries[name] = {true, model::File{4096, qtree.used, volume.created, "", true}};
  }
  for (auto at = volume.files.lower_bound(prefix); at != volume.files.end() && at->first.starts_with(prefix); ++at) {
    const std::string rest = at->first.substr(prefix.size());
    const std::string name = rest.substr(0, rest.find('/'));
    const bool directory = rest.size() != name.size() || at->second.directory;
    entries.try_emplace(name, directory, at->second);
  }
  if (entries.empty() && !prefix.empty() && !volume.files.contains(place->inside) &&
      !volume.qtrees.contains(place->inside)) {
    return ModelError{Errno::enoent, "No such file or directory: \"" + call.text("path") + "\""};
  }
  for (const auto& [name, entry] : entries) {
    if (!row(name, entry.first, entry.second)) break;
  }
  return (*page)->finish();
}

Status file_copy_start(Call& call) {
  const auto from = call.list("source-paths", "sfod-operation-path").value_or(std::vector<std::string>{});
  const auto to = call.list("destination-paths", "sfod-operation-path").value_or(std::vector<std::string>{});
  if (from.empty() || from.size() != to.size()) return ModelError{Errno::invalid_input, "Missing input: source-paths"};
  const auto full = [](const std::string& path) {
    return path.starts_with("/vol/") ? path : "/vol/" + (path.starts_with("/") ? path.substr(1) : path);
  };
  const std::string job = model::new_uuid(call.cluster.rng).text();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (const Status copied = model::copy_file(call.cluster, call.svm(), full(from[i]), full(to[i])); !copied)
      return copied;
    model::Record record;
    record.fields = {
        {"destination-path", to[i]}, {"file-index", std::to_string(i)},      {"is-destination-ready", "true"},
        {"job-uuid", job},           {"scanner-progress-percentage", "100"}, {"scanner-status", "complete"}};
    call.svm().records["file-copy"][job + " " + std::to_string(i)] = std::move(record);
  }
  call.cluster.touch(call.svm());
  call.put("job-uuid", job);
  return {};
}

Status file_copy_get_iter(Call& call) {
  static const RecordShape shape{"file-copy-info", {"vserver", "job-uuid", "file-index"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool) {
    const auto rows = svm.records.find("file-copy");
    if (rows == svm.records.end()) return true;
    for (const auto& [key, record] : rows->second) {
      const auto& fields = record.fields;
      const bool more = (*page)->row({svm.name, fields.at("job-uuid"), fields.at("file-index")}, [&](Out& out) {
        for (const auto& [field, value] : fields) out.text(field.c_str(), value);
        out.text("vserver", svm.name);
      });
      if (!more) return false;
    }
    return true;
  });
  return (*page)->finish();
}

Status file_copy_destroy(Call& call) {
  const auto rows = call.svm().records.find("file-copy");
  const std::string key = call.text("job-uuid") + " " + std::to_string(call.integer("file-index").value_or(0));
  if (rows == call.svm().records.end() || rows->second.erase(key) == 0) return model::missing_entry();
  call.cluster.touch(call.svm());
  return {};
}

Status volume_set_snaplock_attrs(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume"));
  if (!found) return found.error();
  model::Volume& volume = **found;
  if (!volume.extras || volume.extras->snaplock_type == "non_snaplock")
    return model::refused("Volume \"" + volume.name + "\" is not a SnapLock volume.");
  for (const char* name : {"autocommit-period", "minimum-retention-period", "maximum-retention-period",
                           "default-retention-period", "privileged-delete-state"}) {
    if (const auto value = call.optional_text(name)) volume.extras->snaplock_attributes[name] = *value;
  }
  call.cluster.touch(call.svm(), volume);
  return {};
}

Status volume_get_snaplock_attrs(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume"));
  if (!found) return found.error();
  const model::Volume& volume = **found;
  if (!volume.extras || volume.extras->snaplock_type == "non_snaplock")
    return model::refused("Volume \"" + volume.name + "\" is not a SnapLock volume.");
  pugi::xml_node attrs = call.put("snaplock-attrs").append_child("snaplock-attrs-info");
  append_text(attrs, "type", volume.extras->snaplock_type);
  for (const auto& [name, value] : volume.extras->snaplock_attributes) append_text(attrs, name.c_str(), value);
  return {};
}

Status volume_footprint_get_iter(Call& call) {
  static const RecordShape shape{"footprint-info", {"vserver", "volume"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.volumes, 1, at_svm, [&](const std::string& name, const model::Volume& volume, bool) {
      const model::Aggregate* aggregate = call.cluster.find_aggregate(volume.aggregate);
      if (aggregate == nullptr) return true;
      return (*page)->row({svm.name, name}, [&](Out& out) {
        const Bytes metadata = volume.charged - std::max(volume.written, volume.guarantee == model::Guarantee::volume &&
                                                                                 volume.guarantee_enabled
                                                                             ? volume.size - volume.shared
                                                                             : 0);
        out.text("aggregate", volume.aggregate);
        out.integer("total-footprint", volume.charged);
        out.integer("total-footprint-percent", model::percent(volume.charged, aggregate->size));
        out.integer("volume-blocks-footprint", volume.written);
        out.integer("volume-blocks-footprint-percent", model::percent(volume.written, aggregate->size));
        if (call.cluster.ontapi_minor >= 120) {  // bin 0 is the performance tier; nothing leaves it here
          out.integer("volume-blocks-footprint-bin0", volume.written);
          out.integer("volume-blocks-footprint-bin0-percent", model::percent(volume.written, aggregate->size));
        }
        out.integer("volume-guarantee-footprint", std::max<Bytes>(0, volume.charged - metadata - volume.written));
        out.integer("flexvol-metadata-footprint", metadata);
        out.text("volume", name);
        out.text("vserver", svm.name);
      });
    });
  });
  return (*page)->finish();
}

Status volume_space_get_iter(Call& call) {
  static const RecordShape shape{"space-info", {"vserver", "volume"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.volumes, 1, at_svm, [&](const std::string& name, const model::Volume& volume, bool) {
      if (volume.state != model::VolumeState::online) return true;
      return (*page)->row({svm.name, name}, [&](Out& out) {
        const model::VolumeSpace space = space_of(call.cluster, svm, volume);
        out.integer("physical-used", space.physical_used);
        out.integer("physical-used-percent", model::percent(space.physical_used, space.size));
        out.integer("snapshot-reserve", space.reserve);
        out.integer("snapshot-reserve-percent", volume.snapshot_reserve_percent);
        out.integer("total-used", space.used);
        out.integer("total-used-percent", space.percent_used);
        out.integer("user-data", std::max<Bytes>(0, volume.active - call.cluster.settings.volume_used_when_empty));
        out.text("volume", name);
        out.text("vserver", svm.name);
      });
    });
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> file_apis() {
  return {
      {.name = "file-assign-qos",
       .scope = Scope::any,
       .input = "file* qos-policy-group-name qos-adaptive-policy-group-name@130 volume* vserver*",
       .run = file_assign_qos,
       .source = "Cinder NFS"},
      {.name = "file-delete-file",
       .scope = Scope::svm,
       .input = "path* is-clone-file:b@30",
       .run = file_delete_file,
       .source = "Cinder NFS; a missing file is 2"},
      {.name = "file-rename-file",
       .scope = Scope::svm,
       .input = "from-path* to-path*",
       .run = file_rename_file,
       .source = "Cinder NFS"},
      {.name = "file-usage-get",
       .scope = Scope::svm,
       .input = "length:i path* start-offset:i",
       .run = file_usage_get,
       .source = "Cinder NFS"},
      {.name = "file-list-directory-iter",
       .scope = Scope::svm,
       .input = "desired-attributes:r max-records:i path* query:r tag",
       .run = file_list_directory_iter,
       .source = "appendix B"},
      {.name = "file-copy-start",
       .scope = Scope::svm,
       .input = "cutover-time:i destination-paths*:r max-throughput:i report-time:i source-paths*:r",
       .run = file_copy_start,
       .source = "Cinder NFS"},
      {.name = "file-copy-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = file_copy_get_iter,
       .source = "Cinder NFS"},
      {.name = "file-copy-destroy",
       .scope = Scope::svm,
       .input = "file-index*:i job-uuid*",
       .run = file_copy_destroy,
       .source = "Cinder NFS"},
      {.name = "volume-set-snaplock-attrs",
       .scope = Scope::svm,
       .input = "volume* autocommit-period minimum-retention-period maximum-retention-period default-retention-period "
                "privileged-delete-state",
       .run = volume_set_snaplock_attrs,
       .source = "Manila"},
      {.name = "volume-get-snaplock-attrs",
       .scope = Scope::svm,
       .input = "volume*",
       .run = volume_get_snaplock_attrs,
       .source = "Ansible's na_ontap_volume_snaplock"},
      {.name = "volume-footprint-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = volume_footprint_get_iter,
       .source = "Harvest"},
      {.name = "volume-space-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = volume_space_get_iter,
       .source = "Ansible's gather-facts"},
  };
}

}  // namespace ontap_sim::zapi
