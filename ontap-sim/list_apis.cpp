#include "ontap-sim/list_apis.h"

#include "ontap-sim/zapi/dispatch.h"

namespace ontap_sim {

std::string list_apis() {
  std::string out = "NAME                                              TIER  SCOPE    MODELLED\n";
  for (const zapi::ApiEntry& api : zapi::table()) {
    if (api.tier == 0) continue;  // known to the endpoint, not part of the catalogue
    std::string line(api.name);
    line.resize(std::max<std::size_t>(line.size() + 1, 50), ' ');
    line += std::to_string(api.tier) + "     ";
    line += api.scope == zapi::Scope::any ? "any      " : api.scope == zapi::Scope::svm ? "svm      " : "cluster  ";
    out += line + (api.run == nullptr ? "no" : "yes") + "\n";
  }
  return out;
}

}  // namespace ontap_sim
