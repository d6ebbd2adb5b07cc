#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "ontap-sim/model/types.h"

/// NFS, export policies, CIFS, LDAP and Kerberos settings of an SVM. Plain data. Source: record types of ONTAP.
namespace ontap_sim::model {

struct ExportRule {
  std::string client_match{};
  std::vector<std::string> protocols{};  // any, nfs, nfs3, cifs ...
  std::vector<std::string> ro{};
  std::vector<std::string> rw{};
  std::vector<std::string> superuser{};
  std::string anonymous_user = "65534";
  std::string chown_mode = "restricted";
  std::string ntfs_unix_security = "fail";
  bool allow_suid = true;
  bool allow_dev = true;
};

struct ExportPolicy {
  std::string name{};
  std::int64_t id = 0;
  std::map<int, ExportRule> rules{};  // by index, from 1
};

/// The fields of nfs-info live in a map by their ZAPI names: there are about fifty and all are plain switches.
struct NfsService {
  bool access = true;
  std::map<std::string, std::string, std::less<>> settings{};
};

struct CifsServer {
  std::string name{};
  std::string domain{};
  std::string workgroup{};
  std::string organizational_unit = "CN=Computers";
  std::string default_site{};
  bool up = true;
  std::map<std::string, std::string> security{};
  std::vector<std::pair<std::string, std::string>> preferred_dcs{};  // domain, address
  std::string discovery_mode = "all";
};

struct CifsShare {
  std::string name{};
  std::string path{};
  std::string comment{};
  std::set<std::string> properties{"browsable", "oplocks", "changenotify"};
  std::set<std::string> symlink_properties{"symlinks"};
  std::map<std::string, std::string> fields{};            // the rest, by ZAPI name
  std::map<std::string, std::string, std::less<>> acl{};  // user or group -> permission
};

/// A settings record of which the model needs no more than its fields (LDAP client, Kerberos realm, fpolicy and so on):
/// scalar fields by ZAPI name, list fields by ZAPI name of the list.
struct Record {
  std::map<std::string, std::string, std::less<>> fields{};
  std::map<std::string, std::vector<std::string>, std::less<>> lists{};
};

}  // namespace ontap_sim::model
