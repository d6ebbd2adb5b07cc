// FlexCache: a FlexGroup that caches another volume of this cluster. The array keeps which volume it caches; the data
// path of this simulator has no blocks to fetch, so a cache starts and stays empty. Source: Ansible's
// na_ontap_flexcache, Harvest's template.
#include "ontap-sim/model/job_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "ontap-sim/zapi/families.h"
#include "ontap-sim/zapi/registers.h"

namespace ontap_sim::zapi {
namespace {

Status flexcache_create(Call& call) {
  const std::string origin_svm = call.text("origin-vserver");
  const std::string origin = call.text("origin-volume");
  const model::Svm* source = call.cluster.find_svm(origin_svm);
  if (source == nullptr) return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  const model::Volume* cached = source->find_volume(origin);
  if (cached == nullptr)
    return ModelError{Errno::volume_does_not_exist,
                      "Volume \"" + origin + "\" in Vserver \"" + origin_svm + "\" does not exist."};
  model::NewFlexGroup spec;
  spec.common.name = call.text("volume");
  spec.common.size = call.integer("size").value_or(std::max<std::int64_t>(cached->size / 10, std::int64_t{1} << 30));
  spec.common.guarantee = model::Guarantee::none;
  spec.common.junction_path = call.text("junction-path");
  spec.aggregates = call.list("aggr-list", "aggr-name").value_or(std::vector<std::string>{});
  spec.multiplier = static_cast<int>(call.integer("aggr-list-multiplier").value_or(1));
  if (spec.multiplier < 1 || spec.multiplier > 100) return call.invalid("aggr-list-multiplier");
  auto made = model::create_flexgroup(call.cluster, call.svm(), spec);
  if (!made) return made.error();
  call.svm().records["flexcache"][spec.common.name].fields = {
      {"origin-cluster", call.cluster.name}, {"origin-volume", origin}, {"origin-vserver", origin_svm}};
  call.cluster.touch(call.svm());
  model::NewJob job;
  job.name = "FlexCache create " + spec.common.name;
  job.type = "FLEXCACHE";
  job.svm = call.svm().name;
  job.volume = spec.common.name;
  call.put_job(model::start_job(call.cluster, job, call.cluster.settings.job_time));
  return {};
}

Status flexcache_destroy(Call& call) {
  const std::string name = call.text("volume");
  auto& caches = call.svm().records["flexcache"];
  if (!caches.contains(name)) return model::missing_entry();
  if (const Status gone = model::destroy_volume(call.cluster, call.svm(), name, {}); !gone) return gone;
  caches.erase(name);
  call.cluster.touch(call.svm());
  model::NewJob job;
  job.name = "FlexCache delete " + name;
  job.type = "FLEXCACHE";
  job.svm = call.svm().name;
  call.put_job(model::start_job(call.cluster, job, call.cluster.settings.job_time));
  return {};
}

Status flexcache_get_iter(Call& call) {
  static const RecordShape shape{"flexcache-info", {"vserver", "volume"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each_svm(0, [&](const model::Svm& svm, bool at_svm) {
    const auto caches = svm.records.find("flexcache");
    if (caches == svm.records.end()) return true;
    return (*page)->each(caches->second, 1, at_svm, [&](const std::string& name, const model::Record& record, bool) {
      const model::Volume* volume = svm.find_volume(name);
      if (volume == nullptr) return true;  // destroyed as a volume
      return (*page)->row({svm.name, name}, [&](Out& out) {
        for (const auto& [field, value] : record.fields) out.text(field.c_str(), value);
        std::vector<std::string> aggregates;
        for (const std::string& part : volume->constituents) {
          if (const model::Volume* one = svm.find_volume(part)) aggregates.push_back(one->aggregate);
        }
        out.list("aggr-list", "aggr-name", aggregates);
        out.integer("size", volume->size);
        out.text("volume", name);
        out.text("vserver", svm.name);
      });
    });
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> flexcache_apis() {
  return {
      {.name = "flexcache-create-async",
       .scope = Scope::svm,
       .input = "aggr-list-multiplier:i aggr-list:r auto-provision-as junction-path origin-volume* origin-vserver* "
                "size:i space-guarantee volume*",
       .run = flexcache_create,
       .source = "Ansible's na_ontap_flexcache",
       .since = 130},
      {.name = "flexcache-destroy-async",
       .scope = Scope::svm,
       .input = "volume*",
       .run = flexcache_destroy,
       .source = "Ansible's na_ontap_flexcache",
       .since = 130},
      {.name = "flexcache-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = flexcache_get_iter,
       .source = "Ansible, Harvest",
       .since = 130},
  };
}

}  // namespace ontap_sim::zapi
