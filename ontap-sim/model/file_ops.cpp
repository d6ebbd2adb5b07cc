#include "ontap-sim/model/file_ops.h"

#include "ontap-sim/model/volume_ops.h"
#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

ModelError no_file(const std::string& path) { return {Errno::enoent, "No such file or directory: \"" + path + "\""}; }

Result<File*> require_file(const FilePath& place, const std::string& path) {
  const auto at = place.volume->files.find(place.inside);
  if (at == place.volume->files.end()) return no_file(path);
  return &at->second;
}

}  // namespace

Result<FilePath> resolve_file(Svm& svm, const std::string& path) {
  const auto parts = base::split(path, '/');
  if (parts.size() < 3 || !parts[0].empty() || parts[1] != "vol" || parts[2].empty()) return no_file(path);
  auto volume = require_volume(svm, parts[2]);
  if (!volume) return volume.error();
  if ((*volume)->state != VolumeState::online)
    return ModelError{Errno::volume_offline, "Volume \"" + (*volume)->name + "\" is offline."};
  const std::size_t begin = 6 + parts[2].size();
  std::string inside = path.size() > begin ? path.substr(begin) : "";
  while (inside.ends_with('/')) inside.pop_back();
  return FilePath{*volume, inside};
}

Result<void> create_file(Cluster& cluster, Svm& svm, const std::string& path, NewFile spec) {
  auto place = resolve_file(svm, path);
  if (!place) return place.error();
  if (place->inside.empty()) return ModelError{Errno::einval, "A file name must be given."};
  if (place->volume->files.contains(place->inside))
    return ModelError{Errno::eexist, "The file \"" + path + "\" already exists."};
  if (auto written = write_data(cluster, svm, place->volume->name, {.qtree = "", .added = spec.used, .overwritten = 0});
      !written)
    return written;
  place->volume->files.emplace(place->inside, File{spec.size, round_up(spec.used), cluster.now(), "", spec.directory});
  ++place->volume->files_used;
  cluster.touch(svm, *place->volume);
  return {};
}

Result<void> delete_file(Cluster& cluster, Svm& svm, const std::string& path) {
  auto place = resolve_file(svm, path);
  if (!place) return place.error();
  auto file = require_file(*place, path);
  if (!file) return file.error();
  const Bytes used = (*file)->used;
  place->volume->files.erase(place->inside);
  --place->volume->files_used;
  return remove_data(cluster, svm, place->volume->name, "", used);
}

Result<void> rename_file(Cluster& cluster, Svm& svm, const std::string& from, const std::string& to) {
  auto source = resolve_file(svm, from);
  if (!source) return source.error();
  auto target = resolve_file(svm, to);
  if (!target) return target.error();
  if (source->volume != target->volume) return refused("A file cannot be renamed into another volume.");
  if (auto file = require_file(*source, from); !file) return file.error();
  if (source->volume->files.contains(target->inside))
    return ModelError{Errno::eexist, "The file \"" + to + "\" already exists."};
  auto node = source->volume->files.extract(source->inside);
  node.key() = target->inside;
  source->volume->files.insert(std::move(node));
  cluster.touch(svm, *source->volume);
  return {};
}

Result<void> copy_file(Cluster& cluster, Svm& svm, const std::string& from, const std::string& to) {
  auto source = resolve_file(svm, from);
  if (!source) return source.error();
  auto file = require_file(*source, from);
  if (!file) return file.error();
  return create_file(cluster, svm, to, {.size = (*file)->size, .used = (*file)->used, .directory = (*file)->directory});
}

Result<void> set_file_qos(Cluster& cluster, Svm& svm, const std::string& path, const std::string& policy) {
  auto place = resolve_file(svm, path);
  if (!place) return place.error();
  auto file = require_file(*place, path);
  if (!file) return file.error();
  if (!cluster.qos_policies.contains({svm.name, policy}) &&
      !cluster.adaptive_qos_policies.contains({svm.name, policy})) {
    return refused("Policy group \"" + policy + "\" does not exist in Vserver \"" + svm.name + "\".");
  }
  (*file)->qos_policy = policy;
  cluster.touch(svm, *place->volume);
  return {};
}

}  // namespace ontap_sim::model
