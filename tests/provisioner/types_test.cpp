#include <gtest/gtest.h>

#include "provisioner/core/json.h"
#include "provisioner/core/record_text.h"
#include "provisioner/core/size.h"
#include "provisioner/store/store.h"

namespace provisioner {
namespace {

TEST(Size, FollowsTheGrammar) {
  const std::vector<std::pair<const char*, std::uint64_t>> good = {
      {"1g", 1073741824}, {"1Gi", 1073741824}, {"1GiB", 1073741824}, {"1GB", 1000000000},
      {"4k", 4096},       {"512", 512},        {" 20MI ", 20971520}, {"7b", 7},
      {"7bytes", 7},      {"1kb", 1000},       {"1e", 1ULL << 60},   {"0z", 0},
      {"3Ti", 3ULL << 40}};
  for (const auto& [text, bytes] : good) EXPECT_EQ(parse_size(text).value_or(~0ULL), bytes) << text;
  for (const char* text : {"", "g", "1.5Gi", "-1", "+1", "1 Gi", "1zi", "9223372036854775808", "8ei", "1x", "1gg"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Attributes, TruthTable) {
  struct Row {
    Offer offer;
    const char* attribute;
    const char* value;
    bool match;
  };
  const std::vector<Row> rows = {{true, "snapshots", "true", true},
                                 {true, "snapshots", "F", true},
                                 {false, "snapshots", "true", false},
                                 {false, "snapshots", "0", true},
                                 {std::vector<std::string>{"hdd"}, "media", "hdd", true},
                                 {std::vector<std::string>{"hdd"}, "media", "HDD", false},
                                 {IntRange{1000, 2000}, "IOPS", "+1000", true},
                                 {IntRange{1000, 2000}, "IOPS", "2000", true},
                                 {IntRange{1000, 2000}, "IOPS", "2001", false},
                                 {true, "media", "true", false},
                                 {std::vector<std::string>{"true"}, "snapshots", "false", false}};
  for (const Row& row : rows) {
    const auto request = parse_request(row.attribute, row.value);
    ASSERT_TRUE(request) << row.value;
    EXPECT_EQ(matches(row.offer, *request), row.match) << row.attribute << " " << row.value;
  }
  for (const auto& [name, value] :
       {std::pair{"snapshots", "yes"}, {"IOPS", "1k"}, {"IOPS", "+-1"}, {"unknown", "1"}, {"labels", "a=b"}}) {
    EXPECT_FALSE(parse_request(name, value)) << name;
  }
}

TEST(Attributes, Selectors) {
  const Labels labels = {{"tier", "gold"}, {"zone", "a"}};
  const std::vector<std::pair<const char*, bool>> rows = {{"tier=gold", true},      {"tier==gold; zone = a", true},
                                                          {"tier!=gold", false},    {"owner!=me", true},
                                                          {"zone in (a, b)", true}, {"zone notin (a, b)", false},
                                                          {"tier", true},           {"!tier", false},
                                                          {"!owner,tier", true},    {"owner", false}};
  for (const auto& [text, want] : rows) {
    const auto terms = parse_selector(text);
    ASSERT_TRUE(terms) << text;
    bool all = true;
    for (const LabelTerm& term : *terms) all = all && matches(Offer(labels), Request(term));
    EXPECT_EQ(all, want) << text;
  }
  for (const char* text : {"a b", "in (x)", "a in x", "=b", "a=b;;c", "a=b=c", "!"})
    EXPECT_FALSE(parse_selector(text)) << text;
}

TEST(CoreJson, AVolumeKeepsOrderAndOmitsWhatIsEmpty) {
  Volume volume;
  volume.config.name = "v";
  volume.config.internal_name = "trident_v";
  volume.config.size = "1Gi";
  volume.config.access.nfs_path = "/trident_v";
  volume.backend = "b";
  volume.pool = "p";
  const std::string text = to_json(volume).dump();
  EXPECT_EQ(
      text,
      R"({"Config":{"version":"1","name":"v","internalName":"trident_v","size":"1Gi","protocol":"","accessInformation":{"nfsPath":"/trident_v"},)"
      R"("blockSize":"","fileSystem":""},"backend":"b","pool":"p"})");
  EXPECT_EQ(volume_from_json(*parse_json(text)).value(), volume);
  EXPECT_EQ(volume_config_from_json(*parse_json(R"({"Name":"x","SIZE":"1"})")).value().name, "x");
  EXPECT_FALSE(volume_config_from_json(*parse_json(R"({"name":7})")));
  EXPECT_FALSE(parse_json(std::string(600, '[') + std::string(600, ']')));
  EXPECT_FALSE(parse_json("{"));
}

TEST(CoreJson, AClassTellsAbsentFromEmptyAttributes) {
  for (const char* text :
       {R"({"version":"1","name":"c"})", R"({"version":"1","name":"c","attributes":{}})",
        R"({"version":"v1","name":"c","attributes":{"media":"hdd"},"requiredStorage":{"b":["p","q"]}})"}) {
    EXPECT_EQ(to_json(*storage_class_config_from_json(*parse_json(text))).dump(), text);
  }
  EXPECT_FALSE(storage_class_config_from_json(*parse_json(R"({"attributes":{"IOPS":5}})")));
  EXPECT_EQ(parse_pool_lists("a:p:q,r;b:s").value(), (PoolLists{{"a", {"p:q", "r"}}, {"b", {"s"}}}));
  for (const char* text : {"", "a", "a:", ":p", "a:p;", "a:p;;b:q"}) EXPECT_FALSE(parse_pool_lists(text)) << text;
}

TEST(Store, AppliesAllOrNothing) {
  std::map<std::string, std::string> records = {{"a", "1"}};
  EXPECT_TRUE(apply_writes(
      records, {{Write::Kind::create, "b", "2"}, {Write::Kind::erase, "a", ""}, {Write::Kind::erase, "zz", ""}}));
  EXPECT_EQ(records, (std::map<std::string, std::string>{{"b", "2"}}));
  EXPECT_EQ(apply_writes(records, {{Write::Kind::set, "c", "3"}, {Write::Kind::create, "b", "9"}}).error().kind,
            ErrorKind::already_exists);
  EXPECT_EQ(apply_writes(records, {{Write::Kind::set, "c", "3"}, {Write::Kind::update, "d", "9"}}).error().kind,
            ErrorKind::not_found);
  EXPECT_EQ(records.size(), 1U);
}

}  // namespace
TEST(RecordText, IsByteForByteWhatTheTreeDumps) {
  Volume volume;
  EXPECT_EQ(record_text(volume), to_json(volume).dump());
  std::string* const texts[] = {&volume.config.name,
                                &volume.config.internal_name,
                                &volume.config.size,
                                &volume.config.protocol,
                                &volume.config.snapshot_policy,
                                &volume.config.snapshot_reserve,
                                &volume.config.export_policy,
                                &volume.config.snapshot_directory,
                                &volume.config.unix_permissions,
                                &volume.config.storage_class,
                                &volume.config.access_mode,
                                &volume.config.block_size,
                                &volume.config.file_system,
                                &volume.config.mount_options,
                                &volume.config.encryption,
                                &volume.config.clone_source_volume,
                                &volume.config.clone_source_snapshot,
                                &volume.config.split_on_clone,
                                &volume.config.import_original_name,
                                &volume.config.access.nfs_server_ip,
                                &volume.config.access.nfs_path,
                                &volume.config.access.iscsi_target_portal,
                                &volume.config.access.iscsi_target_iqn,
                                &volume.config.access.iscsi_interface,
                                &volume.config.access.iscsi_igroup,
                                &volume.backend,
                                &volume.pool,
                                &volume.state};
  for (const std::string value :
       {"plain", "\"quoted\" \\ back", "tab\tline\nbell\a\x7f", "M\xc3\xbcnchen \xe2\x82\xac"}) {
    for (std::string* text : texts) {
      *text = value;
      ASSERT_EQ(record_text(volume), to_json(volume).dump());
    }
  }
  volume.config.access.iscsi_portals = {"10.0.0.1", "10.0.0.\"2\""};
  volume.config.access.iscsi_lun_number = 7;
  volume.config.access.iscsi_vags = {1, -2};
  volume.config.import_not_managed = true;
  volume.orphaned = true;
  EXPECT_EQ(record_text(volume), to_json(volume).dump());
  EXPECT_EQ(record_text(volume.config), to_json(volume.config).dump());
}

}  // namespace provisioner
