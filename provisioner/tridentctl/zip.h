#pragma once

#include <string>
#include <utility>
#include <vector>

namespace provisioner::tridentctl {

/// A zip archive of uncompressed entries (PKWARE APPNOTE, version 2.0), each with name and content.
std::string zip_archive(const std::vector<std::pair<std::string, std::string>>& entries);

}  // namespace provisioner::tridentctl
