#include "ontap-sim/faults.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ontap-sim/model/query.h"
#include "ontap-sim/presets.h"
#include "provisioner/base/text.h"

namespace ontap_sim {
namespace {

using nlohmann::json;

constexpr std::pair<std::string_view, FaultAction> kActions[] = {
    {"error", FaultAction::error},
    {"delay", FaultAction::delay},
    {"drop-request", FaultAction::drop_request},
    {"drop-reply", FaultAction::drop_reply},
    {"hang", FaultAction::hang},
    {"cut-reply", FaultAction::cut_reply},
    {"invalid-xml", FaultAction::invalid_xml},
    {"http", FaultAction::http},
    {"async-failed", FaultAction::async_failed},
    {"fail-job", FaultAction::fail_job},
    {"slow-job", FaultAction::slow_job},
    {"short-page", FaultAction::short_page},
    {"empty-page", FaultAction::empty_page},
    {"repeat-tag", FaultAction::repeat_tag},
    {"no-count", FaultAction::no_count},
};

base::Error bad(const std::string& text) { return {base::ErrorKind::invalid, "fault: " + text}; }

std::optional<base::Duration> parse_duration(const json& value) {
  if (value.is_number()) return base::Duration(static_cast<std::int64_t>(value.get<double>() * 1e9));  // seconds
  if (!value.is_string()) return std::nullopt;
  const std::string text = value.get<std::string>();
  static const std::map<std::string, std::int64_t> units{
      {"ms", 1000000}, {"s", 1000000000}, {"m", 60000000000}, {"h", 3600000000000}};
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = base::parse_unsigned(text.substr(0, end));
  const auto unit = units.find(text.substr(end));
  if (!number || unit == units.end() || *number > 1000000) return std::nullopt;
  return base::Duration(static_cast<std::int64_t>(*number) * unit->second);
}

// One key of the JSON into the rule.
base::Result<void> read_key(const std::string& key, const json& value, FaultRule& rule) {
  static const std::map<std::string, std::string FaultRule::*> texts{
      {"name", &FaultRule::name}, {"call", &FaultRule::call},   {"svm", &FaultRule::svm},
      {"user", &FaultRule::user}, {"input", &FaultRule::input}, {"reason", &FaultRule::reason},
      {"body", &FaultRule::body}};
  static const std::map<std::string, std::uint64_t FaultRule::*> counts{{"nth", &FaultRule::nth},
                                                                        {"times", &FaultRule::times}};
  if (const auto text = texts.find(key); text != texts.end()) {
    if (!value.is_string()) return bad("\"" + key + "\" must be a text");
    rule.*text->second = value.get<std::string>();
    return {};
  }
  if (const auto count = counts.find(key); count != counts.end()) {
    if (!value.is_number_unsigned()) return bad("\"" + key + "\" must be a whole number");
    rule.*count->second = value.get<std::uint64_t>();
    return {};
  }
  if (key == "errno" || key == "status") {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > 100000000)
      return bad("\"" + key + "\" must be a whole number");
    (key == "errno" ? rule.code : rule.status) = value.get<int>();
    return {};
  }
  if (key == "probability") {
    if (!value.is_number() || value.get<double>() < 0 || value.get<double>() > 1)
      return bad("\"probability\" must be between 0 and 1");
    rule.probability = value.get<double>();
    return {};
  }
  if (key == "delay") {
    const auto delay = parse_duration(value);
    if (!delay) return bad("\"delay\" must be a duration such as 200ms or 5s");
    rule.delay = *delay;
    return {};
  }
  if (key == "action") {
    const auto action = std::ranges::find(kActions, value.is_string() ? value.get<std::string>() : std::string(),
                                          [](const auto& one) { return std::string(one.first); });
    if (action == std::end(kActions)) return bad("unknown action " + value.dump());
    rule.action = action->second;
    return {};
  }
  return bad("unknown key \"" + key + "\"");
}

}  // namespace

