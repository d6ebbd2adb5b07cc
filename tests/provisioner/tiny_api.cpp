#include "tests/provisioner/tiny_api.h"

#include "provisioner/base/text.h"

namespace provisioner_test {

using base::http::Request;
using base::http::Response;
using provisioner::kube::find_at;
using provisioner::kube::text_at;

namespace {

Response answer(int status, const Json& body) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json"}};
  response.body = body.dump();
  return response;
}

Response refusal(int status, const std::string& reason) {
  return answer(status,
                {{"kind", "Status"}, {"status", "Failure"}, {"reason", reason}, {"message", reason}, {"code", status}});
}

/// "/api/v1/namespaces/NS/persistentvolumeclaims" belongs to "/api/v1/persistentvolumeclaims" as well.
std::string cluster_wide(const std::string& collection) {
  const std::size_t at = collection.find("/namespaces/");
  if (at == std::string::npos) return collection;
  const std::size_t end = collection.find('/', at + 12);
  return end == std::string::npos ? collection : collection.substr(0, at) + collection.substr(end);
}

std::string parent(const std::string& path) { return path.substr(0, path.rfind('/')); }

}  // namespace

void TinyApi::publish(const std::string& type, const std::string& path, const Json& object) {
  const std::string line = Json{{"type", type}, {"object", object}}.dump() + "\n";
  for (const Watch& watch : watches_) {
    if (watch.collection == parent(path) || watch.collection == cluster_wide(parent(path))) watch.pipe->write(line);
  }
}

void TinyApi::put(const std::string& collection, Json object) {
  const std::string path = collection + "/" + text_at(object, {"metadata", "name"});
  const bool known = objects_.contains(path);
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  if (text_at(object, {"metadata", "uid"}).empty()) object["metadata"]["uid"] = "uid-" + std::to_string(version_);
  objects_[path] = object;
  publish(known ? "MODIFIED" : "ADDED", path, object);
}

void TinyApi::erase(const std::string& path) {
  const auto found = objects_.find(path);
  if (found == objects_.end()) return;
  Json last = found->second;
  last["metadata"]["resourceVersion"] = std::to_string(++version_);
  objects_.erase(found);
  publish("DELETED", path, last);
}

const Json* TinyApi::find(const std::string& path) const {
  const auto found = objects_.find(path);
  return found == objects_.end() ? nullptr : &found->second;
}

std::vector<std::string> TinyApi::events(const std::string& name) const {
  std::vector<std::string> out;
  for (const auto& [path, object] : objects_) {
    if (text_at(object, {"involvedObject", "name"}) != name) continue;
    for (int i = 0; i < object.value("count", 1); ++i)
      out.push_back(text_at(object, {"type"}) + " " + text_at(object, {"reason"}) + " " + text_at(object, {"message"}));
  }
  return out;
}

void TinyApi::cut_watches(bool forget) {
  if (forget) oldest_ = ++version_;
  for (const Watch& watch : std::exchange(watches_, {})) watch.pipe->close();
}

Response TinyApi::read(const Request& request) {
  const std::string path(request.path());
  if (path == "/version") return answer(200, {{"gitVersion", git_version}});
  if (const Json* object = find(path)) return answer(200, *object);
  const bool collection = path.ends_with("s") && path.find("/persistentvolumes/") == std::string::npos;
  if (!collection) return refusal(404, "NotFound");
  std::map<std::string, std::string> query;
  for (const auto& [key, value] : base::http::parse_query(request.query())) query[key] = value;
  if (query["watch"] == "true") {
    if (base::parse_unsigned(query["resourceVersion"]).value_or(0) < static_cast<std::uint64_t>(oldest_))
      return refusal(410, "Expired");
    Response response;
    response.outgoing = std::make_shared<base::Pipe>();
    watches_.push_back({path, response.outgoing});
    for (const auto& [key, object] : objects_) {  // what came after the version asked for
      const auto version = base::parse_unsigned(text_at(object, {"metadata", "resourceVersion"})).value_or(0);
      const bool here = parent(key) == path || cluster_wide(parent(key)) == path;
      if (here && version > base::parse_unsigned(query["resourceVersion"]).value_or(0))
        response.outgoing->write(Json{{"type", "MODIFIED"}, {"object", object}}.dump() + "\n");
    }
    return response;
  }
  Json list = {
      {"kind", "List"}, {"metadata", {{"resourceVersion", std::to_string(version_)}}}, {"items", Json::array()}};
  for (const auto& [key, object] : objects_) {
    if (parent(key) == path || cluster_wide(parent(key)) == path) list["items"].push_back(object);
  }
  return answer(200, list);
}

Response TinyApi::handle(const Request& request) {
  const std::string path(request.path());
  calls.push_back(request.method + " " + path);
  if (refuse.contains(request.method + " " + path)) return refusal(500, "InternalError");
  if (request.method == "GET") return read(request);
  Json body = Json::parse(request.body, nullptr, false);
  if (request.method == "POST") {
    const std::string full = path + "/" + text_at(body, {"metadata", "name"});
    if (find(full)) return refusal(409, "AlreadyExists");
    put(path, body);
    return answer(201, *find(full));
  }
  const bool status = path.ends_with("/status");
  const std::string target = status ? parent(path) : path;
  if (!find(target)) return refusal(404, "NotFound");
  if (request.method == "DELETE") {
    erase(path);
    return answer(200, {{"kind", "Status"}, {"status", "Success"}});
  }
  Json changed = *find(target);
  if (request.method == "PATCH") changed.merge_patch(body);
  if (request.method == "PUT" &&
      text_at(body, {"metadata", "resourceVersion"}) != text_at(changed, {"metadata", "resourceVersion"}))
    return refusal(409, "Conflict");
  if (request.method == "PUT" && status) changed["status"] = body["status"];
  if (request.method == "PUT" && !status) changed = body;
  put(parent(target), changed);
  return answer(200, *find(target));
}

}  // namespace provisioner_test
