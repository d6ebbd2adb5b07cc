#include <algorithm>

#include "tests/provisioner/tiny_array.h"

namespace provisioner_test {

void TinyCall::fail(int code, const char* reason) const {
  pugi::xml_node node = out;
  node.remove_children();
  node.append_attribute("status") = "failed";
  node.append_attribute("reason") = reason;
  node.append_attribute("errno") = code;
}

void TinyCall::put(pugi::xml_node node, const char* child, const std::string& text) const {
  node.append_child(child).text().set(text.c_str());
}

pugi::xml_node TinyCall::records(std::size_t count) const {
  pugi::xml_node node = out;
  put(node, "num-records", std::to_string(count));
  return node.append_child("attributes-list");
}

namespace {

void make_lun(TinyArray& array, const TinyCall& call) {
  const std::string path = call.in.child_value("path");
  if (array.luns.contains(path)) return call.fail(9012, "LUN exists");
  TinyLun lun;
  lun.size = std::stoull(call.in.child_value("size"));
  array.luns[path] = lun;
}

void list_luns(TinyArray& array, const TinyCall& call) {
  const std::string path = call.in.child("query").child("lun-info").child_value("path");
  const auto lun = array.luns.find(path);
  pugi::xml_node list = call.records(lun == array.luns.end() ? 0 : 1);
  if (lun == array.luns.end()) return;
  pugi::xml_node info = list.append_child("lun-info");
  call.put(info, "path", path);
  call.put(info, "size", std::to_string(lun->second.size));
}

void on_lun(TinyArray& array, const TinyCall& call) {
  const auto found = array.luns.find(call.in.child_value("path"));
  if (found == array.luns.end()) return call.fail(15661, "no such LUN");
  TinyLun& lun = found->second;
  if (call.name == "lun-set-attribute") lun.file_system = call.in.child_value("value");
  if (call.name == "lun-offline") lun.online = false;
  if (call.name == "lun-resize") {
    if (lun.size == std::stoull(call.in.child_value("size"))) return call.fail(9042, "same size");
    lun.size = std::stoull(call.in.child_value("size"));
  }
  if (call.name == "lun-map") {
    if (lun.mapped >= 0) return call.fail(9023, "mapped already");
    lun.mapped =
        static_cast<int>(std::ranges::count_if(array.luns, [](const auto& other) { return other.second.mapped >= 0; }));
    call.put(call.out, "lun-id-assigned", std::to_string(lun.mapped));
  }
  if (call.name == "lun-map-list-info" && lun.mapped >= 0) {
    pugi::xml_node results = call.out;
    pugi::xml_node group = results.append_child("initiator-groups").append_child("initiator-group-info");
    call.put(group, "initiator-group-name", "trident");
    call.put(group, "lun-id", std::to_string(lun.mapped));
  }
  if (call.name == "lun-destroy") {
    if (lun.mapped >= 0 && lun.online) return call.fail(9013, "mapped and online");
    array.luns.erase(found);
  }
}

bool name_fits(const std::string& pattern, const std::string& name) {
  if (pattern.empty()) return true;
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : pattern == name;
}

void list_trees(TinyArray& array, const TinyCall& call) {
  const pugi::xml_node query = call.in.child("query").child("qtree-info");
  std::vector<std::pair<std::string, std::string>> found;
  for (const auto& [volume, trees] : array.trees) {
    if (!name_fits(query.child_value("volume"), volume)) continue;
    if (std::string(query.child_value("qtree")).empty()) found.emplace_back(volume, "");
    for (const auto& [tree, quota] : trees) {
      if (name_fits(query.child_value("qtree"), tree)) found.emplace_back(volume, tree);
    }
  }
  pugi::xml_node list = call.records(found.size());
  for (const auto& [volume, tree] : found) {
    pugi::xml_node info = list.append_child("qtree-info");
    call.put(info, "volume", volume);
    call.put(info, "qtree", tree);
  }
}

/// "/vol/V/T" -> V and T.
std::pair<std::string, std::string> parts(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return {path.substr(5, slash - 5), path.substr(slash + 1)};
}

void on_tree(TinyArray& array, const TinyCall& call) {
  const auto [volume, tree] = parts(call.in.child_value("qtree"));
  auto& trees = array.trees[volume];
  if (!trees.contains(tree)) return call.fail(15669, "no such qtree");
  if (call.name == "qtree-delete-async") {
    trees.erase(tree);
    return;
  }
  const std::string to = parts(call.in.child_value("new-qtree-name")).second;
  if (trees.contains(to)) return call.fail(13080, "qtree exists");
  trees[to] = trees[tree];
  trees.erase(tree);
}

void on_quota(TinyArray& array, const TinyCall& call) {
  const std::string volume = call.name == "quota-list-entries-iter"
                                 ? call.in.child("query").child("quota-entry").child_value("volume")
                                 : call.in.child_value("volume");
  if (!array.volumes.contains(volume)) return call.fail(13040, "no such volume");
  std::string& state = array.quota_state[volume];
  if (state.empty()) state = "off";
  if (call.name == "quota-status") call.put(call.out, "status", state);
  if (call.name == "quota-off") state = "off";
  if (call.name == "quota-on") state = "on";
  if (call.name == "quota-resize" && state != "on") call.fail(15673, "quotas are off");
  if (call.name == "quota-set-entry") {
    const std::string target = call.in.child_value("quota-target");
    if (target.empty()) return;
    const auto [unused, tree] = parts(target);
    if (!array.trees[volume].contains(tree)) return call.fail(15669, "no such qtree");
    array.trees[volume][tree] = std::stoull(call.in.child_value("disk-limit")) * 1024;
  }
  if (call.name == "quota-list-entries-iter") {
    const auto& trees = array.trees[volume];
    pugi::xml_node list = call.records(trees.size() + 1);
    call.put(list.append_child("quota-entry"), "disk-limit", "-");
    for (const auto& [tree, bytes] : trees) {
      pugi::xml_node entry = list.append_child("quota-entry");
      call.put(entry, "quota-target", "/vol/" + volume + "/" + tree);
      call.put(entry, "disk-limit", bytes == 0 ? "-" : std::to_string(bytes / 1024));
    }
  }
}

}  // namespace

bool handle_block_and_trees(TinyArray& array, const TinyCall& call) {
  const std::string& name = call.name;
  if (name == "lun-create-by-size") make_lun(array, call);
  else if (name == "lun-get-iter") list_luns(array, call);
  else if (name.starts_with("lun-")) on_lun(array, call);
  else if (name == "igroup-get-iter")
    call.put(call.records(1).append_child("initiator-group-info"), "initiator-group-name", "trident");
  else if (name == "iscsi-service-get-iter")
    call.put(call.records(1).append_child("iscsi-service-info"), "node-name", "iqn.1992-08.com.netapp:sn.1:vs.2");
  else if (name == "export-policy-create") call.fail(13130, "duplicate entry");
  else if (name == "export-rule-get-iter")
    call.put(call.records(1).append_child("export-rule-info"), "policy-name", "trident_qtree_pool_export_policy");
  else if (name == "qtree-list-iter") list_trees(array, call);
  else if (name == "qtree-create") {
    auto& trees = array.trees[call.in.child_value("volume")];
    if (!trees.emplace(call.in.child_value("qtree"), 0).second) call.fail(13080, "qtree exists");
  } else if (name.starts_with("qtree-")) on_tree(array, call);
  else if (name.starts_with("quota-")) on_quota(array, call);
  else return false;
  return true;
}

}  // namespace provisioner_test