base::Result<void> Faults::add(const json& fault, model::Cluster& cluster) {
  if (fault.is_array()) {
    for (const json& one : fault) {
      if (auto added = add(one, cluster); !added) return added;
    }
    return {};
  }
  if (!fault.is_object()) return bad("must be an object");
  FaultRule rule;
  const Preset* preset = nullptr;
  if (fault.contains("preset")) {
    const std::string name = fault["preset"].is_string() ? fault["preset"].get<std::string>() : std::string();
    const auto found = std::ranges::find(preset_table(), name, &Preset::name);
    if (found == preset_table().end()) return bad("unknown preset \"" + name + "\"");
    preset = &*found;
    rule = {.name = name,
            .call = std::string(preset->call),
            .action = preset->action,
            .code = preset->code,
            .reason = std::string(preset->reason),
            .delay = std::chrono::seconds(preset->delay_seconds),
            .status = preset->status,
            .body = std::string(preset->body)};
  }
  std::string object;
  for (const auto& [key, value] : fault.items()) {
    if (key == "preset" || key == "target") continue;
    if (key == "object" && value.is_string()) {
      object = value.get<std::string>();
      continue;
    }
    if (auto read = read_key(key, value, rule); !read) return read;
  }
  if (preset != nullptr && preset->change != nullptr) {
    if (auto changed = preset->change(cluster, object); !changed) return bad(changed.error().reason);
    return {};
  }
  if (preset == nullptr && !fault.contains("action")) return bad("needs \"action\" or \"preset\"");
  if (rule.reason.empty() && rule.action == FaultAction::error) rule.reason = "Injected fault";
  rules_.push_back(std::move(rule));
  return {};
}

bool Faults::remove(std::string_view name) {
  return std::erase_if(rules_, [&](const FaultRule& rule) { return name.empty() || rule.name == name; }) > 0;
}

json Faults::list() const {
  json list = json::array();
  for (const FaultRule& rule : rules_) {
    const auto action = std::ranges::find(kActions, rule.action, [](const auto& one) { return one.second; });
    list.push_back({{"name", rule.name},
                    {"call", rule.call},
                    {"svm", rule.svm},
                    {"user", rule.user},
                    {"input", rule.input},
                    {"nth", rule.nth},
                    {"times", rule.times},
                    {"probability", rule.probability},
                    {"action", std::string(action->first)},
                    {"errno", rule.code},
                    {"reason", rule.reason},
                    {"seen", rule.seen},
                    {"hit", rule.hit}});
  }
  return list;
}

const FaultRule* Faults::match(const FaultCall& call, base::Rng& rng) {
  for (FaultRule& rule : rules_) {
    if (!model::query_matches(rule.call, call.api) || !model::query_matches(rule.svm, call.svm) ||
        !model::query_matches(rule.user, call.user))
      continue;
    if (!rule.input.empty() && call.body.find(rule.input) == std::string_view::npos) continue;
    ++rule.seen;
    if (rule.nth != 0 && rule.seen != rule.nth) continue;
    if (rule.times != 0 && rule.hit >= rule.times) continue;
    if (rule.probability < 1 && rng.unit() >= rule.probability) continue;
    ++rule.hit;
    return &rule;
  }
  return nullptr;
}

std::vector<PresetInfo> fault_presets() {
  std::vector<PresetInfo> infos;
  for (const Preset& preset : preset_table()) infos.push_back({preset.name, preset.help});
  std::ranges::sort(infos, {}, &PresetInfo::name);
  return infos;
}

std::string api_of(std::string_view body) {
  std::size_t at = body.find("<netapp");
  if (at == std::string_view::npos) return {};
  at = body.find('>', at);
  while (at != std::string_view::npos && (at = body.find('<', at)) != std::string_view::npos) {
    if (body.substr(at, 4) == "<!--") {
      at = body.find("-->", at);
      continue;
    }
    const std::size_t end = body.find_first_of(" \t\r\n/>", at + 1);
    return end == std::string_view::npos ? std::string() : std::string(body.substr(at + 1, end - at - 1));
  }
  return {};
}

}  // namespace ontap_sim
