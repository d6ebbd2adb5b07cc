// Initiator groups and the maps of LUNs to them. Source: section 7.7.
#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Igroup;
using model::Lun;
using model::Svm;

Status igroup_create(Call& call) {
  model::NewIgroup spec;
  spec.name = call.text("initiator-group-name");
  spec.protocol = call.text("initiator-group-type");
  const char* type = call.has("os-type") ? "os-type" : "ostype";
  spec.os_type = call.optional_text(type).value_or("default");
  if (!model::is_igroup_os_type(spec.os_type)) return call.invalid(type);
  spec.portset = call.optional_text("bind-portset").value_or("");
  auto made = model::create_igroup(call.cluster, call.svm(), spec);
  if (!made) return made.error();
  return {};
}

Status igroup_destroy(Call& call) {
  return model::destroy_igroup(call.cluster, call.svm(), call.text("initiator-group-name"), call.flag("force"));
}
Status igroup_add(Call& call) {
  return model::add_initiator(call.cluster, call.svm(), call.text("initiator-group-name"),
                              std::string(base::trim(call.text("initiator"))), call.flag("force"));
}
Status igroup_remove(Call& call) {
  return model::remove_initiator(call.cluster, call.svm(), call.text("initiator-group-name"),
                                 std::string(base::trim(call.text("initiator"))), call.flag("force"));
}
Status igroup_rename(Call& call) {
  return model::rename_igroup(call.cluster, call.svm(), call.text("initiator-group-name"),
                              call.text("initiator-group-new-name"));
}

void write_igroup(Out& out, const Svm& svm, const Igroup& igroup) {
  out.flag("initiator-group-alua-enabled", igroup.alua);
  out.text("initiator-group-name", igroup.name);
  out.text("initiator-group-os-type", igroup.os_type);
  out.text_if("initiator-group-portset-name", igroup.portset);
  out.flag("initiator-group-report-scsi-name-enabled", true);
  out.flag("initiator-group-throttle-borrow", false);
  out.integer("initiator-group-throttle-reserve", 0);
  out.text("initiator-group-type", igroup.protocol);
  out.flag("initiator-group-use-partner", true);
  out.text("initiator-group-uuid", igroup.uuid.text());
  out.flag("initiator-group-vsa-enabled", false);
  if (pugi::xml_node list = igroup.initiators.empty() ? pugi::xml_node() : out.child_list("initiators")) {
    for (const std::string& initiator : igroup.initiators)
      append_text(list.append_child("initiator-info"), "initiator-name", initiator);
  }
  out.text("vserver", svm.name);
}

Status igroup_get_iter(Call& call) {
  static const RecordShape shape{"initiator-group-info", {"vserver", "initiator-group-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.igroups, 1, at_svm, [&](const std::string& name, const Igroup& igroup, bool) {
      return (*page)->row({svm.name, name}, [&](Out& out) { write_igroup(out, svm, igroup); });
    });
  });
  return (*page)->finish();
}

Status lun_map(Call& call) {
  std::optional<std::int32_t> id;
  if (const auto wanted = call.integer("lun-id")) {
    if (*wanted < 0 || *wanted > 4095) return call.invalid("lun-id");
    id = static_cast<std::int32_t>(*wanted);
  }
  auto assigned = model::map_lun(call.cluster, call.svm(), call.text("path"), call.text("initiator-group"), id);
  if (!assigned) return assigned.error();
  call.put("lun-id-assigned", std::int64_t{*assigned});
  return {};
}

Status lun_unmap(Call& call) {
  return model::unmap_lun(call.cluster, call.svm(), call.text("path"), call.text("initiator-group"));
}

Status lun_map_list_info(Call& call) {
  auto lun = model::require_lun(call.svm(), call.text("path"));
  if (!lun) return lun.error();
  pugi::xml_node list = call.put("initiator-groups");
  for (const auto& [name, id] : (*lun)->maps) {
    pugi::xml_node info = list.append_child("initiator-group-info");
    Out out(info, {}, {}, {});
    write_igroup(out, call.svm(), *call.svm().find_igroup(name));
    append_text(info, "lun-id", std::to_string(id));
  }
  return {};
}

