// Aggregates and disks. Source: sections 7.2 and 8.1.
#include <algorithm>

#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Aggregate;
using model::percent;

std::string node_id(const model::Cluster& cluster, const std::string& name) {
  const auto at = cluster.nodes.find(name);
  return at == cluster.nodes.end() ? "" : at->second.system_id;
}

void write_raid(Out& out, const model::Cluster& cluster, const Aggregate& aggregate) {
  if (!out.open("aggr-raid-attributes")) return;
  const bool hybrid = aggregate.type == "hybrid";
  out.text("aggregate-type", aggregate.type);
  out.integer("cache-raid-group-size", 0);
  out.text("checksum-status", "active");
  out.text("checksum-style", "block");
  out.integer("disk-count", aggregate.disk_count);
  if (cluster.ontapi_minor >= 140) out.flag("encrypt-with-aggr-key", false);
  out.text("ha-policy", aggregate.root ? "cfo" : "sfo");
  out.flag("has-local-root", aggregate.root);
  out.flag("has-partner-root", false);
  out.flag("is-checksum-enabled", true);
  out.flag("is-flash-pool-caching-enabled", hybrid);
  out.flag("is-hybrid", hybrid);
  out.flag("is-hybrid-enabled", hybrid);
  out.flag("is-inconsistent", false);
  if (cluster.ontapi_minor >= 150) out.flag("is-root-aggregate", aggregate.root);
  out.text("mirror-status", "unmirrored");
  out.text("mount-state", aggregate.state);
  out.integer("plex-count", 1);
  if (pugi::xml_node plexes = out.child_list("plexes")) {
    const std::string plex_name = "/" + aggregate.name + "/plex0";
    pugi::xml_node plex = plexes.append_child("plex-attributes");
    append_text(plex, "is-online", aggregate.state == "online" ? "true" : "false");
    append_text(plex, "is-resyncing", "false");
    append_text(plex, "plex-name", plex_name);
    append_text(plex, "plex-status", "normal,active");
    pugi::xml_node group = plex.append_child("raidgroups").append_child("raidgroup-attributes");
    append_text(group, "checksum-style", "block");
    append_text(group, "is-cache-tier", "false");
    append_text(group, "is-recomputing-parity", "false");
    append_text(group, "is-reconstructing", "false");
    append_text(group, "raidgroup-name", plex_name + "/rg0");
    append_text(group, "recomputing-parity-percentage", "0");
    append_text(group, "reconstruction-percentage", "0");
  }
  out.text("raid-lost-write-state", "on");
  out.integer("raid-size", aggregate.raid_size);
  out.text("raid-status", aggregate.raid_type + ", normal" + (hybrid ? ", hybrid" : ""));
  out.text("raid-type", aggregate.raid_type);
  out.text("state", aggregate.state);
  out.close();
}

void write_space(Out& out, const model::Cluster& cluster, const Aggregate& aggregate) {
  if (!out.open("aggr-space-attributes")) return;
  out.integer("aggregate-metadata", aggregate.metadata());
  out.integer("hybrid-cache-size-total", aggregate.type == "hybrid" ? aggregate.size / 20 : 0);
  out.integer("percent-used-capacity", percent(aggregate.used(), aggregate.size));
  if (cluster.ontapi_minor >= 100) {
    out.integer("physical-used", aggregate.written);
    out.integer("physical-used-percent", percent(aggregate.written, aggregate.size));
  }
  // No blocks are ever shared, compacted or moved to an object store here.
  if (cluster.ontapi_minor >= 110) {
    for (const char* field :
         {"data-compacted-count", "data-compaction-space-saved", "data-compaction-space-saved-percent"})
      out.integer(field, 0);
  }
  for (const char* field : {"sis-shared-count", "sis-space-saved", "sis-space-saved-percent"}) out.integer(field, 0);
  if (cluster.ontapi_minor >= 120) out.integer("capacity-tier-used", 0);
  if (cluster.ontapi_minor >= 140) {
    out.integer("performance-tier-inactive-user-data", 0);
    out.integer("performance-tier-inactive-user-data-percent", 0);
  }
  out.integer("size-available", aggregate.available());
  out.integer("size-total", aggregate.size);
  out.integer("size-used", aggregate.used());
  out.integer("total-reserved-space", std::max<Bytes>(0, aggregate.charged - aggregate.written));
  out.integer("used-including-snapshot-reserve", aggregate.used());
  out.integer("volume-footprints", aggregate.charged);
  out.close();
}

