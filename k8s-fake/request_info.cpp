#include "k8s-fake/request_info.h"

#include <algorithm>
#include <string>
#include <vector>

#include "k8s-fake/json.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

Query::Query(std::string_view text) : entries_(base::http::parse_query(text)) {}

bool Query::has(std::string_view name) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const auto& each) { return each.first == name; });
}

std::string Query::get(std::string_view name) const {
  for (const auto& [key, value] : entries_)
    if (key == name) return value;
  return "";
}

std::vector<std::string> Query::all(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [key, value] : entries_)
    if (key == name) out.push_back(value);
  return out;
}

bool Query::flag(std::string_view name) const {
  if (!has(name)) return false;
  const std::string value = base::to_lower(get(name));
  return value != "0" && value != "false";
}

namespace {

std::vector<std::string> segments_of(std::string_view raw_path) {
  std::vector<std::string> out;
  for (const auto& part : split_text(raw_path, '/'))
    if (!part.empty()) out.push_back(base::http::percent_decode(part));
  return out;
}

std::string verb_of(const std::string& method, const RequestInfo& info) {
  const bool named = !info.name.empty();
  if (method == "GET" || method == "HEAD") return info.watch ? "watch" : named ? "get" : "list";
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return named ? "delete" : "deletecollection";
  return base::to_lower(method);
}

}  // namespace

RequestInfo parse_request(const base::http::Request& request, const Query& query) {
  RequestInfo info;
  info.path = base::http::percent_decode(request.path());
  info.verb = base::to_lower(request.method);
  auto parts = segments_of(request.path());
  if (parts.empty()) return info;
  std::size_t i = 0;
  if ((parts[0] == "api" || parts[0] == "oapi") && parts.size() >= 3) {
    info.version = parts[1];
    info.oapi = parts[0] == "oapi";
    i = 2;
  } else if (parts[0] == "apis" && parts.size() >= 4) {
    info.group = parts[1];
    info.version = parts[2];
    i = 3;
  } else {
    return info;
  }
  info.is_resource = true;
  if (parts[i] == "watch" && parts.size() > i + 1) {
    info.watch = true;
    ++i;
  }
  if (parts[i] == "namespaces" && parts.size() > i + 2 && parts[i + 2] != "finalize" && parts[i + 2] != "status") {
    info.ns = parts[i + 1];
    info.namespaced_path = true;
    i += 2;
  }
  info.resource = parts[i++];
  if (i < parts.size()) info.name = parts[i++];
  if (i < parts.size()) info.subresource = parts[i++];
  for (; i < parts.size(); ++i) info.subpath += "/" + parts[i];
  if (info.resource == "namespaces" && !info.name.empty()) info.ns = info.name;
  if ((request.method == "GET" || request.method == "HEAD") && query.flag("watch") && info.name.empty())
    info.watch = true;
  info.verb = verb_of(request.method, info);
  return info;
}

}  // namespace k8s_fake
