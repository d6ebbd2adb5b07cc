#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// What fuzz targets share. A target defines fuzz_one(); a broken promise is a CHECK, which libFuzzer reports with its
/// input.
void fuzz_one(std::string_view input);

extern "C" inline int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_one({reinterpret_cast<const char*>(data), size});
  return 0;
}

/// Takes the first byte off the input as a choice; 0 when there is none.
inline unsigned take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte;
}
