#include "provisioner/api/metrics.h"

#include <array>
#include <cstdio>

#include "provisioner/base/text.h"
#include "provisioner/core/size.h"

namespace provisioner::api {

void RestMetrics::count(const std::string& method, const std::string& route, int status, double seconds) {
  Sum& sum = calls[{method, route, status}];
  ++sum.calls;
  sum.seconds += seconds;
}

std::string label(const std::string& value) {
  std::string out = base::replace_all(value, "\\", "\\\\");
  out = base::replace_all(std::move(out), "\"", "\\\"");
  return base::replace_all(std::move(out), "\n", "\\n");
}

namespace {

std::string head(const char* name, const char* type, const char* help) {
  return std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
}

std::string real(double value) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.9g", value);
  return text.data();
}

const char* state_name(BackendState state) {
  switch (state) {
    case BackendState::online: return "online";
    case BackendState::offline: return "offline";
    case BackendState::failed: return "failed";
  }
  return "";
}

}  // namespace

std::string metrics_text(const Orchestrator& core, const std::string& version, const RestMetrics& rest) {
  std::map<std::string, std::uint64_t> backends;
  std::string infos;
  std::map<std::string, std::string> driver_of;
  for (const std::string& name : core.backends()) {
    const auto view = core.backend(name);
    if (!view) continue;
    driver_of[name] = view->driver;
    ++backends["backend_state=\"" + std::string(state_name(view->state)) + "\",backend_type=\"" + label(view->driver) +
               "\""];
    infos +=
        "trident_backend_info{backend_name=\"" + label(name) + "\",backend_type=\"" + label(view->driver) + "\"} 1\n";
  }
  std::map<std::string, std::uint64_t> volumes;
  std::map<std::string, std::uint64_t> bytes;
  std::uint64_t total = 0;
  for (const std::string& name : core.volumes()) {
    const auto volume = core.volume(name);
    if (!volume) continue;
    const std::string key =
        "backend_type=\"" + label(driver_of[volume->backend]) + "\",backend_name=\"" + label(volume->backend) + "\"";
    const std::uint64_t size = parse_size(volume->config.size).value_or(0);
    ++volumes[key];
    bytes[key] += size;
    total += size;
  }
  std::string out = head("trident_build_info", "gauge", "The version of this server");
  out += "trident_build_info{build_type=\"stable\",trident_version=\"" + label(version) + "\"} 1\n";
  out += head("trident_backend_count", "gauge", "The total number of backends");
  for (const auto& [key, count] : backends) out += "trident_backend_count{" + key + "} " + std::to_string(count) + "\n";
  out += head("trident_backend_info", "gauge", "Names of the backends") + infos;
  out += head("trident_volume_count", "gauge", "The total number of volumes");
  for (const auto& [key, count] : volumes) out += "trident_volume_count{" + key + "} " + std::to_string(count) + "\n";
  out += head("trident_volume_total_bytes", "gauge", "The total size of all volumes") + "trident_volume_total_bytes " +
         std::to_string(total) + "\n";
  out += head("trident_volume_allocated_bytes", "gauge", "The size of the volumes of each backend");
  for (const auto& [key, size] : bytes)
    out += "trident_volume_allocated_bytes{" + key + "} " + std::to_string(size) + "\n";
  out += head("trident_storageclass_count", "gauge", "The total number of storage classes") +
         "trident_storageclass_count " + std::to_string(core.storage_classes().size()) + "\n";
  out += head("trident_rest_ops_total", "counter", "Finished calls of the REST interface");
  std::string seconds = head("trident_rest_ops_seconds_total", "counter", "Time spent in calls of the REST interface");
  for (const auto& [key, sum] : rest.calls) {
    const auto& [method, route, status] = key;
    const std::string labels =
        "{method=\"" + method + "\",route=\"" + route + "\",status_code=\"" + std::to_string(status) + "\"} ";
    out += "trident_rest_ops_total" + labels + std::to_string(sum.calls) + "\n";
    seconds += "trident_rest_ops_seconds_total" + labels + real(sum.seconds) + "\n";
  }
  return out + seconds;
}

}  // namespace provisioner::api
