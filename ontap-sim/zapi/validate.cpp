#include "ontap-sim/zapi/validate.h"

#include <algorithm>
#include <map>

#include "provisioner/base/text.h"

namespace ontap_sim::zapi {
namespace {

bool well_typed(const InputSpec& spec, const std::string& raw) {
  const std::string_view text = base::trim(raw);
  if (text.empty()) return true;  // Python clients send an empty element for a value that is false, 0 or None
  switch (spec.type) {
    case InputType::integer: return base::parse_signed(text).has_value() || base::parse_unsigned(text).has_value();
    case InputType::boolean: return parse_boolean(text).has_value();
    case InputType::text:
    case InputType::record: return true;
  }
  return true;
}

}  // namespace

std::vector<InputSpec> parse_inputs(std::string_view inputs) {
  std::vector<InputSpec> specs;
  for (std::string_view word : base::split(inputs, ' ')) {
    if (word.empty()) continue;
    InputSpec spec;
    if (const std::size_t at = word.find('@'); at != std::string_view::npos) {
      spec.since = static_cast<int>(base::parse_unsigned(word.substr(at + 1)).value_or(0));
      word = word.substr(0, at);
    }
    if (const std::size_t colon = word.find(':'); colon != std::string_view::npos) {
      const char type = word[colon + 1];
      spec.type = type == 'i' ? InputType::integer : (type == 'b' ? InputType::boolean : InputType::record);
      word = word.substr(0, colon);
    }
    if (word.ends_with('*')) {
      spec.required = true;
      word.remove_suffix(1);
    }
    spec.name = word;
    specs.push_back(spec);
  }
  return specs;
}

namespace {

/// A row's notation is read once; the texts are literals, or kept for good by their family.
const std::vector<InputSpec>& inputs_of_row(const ApiEntry& api) {
  static std::map<std::string_view, std::vector<InputSpec>> read;
  const auto at = read.find(api.name);
  return at != read.end() ? at->second : read.emplace(api.name, parse_inputs(api.input)).first->second;
}

}  // namespace

Status check_input(const Call& call) {
  const std::vector<InputSpec>& specs = inputs_of_row(call.api);
  for (const pugi::xml_node child : call.in.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string_view name = child.name();
    const auto spec = std::find_if(specs.begin(), specs.end(), [&](const InputSpec& s) { return s.name == name; });
    if (spec == specs.end() || call.cluster.ontapi_minor < spec->since)
      return ModelError{Errno::invalid_input, "Extra input: " + std::string(name)};
    if (spec->type != InputType::record && !well_typed(*spec, leaf_text(child))) {
      return model::invalid_value(std::string(name), std::string(call.api.name), leaf_text(child));
    }
    // Python clients send "True": from here on it is "true", for those who keep the text as well.
    const auto flag = spec->type == InputType::boolean ? parse_boolean(base::trim(leaf_text(child))) : std::nullopt;
    if (flag) child.text().set(*flag ? "true" : "false");
  }
  for (const InputSpec& spec : specs) {
    if (!spec.required) continue;
    if (!call.in.child(std::string(spec.name).c_str()))
      return ModelError{Errno::invalid_input, "Missing input: " + std::string(spec.name)};
  }
  return {};
}

}  // namespace ontap_sim::zapi
