#pragma once

#include <cstdint>
#include <map>
#include <pugixml.hpp>
#include <set>
#include <string>
#include <vector>

#include "provisioner/base/http/message.h"

/// A handful of ZAPI calls over a handful of maps: just enough of an array for tests of the provisioner's core that
/// must be independent of the simulator. Unknown calls fail with 13005.
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

struct TinyLun {
  std::uint64_t size = 0;
  std::string file_system{};
  int mapped = -1;  // LUN number
  bool online = true;
};

struct TinyArray {
  std::string svm = "tridentsvm";
  std::string lif = "192.168.199.107";
  std::vector<std::string> aggregates = {"aggr3"};
  std::string media = "hdd";
  std::map<std::string, std::uint64_t> free_bytes;  // of aggregates; those not there do not tell
  int minor = 110;
  std::map<std::string, TinyVolume> volumes;
  std::map<std::string, TinyLun> luns;  // by path
  std::map<std::string, std::map<std::string, std::uint64_t>>
      trees;  // FlexVol -> qtree -> quota in bytes, 0 without one
  std::map<std::string, std::string> quota_state;
  std::vector<std::string> calls;               // names, in order
  std::map<std::string, std::string> refusals;  // call -> errno to answer with

  base::http::Response handle(const base::http::Request& request);
  std::size_t count(const std::string& call) const;
};

/// What a call's function gets: the call, and the results to fill in.
struct TinyCall {
  const std::string name;
  pugi::xml_node in;
  pugi::xml_node out;
  void fail(int code, const char* reason) const;
  void put(pugi::xml_node node, const char* name, const std::string& text) const;
  /// The list that records go into.
  pugi::xml_node records(std::size_t count) const;
};
/// LUNs, initiator groups, qtrees and quotas. False when the call is not one of those.
bool handle_block_and_trees(TinyArray& array, const TinyCall& call);

}  // namespace provisioner_test
