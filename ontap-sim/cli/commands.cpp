#include <algorithm>

#include "ontap-sim/cli/families.h"

namespace ontap_sim::cli {

const std::vector<Command>& commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> rows;
    for (const auto family : {vserver_commands, nas_commands, lif_commands, network_commands, security_commands,
                              storage_commands, volume_commands, snapshot_commands, qtree_commands, san_commands,
                              cluster_commands, df_commands, settings_commands}) {
      for (Command& row : family()) rows.push_back(std::move(row));
    }
    std::ranges::sort(rows, {}, &Command::path);
    return rows;
  }();
  return all;
}

}  // namespace ontap_sim::cli
