// The fuzz targets without a fuzzer: every seed of the corpus and some thousands of its mutations, the same each time.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "provisioner/base/random.h"
#include "provisioner/base/text.h"
#include "tests/fuzz/fuzz.h"

namespace {

std::string mutated(std::string text, base::Rng& rng, const std::vector<std::string>& seeds) {
  for (std::uint64_t changes = 1 + rng.below(4); changes > 0; --changes) {
    const std::size_t at = text.empty() ? 0 : static_cast<std::size_t>(rng.below(text.size()));
    switch (rng.below(5)) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(rng.below(256));
        break;
      case 1:
        if (!text.empty()) text[at] = static_cast<char>(static_cast<unsigned char>(text[at]) ^ (1U << rng.below(8)));
        break;
      case 2: text.erase(at, static_cast<std::size_t>(rng.below(16))); break;
      case 3: text.insert(at, text.substr(at, static_cast<std::size_t>(rng.below(64)))); break;
      default: {
        const std::string& other = seeds[static_cast<std::size_t>(rng.below(seeds.size()))];
        text = text.substr(0, at) + other.substr(std::min(at, other.size()));
      }
    }
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  std::vector<std::string> files, seeds;
  for (const auto& each : std::filesystem::directory_iterator(argv[1])) files.push_back(each.path().string());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) seeds.push_back(base::read_file(file).value_or(""));
  if (seeds.empty()) return 2;
  for (const auto& seed : seeds) fuzz_one(seed);
  const long wanted = std::atol(argv[2]) * (std::getenv("DRYDOCK_SOAK") != nullptr ? 100 : 1);
  base::Rng rng(7);
  for (long i = 0; i < wanted; ++i) fuzz_one(mutated(seeds[static_cast<std::size_t>(i) % seeds.size()], rng, seeds));
  std::cout << seeds.size() << " seeds, " << wanted << " mutations\n";
  return 0;
}
