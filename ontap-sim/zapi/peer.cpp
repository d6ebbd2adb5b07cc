// Peers: SVMs and clusters that may mirror to each other. Source: section 7.12.
#include "ontap-sim/model/mirror_ops.h"
#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::SvmPeer;

Status vserver_peer_create(Call& call) {
  SvmPeer peer;
  peer.svm = call.text("vserver");
  peer.peer_svm = call.text("peer-vserver");
  peer.peer_cluster = call.optional_text("peer-cluster").value_or("");
  if (const auto list = call.list("applications", "vserver-peer-application"); list && !list->empty())
    peer.applications = {list->begin(), list->end()};
  return model::create_svm_peer(call.cluster, peer);
}
Status vserver_peer_accept(Call& call) {
  return model::accept_svm_peer(call.cluster, call.text("vserver"), call.text("peer-vserver"));
}
Status vserver_peer_delete(Call& call) {
  return model::delete_svm_peer(call.cluster, call.text("vserver"), call.text("peer-vserver"));
}

Status vserver_peer_get_iter(Call& call) {
  static const RecordShape shape{"vserver-peer-info", {"vserver", "peer-vserver"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  std::vector<SvmPeer> peers = call.cluster.svm_peers;
  std::sort(peers.begin(), peers.end(), [](const SvmPeer& a, const SvmPeer& b) {
    return std::tie(a.svm, a.peer_svm) < std::tie(b.svm, b.peer_svm);
  });
  for (const SvmPeer& peer : peers) {
    if (call.scope_svm != nullptr && peer.svm != call.scope_svm->name) continue;
    const bool more = (*page)->row({peer.svm, peer.peer_svm}, [&](Out& out) {
      out.list("applications", "vserver-peer-application", peer.applications);
      out.text("peer-cluster", peer.peer_cluster);
      out.text("peer-state", peer.state);
      out.text("peer-vserver", peer.peer_svm);
      if (const model::Svm* other = call.cluster.find_svm(peer.peer_svm))
        out.text("peer-vserver-uuid", other->uuid.text());
      out.text("remote-vserver-name", peer.peer_svm);
      out.text("vserver", peer.svm);
      if (const model::Svm* own = call.cluster.find_svm(peer.svm)) out.text("vserver-uuid", own->uuid.text());
    });
    if (!more) break;
  }
  return (*page)->finish();
}

Status cluster_peer_create(Call& call) {
  model::ClusterPeer peer;
  peer.addresses = call.list("peer-addresses", "remote-inet-address").value_or(std::vector<std::string>{});
  if (peer.addresses.empty()) return ModelError{Errno::invalid_input, "Missing input: peer-addresses"};
  peer.name = peer.remote_name =
      call.optional_text("cluster-name").value_or("cluster-" + base::replace_all(peer.addresses.front(), ".", "-"));
  if (call.cluster.cluster_peers.contains(peer.name)) return model::duplicate_entry();
  peer.timeout = static_cast<int>(call.integer("timeout").value_or(60));
  peer.uuid = model::new_uuid(call.cluster.rng);
  peer.serial = "1-80-" + std::to_string(100001 + call.cluster.cluster_peers.size());
  call.cluster.cluster_peers.emplace(peer.name, std::move(peer));
  call.cluster.touch();
  return {};
}

Status cluster_peer_delete(Call& call) {
  const std::string name = call.text("cluster-name");
  for (const SvmPeer& peer : call.cluster.svm_peers) {
    if (peer.peer_cluster == name)
      return model::refused("Cluster peer \"" + name + "\" is in use by Vserver peer relationships.");
  }
  if (call.cluster.cluster_peers.erase(name) == 0) return model::missing_entry();
  call.cluster.touch();
  return {};
}

Status cluster_peer_get_iter(Call& call) {
  static const RecordShape shape{"cluster-peer-info", {"cluster-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.cluster_peers, 0, true,
                [&](const std::string& name, const model::ClusterPeer& peer, bool) {
                  return (*page)->row({name}, [&](Out& out) {
                    out.list("active-addresses", "remote-inet-address", peer.addresses);
                    out.text("availability", peer.availability);
                    out.text("cluster-name", name);
                    out.text("cluster-uuid", peer.uuid.text());
                    out.text("encryption-protocol", "none");
                    out.list("peer-addresses", "remote-inet-address", peer.addresses);
                    out.text("remote-cluster-name", peer.remote_name);
                    out.text("serial-number", peer.serial);
                    out.integer("timeout", peer.timeout);
                  });
                });
  return (*page)->finish();
}

std::string cluster_option(const Call& call, const std::string& name, const std::string& otherwise) {
  const auto at = call.cluster.options.find(name);
  return at == call.cluster.options.end() ? otherwise : at->second;
}

Status cluster_peer_policy_get(Call& call) {
  pugi::xml_node policy = call.put("attributes").append_child("cluster-peer-policy");
  append_text(policy, "is-unauthenticated-access-permitted",
              cluster_option(call, "peer-policy:unauthenticated", "false"));
  append_text(policy, "passphrase-minimum-length", cluster_option(call, "peer-policy:passphrase", "8"));
  return {};
}

Status cluster_peer_policy_modify(Call& call) {
  if (const auto permitted = call.boolean("is-unauthenticated-access-permitted"))
    call.cluster.options["peer-policy:unauthenticated"] = *permitted ? "true" : "false";
  if (const auto length = call.integer("passphrase-minlength"))
    call.cluster.options["peer-policy:passphrase"] = std::to_string(*length);
  call.cluster.touch();
  return {};
}

}  // namespace

std::vector<ApiEntry> peer_apis() {
  return {
      {.name = "vserver-peer-create",
       .scope = Scope::cluster,
       .input = "applications*:r peer-cluster peer-vserver* vserver*",
       .run = vserver_peer_create,
       .source = "Manila"},
      {.name = "vserver-peer-accept",
       .scope = Scope::cluster,
       .input = "peer-vserver* vserver*",
       .run = vserver_peer_accept,
       .source = "Manila"},
      {.name = "vserver-peer-delete",
       .scope = Scope::cluster,
       .input = "force:b peer-vserver* vserver*",
       .run = vserver_peer_delete,
       .source = "Manila"},
      {.name = "vserver-peer-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = vserver_peer_get_iter,
       .source = "Trident, Manila"},
      {.name = "cluster-peer-create",
       .scope = Scope::cluster,
       .input = "password peer-addresses*:r timeout:i user-name passphrase cluster-name",
       .run = cluster_peer_create,
       .source = "Cinder"},
      {.name = "cluster-peer-delete",
       .scope = Scope::cluster,
       .input = "cluster-name*",
       .run = cluster_peer_delete,
       .source = "Cinder"},
      {.name = "cluster-peer-get-iter",
       .scope = Scope::cluster,
       .input = kIter,
       .run = cluster_peer_get_iter,
       .source = "Cinder"},
      {.name = "cluster-peer-policy-get",
       .scope = Scope::cluster,
       .run = cluster_peer_policy_get,
       .source = "Cinder",
       .since = 30},
      {.name = "cluster-peer-policy-modify",
       .scope = Scope::cluster,
       .input = "is-unauthenticated-access-permitted:b passphrase-minlength:i",
       .run = cluster_peer_policy_modify,
       .source = "Cinder",
       .since = 30},
  };
}

}  // namespace ontap_sim::zapi
