#include "tests/ontap-sim/zapi_world.h"

#include <boost/asio/io_context.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/model/lun_ops.h"
#include "ontap-sim/model/nas_ops.h"
#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/model/svm_ops.h"
#include "provisioner/base/text.h"

namespace ontap_test {
namespace model = ontap_sim::model;

namespace {

std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : line) {
    if (c == '\'') {
      quoted = !quoted;
      any = true;
    } else if (c == ' ' && !quoted) {
      if (any || !word.empty()) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
    }
  }
  if (any || !word.empty()) words.push_back(word);
  return words;
}

void put(pugi::xml_node at, std::string path, const std::string& value) {
  const bool sibling = path.ends_with('+');
  if (sibling) path.pop_back();
  const auto parts = base::split(path, '/');
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string name(parts[i]);
    const bool last = i + 1 == parts.size();
    pugi::xml_node have = at.child(name.c_str());
    // `+` makes a new element of the last structure, or a new leaf in a list.
    if (have && (!last || !sibling)) {
      for (pugi::xml_node next = have; next; next = next.next_sibling(name.c_str())) have = next;
      at = have;
    } else {
      at = at.append_child(name.c_str());
    }
  }
  if (!value.empty()) at.append_child(pugi::node_pcdata).set_value(value.c_str());
}

}  // namespace

std::string Reply::text(const std::string& element) const {
  pugi::xml_document document;
  if (!document.load_string(body.c_str())) return "";
  const auto node = document.find_node([&](pugi::xml_node n) { return element == n.name(); });
  return ontap_sim::zapi::leaf_text(node);
}

int Reply::count(const std::string& element) const {
  int found = 0;
  for (std::size_t at = body.find("<" + element); at != std::string::npos; at = body.find("<" + element, at + 1)) {
    const char next = body[at + 1 + element.size()];
    if (next == '>' || next == '/' || next == ' ') ++found;
  }
  return found;
}

std::string request_of(const std::string& line) {
  const auto words = words_of(line);
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("netapp");
  root.append_attribute("xmlns").set_value("http://www.netapp.com/filer/admin");
  root.append_attribute("version").set_value("1.21");
  std::size_t at = 0;
  if (!words.empty() && words[0].starts_with("@")) {
    if (words[0].size() > 1) root.append_attribute("vfiler").set_value(words[0].substr(1).c_str());
    ++at;
  }
  pugi::xml_node in = root.append_child(at < words.size() ? words[at].c_str() : "none");
  for (++at; at < words.size(); ++at) {
    const std::size_t equals = words[at].find('=');
    put(in, words[at].substr(0, equals), equals == std::string::npos ? "" : words[at].substr(equals + 1));
  }
  std::ostringstream text;
  document.save(text, "", pugi::format_raw | pugi::format_no_declaration);
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + text.str();
}

struct World::State {
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  std::vector<std::string> lines;
  base::Logger log{clock, [this](std::string_view line) { lines.emplace_back(line); }};
  model::Cluster cluster{clock, 7};
  ontap_sim::zapi::Server server{cluster, log};
};

World::World(int ontapi_minor) : state_(std::make_unique<State>()) {
  state_->server.shell = [](const std::string& line, const std::string& privilege, const std::string& user) {
    return std::pair{user + " (" + privilege + "): " + line, true};
  };
  model::Cluster& cluster = state_->cluster;
  model::ClusterSpec spec;
  spec.ontapi_minor = ontapi_minor;
  spec.aggregates = {{"aggr1", "cluster1-01", "hybrid", 10 * model::kTiB},
                     {"aggr2", "cluster1-02", "ssd", 10 * model::kTiB},
                     {"aggr3", "cluster1-01", "hdd", 10 * model::kTiB}};
  CHECK(model::build(cluster, spec).ok());
  model::NewSvm svm_spec;
  svm_spec.name = "svm1";
  svm_spec.root_volume = "svm1_root";
  svm_spec.root_aggregate = "aggr1";
  auto svm = model::create_svm(cluster, svm_spec);
  CHECK(svm.ok());
  model::SvmChange change;
  change.aggregates = {{"aggr1", "aggr2", "aggr3"}};
  CHECK(model::modify_svm(cluster, "svm1", change).ok());
  model::ExportRule open;
  open.client_match = "0.0.0.0/0";
  open.ro = open.rw = open.superuser = {"any"};
  CHECK(model::create_export_rule(cluster, **svm, "default", std::nullopt, open).ok());
  CHECK(model::create_nfs(cluster, **svm, {}, false).ok());
  CHECK(model::create_iscsi(cluster, **svm, "", true).ok());
  int last = 10;
  for (const char* name : {"svm1_mgmt", "svm1_nfs", "svm1_iscsi"}) {
    model::NewLif lif;
    lif.name = name;
    lif.home_node = "cluster1-01";
    lif.home_port = "e0c";
    lif.address = "127.0.1." + std::to_string(last);
    lif.netmask_length = 24;
    lif.protocols = {last == 10 ? "none" : last == 11 ? "nfs" : "iscsi"};
    CHECK(model::create_lif(cluster, **svm, lif).ok());
    ++last;
  }
  CHECK(model::set_password(cluster, "svm1", "vsadmin", "netapp123").ok());
  CHECK(model::unlock_user(cluster, "svm1", "vsadmin").ok());
}

World::~World() = default;

model::Cluster& World::cluster() { return state_->cluster; }
ontap_sim::zapi::Server& World::server() { return state_->server; }
std::vector<std::string> World::log() const { return state_->lines; }
void World::advance(std::chrono::nanoseconds span) { state_->clock.advance(span); }

Reply World::call(const std::string& line) { return post(request_of(line)); }

Reply World::post(const std::string& body, const std::string& user, const std::string& password,
                  const std::string& host) {
  base::http::Request request;
  request.method = "POST";
  request.target = "/servlets/netapp.servlets.admin.XMLrequest_filer";
  if (!user.empty()) request.headers.set("Authorization", "Basic " + base::base64_encode(user + ":" + password));
  if (!host.empty()) request.headers.set("Host", host);
  request.body = body;
  request.peer.local_address = "127.0.0.1";
  const base::http::Response response = state_->server.handle(request);
  Reply reply;
  reply.http_status = response.status;
  reply.body = response.body;
  pugi::xml_document document;
  if (document.load_string(response.body.c_str())) {
    const pugi::xml_node results = document.child("netapp").child("results");
    reply.passed = std::string_view(results.attribute("status").value()) == "passed";
    reply.error = results.attribute("errno").as_int();
    reply.reason = results.attribute("reason").value();
  }
  return reply;
}

}  // namespace ontap_test
