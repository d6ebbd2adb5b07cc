// df: two lines per volume, the file system and its snapshot reserve.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::cli {
namespace {

// -k, -m, -g, -t print whole units without naming them, as does no flag (KB); -h picks the unit of each figure.
std::string amount(const Call& call, model::Bytes bytes) {
  struct Unit {
    std::string_view flag;
    model::Bytes size;
    std::string_view suffix;
  };
  static constexpr Unit kUnits[] = {
      {"k", model::kKiB, "KB"}, {"m", model::kMiB, "MB"}, {"g", model::kGiB, "GB"}, {"t", model::kTiB, "TB"}};
  const Unit* unit = &kUnits[0];
  bool named = false;
  if (call.flag("h")) {
    named = true;
    for (const Unit& larger : kUnits) {
      if (bytes >= larger.size) unit = &larger;
    }
  } else {
    for (const Unit& one : kUnits) {
      if (!call.flag(one.flag)) continue;
      unit = &one;
      named = true;
    }
  }
  return std::to_string(bytes / unit->size) + (named ? std::string(unit->suffix) : std::string());
}

struct Line {
  std::string filesystem;
  std::string mounted_on;
  model::Bytes total = 0;
  model::Bytes used = 0;
  model::Bytes available = 0;
};

std::string row(const Call& call, const Line& line, const std::string& svm) {
  const std::int64_t capacity = model::percent(line.used, line.total);
  Record record{{"filesystem", line.filesystem},
                {"total", amount(call, line.total)},
                {"used", amount(call, line.used)},
                {"avail", amount(call, line.available)},
                {"capacity", std::to_string(capacity) + "%"},
                {"mounted-on", line.mounted_on},
                {"vserver", svm}};
  static const Layout layout{
      .flag = "",
      .header = "------------------ ---------- ---------- ---------- --------  -------------------------- --------",
      .columns = {"filesystem", "total", "used", "avail", "capacity", "mounted-on", "vserver"},
      .align = "lrrrrll"};
  const std::string table = render_table(layout, {}, {record});
  return table.substr(table.find('\n') + 1);
}

std::string inode_row(const model::Volume& volume, const std::string& svm) {
  const std::int64_t capacity = model::percent(volume.files_used, volume.files_total);
  Record record{{"filesystem", "/vol/" + volume.name + "/"},
                {"iused", std::to_string(volume.files_used)},
                {"ifree", std::to_string(volume.files_total - volume.files_used)},
                {"capacity", std::to_string(capacity) + "%"},
                {"mounted-on", volume.junction_path.empty() ? "---" : volume.junction_path},
                {"vserver", svm}};
  static const Layout layout{
      .flag = "",
      .header = "------------------ ---------- ---------- --------  -------------------------- --------",
      .columns = {"filesystem", "iused", "ifree", "capacity", "mounted-on", "vserver"},
      .align = "lrrrll"};
  const std::string table = render_table(layout, {}, {record});
  return table.substr(table.find('\n') + 1);
}

// The argument: a volume's name, or its path as df prints it.
bool named(const Call& call, const std::string& svm, const model::Volume& volume) {
  if (call.has("vserver") && call.text("vserver") != svm) return false;
  if (call.has("volume") && call.text("volume") != volume.name) return false;
  if (!call.has("filesys-name")) return true;
  std::string wanted = call.text("filesys-name");
  while (wanted.size() > 1 && wanted.ends_with('/')) wanted.pop_back();
  return wanted == volume.name || wanted == "/vol/" + volume.name || wanted == "/vol/" + volume.name + "/.snapshot";
}

Reply df(Call& call) {
  std::string rows;
  std::size_t count = 0;
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    if (!may_see(call, svm_name)) continue;
    for (const auto& [name, volume] : svm.volumes) {
      if (volume.state != model::VolumeState::online || volume.constituent() || !named(call, svm_name, volume))
        continue;
      if (call.flag("i")) {
        rows += inode_row(volume, svm_name);
        ++count;
        continue;
      }
      const model::VolumeSpace space = model::space_of(call.cluster, svm, volume);
      const std::string mount = volume.junction_path.empty() ? "---" : volume.junction_path;
      const std::string below = volume.junction_path.empty()
                                    ? "---"
                                    : (volume.junction_path == "/" ? "" : volume.junction_path) + "/.snapshot";
      rows += row(call, {"/vol/" + name + "/", mount, space.total, space.used, space.available}, svm_name);
      rows += row(call,
                  {"/vol/" + name + "/.snapshot", below, space.reserve, space.snapshot_used,
                   std::max<model::Bytes>(0, space.reserve - space.snapshot_used)},
                  svm_name);
      count += 2;
    }
  }
  if (count == 0) return ok("There are no entries matching your query.\n");
  const std::string_view header =
      call.flag("i") ? "Filesystem               iused      ifree   %iused  Mounted on                 Vserver\n"
      : call.flag("h") || call.flag("m") || call.flag("g") || call.flag("t") || call.flag("k")
          ? "Filesystem               total       used      avail capacity  Mounted on                 Vserver\n"
          : "Filesystem              kbytes       used      avail capacity  Mounted on                 Vserver\n";
  return ok(std::string(header) + rows + (count > 1 ? std::to_string(count) + " entries were displayed.\n" : ""));
}

}  // namespace

std::vector<Command> df_commands() {
  std::vector<Param> params{{.name = "filesys-name", .label = "Filesystem", .positional = true},
                            optional("vserver", "vserver name", "Vserver"),
                            optional("volume", "volume name", "Volume Name")};
  for (const std::string_view name : {"k", "m", "g", "t", "h", "i"})
    params.push_back(flag(name, "Unit of the figures, or inodes"));
  return {{.path = "df",
           .help = "Display volume disk space usage",
           .params = params,
           .run = df,
           .source = "specification 10.6"}};
}

}  // namespace ontap_sim::cli
