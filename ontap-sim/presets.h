#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/model/cluster.h"

/// The presets of section 11 as one table: a rule, or a change of the cluster.
namespace ontap_sim {

/// What a state preset acts on: "svm1", "svm1:vol1", "aggr1", "cluster1-01". Errors: the model's sentence.
using StateChange = model::Result<void> (*)(model::Cluster& cluster, const std::string& object);

struct Preset {
  std::string_view name;
  std::string_view help;
  std::string_view call = "*";
  std::string_view action = "error";
  int code = 0;
  std::string_view reason = {};
  int delay_seconds = 0;
  int status = 0;
  std::string_view body = {};
  StateChange change = nullptr;  // instead of a rule
};

const std::vector<Preset>& preset_table();

}  // namespace ontap_sim
