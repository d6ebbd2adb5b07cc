#include "tests/provisioner/tiny_array.h"

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>

namespace provisioner_test {

namespace {

using Volumes = std::map<std::string, TinyVolume>;

struct Answer {
  pugi::xml_document document;
  pugi::xml_node results;
  Answer() { results = document.append_child("netapp").append_child("results"); }
  void fail(int code, const char* reason) {
    results.remove_children();
    results.append_attribute("status") = "failed";
    results.append_attribute("reason") = reason;
    results.append_attribute("errno") = code;
  }
  std::string text() {
    if (!results.attribute("status")) results.append_attribute("status") = "passed";
    std::ostringstream out;
    document.save(out, "", pugi::format_raw);
    return out.str();
  }
};

void put(pugi::xml_node node, const char* name, const std::string& text) {
  node.append_child(name).text().set(text.c_str());
}

pugi::xml_node records(Answer& answer, std::size_t count) {
  put(answer.results, "num-records", std::to_string(count));
  return answer.results.append_child("attributes-list");
}

bool fits(const std::string& pattern, const std::string& name) {
  return pattern.ends_with('*') ? name.starts_with(pattern.substr(0, pattern.size() - 1)) : pattern == name;
}

void list_volumes(const Volumes& volumes, const std::string& pattern, Answer& answer) {
  pugi::xml_node list = records(answer, static_cast<std::size_t>(std::ranges::count_if(
                                            volumes, [&](const auto& v) { return fits(pattern, v.first); })));
  for (const auto& [name, volume] : volumes) {
    if (!fits(pattern, name)) continue;
    pugi::xml_node node = list.append_child("volume-attributes");
    pugi::xml_node id = node.append_child("volume-id-attributes");
    put(id, "name", name);
    put(id, "containing-aggregate-name", volume.aggregate);
    put(id, "comment", volume.comment);
    if (!volume.junction.empty()) put(id, "junction-path", volume.junction);
    pugi::xml_node space = node.append_child("volume-space-attributes");
    put(space, "size", std::to_string(volume.size));
    put(space, "percentage-snapshot-reserve", "5");
    if (volume.parent.empty()) continue;
    pugi::xml_node parent = node.append_child("volume-clone-attributes").append_child("volume-clone-parent-attributes");
    put(parent, "name", volume.parent);
    put(parent, "snapshot-name", volume.parent_snapshot);
  }
}

std::uint64_t rounded(std::uint64_t size) { return (size + 4095) / 4096 * 4096; }

void create(TinyArray& array, pugi::xml_node call, Answer& answer) {
  const std::string name = call.child_value("volume");
  if (array.volumes.contains(name)) return answer.fail(17, "Volume exists");
  if (std::ranges::find(array.aggregates, call.child_value("containing-aggr-name")) == array.aggregates.end())
    return answer.fail(14420, "no such aggregate");
  TinyVolume volume;
  volume.size = rounded(std::stoull(call.child_value("size")));
  volume.aggregate = call.child_value("containing-aggr-name");
  volume.comment = call.child_value("volume-comment");
  volume.junction = call.child_value("junction-path");
  array.volumes[name] = volume;
  array.trees[name];
}

void clone(TinyArray& array, pugi::xml_node call, Answer& answer) {
  const std::string name = call.child_value("volume");
  const auto parent = array.volumes.find(call.child_value("parent-volume"));
  if (array.volumes.contains(name)) return answer.fail(17, "Volume exists");
  if (parent == array.volumes.end() || !parent->second.snapshots.contains(call.child_value("parent-snapshot")))
    return answer.fail(15661, "entry doesn't exist");
  TinyVolume volume = parent->second;
  volume.comment.clear();
  volume.snapshots.clear();
  volume.junction = call.child_value("junction-path");
  volume.parent = parent->first;
  volume.parent_snapshot = call.child_value("parent-snapshot");
  array.volumes[name] = volume;
  if (const auto lun = array.luns.find("/vol/" + parent->first + "/lun0"); lun != array.luns.end()) {
    TinyLun copy = lun->second;
    copy.mapped = -1;
    array.luns["/vol/" + name + "/lun0"] = copy;
  }
}

void destroy(TinyArray& array, const std::string& name, Answer& answer) {
  for (const auto& [other, volume] : array.volumes) {
    if (volume.parent == name) return answer.fail(15894, "Volume has clones");
  }
  if (array.volumes.erase(name) == 0) answer.fail(13040, "Volume does not exist");
  array.trees.erase(name);
  std::erase_if(array.luns, [&](const auto& lun) { return lun.first.starts_with("/vol/" + name + "/"); });
}

void modify(TinyArray& array, pugi::xml_node call, Answer& answer) {
  const std::string name =
      call.child("query").child("volume-attributes").child("volume-id-attributes").child_value("name");
  const pugi::xml_node attributes = call.child("attributes").child("volume-attributes");
  const auto volume = array.volumes.find(name);
  put(answer.results, "num-succeeded", volume == array.volumes.end() ? "0" : "1");
  put(answer.results, "num-failed", "0");
  if (volume == array.volumes.end()) return;
  if (attributes.child("volume-snapshot-attributes").child("snapdir-access-enabled"))
    volume->second.snapshot_directory = false;
  if (const pugi::xml_node ids = attributes.child("volume-id-attributes"); ids.child("comment"))
    volume->second.comment = ids.child_value("comment");
}

/// Calls on one existing volume, named by an element.
void on_volume(TinyArray& array, const std::string& call, pugi::xml_node node, Answer& answer) {
  const char* key = call == "volume-mount" ? "volume-name" : "volume";
  const auto volume = array.volumes.find(node.child_value(key));
  if (volume == array.volumes.end()) return answer.fail(15661, "entry doesn't exist");
  const std::string snapshot = node.child_value("snapshot");
  if (call == "volume-mount") volume->second.junction = node.child_value("junction-path");
  if (call == "volume-size" && node.child("new-size"))
    volume->second.size = rounded(std::stoull(node.child_value("new-size")));
  if (call == "snapshot-create" && !volume->second.snapshots.insert(snapshot).second)
    answer.fail(13020, "snapshot exists");
  if (call == "snapshot-delete" && volume->second.snapshots.erase(snapshot) == 0)
    answer.fail(15661, "entry doesn't exist");
  if (call == "volume-rename") {
    if (array.volumes.contains(node.child_value("new-volume-name"))) return answer.fail(17, "Volume exists");
    TinyVolume moved = volume->second;
    array.volumes.erase(volume);
    array.volumes[node.child_value("new-volume-name")] = moved;
    const std::string from = std::string("/vol/") + node.child_value("volume") + "/lun0";
    if (auto lun = array.luns.extract(from)) {
      lun.key() = std::string("/vol/") + node.child_value("new-volume-name") + "/lun0";
      array.luns.insert(std::move(lun));
    }
  }
}

void answer_facts(TinyArray& array, const std::string& call, Answer& answer) {
  if (call == "system-get-ontapi-version") {
    put(answer.results, "major-version", "1");
    put(answer.results, "minor-version", std::to_string(array.minor));
  } else if (call == "net-interface-get-iter") {
    pugi::xml_node lif = records(answer, 1).append_child("net-interface-info");
    put(lif, "address", array.lif);
    pugi::xml_node protocols = lif.append_child("data-protocols");
    for (const char* protocol : {"nfs", "iscsi"}) put(protocols, "data-protocol", protocol);
  } else if (call == "vserver-get-iter") {
    pugi::xml_node svm = records(answer, 1).append_child("vserver-info");
    put(svm, "vserver-name", array.svm);
    pugi::xml_node list = svm.append_child("vserver-aggr-info-list");
    for (const std::string& name : array.aggregates) put(list.append_child("vserver-aggr-info"), "aggr-name", name);
  } else if (call == "vserver-show-aggr-get-iter") {
    pugi::xml_node list = records(answer, array.aggregates.size());
    for (const std::string& name : array.aggregates) {
      pugi::xml_node entry = list.append_child("show-aggregates");
      put(entry, "aggregate-name", name);
      put(entry, "aggregate-type", array.media);
      if (const auto free = array.free_bytes.find(name); free != array.free_bytes.end())
        put(entry, "available-size", std::to_string(free->second));
    }
  } else if (call == "volume-get-root-name") {
    put(answer.results, "volume", "root");
  } else if (call == "snapmirror-get-iter") {
    records(answer, 0);
  } else if (call != "ems-autosupport-log") {
    answer.fail(13005, "Unable to find API");
  }
}

}  // namespace

base::http::Response TinyArray::handle(const base::http::Request& request) {
  pugi::xml_document document;
  document.load_buffer(request.body.data(), request.body.size());
  const pugi::xml_node call = document.child("netapp").first_child();
  const std::string name = call.name();
  calls.push_back(name);
  Answer answer;
  if (const auto refusal = refusals.find(name); refusal != refusals.end())
    answer.fail(std::stoi(refusal->second), "refused by the test");
  else if (name == "volume-create") create(*this, call, answer);
  else if (name == "volume-clone-create") clone(*this, call, answer);
  else if (name == "volume-destroy") destroy(*this, call.child_value("name"), answer);
  else if (name == "volume-modify-iter") modify(*this, call, answer);
  else if (name == "volume-get-iter")
    list_volumes(volumes,
                 call.child("query").child("volume-attributes").child("volume-id-attributes").child_value("name"),
                 answer);
  else if (name == "volume-mount" || name == "volume-size" || name == "volume-rename" || name == "snapshot-create" ||
           name == "snapshot-delete")
    on_volume(*this, name, call, answer);
  else if (!handle_block_and_trees(*this, TinyCall{name, call, answer.results})) answer_facts(*this, name, answer);
  base::http::Response response;
  response.body = answer.text();
  return response;
}

std::size_t TinyArray::count(const std::string& call) const {
  return static_cast<std::size_t>(std::ranges::count(calls, call));
}

}  // namespace provisioner_test
