#include "k8s-fake/negotiate.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/protobuf.h"
#include "k8s-fake/yaml.h"
#include "provisioner/base/text.h"

namespace k8s_fake {

std::vector<AcceptedType> accepted_types(std::string_view accept) {
  std::vector<std::pair<double, AcceptedType>> found;
  for (std::string clause : split_text(accept, ',')) {
    std::erase_if(clause, [](char c) { return c == ' ' || c == '\t'; });
    const auto parts = split_text(clause, ';');
    AcceptedType type;
    const std::string& media = parts.front();
    if (media == kProtobufType) type.media = View::Media::protobuf;
    else if (media == "application/yaml") type.media = View::Media::yaml;
    else if (media != "application/json" && media != "application/*" && media != "*/*") continue;
    double quality = 1;
    for (const auto& each : parts) {
      if (each.rfind("as=", 0) == 0) type.as = each.substr(3);
      if (each.rfind("g=", 0) == 0) type.group = each.substr(2);
      if (each.rfind("v=", 0) == 0) type.version = each.substr(2);
      if (each.rfind("q=", 0) == 0) quality = std::strtod(each.c_str() + 2, nullptr);
    }
    if (quality > 0) found.emplace_back(quality, std::move(type));
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<AcceptedType> out;
  for (auto& each : found) out.push_back(std::move(each.second));
  return out;
}

void encode_answer(std::string_view accept, base::http::Response& response) {
  if (accept.find("protobuf") == std::string_view::npos && accept.find("yaml") == std::string_view::npos) return;
  if (response.body.empty() || response.headers.get("Content-Type") != "application/json") return;
  const ParsedJson parsed = parse_json(response.body);
  if (!parsed.error.empty()) return;
  const std::string kind = text_at(parsed.value, "kind");
  for (const auto& type : accepted_types(accept)) {
    if (!type.as.empty() && type.as != kind) continue;
    if (type.media == View::Media::json) return;
    if (type.media == View::Media::yaml) {
      response.headers.set("Content-Type", "application/yaml");
      response.body = json_to_yaml(parsed.value);
      return;
    }
    if (auto bytes = encode_protobuf(parsed.value)) {
      response.headers.set("Content-Type", kProtobufType);
      response.body = std::move(*bytes);
      return;
    }
  }
}

}  // namespace k8s_fake
