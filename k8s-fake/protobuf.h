#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "k8s-fake/json.h"
#include "provisioner/base/result.h"

/// Kubernetes' protobuf form of objects, both ways, by the field table. On the wire an object is the four bytes "k8s\0"
/// and a message {1: {1: apiVersion, 2: kind}, 2: the kind's message}; a list's message is {1: ListMeta, 2: items}.
/// Kinds that the table does not hold (custom ones, tables) have no such form. Source: kubernetes.md 1.8.
namespace k8s_fake {

inline constexpr const char* kProtobufType = "application/vnd.kubernetes.protobuf";

/// An enveloped body as JSON with kind and apiVersion; `group_version` and `kind` where the envelope does not say.
/// Errors: invalid.
base::Result<Json> decode_protobuf(std::string_view body, std::string_view group_version, std::string_view kind);

/// An object or a list, which names its kind and apiVersion, as an enveloped body; nothing when its kind is not in the
/// table.
std::optional<std::string> encode_protobuf(const Json& object);
/// One frame of a watch: its length in four bytes, then the event around an enveloped object.
std::string protobuf_event(std::string_view type, std::string_view enveloped);

}  // namespace k8s_fake
