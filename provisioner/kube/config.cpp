#include "provisioner/kube/config.h"

#include <nlohmann/json.hpp>

#include "provisioner/base/text.h"
#include "provisioner/kube/yaml.h"

namespace provisioner::kube {

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
using Json = nlohmann::ordered_json;

constexpr const char* kAccount = "/var/run/secrets/kubernetes.io/serviceaccount/";

std::string config_text(const Json& object, const char* key) {
  if (!object.is_object()) return {};
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

/// The `inner` object of the list entry called `name`.
Json named(const Json& config, const char* list, const std::string& name, const char* inner) {
  if (!config.contains(list) || !config[list].is_array()) return {};
  for (const Json& entry : config[list]) {
    if (config_text(entry, "name") == name && entry.contains(inner)) return entry[inner];
  }
  return {};
}

/// Data given inline (base64) or as a file name; "" when neither is there.
Result<std::string> material(const Json& from, const std::string& key, const FileReader& read,
                             const std::string& folder) {
  const std::string inline_data = config_text(from, (key + "-data").c_str());
  if (!inline_data.empty()) {
    const auto decoded = base::base64_decode(inline_data);
    if (!decoded) return Error{ErrorKind::invalid, "kubeconfig: " + key + "-data is not base64"};
    return *decoded;
  }
  const std::string file = config_text(from, key.c_str());
  if (file.empty()) return std::string();
  return read(file.starts_with("/") ? file : folder + "/" + file);
}

Result<void> set_address(ApiServer& server, const std::string& address) {
  const auto url = base::http::parse_url(address);
  if (!url) return url.error();
  server.endpoint.tls = url->tls;
  server.endpoint.host = url->host;
  server.endpoint.port = url->port;
  server.path_prefix = url->target.substr(0, url->target.find('?'));
  while (server.path_prefix.ends_with("/")) server.path_prefix.pop_back();
  return {};
}

}  // namespace

Result<ApiServer> in_cluster(const FileReader& read, const Environment& environment, const std::string& root) {
  const std::string host = environment("KUBERNETES_SERVICE_HOST");
  const auto port = base::parse_unsigned(environment("KUBERNETES_SERVICE_PORT"));
  if (host.empty() || !port || *port == 0 || *port > 65535) {
    return Error{
        ErrorKind::invalid,
        "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be defined"};
  }
  const std::string folder = root + kAccount;
  const auto token = read(folder + "token");
  if (!token) return token.error();
  const auto ca = read(folder + "ca.crt");
  if (!ca) return ca.error();
  ApiServer server;
  server.endpoint.host = host;
  server.endpoint.port = static_cast<std::uint16_t>(*port);
  server.endpoint.ca_pem = *ca;
  server.token = [read, folder, last = *token]() mutable {
    if (auto now = read(folder + "token")) last = *now;
    return std::string(base::trim(last));
  };
  const auto own = read(folder + "namespace");
  if (own) server.own_namespace = base::trim(*own);
  return server;
}

Result<ApiServer> from_kubeconfig(const std::string& text, const FileReader& read, const std::string& folder) {
  const auto parsed = yaml_to_json(text);
  if (!parsed) return Error{ErrorKind::invalid, "kubeconfig: " + parsed.error().message};
  const Json& config = *parsed;
  if (!config.is_object()) return Error{ErrorKind::invalid, "kubeconfig: not a map"};
  const Json context = named(config, "contexts", config_text(config, "current-context"), "context");
  if (context.is_null()) return Error{ErrorKind::invalid, "kubeconfig: no current context"};
  const Json cluster = named(config, "clusters", config_text(context, "cluster"), "cluster");
  if (cluster.is_null()) return Error{ErrorKind::invalid, "kubeconfig: the current context names no cluster"};
  const Json user = named(config, "users", config_text(context, "user"), "user");
  ApiServer server;
  if (auto done = set_address(server, config_text(cluster, "server")); !done) return done.error();
  struct Part {
    const Json& from;
    const char* key;
    std::string& into;
  };
  for (const Part& part : {Part{cluster, "certificate-authority", server.endpoint.ca_pem},
                           Part{user, "client-certificate", server.endpoint.client_cert_pem},
                           Part{user, "client-key", server.endpoint.client_key_pem}}) {
    auto content = material(part.from, part.key, read, folder);
    if (!content) return content.error();
    part.into = *content;
  }
  server.endpoint.insecure = cluster.is_object() && cluster.contains("insecure-skip-tls-verify") &&
                             cluster["insecure-skip-tls-verify"] == true;
  const std::string token = config_text(user, "token");
  const std::string token_file = config_text(user, "tokenFile");
  if (!token.empty()) server.token = [token] { return token; };
  if (!token_file.empty()) {
    const std::string path = token_file.starts_with("/") ? token_file : folder + "/" + token_file;
    server.token = [read, path] { return std::string(base::trim(read(path).value_or(""))); };
  }
  if (!config_text(user, "username").empty())
    server.basic = config_text(user, "username") + ":" + config_text(user, "password");
  server.own_namespace = config_text(context, "namespace");
  return server;
}

Result<ApiServer> from_kubeconfig_file(const FileReader& read, const std::string& path, const std::string& address) {
  const auto text = read(path);
  if (!text) return text.error();
  const std::size_t slash = path.rfind('/');
  auto server = from_kubeconfig(*text, read, slash == std::string::npos ? "." : path.substr(0, slash));
  if (!server || address.empty()) return server;
  if (auto done = set_address(*server, address.find("://") == std::string::npos ? "http://" + address : address); !done)
    return done.error();
  return server;
}

Result<ApiServer> from_address(const std::string& address) {
  ApiServer server;
  if (auto done = set_address(server, address.find("://") == std::string::npos ? "http://" + address : address); !done)
    return done.error();
  return server;
}

}  // namespace provisioner::kube
