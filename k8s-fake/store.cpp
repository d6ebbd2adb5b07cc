#include "k8s-fake/store.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/kinds.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

constexpr base::Duration kHistorySpan = std::chrono::minutes(5);

/// The text of a field as field selectors compare it.
std::string field_text(const Json& object, const std::string& path) {
  const std::string& real = path == "spec.host" ? std::string("spec.nodeName") : path;
  if (real == "source") {
    const std::string component = text_at(object, {"source", "component"});
    return component.empty() ? text_at(object, "reportingComponent") : component;
  }
  if (real == "status.successful") return std::to_string(int_at(object, {"status", "succeeded"}));
  if (real == "status.replicas") return std::to_string(int_at(object, {"status", "replicas"}));
  const Json* here = &object;
  for (const auto& part : split_text(real, '.')) here = &at(*here, part);
  if (here->is_string()) return here->get<std::string>();
  if (here->is_boolean()) return here->get<bool>() ? "true" : "false";
  if (here->is_number()) return dump(*here);
  if (here->is_null() && (real == "spec.unschedulable" || real == "spec.hostNetwork")) return "false";
  if (here->is_array()) {
    std::string out;
    for (const auto& each : *here) out += (out.empty() ? "" : ",") + text_at(each, "ip");
    return out;
  }
  return "";
}

}  // namespace

Json Object::json() const { return Json::parse("{" + tail, nullptr, false); }

ObjectPtr make_object(const Resource& resource, const Json& object) {
  auto out = std::make_shared<Object>();
  const Json& metadata = at(object, "metadata");
  out->ns = text_at(metadata, "namespace");
  out->name = text_at(metadata, "name");
  out->uid = text_at(metadata, "uid");
  out->version = base::parse_unsigned(text_at(metadata, "resourceVersion")).value_or(0);
  if (const Json& labels = at(metadata, "labels"); labels.is_object()) {
    for (const auto& [key, value] : labels.items())
      if (value.is_string()) out->labels.emplace_back(key, value.get<std::string>());
  }
  for (const auto& path : resource.selectable) out->fields.push_back(field_text(object, path));
  out->tail = dump_tail(object);
  out->tail.shrink_to_fit();
  return out;
}

Store::Kept& Store::kept(const Resource& resource) {
  if (kept_.size() <= resource.id) kept_.resize(resource.id + 1);
  return kept_[resource.id];
}

const Objects& Store::objects(const Resource& resource) const {
  return const_cast<Store*>(this)->kept(resource).objects;
}

ObjectPtr Store::find(const Resource& resource, std::string_view ns, std::string_view name) const {
  const Objects& all = objects(resource);
  const auto found = all.find(ObjectKey(ns, name));
  return found == all.end() ? nullptr : found->second;
}

ObjectPtr Store::put(const Resource& resource, Json& object) {
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  ObjectPtr made = make_object(resource, object);
  Kept& here = kept(resource);
  ObjectPtr& slot = here.objects[{made->ns, made->name}];
  auto event = std::make_shared<Event>(
      Event{slot == nullptr ? EventType::added : EventType::modified, version_, clock_.now(), made, slot});
  slot = made;
  publish(resource, here, std::move(event));
  return made;
}

ObjectPtr Store::remove(const Resource& resource, std::string_view ns, std::string_view name) {
  Kept& here = kept(resource);
  const auto found = here.objects.find(ObjectKey(ns, name));
  if (found == here.objects.end()) return nullptr;
  ObjectPtr last = found->second;
  Json object = last->json();
  object["metadata"]["resourceVersion"] = std::to_string(++version_);
  ObjectPtr gone = make_object(resource, object);
  here.objects.erase(found);
  publish(resource, here, std::make_shared<Event>(Event{EventType::deleted, version_, clock_.now(), gone, last}));
  return gone;
}

void Store::publish(const Resource& resource, Kept& here, EventPtr event) {
  here.events.push_back(event);
  const base::TimePoint oldest = clock_.now() - kHistorySpan;
  while (here.events.size() > history_min && (here.events.front()->time < oldest || here.events.size() > history_max)) {
    here.forgotten = here.events.front()->version;
    here.events.pop_front();
  }
  for (const auto& listener : listeners_) listener(resource, event);
}

std::optional<std::vector<EventPtr>> Store::since(const Resource& resource, std::uint64_t version) const {
  const Kept& here = const_cast<Store*>(this)->kept(resource);
  if (version < std::max(here.forgotten, forgotten_)) return std::nullopt;
  const auto from = std::upper_bound(here.events.begin(), here.events.end(), version,
                                     [](std::uint64_t wanted, const EventPtr& each) { return wanted < each->version; });
  return std::vector<EventPtr>(from, here.events.end());
}

std::optional<Objects> Store::at_version(const Resource& resource, std::uint64_t version) const {
  const auto events = since(resource, version);
  if (!events) return std::nullopt;
  Objects out = objects(resource);
  for (auto each = events->rbegin(); each != events->rend(); ++each) {
    const ObjectKey key{(*each)->object->ns, (*each)->object->name};
    if ((*each)->previous == nullptr) out.erase(key);
    else out[key] = (*each)->previous;
  }
  return out;
}

void Store::drop_history() {
  for (auto& each : kept_) each.events.clear();
  forgotten_ = version_;
}

void Store::restore(const Resource& resource, const Json& object) {
  ObjectPtr made = make_object(resource, object);
  restore_version(made->version);
  kept(resource).objects[{made->ns, made->name}] = made;
}

}  // namespace k8s_fake
