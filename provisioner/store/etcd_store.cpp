#include "provisioner/store/etcd_store.h"

#include <nlohmann/json.hpp>

#include "provisioner/base/text.h"

namespace provisioner {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::asio::awaitable;
using Json = nlohmann::json;

namespace {

constexpr base::Duration kCallTime = std::chrono::seconds(60);

base::http::CallOptions options() {
  base::http::CallOptions call;
  call.timeout = kCallTime;
  return call;
}

Error not_etcd(const std::string& what) {
  return {ErrorKind::unknown_outcome, "etcd gave an answer that cannot be read: " + what};
}

/// The member, or null: answers come from outside and may be anything.
const Json& at(const Json& object, const char* key) {
  static const Json kNull;
  if (!object.is_object()) return kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}
std::string text(const Json& value) { return value.is_string() ? value.get<std::string>() : std::string(); }

std::string range_end(std::string prefix) {
  ++prefix.back();
  return prefix;
}

Json v3_operation(const Write& write) {
  const std::string key = base::base64_encode(write.key);
  if (write.kind == Write::Kind::erase) return Json{{"requestDeleteRange", {{"key", key}}}};
  return Json{{"requestPut", {{"key", key}, {"value", base::base64_encode(write.value)}}}};
}

/// Version 0 means that there is no such key.
Json v3_condition(const Write& write) {
  return Json{{"key", base::base64_encode(write.key)},
              {"target", "VERSION"},
              {"result", write.kind == Write::Kind::create ? "EQUAL" : "GREATER"},
              {"version", "0"}};
}

}  // namespace

awaitable<Result<base::http::Response>> EtcdMembers::send(base::http::Request request) {
  Result<base::http::Response> response = Error{};
  for (std::size_t tries = 0; tries < endpoints_.size(); ++tries) {
    const auto to = endpoints_[current_];
    const auto call = options();
    response = co_await transport_.send(to, request, call);
    const bool away = !response || response->status >= 500;  // a member without a quorum says 503 or 504
    if (!away) co_return response;
    current_ = (current_ + 1) % endpoints_.size();
    if (response || response.error().kind != ErrorKind::unavailable) co_return response;  // it may have run
  }
  co_return response;
}

awaitable<Result<std::string>> EtcdV3Store::post(std::string path, std::string body) {
  base::http::Request request;
  request.method = "POST";
  request.target = std::move(path);
  request.headers.set("Content-Type", "application/json");
  request.body = std::move(body);
  auto response = co_await members_.send(std::move(request));
  if (!response) co_return Error{response.error().kind, "etcd does not answer: " + response.error().message};
  if (response->status == 200) co_return std::move(response->body);
  const bool refused = response->status == 400 || response->status == 404;
  co_return Error{
      refused ? ErrorKind::invalid : ErrorKind::unknown_outcome,
      "etcd answered with HTTP status " + std::to_string(response->status) + ": " + response->body.substr(0, 300)};
}

namespace {

constexpr const char* kLeaderKey = "/trident/v1/meta/leader";
constexpr int kPage = 1000;
constexpr int kLeadTries = 5;

Json parsed_object(const std::string& body) {
  Json reply = Json::parse(body, nullptr, false);
  return reply.is_object() ? reply : Json();
}

Json leader_compare(const std::string& revision) {
  return Json{
      {"key", base::base64_encode(kLeaderKey)}, {"target", "MOD"}, {"result", "EQUAL"}, {"mod_revision", revision}};
}

Json leader_record(const Leadership& who) {
  return Json{{"holder", who.holder}, {"lease", who.lease}, {"term", who.term}};
}

}  // namespace

/// Pages of one revision, so that the list is one picture.
awaitable<Result<Records>> EtcdV3Store::list(std::string prefix) {
  Records records;
  std::string from = prefix;
  std::string revision = "0";
  for (bool more = true; more;) {
    const Json request = {{"key", base::base64_encode(from)},
                          {"range_end", base::base64_encode(range_end(prefix))},
                          {"limit", std::to_string(kPage)},
                          {"revision", revision}};
    const auto body = co_await post("/v3/kv/range", request.dump());
    if (!body) co_return body.error();
    const Json reply = parsed_object(*body);
    if (!reply.is_object()) co_return not_etcd("range");
    const Json& entries = at(reply, "kvs");
    for (std::size_t i = 0; entries.is_array() && i < entries.size(); ++i) {
      const auto key = base::base64_decode(text(at(entries[i], "key")));
      const auto value = base::base64_decode(text(at(entries[i], "value")));
      if (!key || !value || !key->starts_with(prefix)) co_return not_etcd("range");
      records[key->substr(prefix.size())] = *value;
      from = *key + '\0';
    }
    more = at(reply, "more") == true && entries.is_array() && !entries.empty();
    revision = text(at(at(reply, "header"), "revision"));
    if (more && revision.empty()) co_return not_etcd("range");
  }
  co_return records;
}

awaitable<Result<void>> EtcdV3Store::commit(std::vector<Write> writes) {
  Json request = {{"compare", Json::array()}, {"success", Json::array()}};
  for (const Write& write : writes) {
    if (write.kind == Write::Kind::create || write.kind == Write::Kind::update)
      request["compare"].push_back(v3_condition(write));
    request["success"].push_back(v3_operation(write));
  }
  if (!fence_.empty()) {
    request["compare"].push_back(leader_compare(fence_));
    request["failure"].push_back({{"requestRange", {{"key", base::base64_encode(kLeaderKey)}}}});
  }
  const auto body = co_await post("/v3/kv/txn", request.dump());
  if (!body) co_return body.error();
  const Json reply = parsed_object(*body);
  if (!reply.contains("header")) co_return not_etcd("txn");
  if (at(reply, "succeeded") == true) co_return Result<void>();
  if (!fence_.empty()) {
    const Json& responses = at(reply, "responses");
    const Json& range =
        responses.is_array() && !responses.empty() ? at(responses[0], "response_range") : at(responses, "");
    const Json& found = at(range, "kvs");
    if (!found.is_array() || found.empty() || text(at(found[0], "mod_revision")) != fence_) {
      co_return Error{ErrorKind::unavailable, "the store refused the write: another replica leads"};
    }
  }
  for (const Write& write : writes) {
    if (write.kind == Write::Kind::create)
      co_return Error{ErrorKind::already_exists, "record " + write.key + " already exists in the store"};
    if (write.kind == Write::Kind::update)
      co_return Error{ErrorKind::not_found, "record " + write.key + " was not found in the store"};
  }
  co_return not_etcd("txn");
}

/// Reads who leads and, unless that is somebody later, puts us there on the condition that nothing changed in between.
awaitable<Result<void>> EtcdV3Store::try_to_lead(Leadership who) {
  const std::string key = base::base64_encode(kLeaderKey);
  const Json question = {{"key", key}};
  const auto body = co_await post("/v3/kv/range", question.dump());
  if (!body) co_return body.error();
  const Json reply = parsed_object(*body);
  if (!reply.is_object()) co_return not_etcd("range");
  std::string revision = "0";
  const Json& found = at(reply, "kvs");
  if (found.is_array() && !found.empty()) {
    revision = text(at(found[0], "mod_revision"));
    const Json before = parsed_object(base::base64_decode(text(at(found[0], "value"))).value_or(""));
    if (before == leader_record(who)) {
      fence_ = revision;
      co_return Result<void>();
    }
    const Json& term = at(before, "term");
    if (text(at(before, "lease")) == who.lease && term.is_number_integer() && term.get<std::int64_t>() >= who.term) {
      co_return Error{ErrorKind::conflict, "another replica leads already: " + before.dump()};
    }
  }
  Json request = {{"compare", Json::array()}, {"success", Json::array()}};
  request["compare"].push_back(leader_compare(revision));
  request["success"].push_back(
      {{"requestPut", {{"key", key}, {"value", base::base64_encode(leader_record(who).dump())}}}});
  const auto written = co_await post("/v3/kv/txn", request.dump());
  if (!written) co_return written.error();
  const Json answer = parsed_object(*written);
  const std::string at_revision = text(at(at(answer, "header"), "revision"));
  if (at(answer, "succeeded") != true || at_revision.empty())
    co_return Error{ErrorKind::busy, "somebody else writes who leads"};
  fence_ = at_revision;
  co_return Result<void>();
}

awaitable<Result<void>> EtcdV3Store::lead(Leadership who) {
  Result<void> done = Error{};
  for (int tries = 0; tries < kLeadTries; ++tries) {  // a lost answer is found out by the next reading
    done = co_await try_to_lead(who);
    if (done || done.error().kind == ErrorKind::conflict || done.error().kind == ErrorKind::invalid) break;
  }
  co_return done;
}

// ---- v2

namespace {
constexpr int kKeyNotFound = 100;
constexpr int kNodeExists = 105;

int error_code(const base::http::Response& response) {
  const Json body = Json::parse(response.body, nullptr, false);
  const Json& code = at(body, "errorCode");
  return code.is_number_integer() ? code.get<int>() : 0;
}
}  // namespace

awaitable<Result<base::http::Response>> EtcdV2Store::send(std::string method, std::string key_and_query,
                                                          std::string body) {
  base::http::Request request;
  request.method = std::move(method);
  request.target = "/v2/keys" + key_and_query;
  if (!body.empty()) request.headers.set("Content-Type", "application/x-www-form-urlencoded");
  request.body = std::move(body);
  auto response = co_await members_.send(std::move(request));
  if (!response) co_return Error{response.error().kind, "etcd does not answer: " + response.error().message};
  co_return response;
}

awaitable<Result<Records>> EtcdV2Store::list(std::string prefix) {
  const std::string folder = prefix.substr(0, prefix.size() - 1);
  const auto response = co_await send("GET", folder + "?quorum=true&recursive=true", "");
  if (!response) co_return response.error();
  Records records;
  if (response->status == 404 && error_code(*response) == kKeyNotFound) co_return records;
  const Json reply = Json::parse(response->body, nullptr, false);
  if (response->status != 200 || !reply.is_object())
    co_return not_etcd("HTTP status " + std::to_string(response->status));
  const Json& nodes = at(at(reply, "node"), "nodes");
  for (std::size_t i = 0; nodes.is_array() && i < nodes.size(); ++i) {
    const std::string key = text(at(nodes[i], "key"));
    if (key.starts_with(prefix) && at(nodes[i], "value").is_string())
      records[key.substr(prefix.size())] = text(at(nodes[i], "value"));
  }
  co_return records;
}

awaitable<Result<void>> EtcdV2Store::commit(std::vector<Write> writes) {
  for (const Write& write : writes) {
    std::string key;
    for (const std::string_view part : base::split(std::string_view(write.key).substr(1), '/'))
      key += "/" + base::http::percent_encode(part);
    if (write.kind == Write::Kind::create) key += "?prevExist=false";
    if (write.kind == Write::Kind::update) key += "?prevExist=true";
    const bool erase = write.kind == Write::Kind::erase;
    // Named, since gcc 12 moves the temporaries of a conditional inside co_await byte by byte.
    std::string method = "PUT";
    std::string body = "value=" + base::http::percent_encode(write.value);
    if (erase) {
      method = "DELETE";
      key += "?recursive=true";
      body.clear();
    }
    const auto response = co_await send(method, key, body);
    if (!response) co_return response.error();
    if (response->status == 200 || response->status == 201) continue;
    const int code = error_code(*response);
    if (erase && code == kKeyNotFound) continue;
    if (code == kKeyNotFound)
      co_return Error{ErrorKind::not_found, "record " + write.key + " was not found in the store"};
    if (code == kNodeExists)
      co_return Error{ErrorKind::already_exists, "record " + write.key + " already exists in the store"};
    co_return Error{ErrorKind::unknown_outcome, "etcd answered with HTTP status " + std::to_string(response->status) +
                                                    ": " + response->body.substr(0, 300)};
  }
  co_return Result<void>();
}

}  // namespace provisioner
