#include "ontap-sim/zapi/dispatch.h"

#include <algorithm>
#include <cstring>

#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/zapi/validate.h"
#include "provisioner/base/text.h"

namespace ontap_sim::zapi {
namespace {

using base::http::Request;
using base::http::Response;

constexpr std::string_view kPaths[] = {"/servlets/netapp.servlets.admin.XMLrequest_filer",
                                       "/servlets/netapp.servlets.admin.XMLrequest"};

struct Login {
  std::string user;
  std::string role;
  bool cluster_admin = false;
};

std::string escape_attribute(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default:
        if (static_cast<unsigned char>(c) >= 32 || c == '\t') out += c;
    }
  }
  return out;
}

std::string envelope(const model::Cluster& cluster, std::string_view results) {
  std::string text;
  text.reserve(results.size() + 200);
  text +=
      "<?xml version='1.0' encoding='UTF-8' ?>\n<!DOCTYPE netapp SYSTEM 'file:/etc/netapp_gx.dtd'>\n<netapp "
      "version='1.";
  text += std::to_string(cluster.ontapi_minor);
  text += "' xmlns='http://www.netapp.com/filer/admin'>\n";
  text += results;
  text += "</netapp>\n";
  return text;
}

Response xml_response(std::string body) {
  Response response;
  response.status = 200;
  response.headers.set("Content-Type", "text/xml; charset=utf-8");
  response.body = std::move(body);
  return response;
}

Response failed(const model::Cluster& cluster, const ModelError& error) {
  return xml_response(envelope(cluster, "<results status=\"failed\" reason=\"" + escape_attribute(error.reason) +
                                            "\" errno=\"" + std::to_string(static_cast<int>(error.code)) + "\"/>"));
}

Response plain(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "text/html");
  response.body = std::move(body);
  return response;
}

Response unauthorized() {
  Response response = plain(401, "<html><body>Authorization failed</body></html>\n");
  response.headers.set("WWW-Authenticate", "Basic realm=\"Administration\"");
  return response;
}

std::optional<Login> log_in(const model::Cluster& cluster, const Request& request, const Arrival& arrival) {
  const std::string own = arrival.svm.empty() ? cluster.name : arrival.svm;
  // A cluster administrator may come in by an SVM's LIF unless the lab is strict about it.
  std::vector<std::string> owners = {own};
  if (!arrival.svm.empty() && !cluster.settings.strict_lif_auth) owners.push_back(cluster.name);
  std::string user;
  std::optional<std::string> password;
  if (const std::string* header = request.headers.find("Authorization")) {
    const std::size_t blank = header->find(' ');
    if (blank == std::string::npos || !base::equals_ignoring_case(std::string_view(*header).substr(0, blank), "Basic"))
      return std::nullopt;
    const auto decoded = base::base64_decode(base::trim(std::string_view(*header).substr(blank + 1)));
    const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
    if (colon == std::string::npos) return std::nullopt;
    user = decoded->substr(0, colon);
    password = decoded->substr(colon + 1);
  } else if (request.peer.certificate) {
    user = request.peer.certificate->common_name;
  } else {
    return std::nullopt;
  }
  for (const std::string& owner : owners) {
    const auto role = password ? model::check_login(cluster, owner, user, *password, "ontapi")
                               : model::role_of(cluster, owner, user, "ontapi");
    if (role && *role != "none") return Login{user, *role, owner == cluster.name};
  }
  return std::nullopt;
}

std::string host_of(const Request& request) {
  std::string host = request.headers.get("Host");
  if (const std::size_t colon = host.rfind(':');
      colon != std::string::npos && host.find(']', colon) == std::string::npos)
    host.resize(colon);
  return host;
}

ModelError not_found(std::string_view api, std::string_view svm) {
  std::string reason = "Unable to find API: " + std::string(api);
  if (!svm.empty()) reason += " on data vserver " + std::string(svm);
  return {Errno::api_not_found, reason};
}

std::string object_of(pugi::xml_node in) {
  constexpr const char* names[] = {
      "volume",      "name",  "volume-name",    "path",          "vserver-name",         "initiator-group-name",
      "policy-name", "qtree", "interface-name", "source-volume", "destination-location", "aggregate",
      "node"};
  for (const char* name : names) {
    if (const pugi::xml_node node = in.child(name)) return leaf_text(node);
  }
  return "";
}

bool role_allows(const std::string& role, std::string_view api) {
  const bool reader = role == "readonly" || role == "vsadmin-readonly";
  return !reader || is_read(api) || api == "ems-autosupport-log";
}

}  // namespace

bool is_read(std::string_view api) {
  if (api.ends_with("-get") || api.ends_with("-get-iter") || api.find("-get-") != api.npos) return true;
  for (const std::string_view word : base::split(api, '-')) {
    for (const std::string_view changes : {"modify", "set", "delete", "destroy", "release"}) {
      if (word == changes) return false;
    }
  }
  constexpr std::string_view parts[] = {"-list",    "-status",    "-entries",  "-report", "-info",
                                        "-details", "-supported", "-capacity", "-check"};
  return std::any_of(std::begin(parts), std::end(parts),
                     [&](std::string_view part) { return api.find(part) != std::string_view::npos; });
}

