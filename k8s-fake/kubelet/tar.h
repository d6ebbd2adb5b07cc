#pragma once

#include <string>
#include <vector>

#include "k8s-fake/kubelet/files.h"
#include "provisioner/base/result.h"

/// Tape archives as kubectl cp makes and reads them: ustar headers, GNU and pax long names when reading.
namespace k8s_fake {

struct TarEntry {
  std::string name;
  bool directory = false;
  unsigned mode = 0644;
  std::string link;
  std::string data;
};

/// Adds a file or a whole folder under `name` (a leading slash is taken off).
void tar_append(std::string& archive, const std::string& name, const FileNode& node);
void tar_finish(std::string& archive);
/// Errors: a text for people ("corrupted octal value in tar header", "short read").
base::Result<std::vector<TarEntry>, FileError> tar_read(const std::string& archive);

}  // namespace k8s_fake