void write_map(Out& out, const model::Cluster& cluster, const Svm& svm, const Lun& lun, const Igroup& igroup,
               std::int32_t id) {
  out.text("initiator-group", igroup.name);
  out.text("initiator-group-uuid", igroup.uuid.text());
  out.integer("lun-id", id);
  out.text("lun-uuid", lun.uuid.text());
  const std::vector<std::string> nodes = model::reporting_nodes(cluster, svm, lun);
  if (cluster.ontapi_minor >= 30 && !nodes.empty()) {
    const model::Volume* volume = svm.find_volume(lun.volume());
    out.text("node", cluster.find_aggregate(volume->aggregate)->node);
    out.list("reporting-nodes", "node-name", nodes);
  }
  out.text("path", lun.path);
  out.text("vserver", svm.name);
}

Status lun_map_get_iter(Call& call) {
  static const RecordShape shape{"lun-map-info", {"vserver", "path", "initiator-group"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const Svm& svm, bool at_svm) {
    return (*page)->each(svm.luns, 1, at_svm, [&](const std::string& path, const Lun& lun, bool at_lun) {
      return (*page)->each(lun.maps, 2, at_lun, [&](const std::string& igroup, const std::int32_t& id, bool) {
        return (*page)->row({svm.name, path, igroup},
                            [&](Out& out) { write_map(out, call.cluster, svm, lun, *svm.find_igroup(igroup), id); });
      });
    });
  });
  return (*page)->finish();
}

Status lun_initiator_list_map_info(Call& call) {
  const std::string initiator = base::to_lower(base::trim(call.text("initiator")));
  pugi::xml_node list = call.put("lun-maps");
  for (const auto& [name, igroup] : call.svm().igroups) {
    if (!igroup.initiators.contains(initiator)) continue;
    for (const auto& [id, path] : igroup.luns) {
      Out out(list.append_child("lun-map-info"), {}, {}, {});
      write_map(out, call.cluster, call.svm(), *call.svm().find_lun(path), igroup, id);
    }
  }
  return {};
}

}  // namespace

std::vector<ApiEntry> igroup_apis() {
  return {
      {.name = "igroup-create",
       .scope = Scope::svm,
       .input = "bind-portset initiator-group-name* initiator-group-type* os-type ostype",
       .run = igroup_create,
       .source = "9004, 13115: nDVP's tests"},
      {.name = "igroup-destroy",
       .scope = Scope::svm,
       .input = "force:b initiator-group-name*",
       .run = igroup_destroy,
       .source = "9003, 9029: nDVP's tests"},
      {.name = "igroup-add",
       .scope = Scope::svm,
       .input = "force:b initiator* initiator-group-name*",
       .run = igroup_add,
       .source = "9008, 13001: nDVP's tests"},
      {.name = "igroup-remove",
       .scope = Scope::svm,
       .input = "force:b initiator* initiator-group-name*",
       .run = igroup_remove,
       .source = "9007: nDVP's tests"},
      {.name = "igroup-rename",
       .scope = Scope::svm,
       .input = "initiator-group-name* initiator-group-new-name*",
       .run = igroup_rename,
       .source = "Ansible's na_ontap_igroup"},
      {.name = "igroup-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = igroup_get_iter,
       .source = "Cinder queries by initiator"},
  };
}

std::vector<ApiEntry> lun_map_apis() {
  return {
      {.name = "lun-map",
       .scope = Scope::svm,
       .input = "additional-reporting-node:r force:b initiator-group* lun-id:i path*",
       .run = lun_map,
       .source = "9023, 9024: nDVP's tests"},
      {.name = "lun-unmap",
       .scope = Scope::svm,
       .input = "initiator-group* path*",
       .run = lun_unmap,
       .source = "9016: Trident, Cinder"},
      {.name = "lun-map-list-info",
       .scope = Scope::svm,
       .input = "path*",
       .run = lun_map_list_info,
       .source = "15661: nDVP's tests"},
      {.name = "lun-map-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = lun_map_get_iter,
       .source = "reporting nodes: Trident"},
      {.name = "lun-initiator-list-map-info",
       .scope = Scope::svm,
       .input = "initiator*",
       .run = lun_initiator_list_map_info,
       .source = "Cinder"},
  };
}

}  // namespace ontap_sim::zapi
