#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/result.h"

/// The files that a container sees, in memory: a root of its own and the volumes mounted into it. The data behind a
/// volume is one FileNode tree shared by every mount of it. Errors are the texts of errno ("No such file or
/// directory").
namespace k8s_fake {

/// The text of an errno. A type of its own, so that it is never taken for a file's content.
struct FileError : std::string {
  explicit FileError(std::string text) : std::string(std::move(text)) {}
};

struct FileNode {
  bool directory = false;
  unsigned mode = 0644;
  base::TimePoint changed;
  std::string data;
  std::uint64_t zeros = 0;  // this many zero bytes follow `data` (what dd from /dev/zero writes)
  std::string link;         // a symbolic link's target
  std::map<std::string, std::shared_ptr<FileNode>> children;
  std::uint64_t size() const { return directory ? 4096 : link.empty() ? data.size() + zeros : link.size(); }
};
using FilePtr = std::shared_ptr<FileNode>;
FilePtr make_directory(unsigned mode = 0755);
FilePtr make_file(std::string data, unsigned mode = 0644);

struct FileMount {
  std::string path;  // absolute, normalised
  FilePtr root;
  bool read_only = false;
  std::string source;  // as df and mount show it
  std::string fs_type;
  std::string options;
  /// Size, used and available bytes; absent: those of the node's disk.
  std::function<bool(std::uint64_t& size, std::uint64_t& used, std::uint64_t& available)> usage;
  /// Asked before the content grows or shrinks; false: no space.
  std::function<bool(std::int64_t bytes)> grow;
};

class FileTree {
 public:
  explicit FileTree(const base::Clock& clock);
  void mount(FileMount mount);
  const std::vector<FileMount>& mounts() const { return mounts_; }
  /// The mount that a path lies on.
  const FileMount& mount_of(const std::string& path) const;

  /// Paths are absolute; links are followed.
  base::Result<FilePtr, FileError> find(const std::string& path) const;
  bool exists(const std::string& path) const { return find(path).ok(); }
  base::Result<std::string, FileError> read(const std::string& path) const;
  base::Result<bool, FileError> write(const std::string& path, std::string data, bool append, std::uint64_t zeros = 0);
  base::Result<bool, FileError> make_directory_at(const std::string& path, bool parents);
  base::Result<bool, FileError> remove(const std::string& path, bool recursive);
  base::Result<bool, FileError> link(const std::string& path, const std::string& target);
  base::Result<bool, FileError> set_mode(const std::string& path, unsigned mode);

 private:
  struct Place {
    FilePtr parent;
    std::string name;
    const FileMount* mount;
  };
  base::Result<Place, FileError> place(const std::string& path) const;
  const base::Clock& clock_;
  std::vector<FileMount> mounts_;  // the root first, then in the order of mounting
};

/// "/a/./b/../c" -> "/a/c"; a relative path starts at `cwd`.
std::string absolute_path(const std::string& path, const std::string& cwd);

}  // namespace k8s_fake
