#include "k8s-fake/kubelet/environment.h"

#include "k8s-fake/controllers/quantity.h"
#include "k8s-fake/controllers/resources.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

namespace {

bool optional(const Json& reference) { return reference.is_object() && reference.value("optional", false); }

/// The decoded entries of a config map or secret.
std::map<std::string, std::string> entries(const Json& object, bool secret) {
  std::map<std::string, std::string> result;
  const Json& data = at(object, "/data");
  if (data.is_object()) {
    for (const auto& [key, value] : data.items()) {
      if (value.is_string())
        result[key] = secret ? base::base64_decode(value.get<std::string>()).value_or("") : value.get<std::string>();
    }
  }
  const Json& binary = at(object, "/binaryData");
  if (binary.is_object()) {
    for (const auto& [key, value] : binary.items()) {
      if (value.is_string()) result[key] = base::base64_decode(value.get<std::string>()).value_or("");
    }
  }
  return result;
}

using Entries = base::Result<std::map<std::string, std::string>, Lacking>;

asio::awaitable<Entries> fetch(Client& client, std::string ns, std::string name, bool secret, bool may_lack) {
  const auto object = co_await client.get(secret ? resources::secrets : resources::config_maps, ns, name);
  if (object) co_return entries(*object, secret);
  if (!object.error().not_found()) co_return Lacking{object.error().message};
  if (may_lack) co_return std::map<std::string, std::string>{};
  co_return Lacking{std::string(secret ? "secret" : "configmap") + " \"" + name + "\" not found"};
}

std::string resource_value(const Json& container, const std::string& resource, const std::string& divisor) {
  const std::size_t dot = resource.find('.');
  const Json& values = at(container, "/resources/" + resource.substr(0, dot));
  const std::string name = resource.substr(dot + 1);
  if (!values.is_object() || !values.contains(name)) return "0";
  const std::int64_t value = quantity_or_zero(values[name].get<std::string>(), 1000);
  const std::int64_t by = divisor.empty() || divisor == "0" ? 1000 : quantity_or_zero(divisor, 1000);
  return std::to_string(by == 0 ? 0 : (value + by - 1) / by);
}

/// One variable's value; nothing when an optional source is absent.
asio::awaitable<base::Result<std::optional<std::string>, Lacking>> value_from(Client& client, PodFacts facts,
                                                                              Json container, Json from) {
  if (has(from, "/fieldRef"))
    co_return std::optional<std::string>(field_value(facts, text(from, "/fieldRef/fieldPath")));
  if (has(from, "/resourceFieldRef")) {
    co_return std::optional<std::string>(
        resource_value(container, text(from, "/resourceFieldRef/resource"), text(from, "/resourceFieldRef/divisor")));
  }
  const bool secret = has(from, "/secretKeyRef");
  const Json reference = at(from, secret ? "/secretKeyRef" : "/configMapKeyRef");
  const std::string name = text(reference, "/name");
  const std::string key = text(reference, "/key");
  const auto found = co_await fetch(client, namespace_of(facts.pod), name, secret, optional(reference));
  if (!found) co_return found.error();
  const auto entry = found->find(key);
  if (entry != found->end()) co_return std::optional<std::string>(entry->second);
  if (optional(reference)) co_return std::optional<std::string>();
  co_return Lacking{"couldn't find key " + key + " in " + (secret ? "Secret " : "ConfigMap ") +
                    namespace_of(facts.pod) + "/" + name};
}

void put_file(const FilePtr& folder, const std::string& path, std::string data, unsigned mode) {
  FilePtr here = folder;
  const std::vector<std::string_view> steps = base::split(path, '/');
  for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
    FilePtr& child = here->children[std::string(steps[i])];
    if (!child) child = make_directory();
    here = child;
  }
  here->children[std::string(steps.back())] = make_file(std::move(data), mode);
}

std::optional<Lacking> put_entries(const FilePtr& folder, const std::map<std::string, std::string>& found,
                                   const Json& source, unsigned mode, const char* what) {
  const Json& items = at(source, "/items");
  if (items.empty()) {
    for (const auto& [key, value] : found) put_file(folder, key, value, mode);
    return std::nullopt;
  }
  for (const Json& item : items) {
    const std::string key = text(item, "/key");
    const auto entry = found.find(key);
    if (entry != found.end()) {
      put_file(folder, text(item, "/path"), entry->second, static_cast<unsigned>(number(item, "/mode", mode)));
    } else if (!optional(source)) {
      return Lacking{std::string("references non-existent ") + what + " key: " + key};
    }
  }
  return std::nullopt;
}

void put_downward(const FilePtr& folder, const PodFacts& facts, const Json& source, unsigned mode) {
  for (const Json& item : at(source, "/items")) {
    put_file(folder, text(item, "/path"), field_value(facts, text(item, "/fieldRef/fieldPath")),
             static_cast<unsigned>(number(item, "/mode", mode)));
  }
}

