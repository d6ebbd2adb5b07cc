#include "k8s-fake/kubelet/files.h"

#include "provisioner/base/text.h"

namespace k8s_fake {

namespace {
constexpr const char* kMissing = "No such file or directory";
constexpr int kLinksMax = 16;

std::uint64_t tree_size(const FileNode& node) {
  std::uint64_t sum = node.directory ? 0 : node.size();
  for (const auto& [name, child] : node.children) sum += tree_size(*child);
  return sum;
}
}  // namespace

FilePtr make_directory(unsigned mode) {
  auto node = std::make_shared<FileNode>();
  node->directory = true;
  node->mode = mode;
  return node;
}

FilePtr make_file(std::string data, unsigned mode) {
  auto node = std::make_shared<FileNode>();
  node->data = std::move(data);
  node->mode = mode;
  return node;
}

std::string absolute_path(const std::string& path, const std::string& cwd) {
  const std::string whole = path.starts_with('/') ? path : cwd + "/" + path;
  std::vector<std::string> parts;
  for (const std::string_view part : base::split(whole, '/')) {
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      if (!parts.empty()) parts.pop_back();
    } else {
      parts.emplace_back(part);
    }
  }
  return "/" + base::join(parts, "/");
}

FileTree::FileTree(const base::Clock& clock) : clock_(clock) {
  FileMount root;
  root.path = "/";
  root.root = make_directory();
  root.source = "overlay";
  root.fs_type = "overlay";
  root.options = "rw,relatime";
  mounts_.push_back(std::move(root));
}

void FileTree::mount(FileMount added) {
  if (!exists(added.path)) (void)make_directory_at(added.path, true).ok();
  mounts_.push_back(std::move(added));
}

const FileMount& FileTree::mount_of(const std::string& path) const {
  const FileMount* best = &mounts_.front();
  for (const FileMount& one : mounts_) {
    const bool inside = path == one.path || path.starts_with(one.path == "/" ? "/" : one.path + "/");
    if (inside && one.path.size() >= best->path.size()) best = &one;
  }
  return *best;
}

base::Result<FilePtr, FileError> FileTree::find(const std::string& path) const {
  std::string rest = absolute_path(path, "/");
  for (int links = 0; links < kLinksMax; ++links) {
    const FileMount& mount = mount_of(rest);
    FilePtr here = mount.root;
    std::string walked = mount.path == "/" ? "" : mount.path;
    bool again = false;
    const std::vector<std::string_view> steps =
        base::split(std::string_view(rest).substr(std::min(rest.size(), mount.path.size())), '/');
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i].empty()) continue;
      if (!here->directory) return FileError("Not a directory");
      const auto child = here->children.find(std::string(steps[i]));
      if (child == here->children.end()) return FileError(kMissing);
      here = child->second;
      if (!here->link.empty()) {
        std::string target = absolute_path(here->link, walked.empty() ? "/" : walked);
        for (std::size_t k = i + 1; k < steps.size(); ++k) target += "/" + std::string(steps[k]);
        rest = absolute_path(target, "/");
        again = true;
        break;
      }
      walked += "/" + std::string(steps[i]);
    }
    if (!again) return here;
  }
  return FileError("Too many levels of symbolic links");
}

base::Result<std::string, FileError> FileTree::read(const std::string& path) const {
  const auto node = find(path);
  if (!node) return node.error();
  if ((*node)->directory) return FileError("Is a directory");
  std::string data = (*node)->data;
  constexpr std::uint64_t kZerosMax = 64ULL << 20;  // reading back more than that is cut
  data.append(static_cast<std::size_t>(std::min((*node)->zeros, kZerosMax)), '\0');
  return data;
}

base::Result<FileTree::Place, FileError> FileTree::place(const std::string& path) const {
  const std::string clean = absolute_path(path, "/");
  const FileMount& mount = mount_of(clean);
  if (clean == mount.path) return FileError(mount.path == "/" ? "Is a directory" : "Device or resource busy");
  const std::size_t slash = clean.rfind('/');
  const auto parent = find(slash == 0 ? "/" : clean.substr(0, slash));
  if (!parent) return parent.error();
  if (!(*parent)->directory) return FileError("Not a directory");
  if (mount.read_only) return FileError("Read-only file system");
  return Place{*parent, clean.substr(slash + 1), &mount};
}

base::Result<bool, FileError> FileTree::write(const std::string& path, std::string data, bool append,
                                              std::uint64_t zeros) {
  if (path == "/dev/null" || path == "/dev/stdout" || path == "/dev/stderr") return true;
  const auto known = find(path);
  if (known && (*known)->directory) return FileError("Is a directory");
  FilePtr node;
  const FileMount* mount = nullptr;
  if (known) {
    node = *known;
    mount = &mount_of(absolute_path(path, "/"));
    if (mount->read_only) return FileError("Read-only file system");
  } else {
    const auto where = place(path);
    if (!where) return where.error();
    mount = where->mount;
    node = make_file("");
    where->parent->children[where->name] = node;
    where->parent->changed = clock_.now();
  }
  const std::int64_t before = static_cast<std::int64_t>(node->size());
  const std::int64_t after = static_cast<std::int64_t>(data.size() + zeros) + (append ? before : 0);
  if (mount->grow && after != before && !mount->grow(after - before)) return FileError("No space left on device");
  if (append) {
    if (node->zeros > 0 && !data.empty())
      node->data.append(static_cast<std::size_t>(std::exchange(node->zeros, 0)), '\0');
    node->data += data;
    node->zeros += zeros;
  } else {
    node->data = std::move(data);
    node->zeros = zeros;
  }
  node->changed = clock_.now();
  return true;
}

base::Result<bool, FileError> FileTree::make_directory_at(const std::string& path, bool parents) {
  const std::string clean = absolute_path(path, "/");
  if (const auto known = find(clean)) {
    if (parents && (*known)->directory) return true;
    return FileError("File exists");
  }
  if (parents) {
    const std::size_t slash = clean.rfind('/');
    if (slash > 0) {
      const auto above = make_directory_at(clean.substr(0, slash), true);
      if (!above) return above;
    }
  }
  const auto where = place(clean);
  if (!where) return where.error();
  FilePtr node = make_directory();
  node->changed = clock_.now();
  where->parent->children[where->name] = node;
  return true;
}

base::Result<bool, FileError> FileTree::remove(const std::string& path, bool recursive) {
  const auto where = place(path);
  if (!where) return where.error();
  const auto child = where->parent->children.find(where->name);
  if (child == where->parent->children.end()) return FileError(kMissing);
  if (child->second->directory && !recursive) return FileError("Is a directory");
  const auto freed = static_cast<std::int64_t>(tree_size(*child->second));
  if (where->mount->grow && freed > 0) (void)where->mount->grow(-freed);
  where->parent->children.erase(child);
  where->parent->changed = clock_.now();
  return true;
}

base::Result<bool, FileError> FileTree::link(const std::string& path, const std::string& target) {
  const auto where = place(path);
  if (!where) return where.error();
  if (where->parent->children.contains(where->name)) return FileError("File exists");
  FilePtr node = make_file("", 0777);
  node->link = target;
  node->changed = clock_.now();
  where->parent->children[where->name] = node;
  return true;
}

base::Result<bool, FileError> FileTree::set_mode(const std::string& path, unsigned mode) {
  const auto node = find(path);
  if (!node) return node.error();
  if (mount_of(absolute_path(path, "/")).read_only) return FileError("Read-only file system");
  (*node)->mode = mode;
  return true;
}

}  // namespace k8s_fake
