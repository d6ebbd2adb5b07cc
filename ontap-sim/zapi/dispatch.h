#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/zapi/call.h"
#include "provisioner/base/http/message.h"

/// The ZAPI endpoint as a function: path, login, envelope, scope, table row, input check, handler, reply.
/// HTTP statuses: 404 unknown path, 405 no POST, 401 bad login; everything else is 200 with a `results` element.
/// Source: sections 1 to 3 of the array's specification.
namespace ontap_sim::zapi {

/// Every name of the catalogue with its row; unmodelled ones have no `run`. Sorted by name.
const std::vector<ApiEntry>& table();
const ApiEntry* find_api(std::string_view name);

/// Which management interface a request came in on.
struct Arrival {
  std::string svm{};  // "" = the cluster's own
};
/// The data SVM whose LIF has the socket's local address; else the LIF that the Host header names; else the cluster.
/// Nothing when that LIF does no management.
std::optional<Arrival> arrival_of(const model::Cluster& cluster, const base::http::Request& request);

/// What an observer may know about a call before and after it ran.
struct CallView {
  std::string_view api;
  std::string_view svm;     // "" in cluster scope
  std::string_view object;  // the first text that names something (volume, path, name …), "" if there is none
  std::string_view user;
};

class Server {
 public:
  Server(model::Cluster& cluster, const base::Logger& log) : cluster_(cluster), log_(log) {}
  base::http::Response handle(const base::http::Request& request);

  /// Runs before the handler; a returned error is the answer and nothing happens.
  std::function<std::optional<ModelError>(const CallView&)> before;
  /// Runs after the reply was made and may change how it is delivered.
  std::function<void(const CallView&, bool passed, base::http::Response&)> after;
  /// Runs clustershell lines for system-cli: output and success.
  Shell shell;

 private:
  base::http::Response answer(const base::http::Request& request, const Arrival& arrival, const std::string& user,
                              const std::string& role, bool cluster_admin);
  model::Cluster& cluster_;
  const base::Logger& log_;
};

/// Elements may nest this deep; deeper documents are refused before they are parsed.
inline constexpr int kXmlDepthMax = 512;
bool xml_depth_ok(std::string_view text, int depth_max);

/// The bytes of an element and all below, children sorted by name as ONTAP sends them, nothing indented.
void write_xml(std::string& text, pugi::xml_node node);

/// True for calls that change nothing, by their name; the role `readonly` may do only these.
bool is_read(std::string_view api);

}  // namespace ontap_sim::zapi
