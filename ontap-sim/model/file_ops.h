#pragma once

#include "ontap-sim/model/cluster.h"

/// Plain files in a volume, for clients that keep disk images on NFS. A path is "/vol/volume/a/b". Errors: 2 no such
/// file, 13040 no such volume, 17 exists, 28 no space. Source: section 7.7 of the array's specification.
namespace ontap_sim::model {

struct FilePath {
  Volume* volume = nullptr;
  std::string inside{};  // "a/b"
};
Result<FilePath> resolve_file(Svm& svm, const std::string& path);
struct NewFile {
  Bytes size = 0;
  Bytes used = 0;
  bool directory = false;
};
/// The data path's way to make a file or a directory; its blocks are taken from the volume.
Result<void> create_file(Cluster& cluster, Svm& svm, const std::string& path, NewFile spec);
Result<void> delete_file(Cluster& cluster, Svm& svm, const std::string& path);
Result<void> rename_file(Cluster& cluster, Svm& svm, const std::string& from, const std::string& to);
/// Copies across volumes of the SVM; the copy is complete at once.
Result<void> copy_file(Cluster& cluster, Svm& svm, const std::string& from, const std::string& to);
Result<void> set_file_qos(Cluster& cluster, Svm& svm, const std::string& path, const std::string& policy);

}  // namespace ontap_sim::model
