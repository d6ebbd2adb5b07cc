#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "k8s-fake/watch.h"
#include "provisioner/base/http/message.h"

/// Content negotiation: which of JSON, YAML and protobuf a client wants, and as what. Source: kubernetes.md 1.7, RFC
/// 9110 12.5.1.
namespace k8s_fake {

struct AcceptedType {
  View::Media media = View::Media::json;
  std::string as{};  // Table, PartialObjectMetadata and the like; "" for the object itself
  std::string group{};
  std::string version{};
};
/// The clauses of an Accept header that this server can serve at all, best first.
std::vector<AcceptedType> accepted_types(std::string_view accept);

/// Rewrites a JSON answer in the form that the client likes best; what has no protobuf form stays JSON.
void encode_answer(std::string_view accept, base::http::Response& response);

}  // namespace k8s_fake
