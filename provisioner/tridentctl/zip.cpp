#include "provisioner/tridentctl/zip.h"

#include <zlib.h>

#include <cstdint>

namespace provisioner::tridentctl {

namespace {

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xFFU);
}

/// The fields that local and central headers share, from "version needed" to "extra length".
void put_common(std::string& out, const std::string& name, const std::string& content) {
  const auto* bytes = reinterpret_cast<const Bytef*>(content.data());
  put(out, 20, 2);               // version needed
  put(out, 0x0800, 2);           // names are UTF-8
  put(out, 0, 2);                // stored
  put(out, 0, 2);                // time 00:00
  put(out, (1U << 5U) | 1U, 2);  // 1980-01-01: the archive's own name carries the time
  put(out, static_cast<std::uint32_t>(crc32(0, bytes, static_cast<uInt>(content.size()))), 4);
  put(out, static_cast<std::uint32_t>(content.size()), 4);
  put(out, static_cast<std::uint32_t>(content.size()), 4);
  put(out, static_cast<std::uint32_t>(name.size()), 2);
  put(out, 0, 2);
}

}  // namespace

std::string zip_archive(const std::vector<std::pair<std::string, std::string>>& entries) {
  std::string out;
  std::string directory;
  for (const auto& [name, content] : entries) {
    const auto offset = static_cast<std::uint32_t>(out.size());
    put(out, 0x04034b50, 4);
    put_common(out, name, content);
    out += name + content;
    put(directory, 0x02014b50, 4);
    put(directory, 20, 2);
    put_common(directory, name, content);
    put(directory, 0, 2);  // comment
    put(directory, 0, 2);  // disk
    put(directory, 0, 2);  // internal attributes
    put(directory, 0, 4);  // external attributes
    put(directory, offset, 4);
    directory += name;
  }
  const auto start = static_cast<std::uint32_t>(out.size());
  const auto count = static_cast<std::uint32_t>(entries.size());
  out += directory;
  put(out, 0x06054b50, 4);
  put(out, 0, 4);  // disks
  put(out, count, 2);
  put(out, count, 2);
  put(out, static_cast<std::uint32_t>(directory.size()), 4);
  put(out, start, 4);
  put(out, 0, 2);
  return out;
}

}  // namespace provisioner::tridentctl