void write_rest(Out& out, const Aggregate& aggregate) {
  if (out.open("aggr-fs-attributes")) {
    out.text("block-type", "64_bit");
    out.integer("fsid", static_cast<std::int64_t>(aggregate.uuid.low & 0x7fffffff));
    out.text("type", "aggr");
    out.close();
  }
  if (out.open("aggr-inode-attributes")) {
    out.integer("files-private-used", 500);
    out.integer("files-total", 31142);
    out.integer("files-used", 97);
    out.integer("inodefile-private-capacity", 31142);
    out.integer("inodefile-public-capacity", 31142);
    out.integer("maxfiles-available", 31142);
    out.integer("maxfiles-possible", aggregate.size / (32 * model::kKiB));
    out.integer("maxfiles-used", 97);
    out.integer("percent-inode-used-capacity", 0);
    out.close();
  }
  if (out.open("aggr-performance-attributes")) {
    out.text("free-space-realloc", "off");
    out.integer("max-write-alloc-blocks", 0);
    out.close();
  }
  if (out.open("aggr-snaplock-attributes")) {
    out.flag("is-snaplock", aggregate.snaplock_type != "non_snaplock");
    out.text("snaplock-type", aggregate.snaplock_type);
    out.close();
  }
  if (out.open("aggr-snapmirror-attributes")) {
    out.integer("dp-snapmirror-destinations", 0);
    out.integer("ls-snapmirror-destinations", 0);
    out.integer("mv-snapmirror-destinations", 0);
    out.close();
  }
  if (out.open("aggr-snapshot-attributes")) {
    out.integer("files-total", 0);
    out.integer("files-used", 0);
    out.flag("is-snapshot-auto-create-enabled", false);
    out.flag("is-snapshot-auto-delete-enabled", true);
    out.integer("maxfiles-available", 0);
    out.integer("maxfiles-possible", 0);
    out.integer("maxfiles-used", 0);
    out.integer("percent-inode-used-capacity", 0);
    out.integer("percent-used-capacity", 0);
    out.integer("size-available", 0);
    out.integer("size-total", 0);
    out.integer("size-used", 0);
    out.integer("snapshot-reserve-percent", 0);
    out.close();
  }
}

void write_aggregate(Out& out, const model::Cluster& cluster, const Aggregate& aggregate) {
  write_raid(out, cluster, aggregate);
  write_space(out, cluster, aggregate);
  write_rest(out, aggregate);
  if (out.open("aggr-ownership-attributes")) {
    out.text("cluster", cluster.name);
    out.text("home-id", node_id(cluster, aggregate.home_node));
    out.text("home-name", aggregate.home_node);
    out.text("owner-id", node_id(cluster, aggregate.node));
    out.text("owner-name", aggregate.node);
    out.close();
  }
  if (out.open("aggr-volume-count-attributes")) {
    out.integer("flexvol-count", aggregate.volume_count);
    out.integer("flexvol-count-collective", 0);
    out.integer("flexvol-count-not-online", 0);
    out.integer("flexvol-count-quiesced", 0);
    out.integer("flexvol-count-striped", 0);
    out.close();
  }
  out.text("aggregate-name", aggregate.name);
  out.text("aggregate-uuid", aggregate.uuid.text());
  out.list("nodes", "node-name", std::vector<std::string>{aggregate.node});
  out.text("striping-type", "unknown");
}

Status aggr_get_iter(Call& call) {
  static const RecordShape shape{"aggr-attributes", {"aggregate-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.aggregates, 0, true, [&](const std::string& name, const Aggregate& aggregate, bool) {
    return (*page)->row({name}, [&](Out& out) { write_aggregate(out, call.cluster, aggregate); });
  });
  return (*page)->finish();
}

Status aggr_space_get_iter(Call& call) {
  static const RecordShape shape{"space-information", {"aggregate", "tier-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.aggregates, 0, true, [&](const std::string& name, const Aggregate& aggregate, bool) {
    return (*page)->row({name, ""}, [&](Out& out) {
      out.text("aggregate", name);
      out.integer("aggregate-metadata", aggregate.metadata());
      out.integer("aggregate-metadata-percent", percent(aggregate.metadata(), aggregate.size));
      out.integer("aggregate-size", aggregate.size);
      out.integer("percent-snapshot-space", 0);
      out.integer("physical-used", aggregate.written);
      out.integer("physical-used-percent", percent(aggregate.written, aggregate.size));
      out.integer("snap-size-total", 0);
      out.text("tier-name", "");
      out.integer("used-including-snapshot-reserve", aggregate.used());
      out.integer("used-including-snapshot-reserve-percent", percent(aggregate.used(), aggregate.size));
      out.integer("volume-footprints", aggregate.charged);
      out.integer("volume-footprints-percent", percent(aggregate.charged, aggregate.size));
    });
  });
  return (*page)->finish();
}

