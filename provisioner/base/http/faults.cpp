#include "provisioner/base/http/faults.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "provisioner/base/check.h"
#include "provisioner/base/text.h"

namespace base::http {

using Json = nlohmann::json;

namespace {

/// `*` and `?` only. Linear in practice: remembers the last star.
bool one_glob_matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {  // first: the text may hold a star too
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

Error invalid(std::string message) { return Error{ErrorKind::invalid, "fault: " + std::move(message)}; }

/// The value as text: strings as they are, numbers and booleans as JSON prints them.
std::optional<std::string> as_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  return std::nullopt;
}

/// The members of a rule that do not depend on its action.
struct RuleKey {
  std::string_view name;
  std::function<bool(FaultRule&, const std::string& text)> read;
};

bool read_number(std::uint64_t& out, const std::string& text) {
  const auto number = parse_unsigned(text);
  if (number) out = *number;
  return number.has_value();
}

bool read_duration(Duration& out, const std::string& text) {
  const auto duration = parse_go_duration(text);
  if (duration) out = *duration;
  return duration.has_value() && out >= Duration{0};
}

bool read_probability(double& out, const std::string& text) {
  const Json number = Json::parse(text, nullptr, false);
  if (!number.is_number()) return false;
  out = number.get<double>();
  return out >= 0 && out <= 1;
}

const std::vector<RuleKey>& rule_keys() {
  static const std::vector<RuleKey> keys{
      {"name",
       [](FaultRule& rule, const std::string& text) {
         rule.name = text;
         return !text.empty();
       }},
      {"call",
       [](FaultRule& rule, const std::string& text) {
         rule.call = text;
         return true;
       }},
      {"object",
       [](FaultRule& rule, const std::string& text) {
         rule.object = text;
         return true;
       }},
      {"user",
       [](FaultRule& rule, const std::string& text) {
         rule.user = text;
         return true;
       }},
      {"match",
       [](FaultRule& rule, const std::string& text) {
         rule.match = text;
         return true;
       }},
      {"action",
       [](FaultRule& rule, const std::string& text) {
         rule.action = text;
         return true;
       }},
      {"nth", [](FaultRule& rule, const std::string& text) { return read_number(rule.nth, text); }},
      {"every", [](FaultRule& rule, const std::string& text) { return read_number(rule.every, text); }},
      {"count", [](FaultRule& rule, const std::string& text) { return read_number(rule.count, text); }},
      {"probability",
       [](FaultRule& rule, const std::string& text) { return read_probability(rule.probability, text); }},
      {"after", [](FaultRule& rule, const std::string& text) { return read_duration(rule.after, text); }},
      {"window", [](FaultRule& rule, const std::string& text) { return read_duration(rule.window, text); }},
  };
  return keys;
}

bool well_formed(const FaultParameter& parameter, const std::string& text) {
  switch (parameter.type) {
    case FaultParameter::Type::text: return true;
    case FaultParameter::Type::number: return parse_unsigned(text).has_value();
    case FaultParameter::Type::duration: {
      Duration ignored{};
      return read_duration(ignored, text);
    }
  }
  return false;
}

std::uint64_t hash_of(std::string_view text) {  // FNV-1a
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return hash;
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return true;
  const std::vector<std::string_view> patterns = split(pattern, '|');
  return std::ranges::any_of(patterns, [&](std::string_view one) { return one_glob_matches(one, text); });
}

std::string FaultRule::text(std::string_view key, std::string_view otherwise) const {
  const auto found = parameters.find(key);
  return found == parameters.end() ? std::string(otherwise) : found->second;
}
std::uint64_t FaultRule::number(std::string_view key, std::uint64_t otherwise) const {
  return parse_unsigned(text(key)).value_or(otherwise);
}
Duration FaultRule::duration(std::string_view key, Duration otherwise) const {
  return parse_go_duration(text(key)).value_or(otherwise);
}

Faults::Faults(const Clock& clock, std::uint64_t seed, NameCall name_call, std::vector<FaultPreset> presets)
    : clock_(clock), seed_(seed), name_call_(std::move(name_call)), presets_(std::move(presets)) {}

Result<std::string> Faults::add(const Json& json) {
  if (!json.is_object()) return invalid("a rule is a JSON object");
  FaultRule rule;
  for (const auto& [key, value] : json.items()) {
    const auto text = as_text(value);
    if (!text) return invalid("\"" + key + "\" must be text, a number or a boolean");
    const auto known = std::ranges::find(rule_keys(), key, &RuleKey::name);
    if (known == rule_keys().end()) rule.parameters[key] = *text;
    else if (!known->read(rule, *text)) return invalid("\"" + key + "\" cannot be \"" + *text + "\"");
  }
  return add(std::move(rule));
}

Result<std::string> Faults::add(FaultRule rule) {
  const auto preset = std::ranges::find(presets_, rule.action, &FaultPreset::action);
  if (preset == presets_.end()) {
    std::string known;
    for (const FaultPreset& row : presets_) known += (known.empty() ? "" : ", ") + row.action;
    return invalid(rule.action.empty() ? "\"action\" is missing"
                                       : "no action \"" + rule.action + "\" (there are " + known + ")");
  }
  for (const auto& [key, value] : rule.parameters) {
    const auto parameter = std::ranges::find(preset->parameters, key, &FaultParameter::name);
    if (parameter == preset->parameters.end()) return invalid("action " + rule.action + " has no \"" + key + "\"");
    if (!well_formed(*parameter, value)) return invalid("\"" + key + "\" cannot be \"" + value + "\"");
  }
  for (const FaultParameter& parameter : preset->parameters) {
    if (parameter.required && !rule.parameters.contains(parameter.name))
      return invalid("action " + rule.action + " needs \"" + parameter.name + "\"");
  }
  if (rule.name.empty()) rule.name = "fault-" + std::to_string(++last_number_);
  const auto same_name = [&rule](const std::shared_ptr<Active>& active) { return active->rule.name == rule.name; };
  if (std::ranges::any_of(active_, same_name))
    return Error{ErrorKind::already_exists, "fault: \"" + rule.name + "\" exists"};
  const std::string name = rule.name;
  active_.push_back(
      std::make_shared<Active>(Active{std::move(rule), clock_.now(), 0, 0, Rng(seed_ ^ hash_of(name)), &*preset}));
  return name;
}

bool Faults::remove(const std::string& name) {
  return std::erase_if(active_, [&](const std::shared_ptr<Active>& active) { return active->rule.name == name; }) > 0;
}

void Faults::clear() { active_.clear(); }

Json to_json(const FaultRule& rule) {
  Json out = Json::object();
  const auto put = [&out](const char* key, const std::string& text) {
    if (!text.empty()) out[key] = text;
  };
  put("name", rule.name);
  put("call", rule.call);
  put("object", rule.object);
  put("user", rule.user);
  put("match", rule.match);
  put("action", rule.action);
  if (rule.nth) out["nth"] = rule.nth;
  if (rule.every) out["every"] = rule.every;
  if (rule.count) out["count"] = rule.count;
  if (rule.probability < 1) out["probability"] = rule.probability;
  if (rule.after > Duration{0}) out["after"] = to_go_duration(rule.after);
  if (rule.window > Duration{0}) out["window"] = to_go_duration(rule.window);
  for (const auto& [key, value] : rule.parameters) {
    const auto number = parse_unsigned(value);
    if (number) out[key] = *number;
    else out[key] = value;
  }
  return out;
}

Json Faults::list() const {
  Json out = Json::array();
  for (const std::shared_ptr<Active>& active : active_) {
    Json row = to_json(active->rule);
    row["matched"] = active->matched;
    row["fired"] = active->fired;
    out.push_back(std::move(row));
  }
  return out;
}

bool Faults::hits(Active& active, const CallName& call, const Request& request) {
  const FaultRule& rule = active.rule;
  if (!glob_matches(rule.call, call.call) || !glob_matches(rule.object, call.object) ||
      !glob_matches(rule.user, call.who))
    return false;
  if (!rule.match.empty() && request.target.find(rule.match) == std::string::npos &&
      request.body.find(rule.match) == std::string::npos)
    return false;
  const Duration age = clock_.now() - active.added;
  if (age < rule.after || (rule.window > Duration{0} && age >= rule.after + rule.window)) return false;
  ++active.matched;
  if (rule.nth != 0 && active.matched != rule.nth) return false;
  if (rule.every != 0 && active.matched % rule.every != 0) return false;
  if (rule.count != 0 && active.fired >= rule.count) return false;
  if (rule.probability < 1 && active.rng.unit() >= rule.probability) return false;
  ++active.fired;
  return true;
}

Response Faults::run(const std::vector<std::shared_ptr<Active>>& hit, std::size_t index, const Request& request,
                     const Handler& inner) {
  if (index == hit.size()) return inner(request);
  const Handler next = [this, &hit, index, &inner](const Request& same) { return run(hit, index + 1, same, inner); };
  return hit[index]->preset->run(hit[index]->rule, request, next);
}

Handler Faults::wrap(Handler inner) {
  return [this, inner = std::move(inner)](const Request& request) {
    if (active_.empty()) return inner(request);
    const CallName call = name_call_(request);
    std::vector<std::shared_ptr<Active>> hit;  // shared: a call may remove the rule that spoils it
    for (const std::shared_ptr<Active>& active : active_) {
      if (hits(*active, call, request)) hit.push_back(active);
    }
    for (const std::shared_ptr<Active>& active : hit) {
      if (on_fired) on_fired(active->rule, call);
    }
    return run(hit, 0, request, inner);
  };
}

}  // namespace base::http
