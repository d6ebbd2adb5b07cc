// Runs a fuzz target over the files of folders, without libFuzzer: what was found once stays tried in every build.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "provisioner/base/text.h"
#include "tests/fuzz/fuzz.h"

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  for (const auto& path : files) {
    const auto text = base::read_file(path.string());
    if (!text) return 1;
    fuzz_one(*text);
  }
  std::printf("%zu inputs\n", files.size());
  return files.empty() ? 1 : 0;
}
