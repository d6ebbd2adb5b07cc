#include "scenarios/runner/cel.h"

#include "k8s-fake/cel.h"
#include "provisioner/base/text.h"

namespace scenario {

using base::Error;
using base::ErrorKind;
using base::Result;
using Json = nlohmann::json;

namespace {

/// Where the bracket that is open before `from` is closed, outside of texts; npos if it is not.
std::size_t closing_bracket(std::string_view text, std::size_t from) {
  int depth = 1;
  char quote = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      else if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

/// `bindings.resolve(x)` is the member x of a map.
std::string with_indexes(std::string text) {
  static constexpr std::string_view kCall = "bindings.resolve(";
  for (std::size_t at = text.find(kCall); at != std::string::npos; at = text.find(kCall, at + 1)) {
    const std::size_t end = closing_bracket(text, at + kCall.size());
    if (end == std::string::npos) break;
    text[end] = ']';
    text.replace(at, kCall.size(), "bindings[");
  }
  return text;
}

}  // namespace

std::optional<std::string> cel_problem(const std::string& text, const std::vector<std::string>& names) {
  const auto compiled = k8s_fake::cel::compile(text, names);
  if (compiled) return std::nullopt;
  return k8s_fake::cel::describe(text, compiled.error());
}

Result<Json> cel_evaluate(const std::string& text, const std::map<std::string, Json, std::less<>>& names) {
  std::vector<std::string> known;
  for (const auto& entry : names) known.push_back(entry.first);
  const auto compiled = k8s_fake::cel::compile(text, known);
  if (!compiled) return Error{ErrorKind::invalid, k8s_fake::cel::describe(text, compiled.error())};
  auto value = k8s_fake::cel::evaluate(**compiled, names);
  if (!value) return Error{ErrorKind::invalid, value.error()};
  return std::move(*value);
}

Result<Json> cel_search(std::string_view text, const Json& object, const jmes::Bindings& bindings) {
  return cel_evaluate(with_indexes(std::string(base::trim(text))), {{"object", object}, {"bindings", bindings.all()}});
}

}  // namespace scenario
