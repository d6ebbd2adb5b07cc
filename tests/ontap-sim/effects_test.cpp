// "Modelled" means: another call sees what a changing call did. tests/golden/zapi/effects.txt has a row for each
// changing call of tiers 1 and 2: set-up, the call, and a reading call with what it shows afterwards. The reading is
// taken before the call as well and must differ, so that no row can pass by accident; a changing call without a row
// fails the test.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "ontap-sim/model/file_ops.h"
#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"
#include "tests/ontap-sim/zapi_world.h"
#include "tests/support/paths.h"

namespace {

using ontap_test::Reply;
using ontap_test::World;
namespace model = ontap_sim::model;

struct EffectRow {
  std::string call{};
  std::vector<std::string> before{};  // set-up, and after the call: time
  std::vector<std::string> after{};
  std::string line{};
  std::string reading{};
  std::string element{};
  std::string value{};
};

struct Effects {
  std::map<std::string, std::vector<std::string>> macros{};
  std::vector<EffectRow> rows{};
};

void expand(const Effects& effects, const std::string& line, std::vector<std::string>& out) {
  if (!line.starts_with("$")) {
    out.push_back(line);
    return;
  }
  const auto macro = effects.macros.find(line.substr(1));
  ASSERT_NE(macro, effects.macros.end()) << line;
  for (const std::string& one : macro->second) expand(effects, one, out);
}

Effects read_effects() {
  Effects effects;
  std::istringstream lines(
      base::read_file((test_support::source_dir() + "/tests/golden/zapi/effects.txt")).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line.starts_with("define ")) {
      const std::size_t blank = line.find(' ', 7);
      auto& macro = effects.macros[line.substr(7, blank - 7)];
      const std::string steps = line.substr(blank + 1);
      for (const std::string_view one : base::split(steps, ';')) macro.emplace_back(base::trim(one));
    } else if (line[0] == '[') {
      effects.rows.push_back({.call = line.substr(1, line.size() - 2)});
    } else if (line.starts_with("! ")) {
      effects.rows.back().line = line.substr(2);
    } else if (line.starts_with("? ")) {
      const std::string text = line.substr(2);
      const auto parts = base::split(text, '|');
      EXPECT_EQ(parts.size(), 3U) << line;
      EffectRow& row = effects.rows.back();
      row.reading = base::trim(parts[0]);
      row.element = base::trim(parts[1]);
      row.value = base::trim(parts[2]);
    } else {
      EffectRow& row = effects.rows.back();
      expand(effects, line, row.line.empty() ? row.before : row.after);
    }
  }
  return effects;
}

/// What no ZAPI call shows.
std::string read_model(World& world, const std::string& name) {
  const model::Svm& svm = *world.cluster().find_svm("svm1");
  if (name == "preferred-dcs") return std::to_string(svm.cifs->preferred_dcs.size());
  if (name == "discovery-mode") return svm.cifs->discovery_mode;
  if (name == "events") return std::to_string(world.cluster().events.size());
  if (name == "cifs-password") {
    const auto users = svm.records.find("cifs-local-user");
    if (users == svm.records.end() || users->second.empty()) return "";
    return users->second.begin()->second.fields.contains("password-set") ? "set" : "";
  }
  ADD_FAILURE() << "unknown reading: " << name;
  return "";
}

std::string read(World& world, const EffectRow& row) {
  if (row.reading.starts_with("model ")) return read_model(world, row.reading.substr(6));
  const Reply reply = world.call(row.reading);
  if (row.element == "results") return reply.passed ? "passed" : "errno " + std::to_string(reply.error);
  if (!reply.passed) return "errno " + std::to_string(reply.error);
  if (row.element[0] == '#') return std::to_string(reply.count(row.element.substr(1)));
  return reply.text(row.element);
}

std::string api_of_line(const std::string& line) {
  const auto words = base::split(line, ' ');
  return std::string(words[0].starts_with("@") && words.size() > 1 ? words[1] : words[0]);
}

void run_step(World& world, const std::string& line, const std::string& row, std::string& job) {
  const auto words = base::split(line, ' ');
  model::Svm& svm = *world.cluster().find_svm("svm1");
  if (line[0] == '+') {
    world.advance(std::chrono::milliseconds(*base::parse_unsigned(line.substr(1))));
  } else if (words[0] == "file") {
    EXPECT_TRUE(model::create_file(world.cluster(), svm, std::string(words[1]), {.size = 4096, .used = 4096}).ok());
  } else if (words[0] == "write") {
    const auto bytes = static_cast<model::Bytes>(*base::parse_unsigned(words[2]));
    EXPECT_TRUE(
        model::write_data(world.cluster(), svm, std::string(words[1]), {.qtree = {}, .added = bytes, .overwritten = 0})
            .ok());
  } else if (words[0] == "load-sharing-mirror") {
    model::SnapMirror mirror;
    mirror.type = "load_sharing";
    mirror.mirror_state = "snapmirrored";
    mirror.source = {svm.name, svm.root_volume};
    mirror.destination = {svm.name, std::string(words[1])};
    world.cluster().snapmirrors[mirror.destination] = mirror;
  } else {
    const Reply reply = world.call(base::replace_all(line, "$job", job));
    EXPECT_TRUE(reply.passed) << row << ": " << line << "\n" << reply.body;
    if (const std::string made = reply.text("job-uuid"); !made.empty()) job = made;
  }
}

TEST(ZapiEffects, AnotherCallSeesWhatEachChangingCallDid) {
  for (const EffectRow& row : read_effects().rows) {
    SCOPED_TRACE(row.call);
    World world(130);
    std::string job;
    for (const std::string& line : row.before) run_step(world, line, row.call, job);
    EXPECT_EQ(api_of_line(row.line), row.call);
    const std::string before = read(world, row);
    EXPECT_NE(before, row.value) << "the reading shows it before the call";
    run_step(world, row.line, row.call, job);
    for (const std::string& line : row.after) run_step(world, line, row.call, job);
    EXPECT_EQ(read(world, row), row.value) << row.reading << " | " << row.element << " (before: " << before << ")";
    for (const std::string& finding : model::check_invariants(world.cluster())) ADD_FAILURE() << finding;
  }
}

TEST(ZapiEffects, EveryChangingCallOfTiersOneAndTwoHasARow) {
  std::set<std::string> rows;
  for (const EffectRow& row : read_effects().rows) rows.insert(row.call);
  for (const auto& api : ontap_sim::zapi::table()) {
    if ((api.tier != 1 && api.tier != 2) || ontap_sim::zapi::is_read(api.name)) continue;
    EXPECT_TRUE(rows.contains(std::string(api.name))) << api.name << " has no row in tests/golden/zapi/effects.txt";
  }
}

/// What a reader's role may call is what changes nothing.
TEST(ZapiEffects, NamesOfChangingCallsAreNotTakenForReads) {
  for (const char* name :
       {"lun-set-space-reservation-info", "vscan-status-modify", "vscan-on-access-policy-status-modify",
        "volume-modify-iter", "snapmirror-destroy-iter", "cluster-identity-modify"})
    EXPECT_FALSE(ontap_sim::zapi::is_read(name)) << name;
  for (const char* name :
       {"nfs-service-get-create-defaults", "cluster-add-node-status-get-iter", "lun-get-attribute",
        "file-list-directory-iter", "volume-clone-split-status", "quota-list-entries-iter", "system-api-list"})
    EXPECT_TRUE(ontap_sim::zapi::is_read(name)) << name;
}

}  // namespace
