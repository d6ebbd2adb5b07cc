#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "provisioner/base/http/message.h"

/// What a request asks for, read from its path, query and method alone. Source: kubernetes.md 1.11.1, 2.12, 6.5.
namespace k8s_fake {

class Query {
 public:
  Query() = default;
  explicit Query(std::string_view text);
  bool has(std::string_view name) const;
  std::string get(std::string_view name) const;
  std::vector<std::string> all(std::string_view name) const;
  /// "0" and "false" are false, everything else that is present is true, the empty value too.
  bool flag(std::string_view name) const;
  /// A DeleteOptions body's members stand beside the query's.
  void set(std::string name, std::string value) { entries_.emplace_back(std::move(name), std::move(value)); }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

struct RequestInfo {
  bool is_resource = false;
  std::string path;  // decoded
  std::string verb;  // get list watch create update patch delete deletecollection; else the lower-case method
  std::string group;
  std::string version;
  std::string resource;
  std::string ns;
  std::string name;
  std::string subresource;
  std::string subpath;  // what follows a proxy subresource, with its slash
  bool watch = false;
  bool oapi = false;  // OpenShift's legacy prefix
  bool namespaced_path = false;
};

RequestInfo parse_request(const base::http::Request& request, const Query& query);

}  // namespace k8s_fake
