// Qtrees. Source: section 7.6.
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/qtree_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Qtree;
using model::Svm;
using model::Volume;

using Place = std::pair<std::string, std::string>;

model::Result<Place> read_path(const Call& call, const char* element) {
  const auto path = model::parse_qtree_path(call.text(element));
  if (!path) return call.invalid(element);
  return *path;
}

model::Result<model::NewQtree> read_qtree(const Call& call) {
  model::NewQtree spec;
  spec.volume = call.text("volume");
  spec.name = call.text("qtree");
  if (const auto text = call.optional_text("mode")) {
    spec.mode = model::parse_permissions(*text);
    if (!spec.mode) return call.invalid("mode");
  }
  if (const auto text = call.optional_text("security-style")) {
    spec.security_style = model::parse_security_style(*text);
    if (!spec.security_style) return call.invalid("security-style");
  }
  if (const auto text = call.optional_text("oplocks")) {
    if (*text != "enabled" && *text != "disabled") return call.invalid("oplocks");
    spec.oplocks = *text == "enabled";
  }
  spec.export_policy = call.optional_text("export-policy").value_or("");
  spec.qos_policy = call.optional_text("qos-policy-group").value_or("");
  return spec;
}

Status qtree_create(Call& call) {
  auto spec = read_qtree(call);
  if (!spec) return spec.error();
  auto made = model::create_qtree(call.cluster, call.svm(), *spec);
  if (!made) return made.error();
  return {};
}

Status qtree_modify(Call& call) {
  auto spec = read_qtree(call);
  if (!spec) return spec.error();
  return model::modify_qtree(call.cluster, call.svm(), *spec);
}

Status qtree_delete(Call& call) {
  auto place = read_path(call, "qtree");
  if (!place) return place.error();
  return model::delete_qtree(call.cluster, call.svm(), place->first, place->second, call.flag("force"));
}

Status qtree_delete_async(Call& call) {
  if (const Status done = qtree_delete(call); !done) return done;
  call.put_job(model::record_job(call.cluster,
                                 {.kind = model::JobKind::finished,
                                  .name = "Delete qtree " + call.text("qtree"),
                                  .type = "QTREE_DELETE",
                                  .svm = call.svm().name},
                                 "Successful"));
  return {};
}

Status qtree_rename(Call& call) {
  auto from = read_path(call, "qtree");
  if (!from) return from.error();
  auto to = read_path(call, "new-qtree-name");
  if (!to) return to.error();
  if (from->first != to->first) return model::refused("A qtree cannot be renamed into another volume.");
  return model::rename_qtree(call.cluster, call.svm(), from->first, from->second, to->second);
}

void write_qtree(Out& out, const Svm& svm, const Volume& volume, const Qtree& qtree, int id) {
  out.text("export-policy", qtree.export_policy.empty() ? volume.export_policy : qtree.export_policy);
  out.integer("id", id);
  out.flag("is-export-policy-inherited", qtree.export_policy.empty());
  out.text("mode", model::permissions_text(qtree.mode));
  out.text("oplocks", qtree.oplocks ? "enabled" : "disabled");
  out.text_if("qos-policy-group", qtree.qos_policy);
  out.text("qtree", qtree.name);
  out.text("security-style", to_string(qtree.security_style));
  out.text("status", volume.type == model::VolumeType::dp ? "mirrored" : "normal");
  out.text("volume", volume.name);
  out.text("vserver", svm.name);
}

Status qtree_list_iter(Call& call) {
  static const RecordShape shape{"qtree-info", {"vserver", "volume", "qtree"}, 100};
  auto opened = Iteration::open(call, shape);
  if (!opened) return opened.error();
  Iteration& page = **opened;
  page.each_svm(0, [&](const Svm& svm, bool at_svm) {
    return page.each(svm.volumes, 1, at_svm, [&](const std::string& name, const Volume& volume, bool at_volume) {
      if (volume.state != model::VolumeState::online || volume.constituent()) return true;
      Qtree whole;  // qtree 0 is the volume itself
      whole.security_style = volume.security_style;
      whole.mode = volume.mode;
      whole.qos_policy = volume.qos_policy;
      const auto qtree_zero = [&](Out& out) { write_qtree(out, svm, volume, whole, 0); };
      if (!page.row({svm.name, name, ""}, qtree_zero)) return false;
      return page.each(volume.qtrees, 2, at_volume, [&](const std::string& qtree_name, const Qtree& qtree, bool) {
        return page.row({svm.name, name, qtree_name},
                        [&](Out& out) { write_qtree(out, svm, volume, qtree, qtree.id); });
      });
    });
  });
  return page.finish();
}

}  // namespace

std::vector<ApiEntry> qtree_apis() {
  constexpr std::string_view input = "export-policy mode oplocks qos-policy-group@100 qtree* security-style volume*";
  return {
      {.name = "qtree-create",
       .scope = Scope::svm,
       .input = input,
       .run = qtree_create,
       .source = "13080 is assumption A7"},
      {.name = "qtree-modify",
       .scope = Scope::svm,
       .input = input,
       .run = qtree_modify,
       .source = "Trident from 20.x on"},
      {.name = "qtree-delete",
       .scope = Scope::svm,
       .input = "force:b qtree*",
       .run = qtree_delete,
       .source = "15669, 15671: the SDK's list"},
      {.name = "qtree-delete-async",
       .scope = Scope::svm,
       .input = "force:b qtree*",
       .run = qtree_delete_async,
       .source = "nDVP economy"},
      {.name = "qtree-rename",
       .scope = Scope::svm,
       .input = "new-qtree-name* qtree*",
       .run = qtree_rename,
       .source = "nDVP economy"},
      {.name = "qtree-list-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = qtree_list_iter,
       .source = "nDVP counts qtree 0"},
  };
}

}  // namespace ontap_sim::zapi
