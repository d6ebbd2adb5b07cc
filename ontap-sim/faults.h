#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/model/cluster.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/random.h"

/// Faults of the array: rules that select calls (name, SVM, user, text of the input, nth occurrence, probability) and
/// spoil them before or after they run, and presets, each a known trouble of real systems by name. A preset is rules,
/// or a change of the cluster that a later command can undo. Settable at start, under /drydock/v1/faults and as Fault
/// objects; the JSON is the same everywhere:
///   {"name": "lost", "call": "volume-create", "nth": 1, "action": "drop-reply"}
///   {"preset": "volume-busy", "times": 2}
/// Keys: name, preset, call, svm, user, input (queries and a piece of text), nth (only that occurrence, from 1), times
/// (at most so often), probability, action, errno, reason, delay ("5s"), status, body, object (what a state preset acts
/// on, "svm1" or "svm1:vol1"). Source: ontap-zapi specification, section 11.
namespace ontap_sim {

enum class FaultAction {
  error,         // errno and reason instead of the call
  delay,         // the answer comes later
  drop_request,  // the connection closes, nothing ran
  drop_reply,    // it ran, the connection closes
  hang,          // it ran, no answer ever
  cut_reply,     // half of the body, then the connection closes
  invalid_xml,   // the answer's last tags are missing, the length fits
  http,          // another HTTP status and body instead of the call
  async_failed,  // passed, but result-status failed with errno and reason inside
  fail_job,      // it ran; the job it started ends as failure
  slow_job,      // it ran; the job it started takes `delay` longer
  short_page,    // an iterator returns half of the records asked for, with next-tag
  empty_page,    // an iterator returns no records but a next-tag
  repeat_tag,    // an iterator repeats the tag it was given
  no_count,      // num-records is missing
};

struct FaultRule {
  std::string name;
  std::string call = "*";
  std::string svm = "*";
  std::string user = "*";
  std::string input = {};
  std::uint64_t nth = 0;
  std::uint64_t times = 0;
  double probability = 1;
  FaultAction action = FaultAction::error;
  int code = 13001;
  std::string reason;
  base::Duration delay{0};
  int status = 503;
  std::string body;
  // Counted while it stands.
  std::uint64_t seen = 0;
  std::uint64_t hit = 0;
};

/// One ZAPI request as the rules see it.
struct FaultCall {
  std::string api;
  std::string svm;
  std::string user;
  std::string_view body;
};

class Faults {
 public:
  /// Adds what the JSON describes (one fault or a list). Errors: invalid, saying which key or preset.
  base::Result<void> add(const nlohmann::json& fault, model::Cluster& cluster);
  /// Forgets the rules of that name; all when empty. False when there was none.
  bool remove(std::string_view name);
  nlohmann::json list() const;
  const std::vector<FaultRule>& rules() const { return rules_; }

  /// The rule that hits this call, counted; null when none does.
  const FaultRule* match(const FaultCall& call, base::Rng& rng);

 private:
  std::vector<FaultRule> rules_;
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
