#pragma once

#include "ontap-sim/model/cluster.h"

/// LUNs, igroups and maps of one SVM. Errors: the 9000 family of ONTAP's numbers; a missing LUN is 15661.
/// Source: section 7.7 of the array's specification.
namespace ontap_sim::model {

struct NewLun {
  std::string path{};
  Bytes size = 0;
  std::string os_type = "image";
  std::string comment{};
  std::string qos_policy{};
  std::string lun_class = "regular";
  bool reserved = true;
  bool space_allocation = false;
  bool exact_size = false;
};
Result<Lun*> create_lun(Cluster& cluster, Svm& svm, const NewLun& spec);
struct ResizeLun {
  Bytes size = 0;
  bool force = false;
};
Result<Bytes> resize_lun(Cluster& cluster, Svm& svm, const std::string& path, ResizeLun how);
Result<void> move_lun(Cluster& cluster, Svm& svm, const std::string& path, const std::string& new_path);
Result<void> set_lun_online(Cluster& cluster, Svm& svm, const std::string& path, bool online);
Result<void> destroy_lun(Cluster& cluster, Svm& svm, const std::string& path, bool force);
Result<void> set_lun_reservation(Cluster& cluster, Svm& svm, const std::string& path, bool reserved);
Result<void> set_lun_attribute(Cluster& cluster, Svm& svm, const std::string& path, const std::string& name,
                               const std::string& value);
Result<std::string> lun_attribute(const Svm& svm, const std::string& path, const std::string& name);
Result<void> delete_lun_attribute(Cluster& cluster, Svm& svm, const std::string& path, const std::string& name);
Result<void> set_lun_comment(Cluster& cluster, Svm& svm, const std::string& path, const std::string& comment);
Result<void> set_lun_qos(Cluster& cluster, Svm& svm, const std::string& path, const std::string& policy);
/// A whole-LUN clone inside one volume; the copy is online, unmapped, with a serial number of its own.
struct CloneLun {
  std::string source{};       // full path
  std::string destination{};  // full path
  std::string qos_policy{};
  std::optional<bool> reserved{};
  std::string snapshot{};  // "" = the LUN as it is
};
Result<Lun*> clone_lun(Cluster& cluster, Svm& svm, const CloneLun& spec);
Result<Lun*> require_lun(Svm& svm, std::string_view path);
Result<const Lun*> require_lun(const Svm& svm, std::string_view path);
struct LunGeometry {
  Bytes size = 0;
  int bytes_per_sector = 512;
  int sectors_per_track = 63;
  int tracks_per_cylinder = 255;
  std::int64_t cylinders = 0;
  Bytes max_resize = 0;
};
LunGeometry lun_geometry(const Lun& lun);
/// All LUNs of one volume, by path.
std::vector<const Lun*> luns_of(const Svm& svm, std::string_view volume);

struct NewIgroup {
  std::string name{};
  std::string protocol = "mixed";
  std::string os_type = "default";
  std::string portset{};
};
Result<Igroup*> create_igroup(Cluster& cluster, Svm& svm, const NewIgroup& spec);
Result<void> destroy_igroup(Cluster& cluster, Svm& svm, const std::string& name, bool force);
Result<void> rename_igroup(Cluster& cluster, Svm& svm, const std::string& name, const std::string& new_name);
Result<void> add_initiator(Cluster& cluster, Svm& svm, const std::string& igroup, const std::string& initiator,
                           bool force);
Result<void> remove_initiator(Cluster& cluster, Svm& svm, const std::string& igroup, const std::string& initiator,
                              bool force);
/// The LUN id: the one asked for or the lowest free one.
Result<std::int32_t> map_lun(Cluster& cluster, Svm& svm, const std::string& path, const std::string& igroup,
                             std::optional<std::int32_t> id);
Result<void> unmap_lun(Cluster& cluster, Svm& svm, const std::string& path, const std::string& igroup);
/// The owner of the volume's aggregate and its partner.
std::vector<std::string> reporting_nodes(const Cluster& cluster, const Svm& svm, const Lun& lun);

Result<IscsiService*> create_iscsi(Cluster& cluster, Svm& svm, const std::string& node_name, bool up);
Result<void> set_iscsi_up(Cluster& cluster, Svm& svm, bool up);
Result<void> destroy_iscsi(Cluster& cluster, Svm& svm);
Result<void> create_fcp(Cluster& cluster, Svm& svm);

bool is_lun_os_type(std::string_view text);
bool is_igroup_os_type(std::string_view text);

}  // namespace ontap_sim::model