bool xml_depth_ok(std::string_view text, int depth_max) {
  int depth = 0;
  for (std::size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at)) {
    const auto skip_to = [&](std::string_view end) {
      at = text.find(end, at);
      if (at != std::string_view::npos) at += end.size();
    };
    if (text.substr(at).starts_with("<!--")) {
      skip_to("-->");
    } else if (text.substr(at).starts_with("<![CDATA[")) {
      skip_to("]]>");
    } else if (at + 1 < text.size() && (text[at + 1] == '?' || text[at + 1] == '!')) {
      skip_to(">");
    } else if (at + 1 < text.size() && text[at + 1] == '/') {
      --depth;
      skip_to(">");
    } else {
      char quote = 0;
      std::size_t end = at + 1;
      while (end < text.size() && (quote != 0 || text[end] != '>')) {
        if (quote == 0 && (text[end] == '"' || text[end] == '\'')) {
          quote = text[end];
        } else if (quote == text[end]) {
          quote = 0;
        }
        ++end;
      }
      const bool closed = end < text.size() && text[end - 1] == '/';
      if (!closed && ++depth > depth_max) return false;
      at = end;
    }
    if (at == std::string_view::npos) break;
  }
  return true;
}

namespace {

bool needs_escape(char c) { return c == '&' || c == '<' || c == '>' || c == '\r'; }

void append_escaped(std::string& text, const char* value) {
  for (; *value != 0; ++value) {
    switch (*value) {
      case '&': text += "&amp;"; break;
      case '<': text += "&lt;"; break;
      case '>': text += "&gt;"; break;
      case '\r': text += "&#13;"; break;
      default: text += *value;
    }
  }
}

/// <name>value</name> in one step; false when the value has to be escaped.
bool append_leaf(std::string& text, const char* name, std::size_t length, const char* value) {
  const char* end = value;
  while (*end != 0 && !needs_escape(*end)) ++end;
  if (*end != 0) return false;
  const auto size = static_cast<std::size_t>(end - value);
  const std::size_t from = text.size();
  text.resize(from + 2 * length + size + 5);
  char* out = text.data() + from;
  *out++ = '<';
  std::memcpy(out, name, length);
  out += length;
  *out++ = '>';
  std::memcpy(out, value, size);
  out += size;
  *out++ = '<';
  *out++ = '/';
  std::memcpy(out, name, length);
  out[length] = '>';
  return true;
}

}  // namespace

// Most of the work of a reply: no allocation for a leaf or for children that are in order already.
void write_xml(std::string& text, pugi::xml_node node) {
  const char* const name = node.name();
  const std::size_t length = std::strlen(name);
  const pugi::xml_node first = node.first_child();
  const bool leaf = first && first.type() == pugi::node_pcdata && !first.next_sibling() && !node.first_attribute();
  if (leaf && append_leaf(text, name, length, first.value())) return;
  text += '<';
  text.append(name, length);
  for (pugi::xml_attribute attribute = node.first_attribute(); attribute; attribute = attribute.next_attribute()) {
    text += ' ';
    text += attribute.name();
    text += "=\"" + escape_attribute(attribute.value()) + "\"";
  }
  pugi::xml_node child = first;
  if (!child) {
    text += "/>";
    return;
  }
  text += '>';
  const char* last = nullptr;
  bool sorted = true;
  for (pugi::xml_node one = child; sorted && one; one = one.next_sibling()) {
    if (one.type() == pugi::node_pcdata) continue;
    sorted = last == nullptr || std::strcmp(last, one.name()) <= 0;
    last = one.name();
  }
  std::vector<std::pair<const char*, pugi::xml_node>> elements;
  for (; child; child = child.next_sibling()) {
    if (child.type() == pugi::node_pcdata) append_escaped(text, child.value());
    else if (sorted) write_xml(text, child);
    else elements.emplace_back(child.name(), child);
  }
  std::stable_sort(elements.begin(), elements.end(),
                   [](const auto& a, const auto& b) { return std::strcmp(a.first, b.first) < 0; });
  for (const auto& element : elements) write_xml(text, element.second);
  text += "</";
  text.append(name, length);
  text += '>';
}

std::optional<Arrival> arrival_of(const model::Cluster& cluster, const Request& request) {
  for (const std::string& address : {request.peer.local_address, host_of(request)}) {
    const auto at = cluster.lif_by_address.find(address);
    if (at == cluster.lif_by_address.end()) continue;
    const model::Svm* svm = cluster.find_svm(at->second.svm);
    if (svm == nullptr || svm->type != model::SvmType::data)
      continue;  // the cluster's own LIFs are the fallback anyway
    const auto lif = svm->lifs.find(at->second.lif);
    if (lif == svm->lifs.end() || !lif->second.management()) return std::nullopt;
    return Arrival{svm->name};
  }
  return Arrival{};
}

