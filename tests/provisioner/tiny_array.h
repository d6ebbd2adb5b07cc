#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "provisioner/base/http/message.h"

/// A handful of ZAPI calls over a handful of maps: just enough of an array for tests of the provisioner's core that must be
/// independent of the simulator. Unknown calls fail with 13005.
namespace provisioner_test {

struct TinyVolume {
  std::uint64_t size = 0;
  std::string aggregate{};
  std::string comment{};
  std::string junction{};
  std::string parent{};
  std::string parent_snapshot{};
  bool snapshot_directory = true;
  std::set<std::string> snapshots{};
};

struct TinyArray {
  std::string svm = "tridentsvm";
  std::string lif = "192.168.199.107";
  std::vector<std::string> aggregates = {"aggr3"};
  std::string media = "hdd";
  int minor = 110;
  std::map<std::string, TinyVolume> volumes;
  std::vector<std::string> calls;                // names, in order
  std::map<std::string, std::string> refusals;  // call -> errno to answer with

  base::http::Response handle(const base::http::Request& request);
  std::size_t count(const std::string& call) const;
};

}  // namespace provisioner_test
