#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/runner/world.h"

/// The verbs of `drydock` behind their parsed arguments; each returns the exit status. Source: lab.md sections 2 and 3.
namespace scenario {

struct UpOptions {
  std::string directory = ".drydock", config, kube = "127.0.0.1:6443", ontap = "127.0.0.1:8443",
              rest = "127.0.0.1:8000";
  std::string ontap_ssh;  // empty: no SSH listener
  bool provisioner = false, state = false;
  std::uint64_t seed = 0;
};
int up(const UpOptions& options);

struct RunOptions {
  std::vector<std::string> paths;
  bool in_memory = false, wire = false, keep = false, watch = false, skip_delete = false;
  std::optional<std::uint64_t> seed;
  int parallel = 0, repeat = 0;  // 0: what the tests' configuration says, else 1
  bool fail_fast = false;
  std::string selector;
  std::string include, exclude, junit, html, json, tap, journal, granularity = "test", config, chainsaw_config, values,
                                                                 cluster;
  std::vector<std::string> set;
};
int run(const RunOptions& options);

struct OntapOptions {
  std::string directory = ".drydock";
  std::vector<std::string> words;
};
int ontap(const OntapOptions& options);

int list(const std::string& what);

struct ExploreOptions {
  std::vector<std::string> paths;
  bool crash_points = false;
  std::uint64_t seeds = 0;
  std::optional<std::uint64_t> seed;
  std::string at;       // one crash point: "17b" before message 17, "17a" after it
  std::string history;  // one history as explore printed it
};
int explore(const ExploreOptions& options);

/// A commented sample suite.
int init(const std::string& directory);
int completion(const std::string& shell);

/// The lab of a test: `file`, or the nearest lab.yaml above it. Its configuration: `file`, or the nearest
/// .chainsaw.yaml.
base::Result<WorldConfig> world_config_of(const Test& test, const std::string& file, std::uint64_t seed);
base::Result<RunConfig> run_config_of(const Test& test, const std::string& file);

/// The directory of the running executable.
std::string executable_directory();

}  // namespace scenario
