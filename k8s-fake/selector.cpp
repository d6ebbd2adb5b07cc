#include "k8s-fake/selector.h"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "k8s-fake/kinds.h"
#include "k8s-fake/names.h"
#include "k8s-fake/store.h"
#include "provisioner/base/text.h"

namespace k8s_fake {
namespace {

struct Token {
  enum class Kind { word, symbol, end } kind = Kind::end;
  std::string text;
  std::string shown() const { return text; }
};

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> out;
  const auto special = [](char c) { return std::string_view("=!(),<>").find(c) != std::string_view::npos; };
  std::size_t i = 0;
  while (i < text.size()) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++i;
    } else if (special(c)) {
      std::string symbol(1, c);
      if ((c == '=' || c == '!') && i + 1 < text.size() && text[i + 1] == '=') symbol += '=';
      i += symbol.size();
      out.push_back({Token::Kind::symbol, symbol});
    } else {
      std::size_t end = i;
      while (end < text.size() && !special(text[end]) &&
             std::string_view(" \t\n\r").find(text[end]) == std::string_view::npos)
        ++end;
      out.push_back({Token::Kind::word, std::string(text.substr(i, end - i))});
      i = end;
    }
  }
  out.push_back({Token::Kind::end, ""});
  return out;
}

ApiStatus parse_failure(const std::string& why) { return bad_request("unable to parse requirement: " + why); }

class Parser {
 public:
  /// `modern`: in the words of 1.21 and later.
  Parser(std::string_view text, bool modern) : tokens_(tokens_of(text)), modern_(modern) {}

  ApiResult<LabelSelector> parse() {
    LabelSelector out;
    if (now().kind == Token::Kind::end) return out;
    while (true) {
      auto requirement = one();
      if (!requirement) return requirement.error();
      out.requirements.push_back(*requirement);
      if (now().kind == Token::Kind::end) return out;
      if (now().text != ",") return bad_request("found '" + now().text + "', expected: ',' or 'end of string'");
      ++at_;
      if (now().kind != Token::Kind::word && now().text != "!") {
        return bad_request("found '" + now().text + "', expected: identifier after ','");
      }
    }
  }

 private:
  const Token& now() const { return tokens_[at_]; }

  ApiResult<LabelRequirement> one() {
    LabelRequirement out;
    if (now().text == "!" && now().kind == Token::Kind::symbol) {
      out.op = LabelRequirement::Op::absent;
      ++at_;
    }
    if (now().kind != Token::Kind::word) {
      if (at_ == 0) return bad_request("found '" + now().text + "', expected: !, identifier, or 'end of string'");
      return parse_failure("found '" + now().text + "', expected: identifier");
    }
    out.key = now().text;
    ++at_;
    if (const auto problem = qualified_name_problem(out.key); !problem.empty()) {
      return parse_failure((modern_ ? "key: Invalid value: " : "invalid label key ") + dump(Json(out.key)) + ": " +
                           problem);
    }
    if (out.op == LabelRequirement::Op::absent || now().kind == Token::Kind::end || now().text == ",") return out;
    return with_operator(std::move(out));
  }

  ApiResult<LabelRequirement> with_operator(LabelRequirement out) {
    using Op = LabelRequirement::Op;
    const std::string symbol = now().text;
    if (symbol == "in" || symbol == "notin") {
      out.op = symbol == "in" ? Op::in : Op::not_in;
      ++at_;
      return with_list(std::move(out));
    }
    if (symbol == "=" || symbol == "==") out.op = Op::in;
    else if (symbol == "!=") out.op = Op::not_in;
    else if (symbol == ">") out.op = Op::greater;
    else if (symbol == "<") out.op = Op::less;
    else
      return parse_failure(
          "found '" + symbol +
          (modern_ ? "', expected: in, notin, =, ==, !=, gt, lt" : "', expected: '=', '!=', '==', 'in', notin'"));
    ++at_;
    std::string value;
    if (now().kind == Token::Kind::word) value = tokens_[at_++].text;
    if ((out.op == Op::greater || out.op == Op::less) && !base::parse_signed(value)) {
      return parse_failure(
          (modern_ ? "values[0][" + out.key + "]: Invalid value: " + dump(Json(value)) + ": " : std::string()) +
          "for 'Gt', 'Lt' operators, the value must be an integer");
    }
    out.values = {value};
    return checked(std::move(out));
  }

  ApiResult<LabelRequirement> with_list(LabelRequirement out) {
    if (now().text != "(") return parse_failure("found '" + now().text + "' expected: '('");
    ++at_;
    bool want_value = true;
    while (true) {
      if (now().kind == Token::Kind::word) {
        out.values.push_back(now().text);
        want_value = false;
      } else if (now().text == ",") {
        if (want_value) out.values.emplace_back();
        want_value = true;
      } else if (now().text == ")") {
        if (want_value) out.values.emplace_back();
        ++at_;
        return checked(std::move(out));
      } else {
        return parse_failure("found '" + now().text +
                             (want_value ? "', expected: ',', ')' or identifier" : "', expected: ',' or ')'"));
      }
      ++at_;
    }
  }

