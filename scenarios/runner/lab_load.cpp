#include "scenarios/runner/lab_load.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "provisioner/base/text.h"
#include "scenarios/runner/duration.h"
#include "scenarios/runner/world.h"

namespace scenario {

namespace {

constexpr std::string_view kClaims = "/persistentvolumeclaims/";
constexpr std::size_t kMostClaims = 100000;

double in_seconds(base::Duration duration) { return static_cast<double>(duration.count()) / 1e9; }

/// Nearest rank.
double percentile(const std::vector<double>& sorted, double percent) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(sorted.size())));
  return sorted[std::min(sorted.size(), std::max<std::size_t>(rank, 1)) - 1];
}

std::string milliseconds(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3fms", seconds * 1000);
  return text;
}

/// When claim `index` of `count` is made, as a share of the whole time.
double moment(const std::string& profile, std::size_t index, std::size_t count) {
  const double share = static_cast<double>(index) / static_cast<double>(count);
  if (profile == "ramp") return std::sqrt(share);
  if (profile == "spike") return 0.5;
  return share;
}

std::optional<double> as_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

bool meets_threshold(const std::string& threshold, const std::vector<double>& seconds, std::size_t wanted, double took,
                     std::string& why) {
  std::size_t at = threshold.find_first_of("<>=");
  why = "\"" + threshold + "\" is not a threshold such as \"p(95) < 200ms\"";
  if (at == std::string::npos) return false;
  const std::string metric(base::trim(std::string_view(threshold).substr(0, at)));
  std::string comparison(1, threshold[at++]);
  if (at < threshold.size() && threshold[at] == '=') comparison += threshold[at++];
  const std::string limit_text(base::trim(std::string_view(threshold).substr(at)));
  double figure = 0;
  bool duration = true;
  if (metric.starts_with("p(") && metric.ends_with(")")) {
    const auto percent = as_number(std::string_view(metric).substr(2, metric.size() - 3));
    if (!percent || *percent <= 0 || *percent > 100) return false;
    figure = percentile(seconds, *percent);
  } else if (metric == "min" || metric == "max") {
    figure = seconds.empty() ? 0 : metric == "min" ? seconds.front() : seconds.back();
  } else if (metric == "avg") {
    figure = seconds.empty()
                 ? 0
                 : std::accumulate(seconds.begin(), seconds.end(), 0.0) / static_cast<double>(seconds.size());
  } else {
    duration = false;
    if (metric == "bound") figure = static_cast<double>(seconds.size());
    else if (metric == "unbound") figure = static_cast<double>(wanted - seconds.size());
    else if (metric == "rate") figure = took > 0 ? static_cast<double>(seconds.size()) / took : 0;
    else return false;
  }
  double limit = 0;
  if (duration) {
    const auto span = parse_duration(limit_text);
    if (!span) return false;
    limit = in_seconds(*span);
  } else {
    const auto number = as_number(limit_text);
    if (!number) return false;
    limit = *number;
  }
  char plain[32];
  std::snprintf(plain, sizeof plain, "%g", figure);
  why = metric + " is " + (duration ? milliseconds(figure) : std::string(plain));
  if (duration && seconds.empty()) return false;
  if (comparison == "<") return figure < limit;
  if (comparison == "<=") return figure <= limit;
  if (comparison == ">") return figure > limit;
  if (comparison == ">=") return figure >= limit;
  return comparison == "==" && figure == limit;
}

struct Loads::Run {
  std::string name, ns;
  Json spec;
  std::size_t count = 0;
  base::TimePoint began;
  std::map<std::string, base::TimePoint> waiting;
  std::vector<double> seconds;
  std::size_t made = 0;
  std::string trouble;  // the first claim that the API refused
  std::vector<base::TimerId> timers;
  bool over = false;
};

Loads::~Loads() {
  for (const auto& [name, run] : runs_)
    for (const base::TimerId timer : run->timers) world_.clock().cancel(timer);
}

Json Loads::start(const Json& object) {
  const auto refused = [](const std::string& why) { return Json({{"phase", "Failed"}, {"message", why}}); };
  auto run = std::make_shared<Run>();
  run->name = object["metadata"].value("name", "");
  run->spec = object.value("spec", Json::object());
  const Json& spec = run->spec;
  static constexpr std::string_view kKnown[] = {"claims",      "over",      "profile", "storageClass", "size",
                                                "accessModes", "namespace", "timeout", "thresholds"};
  for (const auto& entry : spec.items())
    if (std::find(std::begin(kKnown), std::end(kKnown), entry.key()) == std::end(kKnown))
      return refused("unknown key " + entry.key());
  if (!spec.contains("claims") || !spec["claims"].is_number_unsigned() || spec["claims"] == 0U ||
      spec["claims"].get<std::size_t>() > kMostClaims)
    return refused("spec.claims must be a number from 1 to 100000");
  for (const char* field : {"over", "profile", "storageClass", "size", "namespace", "timeout"})
    if (spec.contains(field) && !spec[field].is_string())
      return refused("spec." + std::string(field) + " must be a text");
  const auto over = parse_duration(spec.value("over", "0s")), patience = parse_duration(spec.value("timeout", "5m"));
  if (!over || !patience) return refused("spec.over and spec.timeout must be durations");
  const std::string profile = spec.value("profile", "constant");
  if (profile != "constant" && profile != "ramp" && profile != "spike")
    return refused("profile " + profile + " is not known: constant, ramp and spike are");
  for (const Json& threshold : spec.value("thresholds", Json::array())) {
    std::string why;
    if (!threshold.is_string()) return refused("a threshold is a text");
    (void)meets_threshold(threshold.get<std::string>(), {1}, 1, 1, why);
    if (why.find("is not a threshold") != std::string::npos) return refused(why);
  }
  run->count = spec["claims"].get<std::size_t>();
  run->ns = spec.value("namespace", "default");
  run->began = world_.clock().now();
  runs_[run->name] = run;
  for (std::size_t i = 0; i < run->count; ++i) {
    const base::Duration after(
        static_cast<std::int64_t>(moment(profile, i, run->count) * static_cast<double>(over->count())));
    run->timers.push_back(world_.clock().after(after, [this, run, i] { create(run, i); }));
  }
  run->timers.push_back(world_.clock().after(*over + *patience, [this, run] { finish(run); }));
  return {{"phase", "Pending"}, {"message", ""}};
}