Status aggr_options_list_info(Call& call) {
  const Aggregate* aggregate = call.cluster.find_aggregate(call.text("aggregate"));
  if (aggregate == nullptr)
    return ModelError{Errno::aggregate_does_not_exist, "Aggregate \"" + call.text("aggregate") + "\" does not exist."};
  pugi::xml_node options = call.put("options");
  const auto put = [&](const char* name, const std::string& value) {
    pugi::xml_node option = options.append_child("aggr-option-info");
    append_text(option, "name", name);
    append_text(option, "value", value);
  };
  put("ha_policy", aggregate->root ? "cfo" : "sfo");
  put("raidtype", aggregate->raid_type);
  put("raidsize", std::to_string(aggregate->raid_size));
  put("free_space_realloc", "off");
  put("max_write_alloc_blocks", "0");
  put("resyncsnaptime", "60");
  if (aggregate->root) put("root", "");
  return {};
}

Status vserver_show_aggr_get_iter(Call& call) {
  static const RecordShape shape{"show-aggregates", {"vserver-name", "aggregate-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  if (const auto wanted = call.optional_text("vserver")) {
    if (call.scope_svm == nullptr) call.scope_svm = call.cluster.find_svm(*wanted);
    if (call.scope_svm == nullptr || call.scope_svm->name != *wanted)
      return ModelError{Errno::svm_not_found, "Specified vserver not found"};
  }
  (*page)->each_svm(0, [&](const model::Svm& svm, bool) {
    std::vector<std::string> names = svm.aggregates;
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      const Aggregate* aggregate = call.cluster.find_aggregate(name);
      if (aggregate == nullptr) continue;
      const bool more = (*page)->row({svm.name, name}, [&](Out& out) {
        out.text("aggregate-name", name);
        out.text("aggregate-type", aggregate->type);
        out.integer("available-size", aggregate->available());
        out.flag("is-nve-capable", call.cluster.ontapi_minor >= 110);
        out.text("snaplock-type", aggregate->snaplock_type);
        out.text("vserver-name", svm.name);
      });
      if (!more) return false;
    }
    return true;
  });
  return (*page)->finish();
}

std::string disk_type(const Aggregate& aggregate) {
  return aggregate.type == "ssd" ? "SSD" : aggregate.type == "vmdisk" ? "VMDISK" : "SAS";
}

