#include "ontap-sim/zapi/call.h"

#include "provisioner/base/text.h"

namespace ontap_sim::zapi {

std::string leaf_text(pugi::xml_node node) {
  std::string text;
  for (const pugi::xml_node child : node.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
  }
  return text;
}

void append_text(pugi::xml_node parent, const char* name, std::string_view value) {
  pugi::xml_node node = parent.append_child(name);
  if (!value.empty()) node.append_child(pugi::node_pcdata).set_value(value.data(), value.size());
}

std::optional<bool> parse_boolean(std::string_view text) {
  text = base::trim(text);
  if (base::equals_ignoring_case(text, "true") || text == "1") return true;
  if (base::equals_ignoring_case(text, "false") || text == "0") return false;
  return std::nullopt;
}

std::string path_text(pugi::xml_node node, std::string_view path) {
  for (const std::string_view part : base::split(path, '/')) node = node.child(std::string(part).c_str());
  return leaf_text(node);
}

std::string Call::text(const char* name) const { return leaf_text(in.child(name)); }

std::optional<std::string> Call::optional_text(const char* name) const {
  const pugi::xml_node node = in.child(name);
  if (!node) return std::nullopt;
  std::string text = leaf_text(node);
  if (base::trim(text).empty()) return std::nullopt;
  return text;
}

std::optional<std::int64_t> Call::integer(const char* name) const {
  const std::string text = this->text(name);
  const std::string_view trimmed = base::trim(text);
  if (trimmed.empty()) return std::nullopt;
  if (const auto value = base::parse_signed(trimmed)) return *value;
  if (base::parse_unsigned(trimmed)) return INT64_MAX;  // unsigned 64 bits: as much as there is
  return std::nullopt;
}

std::optional<bool> Call::boolean(const char* name) const {
  const std::string text = this->text(name);
  return parse_boolean(text);
}

std::optional<std::vector<std::string>> Call::list(const char* name, const char* child) const {
  const pugi::xml_node node = in.child(name);
  if (!node) return std::nullopt;
  std::vector<std::string> values;
  for (const pugi::xml_node item : node.children(child)) values.emplace_back(base::trim(leaf_text(item)));
  return values;
}

void Call::put(const char* name, std::string_view value) { append_text(out, name, value); }
void Call::put(const char* name, std::int64_t value) { append_text(out, name, std::to_string(value)); }
void Call::put_flag(const char* name, bool value) { append_text(out, name, value ? "true" : "false"); }

void Call::put_job(std::uint64_t job) {
  if (job == 0) {
    put("result-status", "succeeded");
    return;
  }
  const auto at = cluster.jobs.find(job);
  const bool done = at == cluster.jobs.end() || at->second.state == "success";
  put("result-jobid", static_cast<std::int64_t>(job));
  put("result-status", done ? "succeeded" : "in_progress");
}

void Call::put_job_failure(const ModelError& error) {
  put("result-error-code", static_cast<std::int64_t>(error.code));
  put("result-error-message", error.reason);
  put("result-status", "failed");
}

}  // namespace ontap_sim::zapi
