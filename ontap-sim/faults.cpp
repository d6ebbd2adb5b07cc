#include "ontap-sim/faults.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ontap-sim/presets.h"
#include "ontap-sim/spoil.h"
#include "ontap-sim/zapi/dispatch.h"

namespace ontap_sim {
namespace {

using nlohmann::json;

base::Error bad(const std::string& text) { return {base::ErrorKind::invalid, "fault: " + text}; }

/// The rule that a preset stands for, before the caller's own keys.
json rule_of(const Preset& preset) {
  json rule = {{"name", preset.name}, {"call", preset.call}, {"action", preset.action}};
  if (preset.code != 0) rule["errno"] = preset.code;
  if (preset.delay_seconds != 0) rule["delay"] = preset.delay_seconds;
  if (preset.status != 0) rule["status"] = preset.status;
  if (!preset.reason.empty()) rule["reason"] = preset.reason;
  if (!preset.body.empty()) rule["body"] = preset.body;
  return rule;
}

/// The keys as the shared rules call them; a delay without a unit is in seconds.
json in_shared_words(const json& rule) {
  static const std::map<std::string, std::string> names{{"svm", "object"}, {"input", "match"}, {"times", "count"}};
  json out = json::object();
  for (const auto& [key, value] : rule.items()) {
    const auto other = names.find(key);
    out[other == names.end() ? key : other->second] =
        key == "delay" && value.is_number() ? json(value.dump() + "s") : value;
  }
  return out;
}

}  // namespace

Faults::Faults(const base::Clock& clock, std::uint64_t seed, model::Cluster& cluster, zapi::Server& server,
               const base::Logger& log)
    : cluster_(cluster),
      rules_(
          clock, seed,
          [&cluster](const base::http::Request& request) {
            std::string svm = vfiler_of(request.body);
            const auto arrival = svm.empty() ? zapi::arrival_of(cluster, request) : std::nullopt;
            if (arrival) svm = arrival->svm;
            return base::http::CallName{api_of(request.body), std::move(svm), user_of(request)};
          },
          fault_actions(cluster, server)) {
  rules_.on_fired = [&log](const base::http::FaultRule& rule, const base::http::CallName& call) {
    log.debug("Fault.", {{"fault", rule.name}, {"call", call.call}});
  };
}

base::Result<void> Faults::add(const json& fault) {
  if (fault.is_array()) {
    for (const json& one : fault) {
      if (auto added = add(one); !added) return added;
    }
    return {};
  }
  if (!fault.is_object()) return bad("must be an object");
  json rule = json::object();
  if (fault.contains("preset")) {
    const std::string name = fault["preset"].is_string() ? fault["preset"].get<std::string>() : std::string();
    const auto preset = std::ranges::find(preset_table(), name, &Preset::name);
    if (preset == preset_table().end()) return bad("unknown preset \"" + name + "\"");
    if (preset->change != nullptr) {
      const json object = fault.value("object", json(""));
      if (!object.is_string()) return bad("\"object\" must be a text");
      if (auto changed = preset->change(cluster_, object.get<std::string>()); !changed)
        return bad(changed.error().reason);
      return {};
    }
    rule = rule_of(*preset);
  }
  for (const auto& [key, value] : fault.items()) {
    if (key != "preset" && key != "target") rule[key] = value;
  }
  if (!rule.contains("action")) return bad("needs \"action\" or \"preset\"");
  if (rule.value("name", json()).is_string()) rules_.remove(rule["name"].get<std::string>());
  if (auto added = rules_.add(in_shared_words(rule)); !added) return added.error();
  return {};
}

json Faults::list() const { return rules_.list(); }

bool Faults::remove(std::string_view name) {
  if (!name.empty()) return rules_.remove(std::string(name));
  const bool any = !rules_.list().empty();
  rules_.clear();
  return any;
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
