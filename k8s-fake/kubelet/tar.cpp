#include "k8s-fake/kubelet/tar.h"

#include <cstdio>
#include <cstring>

#include "provisioner/base/text.h"

namespace k8s_fake {

namespace {

constexpr std::size_t kBlock = 512;

void pad(std::string& archive) { archive.append((kBlock - archive.size() % kBlock) % kBlock, '\0'); }

void header(std::string& archive, const std::string& name, const FileNode& node, char type, std::uint64_t size) {
  std::string block(kBlock, '\0');
  const auto put = [&](std::size_t at, const std::string& text) { block.replace(at, text.size(), text); };
  const auto octal = [&](std::size_t at, std::size_t width, std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "%0*llo", static_cast<int>(width - 1), static_cast<unsigned long long>(value));
    put(at, text);
  };
  std::string prefix;
  std::string base_name = name;
  if (name.size() > 100) {
    const std::size_t slash = name.find('/', name.size() - 101);
    if (slash != std::string::npos && slash <= 155) {
      prefix = name.substr(0, slash);
      base_name = name.substr(slash + 1);
    } else {
      base_name = name.substr(0, 100);
    }
  }
  put(0, base_name);
  octal(100, 8, node.mode & 07777U);
  octal(108, 8, 0);
  octal(116, 8, 0);
  octal(124, 12, size);
  octal(136, 12,
        static_cast<std::uint64_t>(std::max<std::int64_t>(
            0, std::chrono::duration_cast<std::chrono::seconds>(node.changed.time_since_epoch()).count())));
  put(148, "        ");
  block[156] = type;
  if (type == '2') put(157, node.link.substr(0, 100));
  put(257, std::string("ustar\0"
                       "00",
                       8));
  put(265, "root");
  put(297, "root");
  put(345, prefix);
  unsigned sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  char text[9];
  std::snprintf(text, sizeof text, "%06o", sum);
  put(148, std::string(text) + std::string("\0 ", 2));
  archive += block;
}

std::optional<std::uint64_t> octal_field(const std::string& archive, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    const char c = archive[i];
    if (c == '\0' || (c == ' ' && value > 0)) break;
    if (c == ' ') continue;
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

std::string text_field(const std::string& archive, std::size_t at, std::size_t width) {
  return archive.substr(at, std::min(width, std::strlen(archive.substr(at, width).c_str())));
}

/// The path or linkpath of a pax header's records ("27 path=some/name\n").
void read_pax(const std::string& records, std::string& name, std::string& link) {
  std::size_t at = 0;
  while (at < records.size()) {
    const std::size_t blank = records.find(' ', at);
    const auto length =
        blank == std::string::npos ? std::nullopt : base::parse_unsigned(records.substr(at, blank - at));
    if (!length || *length == 0 || *length > records.size() - at || at + *length <= blank + 1) return;
    const std::string record = records.substr(blank + 1, at + static_cast<std::size_t>(*length) - blank - 2);
    if (record.starts_with("path=")) name = record.substr(5);
    if (record.starts_with("linkpath=")) link = record.substr(9);
    at += static_cast<std::size_t>(*length);
  }
}

}  // namespace

void tar_append(std::string& archive, const std::string& name, const FileNode& node) {
  std::string stored = name;
  while (stored.starts_with('/')) stored.erase(0, 1);
  while (stored.starts_with("./") && stored.size() > 2) stored.erase(0, 2);
  if (node.directory) {
    if (!stored.ends_with('/')) stored += '/';
    header(archive, stored, node, '5', 0);
    for (const auto& [child, inner] : node.children) tar_append(archive, stored + child, *inner);
    return;
  }
  if (!node.link.empty()) {
    header(archive, stored, node, '2', 0);
    return;
  }
  header(archive, stored, node, '0', node.size());
  archive += node.data;
  archive.append(static_cast<std::size_t>(node.zeros), '\0');
  pad(archive);
}

void tar_finish(std::string& archive) { archive.append(2 * kBlock, '\0'); }

base::Result<std::vector<TarEntry>, FileError> tar_read(const std::string& archive) {
  std::vector<TarEntry> entries;
  std::string long_name;
  std::string long_link;
  for (std::size_t at = 0; at + kBlock <= archive.size();) {
    if (archive[at] == '\0') break;
    const auto size = octal_field(archive, at + 124, 12);
    const auto mode = octal_field(archive, at + 100, 8);
    if (!size || !mode) return FileError("corrupted octal value in tar header");
    const char type = archive[at + 156];
    std::string name = text_field(archive, at, 100);
    const std::string prefix = text_field(archive, at + 345, 155);
    if (!prefix.empty() && archive.compare(at + 257, 5, "ustar") == 0 && archive[at + 262] == '\0')
      name = prefix + "/" + name;
    std::string link = text_field(archive, at + 157, 100);
    at += kBlock;
    if (*size > archive.size() - at) return FileError("short read");
    std::string data = archive.substr(at, static_cast<std::size_t>(*size));
    at += (static_cast<std::size_t>(*size) + kBlock - 1) / kBlock * kBlock;
    if (type == 'x') {
      read_pax(data, long_name, long_link);
      continue;
    }
    if (type == 'g') continue;
    if (type == 'L') {
      long_name = data.c_str();
      continue;
    }
    if (!long_name.empty()) name = std::exchange(long_name, "");
    if (!long_link.empty()) link = std::exchange(long_link, "");
    const bool directory = type == '5' || name.ends_with('/');
    if (type == '2' || directory || type == '0' || type == '\0') {
      entries.push_back({name, directory, static_cast<unsigned>(*mode), type == '2' ? link : "", std::move(data)});
    }
  }
  return entries;
}

}  // namespace k8s_fake
