#include "k8s-fake/status.h"

#include <string>
#include <utility>
#include <vector>

namespace k8s_fake {
namespace {

Json details_of(GroupResource what, std::string_view name) {
  Json details = Json::object();
  if (!name.empty()) details["name"] = name;
  if (!what.group.empty()) details["group"] = what.group;
  if (!what.resource.empty()) details["kind"] = what.resource;
  return details;
}

std::string in_quotes(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace

std::string GroupResource::text() const {
  return group.empty() ? std::string(resource) : std::string(resource) + "." + std::string(group);
}

Json to_json(const ApiStatus& status) {
  Json out = {{"kind", "Status"},    {"apiVersion", "v1"},        {"metadata", Json::object()},
              {"status", "Failure"}, {"message", status.message}, {"code", status.code}};
  if (!status.continue_token.empty()) out["metadata"]["continue"] = status.continue_token;
  if (!status.reason.empty()) out["reason"] = status.reason;
  if (!status.details.is_null()) out["details"] = status.details;
  return out;
}

base::http::Response to_response(const ApiStatus& status) {
  base::http::Response response;
  response.status = status.code;
  response.headers.set("Content-Type", "application/json");
  if (status.retry_after_seconds > 0) response.headers.set("Retry-After", std::to_string(status.retry_after_seconds));
  Json body = to_json(status);
  std::string text = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":" + dump(body["metadata"]) +
                     ",\"status\":\"Failure\",\"message\":" + dump(body["message"]);
  if (body.contains("reason")) text += ",\"reason\":" + dump(body["reason"]);
  if (body.contains("details")) text += ",\"details\":" + dump(body["details"]);
  response.body = text + ",\"code\":" + std::to_string(status.code) + "}\n";
  return response;
}

ApiStatus bad_request(std::string message) {
  return {.code = 400, .reason = "BadRequest", .message = std::move(message)};
}
ApiStatus unauthorized() { return {.code = 401, .reason = "Unauthorized", .message = "Unauthorized"}; }

ApiStatus forbidden(GroupResource what, std::string_view name, std::string_view why) {
  std::string message = what.text();
  if (!name.empty()) message += " " + in_quotes(name);
  return {.code = 403,
          .reason = "Forbidden",
          .message = message + " is forbidden: " + std::string(why),
          .details = details_of(what, name)};
}

ApiStatus not_found(GroupResource what, std::string_view name) {
  return {.code = 404,
          .reason = "NotFound",
          .message = what.text() + " " + in_quotes(name) + " not found",
          .details = details_of(what, name)};
}

ApiStatus no_such_resource() {
  return {.code = 404,
          .reason = "NotFound",
          .message = "the server could not find the requested resource",
          .details = Json::object()};
}

ApiStatus method_not_allowed() {
  return {.code = 405,
          .reason = "MethodNotAllowed",
          .message = "the server does not allow this method on the requested resource",
          .details = Json::object()};
}

ApiStatus already_exists(GroupResource what, std::string_view name) {
  return {.code = 409,
          .reason = "AlreadyExists",
          .message = what.text() + " " + in_quotes(name) + " already exists",
          .details = details_of(what, name)};
}

ApiStatus conflict(GroupResource what, std::string_view name, std::string_view why) {
  return {
      .code = 409,
      .reason = "Conflict",
      .message = "Operation cannot be fulfilled on " + what.text() + " " + in_quotes(name) + ": " + std::string(why),
      .details = details_of(what, name)};
}

ApiStatus stale(GroupResource what, std::string_view name) {
  return conflict(what, name,
                  "the object has been modified; please apply your changes to the latest version and try again");
}

ApiStatus expired(std::string message) { return {.code = 410, .reason = "Expired", .message = std::move(message)}; }

ApiStatus internal_error(std::string_view what) {
  Json causes = Json::array({Json{{"message", what}}});
  return {.code = 500,
          .reason = "InternalError",
          .message = "Internal error occurred: " + std::string(what),
          .details = Json{{"causes", causes}}};
}

ApiStatus unsupported_media(std::string message) {
  return {.code = 415, .reason = "UnsupportedMediaType", .message = std::move(message), .details = Json::object()};
}

void FieldErrors::add(FieldError error) {
  for (const auto& have : errors_) {
    if (have.field == error.field && have.body == error.body) return;
  }
  errors_.push_back(std::move(error));
}

void FieldErrors::required(std::string field, std::string_view detail) {
  add({"FieldValueRequired", std::move(field),
       detail.empty() ? "Required value" : "Required value: " + std::string(detail)});
}
void FieldErrors::invalid(std::string field, const Json& value, std::string_view detail) {
  add({"FieldValueInvalid", std::move(field), "Invalid value: " + dump(value) + ": " + std::string(detail)});
}
void FieldErrors::unsupported(std::string field, const Json& value, const std::vector<std::string>& supported) {
  std::string list;
  for (const auto& each : supported) list += (list.empty() ? "" : ", ") + in_quotes(each);
  add({"FieldValueNotSupported", std::move(field),
       "Unsupported value: " + dump(value) + ": supported values: " + list});
}
void FieldErrors::forbidden(std::string field, std::string_view detail) {
  add({"FieldValueForbidden", std::move(field), "Forbidden: " + std::string(detail)});
}
void FieldErrors::duplicate(std::string field, const Json& value) {
  add({"FieldValueDuplicate", std::move(field), "Duplicate value: " + dump(value)});
}
void FieldErrors::not_found(std::string field, const Json& value) {
  add({"FieldValueNotFound", std::move(field), "Not found: " + dump(value)});
}
void FieldErrors::too_long(std::string field, std::size_t max_bytes) {
  add({"FieldValueTooLong", std::move(field),
       (at_least(32) ? "Too long: may not be more than " : "Too long: must have at most ") + std::to_string(max_bytes) +
           " bytes"});
}
void FieldErrors::too_many(std::string field, std::size_t have, std::size_t max) {
  add({"FieldValueTooMany", std::move(field),
       "Too many: " + std::to_string(have) + ": must have at most " + std::to_string(max) + " items"});
}

ApiStatus invalid(std::string_view group, std::string_view kind, std::string_view name, const FieldErrors& errors) {
  Json causes = Json::array();
  std::string list;
  for (const auto& error : errors.all()) {
    causes.push_back({{"reason", error.reason}, {"message", error.body}, {"field", error.field}});
    list += (list.empty() ? "" : ", ") + error.field + ": " + error.body;
  }
  if (errors.all().size() > 1) list = "[" + list + "]";
  Json details = details_of({group, kind}, name);
  details["causes"] = causes;
  return {.code = 422,
          .reason = "Invalid",
          .message = GroupResource{group, kind}.text() + " " + in_quotes(name) + " is invalid: " + list,
          .details = details};
}

}  // namespace k8s_fake
