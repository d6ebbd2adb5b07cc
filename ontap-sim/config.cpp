#include "ontap-sim/config.h"

#include <yaml-cpp/yaml.h>

#include <set>

#include "ontap-sim/model/version.h"
#include "provisioner/base/text.h"

namespace ontap_sim {
namespace {

// One mapping of the file. Values are taken by key; what nobody took is an unknown key. The first error wins.
struct Problem {
  std::string file;
  std::optional<base::Error> error;
  void report(const YAML::Node& at, const std::string& text) {
    if (error) return;
    error = base::Error{base::ErrorKind::invalid, file + ":" + std::to_string(at.Mark().line + 1) + ": " + text};
  }
};

class Section {
 public:
  Section(const YAML::Node& node, std::string name, Problem& problem)
      : node_(node), name_(std::move(name)), problem_(problem) {
    if (!node_.IsNull() && !node_.IsMap()) {
      problem_.report(node_, "\"" + name_ + "\" must be a mapping");
      node_ = YAML::Node();
    }
  }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
  ~Section() {
    if (!node_.IsMap()) return;
    for (const auto& entry : node_) {
      if (!taken_.contains(entry.first.Scalar()))
        problem_.report(entry.first, "unknown key \"" + entry.first.Scalar() + "\" in \"" + name_ + "\"");
    }
  }

  /// The value of a key; null when it is absent.
  YAML::Node child(const std::string& key) {
    taken_.insert(key);
    if (!node_.IsMap()) return YAML::Node();
    const YAML::Node value = const_cast<const YAML::Node&>(node_)[key];
    return value.IsDefined() ? value : YAML::Node();
  }
  void read(const std::string& key, std::string& into) {
    const YAML::Node value = child(key);
    if (!given(value)) return;
    if (!value.IsScalar()) return problem_.report(value, "\"" + key + "\" must be a text");
    into = value.Scalar();
  }
  void read(const std::string& key, bool& into) {
    const YAML::Node value = child(key);
    if (!given(value)) return;
    const std::string text = value.IsScalar() ? base::to_lower(value.Scalar()) : std::string();
    if (text != "true" && text != "false") return problem_.report(value, "\"" + key + "\" must be true or false");
    into = text == "true";
  }
  void read(const std::string& key, int& into) {
    const YAML::Node value = child(key);
    if (!given(value)) return;
    const auto number = value.IsScalar() ? base::parse_unsigned(value.Scalar()) : std::nullopt;
    if (!number || *number > 1000000000) return problem_.report(value, "\"" + key + "\" must be a whole number");
    into = static_cast<int>(*number);
  }
  void read_fraction(const std::string& key, double& into) {
    const YAML::Node value = child(key);
    if (!given(value)) return;
    double number = -1;
    if (!value.IsScalar() || !YAML::convert<double>::decode(value, number) || !(number >= 0 && number <= 1))
      return problem_.report(value, "\"" + key + "\" must be between 0 and 1");
    into = number;
  }
  void read_size(const std::string& key, model::Bytes& into) {
    const YAML::Node value = child(key);
    if (!given(value)) return;
    const auto bytes = value.IsScalar() ? model::parse_size(value.Scalar()) : std::nullopt;
    if (!bytes || *bytes <= 0) return problem_.report(value, "\"" + key + "\" must be a size such as 10TB");
    into = *bytes;
  }
  void read(const std::string& key, base::Duration& into) {
    const YAML::Node value = child(key);
    if (!given(value)) return;
    const auto duration = value.IsScalar() ? parse_duration(value.Scalar()) : std::nullopt;
    if (!duration) return problem_.report(value, "\"" + key + "\" must be a duration such as 200ms, 1.5s or 2m");
    into = *duration;
  }
  void read(const std::string& key, std::vector<std::string>& into) {
    const YAML::Node value = child(key);
    if (!given(value)) return;
    if (!value.IsSequence()) return problem_.report(value, "\"" + key + "\" must be a list");
    into.clear();
    for (const auto& one : value) {
      if (!one.IsScalar()) return problem_.report(one, "\"" + key + "\" must be a list of texts");
      into.push_back(one.Scalar());
    }
  }
  /// Each mapping of a list; a given list replaces what was there.
  template <class T, class Read>
  void each(const std::string& key, std::vector<T>& into, Read one) {
    const YAML::Node value = child(key);
    if (!given(value)) return;
    if (!value.IsSequence()) return problem_.report(value, "\"" + key + "\" must be a list");
    into.clear();
    for (const auto& item : value) {
      Section section(item, key, problem_);
      T made;
      one(section, made);
      into.push_back(std::move(made));
    }
  }
  void require(const std::string& key, const std::string& value) {
    if (value.empty()) problem_.report(node_, "\"" + key + "\" is required in \"" + name_ + "\"");
  }
  Problem& problem() { return problem_; }
  const YAML::Node& node() const { return node_; }

