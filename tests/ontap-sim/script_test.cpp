// Runs the scripts of tests/golden/zapi: each line is a call with what must come of it. The replies are compared with
// the golden file beside the script (UPDATE_GOLDEN=1 rewrites it), and the model's invariants are checked after every
// call.
//   # comment            +5s advances the clock            version 1.30 starts a lab of that release
//   @svm1 volume-size volume=v1 -> ok              ... -> 15661
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "ontap-sim/model/file_ops.h"
#include "provisioner/base/text.h"
#include "tests/ontap-sim/zapi_world.h"
#include "tests/support/paths.h"

namespace {

namespace fs = std::filesystem;
using ontap_test::Reply;
using ontap_test::World;

struct Outcome {
  std::map<std::string, std::set<bool>> seen;  // API -> passed or not
  std::string last_job;                        // job-uuid of the last reply that had one: $job in a line
};

fs::path folder() { return fs::path(test_support::source_dir()) / "tests/golden/zapi"; }

std::vector<fs::path> scripts() {
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder())) {
    if (entry.path().extension() == ".calls") found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string results_of(const std::string& body) {
  const std::size_t from = body.find("<results");
  const std::size_t to = body.rfind("</netapp>");
  return from == std::string::npos || to == std::string::npos ? body : body.substr(from, to - from);
}

/// What the data path and the lab do besides calls: `file PATH BYTES`, `qos POLICY`, `record TABLE KEY`,
/// `load-sharing-mirror VOLUME`. False when it is a call.
bool run_directive(World& world, const std::string& line) {
  const auto words = base::split(line, ' ');
  namespace model = ontap_sim::model;
  model::Svm& svm = *world.cluster().find_svm("svm1");
  if (words[0] == "file") {
    const auto size = static_cast<model::Bytes>(*base::parse_unsigned(words[2]));
    EXPECT_TRUE(model::create_file(world.cluster(), svm, std::string(words[1]), {.size = size, .used = size / 2}).ok())
        << line;
  } else if (words[0] == "qos") {
    model::QosPolicy policy;
    policy.svm = svm.name;
    policy.name = std::string(words[1]);
    world.cluster().qos_policies[{svm.name, policy.name}] = policy;
  } else if (words[0] == "load-sharing-mirror") {
    model::SnapMirror mirror;
    mirror.type = "load_sharing";
    mirror.mirror_state = "snapmirrored";
    mirror.source = {svm.name, svm.root_volume};
    mirror.destination = {svm.name, std::string(words[1])};
    world.cluster().snapmirrors[mirror.destination] = mirror;
  } else if (words[0] == "record") {
    svm.records[std::string(words[1])][std::string(words[2])];
  } else if (words[0].starts_with("+")) {
    world.advance(std::chrono::milliseconds(*base::parse_unsigned(line.substr(1, line.find("ms") - 1))));
  } else {
    return false;
  }
  return true;
}

void run_line(World& world, std::string line, const std::string& where, std::string& golden, Outcome& outcome) {
  line = base::replace_all(std::move(line), "$job", outcome.last_job);
  const std::size_t arrow = line.rfind(" -> ");
  ASSERT_NE(arrow, std::string::npos) << where << ": no expectation";
  const std::string call = line.substr(0, arrow);
  std::string expected(base::trim(line.substr(arrow + 4)));
  const bool recorded = !expected.ends_with(" unrecorded");  // for replies that change with every new call
  if (!recorded) expected.resize(expected.rfind(' '));
  const Reply reply = world.call(call);
  ASSERT_EQ(reply.http_status, 200) << where;
  const std::string got = reply.passed ? "ok" : std::to_string(reply.error);
  EXPECT_EQ(got, expected) << where << ": " << call << "\n" << reply.body;
  for (const std::string& finding : ontap_sim::model::check_invariants(world.cluster()))
    ADD_FAILURE() << where << ": " << finding;
  std::istringstream words(call);
  std::string scope;
  std::string api;
  words >> scope >> api;
  if (!scope.starts_with("@")) api = scope;
  outcome.seen[api].insert(reply.passed);
  if (const std::string job = reply.text("job-uuid"); !job.empty()) outcome.last_job = job;
  if (!recorded) return;
  const std::string request = ontap_test::request_of(call);
  golden += request.substr(request.find("?>\n") + 3) + "\n" + results_of(reply.body) + "\n\n";
}

Outcome run_script(const fs::path& path) {
  Outcome outcome;
  auto world = std::make_unique<World>();
  std::istringstream lines(base::read_file(path.string()).value_or(""));
  std::string golden;
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::string where = path.filename().string() + ":" + std::to_string(number);
    if (line.empty() || line[0] == '#') continue;
    if (run_directive(*world, line)) continue;
    if (line.starts_with("version ")) {
      world = std::make_unique<World>(*ontap_sim::model::parse_ontapi(line.substr(8)));
    } else {
      run_line(*world, line, where, golden, outcome);
    }
  }
  fs::path reply_path = path;
  reply_path.replace_extension(".replies.xml");
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    EXPECT_TRUE(base::write_file(reply_path.string(), golden));
  } else {
    EXPECT_EQ(base::read_file(reply_path.string()).value_or(""), golden)
        << reply_path << " differs: UPDATE_GOLDEN=1 rewrites it";
  }
  return outcome;
}

/// The iterators of tier 3 are alike: a list in the release that has them, a refusal of a tag that is none.
TEST(ZapiScripts, EveryIteratorOfTierThreeListsAndRefusesATag) {
  for (const auto& row : ontap_sim::zapi::table()) {
    if (row.run == nullptr || row.tier != 3 || row.input != ontap_sim::zapi::kIter) continue;
    World world(std::max(110, row.since));
    const std::string scope = row.scope == ontap_sim::zapi::Scope::svm ? "@svm1 " : "@ ";
    const Reply page = world.call(scope + std::string(row.name));
    EXPECT_TRUE(page.passed) << row.name << page.body;
    EXPECT_NE(page.text("num-records"), "") << row.name;
    EXPECT_EQ(world.call(scope + std::string(row.name) + " tag=x").error, 13115) << row.name;
  }
}

TEST(ZapiScripts, RepliesAreGoldenAndEveryRowHasASuccessAndARefusal) {
  std::map<std::string, std::set<bool>> seen;
  for (const fs::path& path : scripts()) {
    for (const auto& [api, outcomes] : run_script(path).seen) seen[api].insert(outcomes.begin(), outcomes.end());
  }
  for (const auto& row : ontap_sim::zapi::table()) {
    const bool alike = row.tier == 3 && row.input == ontap_sim::zapi::kIter;  // tested above
    if (row.run == nullptr || alike) continue;
    EXPECT_TRUE(seen[std::string(row.name)].contains(true)) << row.name << " has no success in tests/golden/zapi";
    EXPECT_TRUE(seen[std::string(row.name)].contains(false)) << row.name << " has no refusal in tests/golden/zapi";
    EXPECT_FALSE(row.source.empty()) << row.name;
  }
}

}  // namespace
