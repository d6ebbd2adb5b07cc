// The rules of the tree that a program can check: who may include whom, words that belong into base only, file length,
// sources that no target builds. A new rule is a row or a short test here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>

#include "provisioner/base/text.h"
#include "tests/support/paths.h"

namespace {

namespace fs = std::filesystem;

struct SourceFile {
  std::string path;  // from the repository root
  std::vector<std::string> lines;
};

bool is_source(const fs::path& path) { return path.extension() == ".h" || path.extension() == ".cpp"; }

const std::vector<SourceFile>& all_sources() {
  static const std::vector<SourceFile> files = [] {
    std::vector<SourceFile> found;
    const fs::path root = test_support::source_dir();
    for (const auto* folder : {"provisioner", "ontap-sim", "k8s-fake", "scenarios", "bench", "tests"}) {
      for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
        if (!entry.is_regular_file() || !is_source(entry.path())) continue;
        SourceFile file{fs::relative(entry.path(), root).string(), {}};
        std::ifstream in(entry.path());
        for (std::string line; std::getline(in, line);) file.lines.push_back(line);
        found.push_back(std::move(file));
      }
    }
    std::ranges::sort(found, {}, &SourceFile::path);
    return found;
  }();
  return files;
}

struct Layer {
  std::string folder;                 // the longest matching folder decides
  std::vector<std::string> includes;  // project folders that it may include
};

// Arrows point at what may be included.
const std::vector<Layer> kLayers{
    {"provisioner/base", {"provisioner/base"}},
    {"provisioner", {"provisioner"}},
    {"provisioner/zapi", {"provisioner/zapi", "provisioner/base"}},
    {"provisioner/kube", {"provisioner/kube", "provisioner/base", "provisioner/core"}},
    {"provisioner/store", {"provisioner/store", "provisioner/base", "provisioner/core"}},
    {"provisioner/driver", {"provisioner/driver", "provisioner/zapi", "provisioner/core", "provisioner/base"}},
    {"ontap-sim", {"ontap-sim", "provisioner/base"}},
    {"ontap-sim/model", {"ontap-sim/model", "provisioner/base"}},
    {"ontap-sim/zapi", {"ontap-sim/zapi", "ontap-sim/model", "provisioner/base"}},
    {"k8s-fake", {"k8s-fake", "provisioner/base"}},
    {"scenarios", {"scenarios", "ontap-sim", "k8s-fake", "provisioner"}},
    {"bench", {"bench", "tests/support", "scenarios", "ontap-sim", "k8s-fake", "provisioner"}},
    {"tests", {"tests", "scenarios", "ontap-sim", "k8s-fake", "provisioner"}},
};

bool below(const std::string& path, const std::string& folder) { return path.starts_with(folder + "/"); }

const Layer* layer_of(const std::string& path) {
  const Layer* best = nullptr;
  for (const Layer& layer : kLayers) {
    if (below(path, layer.folder) && (!best || layer.folder.size() > best->folder.size())) best = &layer;
  }
  return best;
}

TEST(Tidy, IncludesPointDownwards) {
  const std::regex include("^\\s*#include \"([^\"]+)\"");
  for (const SourceFile& file : all_sources()) {
    const Layer* layer = layer_of(file.path);
    ASSERT_NE(layer, nullptr) << file.path << " belongs to no layer";
    for (const std::string& line : file.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, include)) continue;
      const std::string target = match[1];
      const bool allowed =
          std::ranges::any_of(layer->includes, [&](const std::string& folder) { return below(target, folder); });
      EXPECT_TRUE(allowed || target.ends_with(".inc")) << file.path << " may not include " << target;
    }
  }
}

TEST(Tidy, SomeWordsStandInBaseOnly) {
  const std::vector<std::string> banned{"system_clock",  "this_thread",   " rand(",      "random_device",
                                        "unordered_map", "unordered_set", "catch (...)", "std::views"};
  for (const SourceFile& file : all_sources()) {
    if (below(file.path, "provisioner/base") || file.path == "tests/tidy_test.cpp") continue;
    const bool program = file.path.ends_with("main.cpp");  // main has the only catch-all
    for (const std::string& line : file.lines) {
      for (const std::string& word : banned) {
        if (program && word == "catch (...)") continue;
        EXPECT_EQ(line.find(word), std::string::npos) << file.path << ": " << word;
      }
    }
  }
}

TEST(Tidy, HeadersAreGuardedAndFilesStayReadable) {
  constexpr std::size_t lines_max = 900;
  for (const SourceFile& file : all_sources()) {
    EXPECT_LE(file.lines.size(), lines_max) << file.path;
    if (!file.path.ends_with(".h")) continue;
    EXPECT_TRUE(std::ranges::find(file.lines, "#pragma once") != file.lines.end()) << file.path;
  }
}

TEST(Tidy, EverySourceIsInATarget) {
  const fs::path root = test_support::source_dir();
  for (const SourceFile& file : all_sources()) {
    if (!file.path.ends_with(".cpp")) continue;
    const fs::path path = root / file.path;
    bool listed = false;
    std::string name = path.filename().string();
    for (fs::path folder = path.parent_path(); !listed && folder != root.parent_path(); folder = folder.parent_path()) {
      const auto build_file = base::read_file((folder / "CMakeLists.txt").string());
      listed = build_file && build_file->find(name) != std::string::npos;
      name = folder.filename().string() + "/" + name;
    }
    EXPECT_TRUE(listed) << file.path << " is built by no CMakeLists.txt";
  }
}

TEST(Tidy, EveryFolderTellsItsPurpose) {
  for (const auto* folder : {"provisioner", "ontap-sim", "k8s-fake", "scenarios", "bench", "tests"}) {
    EXPECT_TRUE(fs::exists(fs::path(test_support::source_dir()) / folder / "README.md")) << folder;
  }
}

}  // namespace