 private:
  static bool given(const YAML::Node& value) { return !value.IsNull(); }
  static std::optional<base::Duration> parse_duration(const std::string& text) {
    static const std::map<std::string, double> units{{"ns", 1},  {"us", 1e3}, {"ms", 1e6},
                                                     {"s", 1e9}, {"m", 6e10}, {"h", 3.6e12}};
    const std::size_t end = text.find_first_not_of("0123456789.");
    double number = 0;
    if (end == 0 || end == std::string::npos || !YAML::convert<double>::decode(YAML::Node(text.substr(0, end)), number))
      return text == "0" ? std::optional(base::Duration(0)) : std::nullopt;
    const auto unit = units.find(text.substr(end));
    if (unit == units.end() || number > 1e6) return std::nullopt;
    return base::Duration(static_cast<std::int64_t>(number * unit->second));
  }

  YAML::Node node_;
  std::string name_;
  Problem& problem_;
  std::set<std::string> taken_;
};

void read_user(Section& section, UserConfig& user) {
  section.read("name", user.name);
  section.read("password", user.password);
  section.read("role", user.role);
  section.read("applications", user.applications);
  section.require("name", user.name);
}

void read_lif(Section& section, LifConfig& lif) {
  for (const auto& [key, field] :
       {std::pair{"name", &LifConfig::name}, std::pair{"address", &LifConfig::address},
        std::pair{"netmask", &LifConfig::netmask}, std::pair{"subnet", &LifConfig::subnet},
        std::pair{"node", &LifConfig::node}, std::pair{"port", &LifConfig::port}, std::pair{"role", &LifConfig::role},
        std::pair{"firewall_policy", &LifConfig::firewall_policy},
        std::pair{"failover_policy", &LifConfig::failover_policy}}) {
    section.read(key, lif.*field);
  }
  section.read("protocols", lif.protocols);
  section.require("name", lif.name);
}

void read_rule(Section& section, ExportRuleConfig& rule) {
  section.read("policy", rule.policy);
  section.read("clientmatch", rule.clientmatch);
  section.read("ro", rule.ro);
  section.read("rw", rule.rw);
  section.read("superuser", rule.superuser);
  section.read("protocols", rule.protocols);
}

void read_svm(Section& section, SvmConfig& svm) {
  for (const auto& [key, field] :
       {std::pair{"name", &SvmConfig::name}, std::pair{"ipspace", &SvmConfig::ipspace},
        std::pair{"root_aggregate", &SvmConfig::root_aggregate}, std::pair{"root_volume", &SvmConfig::root_volume},
        std::pair{"security_style", &SvmConfig::security_style}, std::pair{"language", &SvmConfig::language},
        std::pair{"comment", &SvmConfig::comment}}) {
    section.read(key, svm.*field);
  }
  section.read("aggregates", svm.aggregates);
  section.read("nfs", svm.nfs);
  section.read("nfs_v4", svm.nfs_v4);
  section.read("iscsi", svm.iscsi);
  section.each("users", svm.users, read_user);
  section.each("lifs", svm.lifs, read_lif);
  section.each("export_rules", svm.export_rules, read_rule);
  section.each("volumes", svm.volumes, [](Section& inner, VolumeConfig& volume) {
    inner.read("name", volume.name);
    inner.read("aggregate", volume.aggregate);
    inner.read("junction", volume.junction);
    inner.read("guarantee", volume.guarantee);
    inner.read_size("size", volume.size);
    inner.require("name", volume.name);
  });
  section.require("name", svm.name);
}

void read_ipspace(Section& section, IpspaceConfig& ipspace) {
  section.read("name", ipspace.name);
  section.each("broadcast_domains", ipspace.broadcast_domains, [](Section& inner, BroadcastDomainConfig& domain) {
    inner.read("name", domain.name);
    inner.read("mtu", domain.mtu);
    inner.read("ports", domain.ports);
    inner.require("name", domain.name);
  });
  section.each("subnets", ipspace.subnets, [](Section& inner, SubnetConfig& subnet) {
    inner.read("name", subnet.name);
    inner.read("broadcast_domain", subnet.broadcast_domain);
    inner.read("subnet", subnet.subnet);
    inner.read("gateway", subnet.gateway);
    inner.read("ranges", subnet.ranges);
    inner.require("name", subnet.name);
    inner.require("subnet", subnet.subnet);
  });
  section.require("name", ipspace.name);
}

// A port "e2b-199" whose parent "e2b" stands in the list is a VLAN.
void read_node(Section& section, model::NodeSpec& node, std::vector<std::string>& vlans) {
  section.read("name", node.name);
  section.read("serial", node.serial);
  section.read("model", node.model);
  section.read("management_address", node.management_address);
  section.read("ports", node.ports);
  section.read("cluster_ports", node.cluster_ports);
  section.require("name", node.name);
  const std::set<std::string> all(node.ports.begin(), node.ports.end());
  std::erase_if(node.cluster_ports, [&](const std::string& port) { return !all.contains(port); });
  std::erase_if(node.ports, [&](const std::string& port) {
    const std::size_t dash = port.rfind('-');
    if (dash == std::string::npos || !all.contains(port.substr(0, dash)) ||
        !base::parse_unsigned(port.substr(dash + 1)))
      return false;
    vlans.push_back(node.name + ":" + port);
    return true;
  });
}

void read_latency(const YAML::Node& node, LatencyConfig& latency, Problem& problem) {
  Section section(node, "latency", problem);
  section.read("fixed", latency.fixed);
  section.read("deviation", latency.deviation);
  section.read_fraction("tail_probability", latency.tail_probability);
  section.read("tail", latency.tail);
  section.read("per_object", latency.per_object);
  section.read("at_most", latency.at_most);
}

void read_settings(const YAML::Node& node, model::Settings& settings, Problem& problem) {
  Section section(node, "settings", problem);
  section.read("luns_per_volume", settings.luns_per_volume);
  section.read("qtrees_per_volume", settings.qtrees_per_volume);
  section.read("volumes_per_node", settings.volumes_per_node);
  section.read("job_time", settings.job_time);
  section.read("job_retention", settings.job_retention);
  section.read_size("copy_bytes_per_second", settings.copy_bytes_per_second);
  section.read_size("volume_used_when_empty", settings.volume_used_when_empty);
  section.read("strict_typedefs", settings.strict_typedefs);
  section.read("strict_version", settings.strict_version);
  section.read("realistic_tags", settings.realistic_tags);
  section.read("empty_availsize", settings.empty_availsize);
}

// Fault rules are kept as JSON text: the control endpoint takes the same.
std::string json_of(const YAML::Node& node) {
  YAML::Emitter out;
  out.SetMapFormat(YAML::Flow);
  out.SetSeqFormat(YAML::Flow);
  out << YAML::DoubleQuoted << node;
  return out.c_str();
}

void read_ontap(Section& section, Config& config) {
  Problem& problem = section.problem();
  section.read("name", config.cluster.name);
  section.read("management_address", config.cluster.management_address);
  section.read("user", config.cluster.admin_user);
  section.read("password", config.cluster.admin_password);
  section.read("strict_lif_auth", config.settings.strict_lif_auth);
  std::string ontapi;
  section.read("ontapi", ontapi);
  if (!ontapi.empty()) {
    const auto minor = model::parse_ontapi(ontapi);
    if (!minor)
      problem.report(section.child("ontapi"), "\"ontapi\" must be a version from 1.30 to 1.231, such as 1.110");
    config.cluster.ontapi_minor = minor.value_or(110);
  }
  const bool own_nodes = !section.child("nodes").IsNull();
  section.each("nodes", config.cluster.nodes,
               [&](Section& inner, model::NodeSpec& node) { read_node(inner, node, config.vlans); });
  // The default aggregates and SVM stand on the default nodes and ports: another hardware list without them means none.
  if (own_nodes) {
    config.cluster.aggregates.clear();
    config.svms.clear();
  }
  section.each("ipspaces", config.ipspaces, read_ipspace);
  section.each("aggregates", config.cluster.aggregates, [](Section& inner, model::AggregateSpec& aggregate) {
    inner.read("name", aggregate.name);
    inner.read("node", aggregate.node);
    inner.read("type", aggregate.type);
    inner.read_size("size", aggregate.size);
    inner.require("name", aggregate.name);
    inner.require("node", aggregate.node);
  });
  if (!section.child("aggregates").IsNull() && section.child("svms").IsNull()) config.svms.clear();
  section.each("svms", config.svms, read_svm);
  section.each("users", config.users, read_user);
  read_latency(section.child("latency"), config.latency, problem);
  read_settings(section.child("settings"), config.settings, problem);
  section.read("commands", config.commands);
  const YAML::Node faults = section.child("faults");
  if (!faults.IsNull() && !faults.IsSequence()) problem.report(faults, "\"faults\" must be a list");
  if (faults.IsSequence()) {
    for (const auto& fault : faults) config.faults.push_back(json_of(fault));
  }
}

}  // namespace

Config default_config() {
  Config config;
  config.cluster.aggregates = {{.name = "aggr1", .node = "cluster1-01", .type = "hybrid"},
                               {.name = "aggr2", .node = "cluster1-02", .type = "ssd"},
                               {.name = "aggr3", .node = "cluster1-01", .type = "hdd"}};
  SvmConfig svm;
  svm.name = "svm1";
  svm.root_aggregate = "aggr1";
  svm.aggregates = {"aggr1", "aggr2", "aggr3"};
  UserConfig user;
  user.name = "vsadmin";
  user.password = "netapp123";
  svm.users = {user};
  const auto lif = [](const char* name, const char* address, const char* node, std::vector<std::string> protocols) {
    LifConfig made;
    made.name = name;
    made.address = address;
    made.node = node;
    made.port = "e0c";
    made.protocols = std::move(protocols);
    return made;
  };
  svm.lifs = {lif("svm1_mgmt", "127.0.1.10", "cluster1-01", {"none"}),
              lif("svm1_data1", "127.0.1.11", "cluster1-01", {"nfs"}),
              lif("svm1_data2", "127.0.1.12", "cluster1-02", {"iscsi"})};
  svm.export_rules = {ExportRuleConfig{}};
  config.svms = {svm};
  return config;
}

base::Result<Config> parse_config(const std::string& yaml, const std::string& file) {
  Config config = default_config();
  Problem problem{.file = file, .error = {}};
  try {
    const YAML::Node root = YAML::Load(yaml);
    if (root.IsDefined() && !root.IsNull()) {
      Section top(root, "LAB.yaml", problem);
      top.child("kubernetes");
      const YAML::Node ontap = top.child("ontap");
      if (!ontap.IsNull()) {
        Section section(ontap, "ontap", problem);
        read_ontap(section, config);
      }
    }
  } catch (const YAML::Exception& error) {
    return base::Error{base::ErrorKind::invalid, file + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg};
  }
  if (problem.error) return *problem.error;
  return config;
}

}  // namespace ontap_sim