void Loads::create(const std::shared_ptr<Run>& run, std::size_t index) {
  const std::string name = run->name + "-" + std::to_string(index + 1);
  Json claim = {{"apiVersion", "v1"},
                {"kind", "PersistentVolumeClaim"},
                {"metadata", {{"name", name}, {"labels", {{"lab.drydock.dev/load", run->name}}}}},
                {"spec",
                 {{"accessModes", run->spec.value("accessModes", Json::array({"ReadWriteOnce"}))},
                  {"resources", {{"requests", {{"storage", run->spec.value("size", "1Gi")}}}}}}}};
  if (run->spec.contains("storageClass")) claim["spec"]["storageClassName"] = run->spec["storageClass"];
  run->waiting[run->ns + "/" + name] = world_.clock().now();
  const base::http::Response made =
      world_.kube_internal("POST", "/api/v1/namespaces/" + run->ns + "/persistentvolumeclaims", claim);
  ++run->made;
  if (made.status >= 300 && run->trouble.empty())
    run->trouble =
        name + ": " + Json::parse(made.body, nullptr, false).value("message", "HTTP " + std::to_string(made.status));
}

void Loads::watch(const base::http::Request& request, const base::http::Response& response) {
  if (runs_.empty() || (request.method != "PUT" && request.method != "PATCH") || response.status != 200) return;
  const std::string_view path = request.path();
  if (path.find(kClaims) == std::string_view::npos) return;
  const Json claim = Json::parse(response.body, nullptr, false);
  if (!claim.is_object() || claim.value("status", Json::object()).value("phase", "") != "Bound") return;
  const std::string key = claim["metadata"].value("namespace", "") + "/" + claim["metadata"].value("name", "");
  for (const auto& [name, run] : runs_) {
    const auto found = run->waiting.find(key);
    if (found == run->waiting.end()) continue;
    run->seconds.push_back(in_seconds(world_.clock().now() - found->second));
    run->waiting.erase(found);
    // Not from inside the call that told us.
    if (run->waiting.empty() && run->made == run->count)
      run->timers.push_back(world_.clock().after(base::Duration{0}, [this, kept = run] { finish(kept); }));
    return;
  }
}

void Loads::finish(const std::shared_ptr<Run>& run) {
  if (run->over) return;
  run->over = true;
  for (const base::TimerId timer : run->timers) world_.clock().cancel(timer);
  run->timers.clear();
  std::sort(run->seconds.begin(), run->seconds.end());
  const double took = in_seconds(world_.clock().now() - run->began);
  Json verdicts = Json::array();
  std::string missed;
  for (const Json& threshold : run->spec.value("thresholds", Json::array())) {
    std::string why;
    const bool met = meets_threshold(threshold.get<std::string>(), run->seconds, run->count, took, why);
    verdicts.push_back({{"threshold", threshold}, {"met", met}, {"figure", why}});
    if (!met) missed += (missed.empty() ? "" : "; ") + threshold.get<std::string>() + ": " + why;
  }
  if (missed.empty() && run->spec.value("thresholds", Json::array()).empty() && run->seconds.size() < run->count)
    missed = std::to_string(run->count - run->seconds.size()) + " claims are not Bound";
  if (!missed.empty() && !run->trouble.empty()) missed += " (" + run->trouble + ")";
  const Json status = {{"phase", missed.empty() ? "Done" : "Failed"},
                       {"message", missed},
                       {"bound", run->seconds.size()},
                       {"claims", run->count},
                       {"seconds", took},
                       {"p50", milliseconds(percentile(run->seconds, 50))},
                       {"p95", milliseconds(percentile(run->seconds, 95))},
                       {"p99", milliseconds(percentile(run->seconds, 99))},
                       {"max", milliseconds(run->seconds.empty() ? 0 : run->seconds.back())},
                       {"thresholds", verdicts}};
  world_.journal().add("lab Load " + run->name + " " + status["phase"].get<std::string>() + ": " +
                       std::to_string(run->seconds.size()) + " of " + std::to_string(run->count) + " bound, p95 " +
                       status["p95"].get<std::string>());
  (void)world_.kube_internal("PATCH", "/apis/lab.drydock.dev/v1/loads/" + run->name + "/status", {{"status", status}});
}

void Loads::stop(const Json& object) {
  const auto found = runs_.find(object["metadata"].value("name", ""));
  if (found == runs_.end()) return;
  const std::shared_ptr<Run> run = found->second;
  runs_.erase(found);
  run->over = true;
  for (const base::TimerId timer : run->timers) world_.clock().cancel(timer);
  for (std::size_t i = 0; i < run->made; ++i)
    (void)world_.kube_internal(
        "DELETE",
        "/api/v1/namespaces/" + run->ns + "/persistentvolumeclaims/" + run->name + "-" + std::to_string(i + 1),
        nullptr);
}

}  // namespace scenario
