#include "k8s-fake/patch.h"

#include <string>

#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

ApiStatus cannot_apply() {
  return {.code = 422,
          .reason = "Invalid",
          .message = "the server rejected our request due to an error in our request",
          .details = Json::object()};
}

constexpr std::size_t kOperationsMax = 10000;

bool has_path(const Json& document, const Json::json_pointer& pointer) { return document.contains(pointer); }

}  // namespace

ApiResult<Json> apply_json_patch(Json document, const Json& patch, bool strict) {
  if (patch.size() > kOperationsMax) {
    return ApiStatus{.code = 413,
                     .reason = "RequestEntityTooLarge",
                     .message = std::string(strict ? "" : "Request entity too large: ") +
                                "The allowed maximum operations in a JSON patch is 10000, got " +
                                std::to_string(patch.size())};
  }
  for (const auto& given : patch) {
    Json step = given;
    const std::string op = text_at(step, "op");
    if (!at(step, "path").is_string()) return cannot_apply();
    // nlohmann's own patch() reports by exception; its file-local wrapper is here.
    try {
      const Json::json_pointer path(text_at(step, "path"));
      if (op == "test" && !has_path(document, path) && at(step, "value").is_null()) return cannot_apply();
      if (op == "add" && !step.contains("value")) step["value"] = nullptr;
      const bool member =
          !path.empty() && has_path(document, path.parent_pointer()) && document.at(path.parent_pointer()).is_object();
      if (!strict && op == "replace" && member && !has_path(document, path)) step["op"] = "add";
      if (!strict && op == "copy" && at(step, "from").is_string()) {
        const Json::json_pointer from(text_at(step, "from"));
        const bool inside = !from.empty() && has_path(document, from.parent_pointer()) &&
                            document.at(from.parent_pointer()).is_object();
        if (inside && !has_path(document, from))
          step = {{"op", "add"}, {"path", text_at(step, "path")}, {"value", nullptr}};
      }
      if ((text_at(step, "op") == "remove" || text_at(step, "op") == "replace") && !has_path(document, path))
        return cannot_apply();
      document = document.patch(Json::array({step}));
    } catch (const Json::exception&) {
      return cannot_apply();
    }
  }
  return document;
}

ApiResult<Json> apply_merge_patch(Json document, const Json& patch) {
  document.merge_patch(patch);
  return document;
}

}  // namespace k8s_fake
