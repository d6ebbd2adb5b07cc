#include "k8s-fake/quota.h"

#include <map>
#include <string>
#include <vector>

#include "k8s-fake/api.h"
#include "k8s-fake/quantity.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

using Amount = __int128;  // thousandths
using Usage = std::map<std::string, Amount>;

Amount amount_of(const Json& quantity) {
  return quantity_milli(quantity.is_string() ? quantity.get<std::string>() : dump(quantity)).value_or(0);
}

/// In the style of `like`: binary units where the limit is written with them.
std::string amount_text(Amount milli, const std::string& like) {
  if (milli % 1000 != 0) return std::to_string(static_cast<std::int64_t>(milli)) + "m";
  auto whole = static_cast<std::int64_t>(milli / 1000);
  std::string unit;
  if (!like.empty() && like.back() == 'i') {
    for (const char* next : {"Ki", "Mi", "Gi", "Ti", "Pi"}) {
      if (whole == 0 || whole % 1024 != 0) break;
      whole /= 1024;
      unit = next;
    }
  }
  return std::to_string(whole) + unit;
}

std::vector<Json> all_in(const Server& server, const char* group, const char* plural, const std::string& ns) {
  std::vector<Json> out;
  const Objects& objects = server.store.objects(server.resource(group, plural));
  for (auto each = objects.lower_bound(ObjectKey(ns, "")); each != objects.end() && each->first.first == ns; ++each)
    out.push_back(each->second->json());
  return out;
}

void add_containers(const Json& pod, const char* part, const std::string& prefix, Usage& usage) {
  for (const auto& container : at_path(pod, {"spec", "containers"})) {
    const Json& amounts = at_path(container, {"resources", part});
    if (!amounts.is_object()) continue;
    for (const auto& [name, value] : amounts.items()) usage[prefix + name] += amount_of(value);
  }
}

/// What one object adds to the usage of its namespace.
Usage usage_of(const Resource& resource, const Json& object) {
  Usage usage;
  usage["count/" + resource.plural + (resource.group.empty() ? "" : "." + resource.group)] = 1000;
  if (!resource.group.empty()) return usage;
  const std::string phase = text_at(object, {"status", "phase"});
  if (resource.plural == "pods" && (phase == "Succeeded" || phase == "Failed")) return usage;
  usage[resource.plural] = 1000;
  if (resource.plural == "pods") {
    add_containers(object, "requests", "requests.", usage);
    add_containers(object, "limits", "limits.", usage);
    for (const char* plain : {"cpu", "memory", "ephemeral-storage"}) {
      if (const auto found = usage.find(std::string("requests.") + plain); found != usage.end())
        usage[plain] = found->second;
    }
  } else if (resource.plural == "persistentvolumeclaims") {
    const Amount storage = amount_of(at_path(object, {"spec", "resources", "requests", "storage"}));
    usage["requests.storage"] = storage;
    std::string named = text_at(object, {"metadata", "annotations", "volume.beta.kubernetes.io/storage-class"});
    if (named.empty()) named = text_at(object, {"spec", "storageClassName"});
    if (!named.empty()) {
      usage[named + ".storageclass.storage.k8s.io/requests.storage"] = storage;
      usage[named + ".storageclass.storage.k8s.io/persistentvolumeclaims"] = 1000;
    }
  } else if (resource.plural == "services") {
    const std::string type = text_at(object, {"spec", "type"});
    if (type == "LoadBalancer") usage["services.loadbalancers"] = 1000;
    if (type == "NodePort" || type == "LoadBalancer") usage["services.nodeports"] = 1000;
  }
  return usage;
}

bool counts(const Json& hard, const Usage& usage) {
  for (const auto& [name, amount] : usage)
    if (hard.contains(name)) return true;
  return false;
}

