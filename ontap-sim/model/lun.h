#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ontap-sim/model/types.h"

/// LUNs, initiator groups and the maps between them. Plain data; operations are in lun_ops.h.
/// A LUN is found by its full path ("/vol/v/lun0" or "/vol/v/q/lun0") in its SVM. A map stands on both sides: the LUN
/// knows its igroups with their LUN ids, the igroup knows its LUN ids with their paths.
namespace ontap_sim::model {

struct LunContent {
  Bytes size = 0;
  Bytes used = 0;
  std::string os_type = "image";
  std::string comment{};
  bool reserved = true;
  bool space_allocation = false;
  std::map<std::string, std::string> attributes{};
};

struct Lun {
  std::string path{};
  std::string serial{};  // 12 characters
  Uuid uuid{};
  TimePoint created{};
  LunContent content{};
  std::string qos_policy{};
  std::string lun_class = "regular";
  Bytes max_resize = 0;
  bool online = true;
  bool clone = false;
  std::map<std::string, std::int32_t, std::less<>> maps{};  // igroup -> LUN id

  /// The parts of the path; `qtree` is "" directly under the volume.
  std::string_view volume() const;
  std::string_view qtree() const;
  std::string_view name() const;
};

struct Igroup {
  std::string name{};
  std::string protocol = "mixed";  // iscsi, fcp, mixed
  std::string os_type = "default";
  std::string portset{};
  Uuid uuid{};
  std::set<std::string, std::less<>> initiators{};  // lower case
  std::map<std::int32_t, std::string> luns{};       // LUN id -> path
  bool alua = true;
};

struct Portset {
  std::string name{};
  std::string protocol = "iscsi";
  std::set<std::string> lifs{};
};

struct ChapEntry {
  std::string auth_type = "none";  // none, CHAP, deny
  std::string user{};
  std::string password{};
  std::string outbound_user{};
  std::string outbound_password{};
  std::vector<std::string> address_ranges{};
};

struct IscsiService {
  std::string node_name{};
  std::string alias{};
  bool available = true;
  ChapEntry default_auth{};
  std::map<std::string, ChapEntry, std::less<>> auth{};  // by initiator
};

struct FcpService {
  std::string node_name{};
  bool available = true;
};

/// "/vol/v/q/l" -> {"v", "q", "l"}; nothing when it has no such form.
struct LunPath {
  std::string volume{};
  std::string qtree{};
  std::string name{};
};
std::optional<LunPath> parse_lun_path(std::string_view path);

}  // namespace ontap_sim::model