Response Server::handle(const Request& request) {
  model::settle(cluster_);
  if (std::find(std::begin(kPaths), std::end(kPaths), request.path()) == std::end(kPaths))
    return plain(404, "<html><body>Not Found</body></html>\n");
  if (request.method != "POST") {
    Response response = plain(405, "<html><body>Method Not Allowed</body></html>\n");
    response.headers.set("Allow", "POST");
    return response;
  }
  const auto arrival = arrival_of(cluster_, request);
  if (!arrival) return plain(404, "<html><body>This interface does not serve management requests.</body></html>\n");
  const auto login = log_in(cluster_, request, *arrival);
  if (!login) return unauthorized();
  return answer(request, *arrival, login->user, login->role, login->cluster_admin);
}

Response Server::answer(const Request& request, const Arrival& arrival, const std::string& user,
                        const std::string& role, bool cluster_admin) {
  if (!xml_depth_ok(request.body, kXmlDepthMax))
    return failed(cluster_, model::refused("The request is nested too deeply."));
  pugi::xml_document document;
  const pugi::xml_parse_result parsed =
      document.load_buffer(request.body.data(), request.body.size(), pugi::parse_default, pugi::encoding_utf8);
  if (!parsed)
    return failed(cluster_, model::refused(std::string("Error parsing the XML request: ") + parsed.description()));
  const pugi::xml_node root = document.document_element();
  if (std::string_view(root.name()) != "netapp")
    return failed(cluster_, model::refused("The root element of the request must be \"netapp\"."));
  pugi::xml_node in;
  for (const pugi::xml_node child : root.children()) {
    if (child.type() == pugi::node_element) {
      in = child;
      break;
    }
  }
  if (!in) return failed(cluster_, model::refused("No elements in API request"));
  if (cluster_.settings.strict_version) {
    const auto version = model::parse_ontapi(root.attribute("version").as_string("1.20"));
    if (version && *version > cluster_.ontapi_minor) {
      return failed(cluster_,
                    {Errno::api_unsupported_version, "Version " + std::string(root.attribute("version").value()) +
                                                         " was requested, but only 1." +
                                                         std::to_string(cluster_.ontapi_minor) + " is supported."});
    }
  }
  const std::string name = in.name();

  // Scope: the LIF's SVM, or the one that the request tunnels to.
  model::Svm* svm = nullptr;
  const std::string tunnel = root.attribute("vfiler").value();
  const std::string wanted = tunnel.empty() ? arrival.svm : tunnel;
  if (!wanted.empty() && wanted != cluster_.name) {
    svm = cluster_.find_svm(wanted);
    if (svm == nullptr || (!arrival.svm.empty() && wanted != arrival.svm))
      return failed(cluster_, {Errno::svm_not_found, "Specified vserver not found"});
    // What a node's own SVM answers was seen in netapp.ontap's issue 114.
    if (svm->type == model::SvmType::node)
      return failed(cluster_, {Errno::api_not_found, "Unable to find API: " + name + " on node vserver " + svm->name});
    if (svm->type == model::SvmType::system)
      return failed(cluster_, {Errno::svm_not_found, "Specified vserver not found"});
  }
  const ApiEntry* api = find_api(name);
  const bool absent =
      api == nullptr || cluster_.ontapi_minor < api->since || (svm != nullptr && api->scope == Scope::cluster);
  if (absent)
    return failed(cluster_, not_found(name, api != nullptr && svm != nullptr && !tunnel.empty() ? svm->name : ""));
  if (svm == nullptr && api->scope == Scope::svm)
    return failed(cluster_, model::refused("Vserver API missing vserver parameter."));
  if (!role_allows(role, name)) {
    return failed(cluster_, {Errno::api_privilege, "Insufficient privileges: user '" + user +
                                                       "' does not have write access to this resource"});
  }
  const std::string object = before || after ? object_of(in) : std::string();
  const CallView view{name, svm == nullptr ? std::string_view{} : std::string_view(svm->name), object, user};
  const auto reply = [&](const std::optional<ModelError>& error, std::string_view results) {
    Response response = error ? failed(cluster_, *error) : xml_response(envelope(cluster_, results));
    if (after) after(view, !error, response);
    return response;
  };
  if (before) {
    if (const auto fault = before(view)) return reply(fault, "");
  }
  if (api->run == nullptr) {
    log_.warning("known ZAPI call is not modelled", {{"api", name}});
    return reply(ModelError{Errno::api_not_implemented, "API " + name + " is not implemented by this simulator"}, "");
  }
  pugi::xml_document reply_document;
  pugi::xml_node results = reply_document.append_child("results");
  results.append_attribute("status").set_value("passed");
  Call call{cluster_, *api, in, results, svm, cluster_admin, user, log_, shell};
  Status status = check_input(call);
  if (status) status = api->run(call);
  if (!status) return reply(status.error(), "");
  std::string text;
  text.reserve(8192);
  write_xml(text, results);
  return reply(std::nullopt, text);
}

}  // namespace ontap_sim::zapi