/// All that a quota's limits talk about, counted now.
Usage used_now(const Server& server, const std::string& ns, const Json& hard) {
  Usage total;
  for (const auto& resource : server.kinds.resources()) {
    if (!resource->namespaced || resource->answer != nullptr) continue;
    const std::string counter = "count/" + resource->plural + (resource->group.empty() ? "" : "." + resource->group);
    bool wanted = hard.contains(counter) || (resource->group.empty() && hard.contains(resource->plural));
    if (resource->group.empty() &&
        (resource->plural == "pods" || resource->plural == "persistentvolumeclaims" || resource->plural == "services"))
      wanted = true;
    if (!wanted) continue;
    for (const auto& object : all_in(server, resource->group.c_str(), resource->plural.c_str(), ns)) {
      for (const auto& [name, amount] : usage_of(*resource, object)) total[name] += amount;
    }
  }
  return total;
}

bool scoped(const Json& quota) {
  return !is_empty_value(at_path(quota, {"spec", "scopes"})) ||
         !is_empty_value(at_path(quota, {"spec", "scopeSelector"}));
}

bool is_pod(const Write& write) {
  return write.call.resource().plural == "pods" && write.call.resource().group.empty();
}

void set_defaults_of(const Json& item, Json& pod, std::vector<std::string>& notes) {
  Json& containers = pod["spec"]["containers"];
  if (!containers.is_array()) return;
  for (auto& container : containers) {
    if (!container.is_object()) continue;
    for (const auto& [from, to, word] :
         {std::tuple{"defaultRequest", "requests", "request"}, std::tuple{"default", "limits", "limit"}}) {
      std::vector<std::string> set;
      const Json& values = at(item, from);
      if (!values.is_object()) continue;
      for (const auto& [name, value] : values.items()) {
        Json& amounts = container["resources"][to];
        if (amounts.is_object() && amounts.contains(name)) continue;
        // A limit that the author gave is the request too.
        if (std::string(to) == "requests" && at_path(container, {"resources", "limits"}).contains(name)) continue;
        amounts[name] = value;
        set.push_back(name);
      }
      if (!set.empty())
        notes.push_back(base::join(set, ", ") + " " + word + " for container " + text_at(container, "name"));
    }
  }
}

/// min and max of one amount map against a subject; the message or "".
std::string out_of_bounds(const Json& item, const std::string& kind, const Json& requests, const Json& limits) {
  const auto check = [&](const char* bound, bool upper) -> std::string {
    const Json& values = at(item, bound);
    if (!values.is_object()) return "";
    for (const auto& [name, value] : values.items()) {
      const bool claim = kind == "PersistentVolumeClaim";
      const bool by_limit = upper && !claim;
      const Json& given = at(by_limit ? limits : requests, name);
      const std::string word = by_limit ? "limit" : "request", edge = upper ? "maximum " : "minimum ";
      const std::string head = edge + name + " usage per " + kind + " is " + value.get<std::string>();
      if (given.is_null()) return head + ".  No " + word + " is specified";
      const Amount have = amount_of(given), wanted = amount_of(value);
      if (upper ? have > wanted : have < wanted) return head + ", but " + word + " is " + given.get<std::string>();
    }
    return "";
  };
  const std::string low = check("min", false);
  return low.empty() ? check("max", true) : low;
}

}  // namespace

std::optional<ApiStatus> apply_limit_ranges(Write& write) {
  const Resource& resource = write.call.resource();
  if (write.old != nullptr || !resource.group.empty() ||
      (resource.plural != "pods" && resource.plural != "persistentvolumeclaims"))
    return std::nullopt;
  std::vector<std::string> notes, problems;
  const auto ranges = all_in(write.call.server, "", "limitranges", write.call.info.ns);
  if (is_pod(write)) {
    for (const auto& range : ranges) {
      for (const auto& item : at_path(range, {"spec", "limits"}))
        if (text_at(item, "type") == "Container") set_defaults_of(item, write.object, notes);
    }
  }
  for (const auto& range : ranges) {
    for (const auto& item : at_path(range, {"spec", "limits"})) {
      const std::string type = text_at(item, "type");
      if (type == "PersistentVolumeClaim" && !is_pod(write)) {
        problems.push_back(out_of_bounds(item, type, at_path(write.object, {"spec", "resources", "requests"}), Json()));
      } else if (type == "Container" && is_pod(write)) {
        for (const auto& container : at_path(write.object, {"spec", "containers"})) {
          problems.push_back(out_of_bounds(item, type, at_path(container, {"resources", "requests"}),
                                           at_path(container, {"resources", "limits"})));
        }
      }
    }
  }
  std::erase(problems, "");
  const std::string name = text_at(write.object, {"metadata", "name"});
  if (problems.size() == 1) return forbidden(write.call.what(), name, problems.front());
  if (!problems.empty()) return forbidden(write.call.what(), name, "[" + base::join(problems, ", ") + "]");
  if (!notes.empty())
    write.object["metadata"]["annotations"]["kubernetes.io/limit-ranger"] =
        "LimitRanger plugin set: " + base::join(notes, "; ");
  return std::nullopt;
}

