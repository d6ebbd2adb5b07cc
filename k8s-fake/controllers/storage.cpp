#include "k8s-fake/controllers/storage.h"

#include "k8s-fake/controllers/quantity.h"
#include "k8s-fake/controllers/resources.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace {
constexpr const char* kBetaClass = "volume.beta.kubernetes.io/storage-class";

Json sorted(Json modes) {
  if (!modes.is_array()) return Json::array();
  std::sort(modes.begin(), modes.end());
  return modes;
}

bool contains_all(const Json& have, const Json& want) {
  return std::all_of(want.begin(), want.end(),
                     [&](const Json& mode) { return std::find(have.begin(), have.end(), mode) != have.end(); });
}

std::string volume_mode(const Json& object) {
  const std::string mode = text(object, "/spec/volumeMode");
  return mode.empty() ? "Filesystem" : mode;
}
}  // namespace

std::string class_of(const Json& object) {
  const Json& annotations = at(object, "/metadata/annotations");
  if (annotations.is_object() && annotations.contains(kBetaClass)) return annotation(object, kBetaClass);
  return text(object, "/spec/storageClassName");
}

bool class_is_unset(const Json& claim) {
  const Json& annotations = at(claim, "/metadata/annotations");
  return !has(claim, "/spec/storageClassName") && !(annotations.is_object() && annotations.contains(kBetaClass));
}

Object default_class(const Cluster& cluster) {
  Object best;
  for (const auto& [key, object] : cluster.all(resources::classes)) {
    const bool marked = annotation(*object, "storageclass.kubernetes.io/is-default-class") == "true" ||
                        annotation(*object, "storageclass.beta.kubernetes.io/is-default-class") == "true";
    if (!marked) continue;
    if (!best || text(*object, "/metadata/creationTimestamp") > text(*best, "/metadata/creationTimestamp"))
      best = object;
  }
  return best;
}

bool waits_for_consumer(const Cluster& cluster, const std::string& class_name) {
  const Object found = class_name.empty() ? nullptr : cluster.find(resources::classes, "", class_name);
  return found && text(*found, "/volumeBindingMode") == "WaitForFirstConsumer";
}

std::int64_t requested_bytes(const Json& claim) {
  return quantity_or_zero(text(claim, "/spec/resources/requests/storage"));
}
std::int64_t capacity_bytes(const Json& volume) { return quantity_or_zero(text(volume, "/spec/capacity/storage")); }

bool claimed_by(const Json& volume, const Json& claim) {
  const Json& ref = at(volume, "/spec/claimRef");
  if (!ref.is_object() || text(ref, "/namespace") != namespace_of(claim) || text(ref, "/name") != name_of(claim))
    return false;
  const std::string uid = text(ref, "/uid");
  return uid.empty() || uid == uid_of(claim);
}

bool node_term_matches(const Json& term, const Json& node) {
  const Json& expressions = at(term, "/matchExpressions");
  const Json& fields = at(term, "/matchFields");
  if (expressions.empty() && fields.empty()) return false;
  Json labels = at(node, "/metadata/labels");
  for (const Json& rule : expressions) {
    const std::string op = text(rule, "/operator");
    if (op == "Gt" || op == "Lt") {
      const auto have = base::parse_signed(label(node, text(rule, "/key")));
      const auto want = base::parse_signed(text(rule, "/values/0"));
      if (!have || !want || (op == "Gt" ? *have <= *want : *have >= *want)) return false;
      continue;
    }
    const Json single{{"matchExpressions", Json::array({rule})}};
    if (!selects(single, labels)) return false;
  }
  const Json names{{"metadata.name", name_of(node)}};
  const Json wanted{{"matchExpressions", fields.is_array() ? fields : Json::array()}};
  return selects(wanted, names);
}

bool node_selector_matches(const Json& selector, const Json& node) {
  const Json& terms = at(selector, "/nodeSelectorTerms");
  return std::any_of(terms.begin(), terms.end(), [&](const Json& term) { return node_term_matches(term, node); });
}

bool volume_fits_node(const Json& volume, const Json& node) {
  const Json& required = at(volume, "/spec/nodeAffinity/required");
  return required.is_null() || node_selector_matches(required, node);
}

namespace {
/// Whether the volume is kept for a claim of another name: asked of every volume for every claim, so nothing is copied.
bool names_another(const Json& volume, const std::string& claim) {
  const auto spec = volume.find("spec");
  if (spec == volume.end() || !spec->is_object()) return false;
  const auto reference = spec->find("claimRef");
  if (reference == spec->end() || !reference->is_object()) return false;
  const auto name = reference->find("name");
  return name != reference->end() && name->is_string() && name->get_ref<const std::string&>() != claim;
}
}  // namespace

Object find_volume(const Cluster& cluster, const Json& claim, const Json* node) {
  const Json wanted_modes = sorted(at(claim, "/spec/accessModes"));
  const std::int64_t wanted_bytes = requested_bytes(claim);
  const std::string wanted_class = class_of(claim);
  const std::string wanted_name = name_of(claim);
  Object best;
  std::pair<std::size_t, std::int64_t> best_rank;
  for (const auto& [key, volume] : cluster.all(resources::volumes)) {
    if (names_another(*volume, wanted_name)) continue;  // most of them, so this comes first
    const bool taken = has(*volume, "/spec/claimRef");
    const Json& modes = at(*volume, "/spec/accessModes");
    const std::int64_t bytes = capacity_bytes(*volume);
    if (!contains_all(modes, wanted_modes) || bytes < wanted_bytes || volume_mode(*volume) != volume_mode(claim))
      continue;
    if (text(*volume, "/spec/volumeAttributesClassName") != text(claim, "/spec/volumeAttributesClassName") ||
        deleting(*volume))
      continue;
    if (node && !volume_fits_node(*volume, *node)) continue;
    if (claimed_by(*volume, claim)) return volume;
    if (taken || text(*volume, "/status/phase") != "Available" || class_of(*volume) != wanted_class) continue;
    if (!selects(at(claim, "/spec/selector"), at(*volume, "/metadata/labels"))) continue;
    const std::pair<std::size_t, std::int64_t> rank{modes.size(), bytes};
    if (best && best_rank <= rank) continue;
    best = volume;
    best_rank = rank;
  }
  return best;
}

std::string claim_name(const Json& pod, const Json& volume) {
  if (has(volume, "/persistentVolumeClaim")) return text(volume, "/persistentVolumeClaim/claimName");
  if (has(volume, "/ephemeral")) return name_of(pod) + "-" + text(volume, "/name");
  return "";
}

std::vector<Object> pods_using(const Cluster& cluster, const std::string& ns, const std::string& claim) {
  std::vector<Object> result;
  for (const Object& pod : cluster.in(resources::pods, ns)) {
    for (const Json& volume : at(*pod, "/spec/volumes")) {
      if (claim_name(*pod, volume) != claim) continue;
      result.push_back(pod);
      break;
    }
  }
  return result;
}

}  // namespace k8s_fake::control