asio::awaitable<std::optional<Lacking>> put_source(Client& client, PodFacts facts, FilePtr folder, Json source,
                                                   unsigned mode) {
  const std::string ns = namespace_of(facts.pod);
  for (const bool secret : {false, true}) {
    const Json one = at(source, secret ? "/secret" : "/configMap");
    if (one.is_null()) continue;
    const std::string name = text(one, "/secretName").empty() ? text(one, "/name") : text(one, "/secretName");
    const auto found = co_await fetch(client, ns, name, secret, optional(one));
    if (!found) co_return found.error();
    if (auto lacking = put_entries(folder, *found, one, mode, secret ? "secret" : "config")) co_return lacking;
  }
  if (has(source, "/downwardAPI")) put_downward(folder, facts, at(source, "/downwardAPI"), mode);
  if (has(source, "/serviceAccountToken")) {
    const Json one = at(source, "/serviceAccountToken");
    Json spec{{"expirationSeconds", number(one, "/expirationSeconds", 3600)},
              {"boundObjectRef",
               {{"kind", "Pod"}, {"apiVersion", "v1"}, {"name", name_of(facts.pod)}, {"uid", uid_of(facts.pod)}}}};
    if (has(one, "/audience")) spec["audiences"] = Json::array({text(one, "/audience")});
    const Json ask{{"kind", "TokenRequest"}, {"apiVersion", "authentication.k8s.io/v1"}, {"spec", spec}};
    std::string account = text(facts.pod, "/spec/serviceAccountName");
    if (account.empty()) account = "default";
    const auto token = co_await client.create_sub(resources::service_accounts, ns, account, "token", ask);
    if (!token) co_return Lacking{"failed to fetch token: " + token.error().message};
    put_file(folder, text(one, "/path"), text(*token, "/status/token"), mode);
  }
  co_return std::optional<Lacking>();
}

}  // namespace

std::string field_value(const PodFacts& facts, const std::string& path) {
  const auto listing = [&](const char* where) {
    std::string lines;
    const Json& map = at(facts.pod, where);
    if (!map.is_object()) return lines;
    for (const auto& [key, value] : map.items()) lines += key + "=" + value.dump() + "\n";
    return lines;
  };
  if (path == "status.podIP" || path == "status.podIPs") return facts.pod_ip;
  if (path == "status.hostIP" || path == "status.hostIPs") return facts.host_ip;
  if (path == "metadata.labels") return listing("/metadata/labels");
  if (path == "metadata.annotations") return listing("/metadata/annotations");
  const std::size_t open = path.find("['");
  if (open != std::string::npos && path.ends_with("']")) {
    const std::string key = path.substr(open + 2, path.size() - open - 4);
    return path.starts_with("metadata.labels") ? label(facts.pod, key) : annotation(facts.pod, key);
  }
  return text(facts.pod, "/" + base::replace_all(path, ".", "/"));
}

std::string substitute(const std::string& input, const Variables& variables) {
  std::string result;
  for (std::size_t i = 0; i < input.size();) {
    if (input.compare(i, 2, "$$") == 0) {
      result += '$';
      i += 2;
      continue;
    }
    const std::size_t end = input.compare(i, 2, "$(") == 0 ? input.find(')', i) : std::string::npos;
    const auto found = end == std::string::npos ? variables.end() : variables.find(input.substr(i + 2, end - i - 2));
    if (found == variables.end()) {
      result += input[i++];
      continue;
    }
    result += found->second;
    i = end + 1;
  }
  return result;
}

asio::awaitable<base::Result<Variables, Lacking>> container_variables(Client& client, PodFacts facts, Json container,
                                                                      Variables start) {
  Variables variables = std::move(start);
  const std::string ns = namespace_of(facts.pod);
  for (const Json& from : at(container, "/envFrom")) {
    const bool secret = has(from, "/secretRef");
    const Json reference = at(from, secret ? "/secretRef" : "/configMapRef");
    const auto found = co_await fetch(client, ns, text(reference, "/name"), secret, optional(reference));
    if (!found) co_return found.error();
    for (const auto& [key, value] : *found) variables[text(from, "/prefix") + key] = value;
  }
  for (const Json& one : at(container, "/env")) {
    const std::string name = text(one, "/name");
    if (!has(one, "/valueFrom")) {
      variables[name] = substitute(text(one, "/value"), variables);
      continue;
    }
    const auto value = co_await value_from(client, facts, container, at(one, "/valueFrom"));
    if (!value) co_return value.error();
    if (*value) variables[name] = **value;
  }
  co_return variables;
}

asio::awaitable<base::Result<FilePtr, Lacking>> volume_files(Client& client, PodFacts facts, Json volume) {
  FilePtr folder = make_directory();
  Json sources = Json::array();
  unsigned mode = 0644;
  if (has(volume, "/projected")) {
    mode = static_cast<unsigned>(number(volume, "/projected/defaultMode", 0644));
    sources = at(volume, "/projected/sources");
  } else {
    for (const char* kind : {"configMap", "secret", "downwardAPI"}) {
      if (!has(volume, std::string("/") + kind)) continue;
      mode = static_cast<unsigned>(number(volume, std::string("/") + kind + "/defaultMode", 0644));
      sources.push_back({{kind, volume[kind]}});
    }
  }
  for (const Json& source : sources) {
    const auto lacking = co_await put_source(client, facts, folder, source, mode);
    if (lacking) co_return *lacking;
  }
  co_return folder;
}

}  // namespace k8s_fake::control
