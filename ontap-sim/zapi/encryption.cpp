// Encrypting a volume in place. The conversion takes virtual time, as a copy of the volume would; it is seen as running
// until then. Source: Ansible's na_ontap_volume, which starts it and waits for the status.
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {
namespace {

constexpr const char* kConversions = "encryption-conversion";

Status conversion_start(Call& call) {
  auto found = model::require_volume(call.svm(), call.text("volume"));
  if (!found) return found.error();
  model::Volume& volume = **found;
  if (volume.encrypt) return model::refused("Volume \"" + volume.name + "\" is already encrypted.");
  if (volume.state != model::VolumeState::online)
    return ModelError{Errno::volume_offline, "Volume \"" + volume.name + "\" is offline."};
  const auto done = call.cluster.now() + model::copy_time(call.cluster, volume.written);
  volume.encrypt = true;
  call.svm().records[kConversions][volume.name].fields = {{"done", std::to_string(model::epoch_seconds(done) + 1)}};
  call.cluster.touch(call.svm(), volume);
  call.cluster.touch(call.svm());
  return {};
}

Status conversion_get_iter(Call& call) {
  static const RecordShape shape{"volume-encryption-conversion-info", {"vserver", "volume"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  const std::int64_t now = model::epoch_seconds(call.cluster.now());
  (*page)->each_svm(0, [&](const model::Svm& svm, bool at_svm) {
    const auto conversions = svm.records.find(kConversions);
    if (conversions == svm.records.end()) return true;
    return (*page)->each(
        conversions->second, 1, at_svm, [&](const std::string& name, const model::Record& record, bool) {
          if (svm.find_volume(name) == nullptr) return true;
          const auto done = static_cast<std::int64_t>(base::parse_unsigned(record.fields.at("done")).value_or(0));
          return (*page)->row({svm.name, name}, [&](Out& out) {
            out.text("status", now < done ? "running" : "Not currently going on.");
            out.text("volume", name);
            out.text("vserver", svm.name);
          });
        });
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> encryption_apis() {
  return {
      {.name = "volume-encryption-conversion-start",
       .scope = Scope::svm,
       .input = "volume* vserver",
       .run = conversion_start,
       .source = "Ansible's na_ontap_volume",
       .since = 130},
      {.name = "volume-encryption-conversion-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = conversion_get_iter,
       .source = "Ansible's na_ontap_volume",
       .since = 130},
  };
}

}  // namespace ontap_sim::zapi
