#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/call_name.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/random.h"
#include "provisioner/base/result.h"

/// Faults as rules around any handler: which calls are hit, how often, and what becomes of them. Rules are added,
/// listed and removed while the server runs. What happens is a row in a table of presets; a server adds rows of its own
/// (a ZAPI errno, a Status). Several rules may hit one call: the one added first is the outermost. Chance comes from a
/// generator per rule (server's seed and rule's name), so adding a rule does not change another's fate. JSON of a rule,
/// as in a Fault object's spec; everything but `action` is optional:
///   {"name": "lost", "call": "volume-create", "object": "svm1/*", "user": "admin", "match": "text in the request",
///    "nth": 1, "every": 3, "count": 2, "probability": 0.25, "after": "10s", "window": "1m",
///    "action": "drop-reply", …and the action's own parameters, e.g. "delay": "300ms", "status": 503, "body": "…"}
/// Sources: fault lists of the ONTAP (section 11) and Kubernetes (5.11) specifications.
namespace base::http {

struct FaultRule {
  std::string name;         // unique; "fault-N" when not given
  std::string call = "*";   // glob over CallName::call
  std::string object;       // glob over CallName::object
  std::string user;         // glob over CallName::who
  std::string match;        // text that target or body must contain
  std::uint64_t nth = 0;    // only the nth call that matches (1 = the first); 0: any
  std::uint64_t every = 0;  // only each every-th; 0: any
  std::uint64_t count = 0;  // at most so many times; 0: no limit
  double probability = 1;
  Duration after{0};   // not before this long after the rule was added …
  Duration window{0};  // … and then for so long; 0: for ever
  std::string action;
  std::map<std::string, std::string, std::less<>> parameters;  // the action's own, as text

  /// A parameter of the action, already checked to be well-formed.
  std::string text(std::string_view key, std::string_view otherwise = "") const;
  std::uint64_t number(std::string_view key, std::uint64_t otherwise) const;
  Duration duration(std::string_view key, Duration otherwise) const;
};

/// `next` runs the call (or the next rule); an action that does not call it leaves the call not executed.
using FaultAction = std::function<Response(const FaultRule& rule, const Request& request, const Handler& next)>;

struct FaultParameter {
  enum class Type { text, number, duration };
  std::string name;
  Type type = Type::text;
  bool required = false;
};
struct FaultPreset {
  std::string action;
  std::string says;  // one line of help
  std::vector<FaultParameter> parameters;
  FaultAction run;
};
/// delay, drop-request, drop-reply, refuse, cut, truncate, hang, status, status-after, body, repeat.
const std::vector<FaultPreset>& http_fault_presets();

class Faults {
 public:
  /// Copies the presets it is given; usually http_fault_presets() and the server's own rows.
  Faults(const Clock& clock, std::uint64_t seed, NameCall name_call,
         std::vector<FaultPreset> presets = http_fault_presets());

  /// Returns the rule's name. Errors: invalid (unknown key, action or value, in words), already_exists.
  Result<std::string> add(const nlohmann::json& rule);
  Result<std::string> add(FaultRule rule);
  bool remove(const std::string& name);
  void clear();
  /// Rules in the order they were added, each with "matched" and "fired" counts.
  nlohmann::json list() const;
  const std::vector<FaultPreset>& presets() const { return presets_; }

  /// Spoils the calls of `inner`. The result refers to this object.
  Handler wrap(Handler inner);
  /// Told of every fault that hit, before it runs.
  std::function<void(const FaultRule& rule, const CallName& call)> on_fired;

 private:
  struct Active {
    FaultRule rule;
    TimePoint added;
    std::uint64_t matched = 0;
    std::uint64_t fired = 0;
    Rng rng;
    const FaultPreset* preset = nullptr;
  };
  bool hits(Active& active, const CallName& call, const Request& request);
  Response run(const std::vector<std::shared_ptr<Active>>& hit, std::size_t index, const Request& request,
               const Handler& inner);

  const Clock& clock_;
  std::uint64_t seed_;
  NameCall name_call_;
  std::vector<FaultPreset> presets_;
  std::vector<std::shared_ptr<Active>> active_;
  std::uint64_t last_number_ = 0;
};

/// The rule as JSON, in the form that add() reads.
nlohmann::json to_json(const FaultRule& rule);

}  // namespace base::http
