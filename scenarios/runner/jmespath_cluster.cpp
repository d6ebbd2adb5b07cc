#include <charconv>
#include <cmath>
#include <cstdlib>

#include "provisioner/base/text.h"
#include "scenarios/runner/jmespath_functions.h"

// Functions that look outside: the environment, the Kubernetes API (first argument `$client`), metrics texts.
namespace scenario::jmes {

namespace {

Json environment(Call& c) {
  return c.host.environment ? Json(c.host.environment(c.text(0))) : c.fail("no environment here");
}

std::string group_path(const std::string& api_version) {
  return (api_version.find('/') == std::string::npos ? "/api/" : "/apis/") + api_version;
}
Json get(Call& c, const std::string& target) {
  if (!c.host.kube_get) return c.fail("no cluster here");
  auto answer = c.host.kube_get(target);
  return answer ? std::move(*answer) : c.fail(answer.error().message);
}
/// The discovery row of a kind, or null.
Json resource_of(Call& c, const std::string& api_version, const std::string& kind) {
  const Json list = get(c, group_path(api_version));
  if (!list.is_object()) return nullptr;
  for (const Json& row : list.value("resources", Json::array()))
    if (row.value("kind", "") == kind && row.value("name", "").find('/') == std::string::npos) return row;
  return nullptr;
}
Json fetch(Call& c, bool one) {
  const Json row = resource_of(c, c.text(1), c.text(2));
  if (row.is_null()) return c.fail("no kind " + c.text(2) + " in " + c.text(1));
  std::string target = group_path(c.text(1));
  const std::string space = c.has(3) ? c.text(3) : "";
  if (row.value("namespaced", false) && !space.empty()) target += "/namespaces/" + space;
  target += "/" + row.value("name", "");
  return get(c, one ? target + "/" + c.text(4) : target);
}
Json k8s_get(Call& c) {
  Json object = fetch(c, true);
  return object.is_null() ? c.fail(c.text(2) + " \"" + c.text(4) + "\" not found") : object;
}
Json k8s_exists(Call& c) { return !fetch(c, true).is_null(); }
Json k8s_list(Call& c) { return fetch(c, false); }
Json k8s_resource_exists(Call& c) { return !resource_of(c, c.text(1), c.text(2)).is_null(); }
Json k8s_server_version(Call& c) { return get(c, "/version"); }

/// Prometheus' text format as a list of samples {metric: {__name__, labels…}, value, timestamp in milliseconds}.
Json metrics_decode(Call& c) {
  Json families = Json::array();
  for (std::string_view line : base::split(c.text(0), '\n')) {
    line = base::trim(line);
    if (line.empty() || line[0] == '#') continue;
    Json labels = Json::object();
    std::size_t end = line.find_first_of("{ ");
    if (end == std::string_view::npos) return c.fail("value: not a metrics line: " + std::string(line));
    const std::string name(line.substr(0, end));
    if (line[end] == '{') {
      ++end;
      while (end < line.size() && line[end] != '}') {
        const std::size_t equals = line.find("=\"", end);
        if (equals == std::string_view::npos) return c.fail("value: not a metrics line: " + std::string(line));
        std::string value;
        std::size_t i = equals + 2;
        for (; i < line.size() && line[i] != '"'; ++i) {
          if (line[i] == '\\' && i + 1 < line.size()) ++i;
          value += line[i] == 'n' && line[i - 1] == '\\' ? '\n' : line[i];
        }
        labels[std::string(base::trim(line.substr(end, equals - end)))] = value;
        end = i + 1;
        if (end < line.size() && line[end] == ',') ++end;
      }
      ++end;
    }
    const std::string value(base::trim(line.substr(std::min(end, line.size()))));
    char* rest = nullptr;
    const double parsed = std::strtod(value.c_str(), &rest);
    if (rest == value.c_str()) return c.fail("value: not a metrics line: " + std::string(line));
    const double when = std::strtod(rest, nullptr);  // milliseconds; 0 where the line has no time
    labels["__name__"] = name;
    families.push_back({{"metric", labels}, {"value", number(parsed)}, {"timestamp", number(when)}});
  }
  return families;
}

}  // namespace

std::vector<FunctionRow> cluster_functions() {
  constexpr std::string_view kChainsaw = "Chainsaw's function reference";
  return {
      {"env", "s", environment, kChainsaw},
      {"x_k8s_get", "assss", k8s_get, kChainsaw},
      {"x_k8s_exists", "assss", k8s_exists, kChainsaw},
      {"x_k8s_list", "asss?", k8s_list, kChainsaw},
      {"x_k8s_resource_exists", "ass", k8s_resource_exists, kChainsaw},
      {"x_k8s_server_version", "a", k8s_server_version, kChainsaw},
      {"x_metrics_decode", "s", metrics_decode, kChainsaw},
  };
}

}  // namespace scenario::jmes