std::optional<ApiStatus> check_quotas(const Write& write) {
  const Resource& resource = write.call.resource();
  if (!resource.namespaced || !write.subresource.empty()) return std::nullopt;
  const auto quotas = all_in(write.call.server, "", "resourcequotas", write.call.info.ns);
  if (quotas.empty()) return std::nullopt;
  Usage more = usage_of(resource, write.object);
  if (write.old != nullptr)
    for (const auto& [name, amount] : usage_of(resource, *write.old)) more[name] -= amount;
  const std::string name = text_at(write.object, {"metadata", "name"});
  for (const auto& quota : quotas) {
    const Json& hard = at_path(quota, {"spec", "hard"});
    if (!hard.is_object() || scoped(quota) || !counts(hard, more)) continue;
    const std::string title = text_at(quota, {"metadata", "name"});
    if (is_pod(write) && write.old == nullptr) {
      std::vector<std::string> missing;
      for (const auto& [key, value] : hard.items()) {
        const bool compute =
            key == "cpu" || key == "memory" || key.rfind("requests.", 0) == 0 || key.rfind("limits.", 0) == 0;
        if (compute && key != "requests.storage" && !more.contains(key)) missing.push_back(key);
      }
      if (!missing.empty())
        return forbidden(write.call.what(), name,
                         "failed quota: " + title + ": must specify " + base::join(missing, ","));
    }
    const Usage used = used_now(write.call.server, write.call.info.ns, hard);
    std::vector<std::string> requested, have, limited;
    for (const auto& [key, amount] : more) {
      if (amount <= 0 || !hard.contains(key)) continue;
      const auto found = used.find(key);
      const Amount before = found == used.end() ? 0 : found->second;
      const std::string limit = hard.at(key).is_string() ? hard.at(key).get<std::string>() : dump(hard.at(key));
      if (before + amount <= amount_of(hard.at(key))) continue;
      requested.push_back(key + "=" + amount_text(amount, limit));
      have.push_back(key + "=" + amount_text(before, limit));
      limited.push_back(key + "=" + limit);
    }
    if (!requested.empty()) {
      return forbidden(write.call.what(), name,
                       "exceeded quota: " + title + ", requested: " + base::join(requested, ",") +
                           ", used: " + base::join(have, ",") + ", limited: " + base::join(limited, ","));
    }
  }
  return std::nullopt;
}

void follow_quotas(Server& server) {
  const Resource& quotas = server.resource("", "resourcequotas");
  server.store.listen([&server, &quotas](const Resource& resource, const EventPtr& event) {
    if (!resource.namespaced || (&resource == &quotas && event->type == EventType::deleted)) return;
    for (Json quota : all_in(server, "", "resourcequotas", event->object->ns)) {
      const Json hard = at_path(quota, {"spec", "hard"});
      if (!hard.is_object()) continue;
      const Usage used = scoped(quota) ? Usage{} : used_now(server, event->object->ns, hard);
      Json shown = Json::object();
      for (const auto& [key, limit] : hard.items()) {
        const auto found = used.find(key);
        shown[key] =
            amount_text(found == used.end() ? 0 : found->second, limit.is_string() ? limit.get<std::string>() : "");
      }
      const Json status = {{"hard", hard}, {"used", shown}};
      if (at(quota, "status") == status) continue;
      quota["status"] = status;
      server.store.put(quotas, quota);
    }
  });
}

}  // namespace k8s_fake
