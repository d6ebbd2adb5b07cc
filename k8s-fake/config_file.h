#pragma once

#include <string>

#include "k8s-fake/config.h"

/// The `kubernetes:` section of LAB.yaml. Keys: version, openshift, legacyAPIs, anonymous, snapshots, nodes (name,
/// address, labels, cpu, memory, pods, zone), images (name, behaviour), missing, users (name, groups, token), objects.
/// The `ontap:` section is someone else's. Errors: invalid, as "FILE:LINE: text", for anything unknown or of the wrong
/// type.
namespace k8s_fake {

base::Result<Config> parse_config(const std::string& text, const std::string& file);
base::Result<Config> read_config(const std::string& path);

}  // namespace k8s_fake
