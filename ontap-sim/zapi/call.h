#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "ontap-sim/model/cluster.h"
#include "provisioner/base/log.h"

/// One ZAPI call and the row that describes it. A handler finds its checked input in `Call`, changes the model through
/// its operations and writes children into `out`; an error becomes `<results status="failed" …>`. Source of names and
/// shapes: appendices A to C of the array's specification.
namespace ontap_sim::zapi {

using model::Bytes;
using model::Errno;
using model::ModelError;
using Status = model::Result<void>;

/// Where an API exists. `any`: in both scopes, with what that scope can see. `svm`: needs an SVM. `cluster`: 13005 in
/// an SVM.
enum class Scope : std::uint8_t { any, svm, cluster };

/// The inputs of every iterator.
inline constexpr std::string_view kIter = "desired-attributes:r max-records:i query:r tag";
/// The inputs of every *-modify-iter.
inline constexpr std::string_view kModifyIter =
    "attributes*:r continue-on-failure:b max-failure-count:i max-records:i query*:r return-failure-list:b "
    "return-success-list:b tag";
/// The inputs of every *-destroy-iter.
inline constexpr std::string_view kDestroyIter =
    "continue-on-failure:b max-failure-count:i max-records:i query*:r return-failure-list:b return-success-list:b tag";

class Call;

/// Runs a line of the clustershell for system-cli: its output and whether it went well.
using Shell = std::function<std::pair<std::string, bool>(const std::string& line, const std::string& privilege,
                                                         const std::string& user)>;

struct ApiEntry {
  std::string_view name{};
  int tier = 3;
  Scope scope = Scope::any;
  /// Inputs, separated by blanks: `name`, `*` if mandatory, `:i` integer, `:b` boolean, `:r` a structure or list, and
  /// `@120` if only releases from ONTAPI 1.120 know it. Example: "volume* new-size size:i force:b query:r
  /// encrypt:b@110".
  std::string_view input{};
  Status (*run)(Call& call) = nullptr;
  std::string_view source{};
  /// The first ONTAPI minor version that has the API.
  int since = 0;
};

class Call {
 public:
  model::Cluster& cluster;
  const ApiEntry& api;
  pugi::xml_node in;                // the element named after the API
  pugi::xml_node out;               // <results>
  model::Svm* scope_svm = nullptr;  // null in cluster scope
  bool cluster_admin = true;        // logged in with an account of the cluster
  std::string user{};
  const base::Logger& log;
  const Shell& shell;  // may be empty

  model::Svm& svm() const {
    CHECK(scope_svm != nullptr);
    return *scope_svm;
  }

  // Input. Text is verbatim; numbers and booleans were checked against the row.
  bool has(const char* name) const { return in.child(name); }
  std::string text(const char* name) const;
  /// Nothing when the element is absent or empty.
  std::optional<std::string> optional_text(const char* name) const;
  std::optional<std::int64_t> integer(const char* name) const;
  std::optional<bool> boolean(const char* name) const;
  bool flag(const char* name, bool otherwise = false) const { return boolean(name).value_or(otherwise); }
  /// The texts of `name`'s children called `child`; nothing when `name` is absent.
  std::optional<std::vector<std::string>> list(const char* name, const char* child) const;

  // Output.
  pugi::xml_node put(const char* name) { return out.append_child(name); }
  void put(const char* name, std::string_view value);
  void put(const char* name, std::int64_t value);
  void put_flag(const char* name, bool value);
  /// result-status, result-jobid of an asynchronous call; id 0 means that it is done.
  void put_job(std::uint64_t job);
  void put_job_failure(const ModelError& error);

  /// errno 13115 about one of this call's inputs.
  ModelError invalid(const char* element) const {
    return model::invalid_value(element, std::string(api.name), text(element));
  }
};

/// The text of a leaf, CDATA included.
std::string leaf_text(pugi::xml_node node);
void append_text(pugi::xml_node parent, const char* name, std::string_view value);
/// "true", "false", "True", "0" and so on; nothing otherwise.
std::optional<bool> parse_boolean(std::string_view text);

/// "node/child" -> the texts of a record's leaf at that path.
std::string path_text(pugi::xml_node node, std::string_view path);

}  // namespace ontap_sim::zapi
