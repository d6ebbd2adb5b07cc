#pragma once

#include <map>
#include <string>
#include <vector>

#include "k8s-fake/json.h"
#include "provisioner/base/result.h"

/// The `kubernetes:` section of LAB.yaml as values; every key has a default and an empty section is the default
/// cluster. Source: lab.md sections 4 and 6.
namespace k8s_fake {

struct NodeConfig {
  std::string name = "drydock-node-1";
  std::string address;  // "": made up from its place in the list
  std::map<std::string, std::string> labels;
  std::string cpu = "4";
  std::string memory = "8Gi";
  std::string pods = "110";
  std::string zone;
};

/// What the kubelet does with an image. `behaviour` is "pause", the name of a built-in ("busybox", "nginx", "etcd") or
/// "process:PROGRAM".
struct ImageConfig {
  std::string name;
  std::string behaviour = "pause";
};

struct UserConfig {
  std::string name;
  std::vector<std::string> groups;
  std::string token;
};

struct Config {
  std::string version = "v1.32.4";  // gitVersion; "1.20" and "v1.6.1+5115d708d7" are understood too
  std::string openshift;            // its version; "" for a plain cluster
  bool legacy_apis = true;
  bool anonymous = false;  // let requests without credentials in as system:anonymous
  bool snapshots = true;   // the CRDs of snapshot.storage.k8s.io
  std::vector<NodeConfig> nodes = {NodeConfig{}};
  std::vector<ImageConfig> images;
  std::vector<std::string> missing_images;
  std::vector<UserConfig> users;
  std::vector<Json> objects;  // created at start
  std::string advertise_address = "127.0.0.1:6443";
  std::string admin_token;  // "": made up at start
  std::string state_dir;    // "": memory only
};

/// Major and minor of a version setting.
struct ServerVersion {
  int major = 1;
  int minor = 32;
  std::string git = "v1.32.4";
};
/// Errors: invalid, for anything but 1.6 and 1.20 to 1.35.
base::Result<ServerVersion> parse_version(const std::string& text);

}  // namespace k8s_fake
