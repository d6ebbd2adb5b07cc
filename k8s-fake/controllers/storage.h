#pragma once

#include <string>

#include "k8s-fake/controllers/cluster.h"

/// What several storage controllers and the scheduler need to know of claims, volumes and classes.
namespace k8s_fake::control {

/// The class of a claim or volume: the beta annotation wins over spec.storageClassName; "" for none.
std::string class_of(const Json& claim_or_volume);
/// True when neither names a class, not even "".
bool class_is_unset(const Json& claim);
/// The default class (the newest of several, then the smallest name), or null.
Object default_class(const Cluster& cluster);
/// True for a class with volumeBindingMode WaitForFirstConsumer.
bool waits_for_consumer(const Cluster& cluster, const std::string& class_name);
std::int64_t requested_bytes(const Json& claim);
std::int64_t capacity_bytes(const Json& volume);
/// True if the volume's claimRef names this claim (same namespace and name, uid empty or equal).
bool claimed_by(const Json& volume, const Json& claim);
/// True if the node's labels satisfy spec.nodeAffinity of the volume.
bool volume_fits_node(const Json& volume, const Json& node);
/// The best free volume for a claim, or null; with `node`, only volumes that the node reaches.
Object find_volume(const Cluster& cluster, const Json& claim, const Json* node = nullptr);
/// Pods that use the claim, in the order of their names.
std::vector<Object> pods_using(const Cluster& cluster, const std::string& ns, const std::string& claim);
/// The claim behind one of a pod's volumes ("" if it is not one): named, or made for an ephemeral volume.
std::string claim_name(const Json& pod, const Json& volume);
/// NodeSelector (terms ORed, matchExpressions and matchFields ANDed) against a node.
bool node_selector_matches(const Json& selector, const Json& node);
bool node_term_matches(const Json& term, const Json& node);

}  // namespace k8s_fake::control