Status storage_disk_get_iter(Call& call) {
  static const RecordShape shape{"storage-disk-info", {"disk-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  std::map<std::string, std::pair<const Aggregate*, int>> disks;  // by name
  std::map<std::string, int> next;
  for (const auto& [name, aggregate] : call.cluster.aggregates) {
    for (int i = 0; i < aggregate.disk_count; ++i) {
      char disk[64];
      std::snprintf(disk, sizeof disk, ":v5.%02d", ++next[aggregate.home_node]);
      disks[aggregate.home_node + disk] = {&aggregate, i};
    }
  }
  for (const auto& entry : disks) {
    const auto& disk = entry.first;
    const auto& place = entry.second;
    const Aggregate& aggregate = *place.first;
    const bool more = (*page)->row({disk}, [&](Out& out) {
      if (out.open("disk-inventory-info")) {
        out.integer("bytes-per-sector", 520);
        out.integer("capacity-sectors", aggregate.size / 512 / std::max(1, aggregate.disk_count - 2));
        out.text("disk-type", place.second == 0 && aggregate.type == "hybrid" ? "SSD" : disk_type(aggregate));
        out.text("disk-uid", aggregate.uuid.text() + ":" + std::to_string(place.second));
        out.text("firmware-revision", "NA01");
        out.flag("is-shared", false);
        out.text("model", "VD-1000MB-FZ-520");
        out.integer("rpm", aggregate.type == "ssd" ? 0 : 10000);
        out.text("serial-number",
                 "0" + std::to_string(aggregate.uuid.low % 10000000 + static_cast<unsigned>(place.second)));
        out.text("shelf", "1");
        out.text("shelf-bay", std::to_string(place.second));
        out.text("vendor", "NETAPP");
        out.close();
      }
      out.text("disk-name", disk);
      if (out.open("disk-ownership-info")) {
        out.text("home-node-id", node_id(call.cluster, aggregate.home_node));
        out.text("home-node-name", aggregate.home_node);
        out.flag("is-failed", false);
        out.text("owner-node-id", node_id(call.cluster, aggregate.node));
        out.text("owner-node-name", aggregate.node);
        out.integer("pool", 0);
        out.close();
      }
      if (out.open("disk-raid-info")) {
        out.text("active-node-name", aggregate.node);
        out.text("container-type", "aggregate");
        if (out.open("disk-aggregate-info")) {
          out.text("aggregate-name", aggregate.name);
          out.text("checksum-type", "block");
          out.flag("is-offline", false);
          out.text("plex-name", "plex0");
          out.text("raid-group-name", "rg0");
          out.close();
        }
        out.text("effective-disk-type", place.second == 0 && aggregate.type == "hybrid" ? "SSD" : disk_type(aggregate));
        out.integer("effective-rpm", aggregate.type == "ssd" ? 0 : 10000);
        out.text("position", place.second == 0 ? "dparity" : place.second == 1 ? "parity" : "data");
        out.close();
      }
      if (out.open("disk-stats-info")) {  // no data path: the disks turn and hold what was written
        const auto node = call.cluster.nodes.find(aggregate.node);
        const auto up = node == call.cluster.nodes.end() ? base::Duration{} : call.cluster.now() - node->second.booted;
        out.integer("average-latency", 0);
        out.integer("disk-io-kbps", 0);
        out.integer("disk-iops", 0);
        out.integer("power-on-time-interval", std::chrono::duration_cast<std::chrono::seconds>(up).count());
        out.integer("sectors-read", 0);
        out.integer("sectors-written", aggregate.written / 512 / std::max(1, aggregate.disk_count - 2));
        out.close();
      }
      out.text("disk-uid", aggregate.uuid.text() + ":" + std::to_string(place.second));
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status set_aggregate_state(Call& call, const std::string& state) {
  Aggregate* aggregate = call.cluster.find_aggregate(call.text("aggregate"));
  if (aggregate == nullptr)
    return ModelError{Errno::aggregate_does_not_exist, "Aggregate \"" + call.text("aggregate") + "\" does not exist."};
  if (aggregate->state == state)
    return model::refused("Aggregate \"" + aggregate->name + "\" is already " + state + ".");
  if (state == "offline" && aggregate->volume_count > 0)
    return model::refused("Aggregate \"" + aggregate->name + "\" contains online volumes.");
  aggregate->state = state;
  call.cluster.touch(*aggregate);
  return {};
}

Status aggr_offline(Call& call) { return set_aggregate_state(call, "offline"); }
Status aggr_online(Call& call) { return set_aggregate_state(call, "online"); }

}  // namespace

std::vector<ApiEntry> aggr_apis() {
  return {
      {.name = "aggr-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = aggr_get_iter,
       .source = "fields: Manila, Cinder, nDVP"},
      {.name = "aggr-space-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = aggr_space_get_iter,
       .source = "Trident's limitAggregateUsage"},
      {.name = "aggr-options-list-info",
       .scope = Scope::cluster,
       .input = "aggregate*",
       .run = aggr_options_list_info,
       .source = "Cinder; 14420 is assumption A7"},
      {.name = "aggr-offline",
       .scope = Scope::cluster,
       .input = "aggregate* force-offline:b unmount-volumes:b plex",
       .run = aggr_offline,
       .source = "Ansible's na_ontap_aggregate"},
      {.name = "aggr-online",
       .scope = Scope::cluster,
       .input = "aggregate* force-online:b plex",
       .run = aggr_online,
       .source = "Ansible's na_ontap_aggregate"},
      {.name = "vserver-show-aggr-get-iter",
       .scope = Scope::any,
       .input = "desired-attributes:r max-records:i query:r tag vserver",
       .run = vserver_show_aggr_get_iter,
       .source = "Trident from ONTAPI 1.100 on",
       .since = 100},
      {.name = "storage-disk-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = storage_disk_get_iter,
       .source = "Manila and Cinder read effective-disk-type"},
  };
}

}  // namespace ontap_sim::zapi
