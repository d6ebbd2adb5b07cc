#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/model/cluster.h"
#include "provisioner/base/http/faults.h"
#include "provisioner/base/log.h"

namespace ontap_sim::zapi {
class Server;
}

/// Faults of the array: the rules of provisioner/base/http/faults.h around its ZAPI, with actions of its own (spoil.h),
/// and presets, each a known trouble of real systems by name. A preset is a rule, or a change of the cluster that a
/// later command can undo. Settable at start, under /drydock/v1/faults and as Fault objects; the JSON is the same
/// everywhere:
///   {"name": "lost", "call": "volume-create", "nth": 1, "action": "drop-reply"}
///   {"preset": "volume-busy", "times": 2}
/// Keys: those of a rule, where `svm` is the object, `input` the text to match, `times` the count; `preset` instead of
/// or before an action; `object` of a state preset is what it acts on ("svm1" or "svm1:vol1"). A rule without a name
/// has its preset's; one more of a name replaces the former. Source: ontap-zapi specification, section 11.
namespace ontap_sim {

class Faults {
 public:
  /// Refers to the cluster and the server: both outlive it.
  Faults(const base::Clock& clock, std::uint64_t seed, model::Cluster& cluster, zapi::Server& server,
         const base::Logger& log);
  /// Adds what the JSON describes (one fault or a list). Errors: invalid, saying which key or preset.
  base::Result<void> add(const nlohmann::json& fault);
  /// Forgets the rule of that name; all when empty. False when there was none.
  bool remove(std::string_view name);
  nlohmann::json list() const;
  base::http::Handler wrap(base::http::Handler inner) { return rules_.wrap(std::move(inner)); }

 private:
  model::Cluster& cluster_;
  base::http::Faults rules_;
};

/// Names of all presets with a sentence each, sorted.
struct PresetInfo {
  std::string_view name;
  std::string_view help;
};
std::vector<PresetInfo> fault_presets();

/// The name of the call in a ZAPI body: the first element inside <netapp>; "" when there is none.
std::string api_of(std::string_view body);

}  // namespace ontap_sim
