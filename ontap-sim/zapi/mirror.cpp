// SnapMirror relationships: what the NAS driver asks after each volume. Source: section 7.12.
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::SnapMirror;

void write_mirror(Out& out, const SnapMirror& mirror) {
  out.text("destination-location", mirror.destination.location());
  out.text("destination-volume", mirror.destination.volume);
  out.text("destination-vserver", mirror.destination.svm);
  out.flag("is-healthy", mirror.healthy);
  out.text("mirror-state", mirror.mirror_state);
  out.text("policy", mirror.policy);
  out.text("relationship-id", mirror.id.text());
  out.text("relationship-status", mirror.status);
  out.text("relationship-type", mirror.type);
  out.text_if("schedule", mirror.schedule);
  out.text("source-location", mirror.source.location());
  out.text("source-volume", mirror.source.volume);
  out.text("source-vserver", mirror.source.svm);
  out.text("vserver", mirror.destination.svm);
}

bool visible(const Call& call, const SnapMirror& mirror) {
  return call.scope_svm == nullptr || mirror.destination.svm == call.scope_svm->name || (mirror.type == "load_sharing" && mirror.source.svm == call.scope_svm->name);
}

Status snapmirror_get_iter(Call& call) {
  static const RecordShape shape{"snapmirror-info", {"destination-location"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  for (const auto& [destination, mirror] : call.cluster.snapmirrors) {
    if (!visible(call, mirror)) continue;
    if (!(*page)->row({destination.location()}, [&](Out& out) { write_mirror(out, mirror); })) break;
  }
  return (*page)->finish();
}

Status snapmirror_update_ls_set(Call& call) {
  std::string location = call.text("source-location");
  if (location.empty()) location = call.text("source-vserver") + ":" + call.text("source-volume");
  if (const std::size_t slashes = location.rfind('/'); slashes != std::string::npos) location = location.substr(slashes + 1);
  std::string svm;
  std::string volume;
  for (auto& [destination, mirror] : call.cluster.snapmirrors) {
    if (mirror.type != "load_sharing" || mirror.source.location() != location || !visible(call, mirror)) continue;
    svm = mirror.source.svm;
    volume = mirror.source.volume;
    mirror.last_transfer_end = call.cluster.now();
    mirror.last_transfer_type = "update";
    ++mirror.update_successful;
  }
  if (svm.empty()) return model::missing_entry();
  call.cluster.touch();
  call.put_job(model::record_job(call.cluster, {.kind = model::JobKind::finished, .name = "SnapMirror update of the set " + location, .type = "SNAPMIRROR", .svm = svm, .volume = volume},
                                 "Successful"));
  return {};
}

}  // namespace

std::vector<ApiEntry> mirror_apis() {
  return {
      {.name = "snapmirror-get-iter", .scope = Scope::any, .input = "desired-attributes:r expand:b max-records:i query:r tag", .run = snapmirror_get_iter,
       .source = "nDVP needs num-records"},
      {.name = "snapmirror-update-ls-set", .scope = Scope::any, .input = "source-cluster source-location source-volume source-vserver",
       .run = snapmirror_update_ls_set, .source = "nDVP"},
  };
}

}  // namespace ontap_sim::zapi
