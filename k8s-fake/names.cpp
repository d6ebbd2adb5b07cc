#include "k8s-fake/names.h"

#include <algorithm>
#include <string>
#include <vector>

#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

bool lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool alnum(char c) { return lower_alnum(c) || (c >= 'A' && c <= 'Z'); }

bool is_label(std::string_view text) {
  if (text.empty() || !lower_alnum(text.front()) || !lower_alnum(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return lower_alnum(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  if (text.empty()) return false;
  for (const auto& part : split_text(text, '.'))
    if (!is_label(part)) return false;
  return true;
}

bool is_qualified_part(std::string_view text) {
  if (text.empty() || !alnum(text.front()) || !alnum(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string joined(std::initializer_list<std::string> problems) {
  std::string out;
  for (const auto& each : problems)
    if (!each.empty()) out += (out.empty() ? "" : ", ") + each;
  return out;
}

std::string longer_than(std::string_view text, std::size_t max) {
  return text.size() > max ? "must be no more than " + std::to_string(max) + " characters" : "";
}

constexpr const char* kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric "
    "character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr const char* kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character "
    "(e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kLabel1035 =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric "
    "character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr const char* kNamePart =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
    "(e.g. 'MyName',  or 'my.name',  "
    "or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr const char* kLabelValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and "
    "end with an alphanumeric "
    "character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
constexpr const char* kConfigKey =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or "
    "'key-name', regex used for "
    "validation is '[-._a-zA-Z0-9]+')";

}  // namespace

std::string subdomain_problem(std::string_view text) {
  return joined({longer_than(text, 253), is_subdomain(text) ? "" : kSubdomain});
}
std::string label_problem(std::string_view text) {
  return joined({longer_than(text, 63), is_label(text) ? "" : kLabel});
}
std::string label_1035_problem(std::string_view text) {
  return joined({longer_than(text, 63), is_label(text) && text.front() >= 'a' ? "" : kLabel1035});
}

std::string path_segment_problem(std::string_view text) {
  if (text == "." || text == "..") return "may not be '" + std::string(text) + "'";
  if (text.find('/') != std::string_view::npos) return "may not contain '/'";
  if (text.find('%') != std::string_view::npos) return "may not contain '%'";
  return "";
}

std::string qualified_name_problem(std::string_view text) {
  const auto slash = text.find('/');
  std::string prefix_problem;
  std::string_view name = text;
  if (slash != std::string_view::npos) {
    const std::string_view prefix = text.substr(0, slash);
    name = text.substr(slash + 1);
    if (name.find('/') != std::string_view::npos) {
      return std::string("a qualified name ") + kNamePart +
             " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
    }
    if (prefix.empty()) prefix_problem = "prefix part must be non-empty";
    else if (const auto problem = subdomain_problem(prefix); !problem.empty())
      prefix_problem = "prefix part " + problem;
  }
  if (name.empty())
    return joined({prefix_problem, "name part must be non-empty", std::string("name part ") + kNamePart});
  return joined({prefix_problem, name.size() > 63 ? "name part must be no more than 63 characters" : "",
                 is_qualified_part(name) ? "" : std::string("name part ") + kNamePart});
}

std::string label_value_problem(std::string_view text) {
  return joined({longer_than(text, 63), text.empty() || is_qualified_part(text) ? "" : kLabelValue});
}

std::string config_key_problem(std::string_view text) {
  const bool chars = !text.empty() && std::all_of(text.begin(), text.end(),
                                                  [](char c) { return alnum(c) || c == '-' || c == '_' || c == '.'; });
  if (chars && text == ".") return "must not be '.'";
  if (chars && text == "..") return "must not be '..'";
  if (chars && text.substr(0, 2) == "..") return "must not start with '..'";
  return joined({longer_than(text, 253), chars ? "" : kConfigKey});
}

std::string name_problem(NameRule rule, std::string_view text) {
  switch (rule) {
    case NameRule::subdomain: return subdomain_problem(text);
    case NameRule::label: return label_problem(text);
    case NameRule::label_1035: return label_1035_problem(text);
    case NameRule::path_segment: return path_segment_problem(text);
    case NameRule::any: return "";
  }
  return "";
}

void validate_labels(const Json& labels, const std::string& field, FieldErrors& errors) {
  if (!labels.is_object()) return;
  for (const auto& [key, value] : labels.items()) {
    if (const auto problem = qualified_name_problem(key); !problem.empty()) errors.invalid(field, key, problem);
    if (!value.is_string()) continue;
    if (const auto problem = label_value_problem(value.get_ref<const std::string&>()); !problem.empty())
      errors.invalid(field, value, problem);
  }
}

namespace {

void validate_finalizers(const Json& metadata, const Json* old, FieldErrors& errors) {
  const Json& finalizers = at(metadata, "finalizers");
  std::vector<std::string> fresh;
  std::size_t index = 0;
  for (const auto& each : finalizers) {
    const std::string field = "metadata.finalizers" + (errors.at_least(21) ? "" : "[" + std::to_string(index) + "]");
    ++index;
    if (!each.is_string()) continue;
    const auto& name = each.get_ref<const std::string&>();
    if (const auto problem = qualified_name_problem(name); !problem.empty()) {
      errors.invalid(field, each, problem);
    } else if (name.find('/') == std::string::npos && name != "kubernetes" && name != "orphan" &&
               name != "foregroundDeletion") {
      errors.invalid(field, each, "name is neither a standard finalizer name nor is it fully qualified");
    }
    if (old != nullptr) {
      const Json& before = at_path(*old, {"metadata", "finalizers"});
      if (std::find(before.begin(), before.end(), each) == before.end()) fresh.push_back(name);
    }
  }
  if (old == nullptr || text_at(*old, {"metadata", "deletionTimestamp"}).empty() || fresh.empty()) return;
  std::string list;
  for (const auto& name : fresh) list += (list.empty() ? "" : ", ") + dump(Json(name));
  errors.forbidden(
      "metadata.finalizers",
      "no new finalizers can be added if the object is being deleted, found new finalizers []string{" + list + "}");
}

void validate_owners(const Json& metadata, FieldErrors& errors) {
  const Json& owners = at(metadata, "ownerReferences");
  std::string controller;
  std::size_t i = 0;
  for (const auto& owner : owners) {
    const std::string field = "metadata.ownerReferences" + (errors.at_least(21) ? "[" + std::to_string(i) + "]" : "");
    ++i;
    for (const auto* key : {"apiVersion", "kind", "name", "uid"}) {
      if (text_at(owner, key).empty())
        errors.invalid(
            field + "." + key, "",
            std::string(key) == "apiVersion" ? "version must not be empty" : std::string(key) + " must not be empty");
    }
    if (text_at(owner, "apiVersion") == "v1" && text_at(owner, "kind") == "Event")
      errors.invalid("metadata.ownerReferences", owner, "/v1, Kind=Event is disallowed from being an owner");
    if (!is_true(owner, {"controller"})) continue;
    if (!controller.empty()) {
      errors.invalid("metadata.ownerReferences", owners,
                     "Only one reference can have Controller set to true. Found \"true\" in references for " +
                         controller + " and " + text_at(owner, "name"));
    }
    controller = text_at(owner, "name");
  }
}

}  // namespace

void validate_metadata(const Resource& resource, const Json& object, const Json* old, FieldErrors& errors) {
  const Json& metadata = at(object, "metadata");
  const std::string name = text_at(metadata, "name");
  if (const std::string prefix = text_at(metadata, "generateName"); !prefix.empty() && old == nullptr) {
    // A trailing dash is fine where more follows.
    const std::string shown = prefix.back() == '-' ? prefix.substr(0, prefix.size() - 1) + "a" : prefix;
    if (const auto problem = name_problem(resource.names, shown); !problem.empty())
      errors.invalid("metadata.generateName", prefix, problem);
  }
  if (name.empty()) {
    errors.required("metadata.name", "name or generateName is required");
  } else if (old == nullptr) {
    if (const auto problem = name_problem(resource.names, name); !problem.empty())
      errors.invalid("metadata.name", name, problem);
  }
  validate_labels(at(metadata, "labels"), "metadata.labels", errors);
  std::size_t total = 0;
  for (const auto& [key, value] : at(metadata, "annotations").items()) {
    if (const auto problem = qualified_name_problem(base::to_lower(key)); !problem.empty())
      errors.invalid("metadata.annotations", key, problem);
    total += key.size() + (value.is_string() ? value.get_ref<const std::string&>().size() : 0);
  }
  if (total > 262144) errors.too_long("metadata.annotations", 262144);
  validate_finalizers(metadata, old, errors);
  validate_owners(metadata, errors);
}

}  // namespace k8s_fake