  ApiResult<LabelRequirement> checked(LabelRequirement out) {
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      if (const auto problem = label_value_problem(out.values[i]); !problem.empty()) {
        if (!modern_)
          return parse_failure("invalid label value: " + dump(Json(out.values[i])) +
                               ": at key: " + dump(Json(out.key)) + ": " + problem);
        return parse_failure("values[" + std::to_string(i) + "][" + out.key +
                             "]: Invalid value: " + dump(Json(out.values[i])) + ": " + problem);
      }
    }
    return out;
  }

  std::vector<Token> tokens_;
  bool modern_;
  std::size_t at_ = 0;
};

}  // namespace

bool LabelSelector::matches(const Labels& labels) const {
  using Op = LabelRequirement::Op;
  for (const auto& want : requirements) {
    const auto have =
        std::find_if(labels.begin(), labels.end(), [&](const auto& each) { return each.first == want.key; });
    const bool present = have != labels.end();
    const bool listed = present && std::find(want.values.begin(), want.values.end(), have->second) != want.values.end();
    bool ok = false;
    switch (want.op) {
      case Op::exists: ok = present; break;
      case Op::absent: ok = !present; break;
      case Op::in: ok = listed; break;
      case Op::not_in: ok = !listed; break;
      case Op::greater:
      case Op::less: {
        const auto number = present ? base::parse_signed(have->second) : std::nullopt;
        const auto bound = base::parse_signed(want.values.front());
        ok = number && bound && (want.op == Op::greater ? *number > *bound : *number < *bound);
        break;
      }
    }
    if (!ok) return false;
  }
  return true;
}

ApiResult<LabelSelector> parse_label_selector(std::string_view text, int minor) {
  return Parser(text, minor >= 21).parse();
}

LabelSelector label_selector_of(const Json& object) {
  using Op = LabelRequirement::Op;
  LabelSelector out;
  for (const auto& [key, value] : at(object, "matchLabels").items()) {
    if (value.is_string()) out.requirements.push_back({key, Op::in, {value.get<std::string>()}});
  }
  for (const auto& each : at(object, "matchExpressions")) {
    const std::string name = text_at(each, "operator");
    LabelRequirement made{text_at(each, "key"), Op::exists, {}};
    if (name == "In") made.op = Op::in;
    else if (name == "NotIn") made.op = Op::not_in;
    else if (name == "DoesNotExist") made.op = Op::absent;
    for (const auto& value : at(each, "values"))
      if (value.is_string()) made.values.push_back(value.get<std::string>());
    out.requirements.push_back(made);
  }
  return out;
}

std::string FieldSelector::exact_name() const {
  for (const auto& each : terms)
    if (each.path == "metadata.name" && each.equal) return each.value;
  return "";
}

bool FieldSelector::matches(const Object& object, const Resource& resource) const {
  for (const auto& term : terms) {
    bool same = false;
    if (term.path == "metadata.name") {
      same = object.name == term.value;
    } else if (term.path == "metadata.namespace") {
      same = object.ns == term.value;
    } else {
      const auto where = std::find(resource.selectable.begin(), resource.selectable.end(), term.path);
      const auto index = static_cast<std::size_t>(where - resource.selectable.begin());
      same = index < object.fields.size() && object.fields[index] == term.value;
    }
    if (same != term.equal) return false;
  }
  return true;
}

ApiResult<FieldSelector> parse_field_selector(std::string_view text, const Resource& resource, int minor) {
  FieldSelector out;
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      parts.back() += text[i];
      parts.back() += text[++i];
    } else if (text[i] == ',') {
      parts.emplace_back();
    } else {
      parts.back() += text[i];
    }
  }
  for (const auto& part : parts) {
    if (part.empty()) continue;
    FieldSelector::Term term;
    std::size_t where = std::string::npos, length = 0;
    for (std::size_t i = 0; i < part.size() && where == std::string::npos; ++i) {
      if (part[i] == '\\') {
        ++i;
        continue;
      }
      if (part.compare(i, 2, "!=") == 0) {
        where = i;
        length = 2;
        term.equal = false;
      } else if (part.compare(i, 2, "==") == 0) {
        where = i;
        length = 2;
      } else if (part[i] == '=') {
        where = i;
        length = 1;
      }
    }
    if (where == std::string::npos)
      return bad_request("invalid selector: '" + std::string(text) + "'; can't understand '" + part + "'");
    term.path = part.substr(0, where);
    for (std::size_t i = where + length; i < part.size(); ++i) {
      if (part[i] == '=' || part[i] == ',')
        return bad_request("invalid field selector: unescaped character in value: " +
                           std::to_string(static_cast<int>(part[i])));
      if (part[i] == '\\' && i + 1 < part.size()) ++i;
      term.value += part[i];
    }
    if (term.path.rfind("regarding.", 0) == 0) term.path = "involvedObject." + term.path.substr(10);
    if (term.path == "reportingController") term.path = "reportingComponent";
    const bool known =
        term.path == "metadata.name" || (term.path == "metadata.namespace" && resource.namespaced) ||
        std::find(resource.selectable.begin(), resource.selectable.end(), term.path) != resource.selectable.end();
    if (!known) {
      const bool plain =
          resource.custom == nullptr && (resource.selectable.empty() || (resource.plural == "services" && minor < 23));
      if (!plain) return bad_request("field label not supported: " + term.path);
      return bad_request(dump(Json(term.path)) +
                         " is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
    }
    out.terms.push_back(std::move(term));
  }
  return out;
}

}  // namespace k8s_fake
