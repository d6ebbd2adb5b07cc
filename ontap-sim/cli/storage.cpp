// storage aggregate.
#include "ontap-sim/cli/families.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

std::vector<Record> list_aggregates(Call& call) {
  std::vector<Record> records;
  if (!call.user.svm.empty()) return records;
  for (const auto& [name, aggregate] : call.cluster.aggregates) {
    records.push_back(
        {{"aggregate", name},
         {"size", bytes_value(aggregate.size)},
         {"availsize", bytes_value(aggregate.available())},
         {"usedsize", bytes_value(aggregate.used())},
         {"percent-used", Value::percent(static_cast<std::uint64_t>(model::percent(aggregate.used(), aggregate.size)))},
         {"state", aggregate.state},
         {"volcount", count_value(aggregate.volume_count)},
         {"node", aggregate.node},
         {"home-name", aggregate.home_node},
         {"raidtype", aggregate.raid_type},
         {"raidstatus", aggregate.raid_type + ", normal"},
         {"maxraidsize", count_value(aggregate.raid_size)},
         {"diskcount", count_value(aggregate.disk_count)},
         {"storage-type", aggregate.type},
         {"root", aggregate.root},
         {"uuid", aggregate.uuid.text()},
         {"snaplock-type", base::replace_all(aggregate.snaplock_type, "_", "-")}});
  }
  return records;
}
const View kAggregates{
    .layouts = {{.flag = "",
                 .header = "Aggregate     Size Available Used% State   #Vols  Nodes            RAID Status\n"
                           "--------- -------- --------- ----- ------- ------ ---------------- ------------",
                 .columns = {"aggregate", "size", "availsize", "percent-used", "state", "volcount", "node",
                             "raidstatus"},
                 .align = "lrrrlrll"}},
    .fields = {{"aggregate", "Aggregate", true},
               {"storage-type", "Storage Type"},
               {"diskcount", "Number Of Disks"},
               {"home-name", "Home Name"},
               {"node", "Node"},
               {"volcount", "Number Of Volumes"},
               {"raidstatus", "RAID Status"},
               {"raidtype", "RAID Type"},
               {"maxraidsize", "Max RAID Size"},
               {"size", "Size"},
               {"usedsize", "Used Size"},
               {"percent-used", "Used Percentage"},
               {"availsize", "Available Size"},
               {"state", "State"},
               {"root", "Is Root Aggregate"},
               {"uuid", "UUID String"},
               {"snaplock-type", "SnapLock Type"}},
    .list = list_aggregates};

}  // namespace

std::vector<Command> storage_commands() {
  return {{.path = "storage aggregate show",
           .help = "Display a list of aggregates",
           .reach = Reach::cluster,
           .view = &kAggregates,
           .source = "specification 10.5"}};
}

}  // namespace ontap_sim::cli
