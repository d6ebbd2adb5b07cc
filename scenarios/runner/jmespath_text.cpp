#include <openssl/evp.h>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "provisioner/base/text.h"
#include "scenarios/runner/jmespath_functions.h"
#include "scenarios/runner/yaml.h"

// Functions on texts and on kyverno's scalars (numbers, quantities, durations are in jmespath_time.cpp).
namespace scenario::jmes {

namespace {

std::string plain(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

Json starts_with(Call& c) { return c.text(0).starts_with(c.text(1)); }
Json ends_with(Call& c) { return c.text(0).ends_with(c.text(1)); }
Json join(Call& c) {
  std::string joined;
  for (std::size_t i = 0; i < c.args[1].size(); ++i)
    joined += (i > 0 ? c.text(0) : "") + c.args[1][i].get<std::string>();
  return joined;
}
Json lower(Call& c) { return base::to_lower(c.text(0)); }
Json upper(Call& c) {
  std::string text = c.text(0);
  for (char& ch : text)
    if (ch >= 'a' && ch <= 'z') ch = static_cast<char>(ch - 'a' + 'A');
  return text;
}
Json trim_where(Call& c, bool left, bool right) {
  std::string text = c.text(0);
  const std::string set = c.has(1) && !c.text(1).empty() ? c.text(1) : " \t\r\n\v\f";
  if (right) text.erase(text.find_last_not_of(set) + 1);
  if (left) text.erase(0, std::min(text.find_first_not_of(set), text.size()));
  return text;
}
Json trim(Call& c) { return trim_where(c, true, true); }
Json trim_left(Call& c) { return trim_where(c, true, false); }
Json trim_right(Call& c) { return trim_where(c, false, true); }
Json trim_prefix(Call& c) { return c.text(0).starts_with(c.text(1)) ? c.text(0).substr(c.text(1).size()) : c.text(0); }
Json replace(Call& c) {
  const std::string& text = c.text(0);
  const std::string& from = c.text(1);
  double left = c.has(3) ? c.args[3].get<double>() : -1;
  if (from.empty()) return text;
  std::string result;
  std::size_t at = 0;
  for (std::size_t hit = text.find(from); hit != std::string::npos && left != 0; hit = text.find(from, at), left -= 1) {
    result += text.substr(at, hit - at) + c.text(2);
    at = hit + from.size();
  }
  return result + text.substr(at);
}
Json replace_all(Call& c) { return base::replace_all(c.text(0), c.text(1), c.text(2)); }
Json split(Call& c) {
  const std::string& text = c.text(0);
  const std::string& by = c.text(1);
  double left = c.has(2) ? c.args[2].get<double>() : -1;
  Json parts = Json::array();
  if (by.empty()) {
    for (char ch : text) parts.push_back(std::string(1, ch));
    return parts;
  }
  std::size_t at = 0;
  for (std::size_t hit = text.find(by); hit != std::string::npos && left != 0; hit = text.find(by, at), left -= 1) {
    parts.push_back(text.substr(at, hit - at));
    at = hit + by.size();
  }
  parts.push_back(text.substr(at));
  return parts;
}
Json pad(Call& c, bool left) {
  const auto width = static_cast<std::size_t>(std::max(0.0, c.args[1].get<double>()));
  const std::string filler = c.has(2) ? c.text(2) : " ";
  if (filler.size() != 1) return c.fail("value: the padding must be one character");
  const std::string& text = c.text(0);
  const std::string more(width > text.size() ? width - text.size() : 0, filler[0]);
  return left ? more + text : text + more;
}
Json pad_left(Call& c) { return pad(c, true); }
Json pad_right(Call& c) { return pad(c, false); }
Json find_text(Call& c, bool last) {
  const std::string& text = c.text(0);
  const auto bound = [&](std::size_t index, double missing) {
    double at = c.has(index) ? c.args[index].get<double>() : missing;
    if (at < 0) at += static_cast<double>(text.size());
    return static_cast<std::size_t>(std::clamp(at, 0.0, static_cast<double>(text.size())));
  };
  const std::size_t from = bound(2, 0), to = bound(3, static_cast<double>(text.size()));
  if (c.text(1).empty() || from >= to) return nullptr;
  const std::string part = text.substr(from, to - from);
  const std::size_t hit = last ? part.rfind(c.text(1)) : part.find(c.text(1));
  return hit == std::string::npos ? Json() : Json(hit + from);
}
Json find_first(Call& c) { return find_text(c, false); }
Json find_last(Call& c) { return find_text(c, true); }
Json concat(Call& c) { return c.text(0) + c.text(1); }
Json wildcard(Call& c) { return wildcard_match(c.text(0), plain(c.args[1])); }
Json compare(Call& c) { return c.text(0) < c.text(1) ? -1 : c.text(0) > c.text(1) ? 1 : 0; }
Json equal_fold(Call& c) { return base::equals_ignoring_case(c.text(0), c.text(1)); }
Json truncate(Call& c) { return c.text(0).substr(0, static_cast<std::size_t>(std::max(0.0, c.args[1].get<double>()))); }
Json to_boolean(Call& c) {
  const std::string text = base::to_lower(c.text(0));
  if (text == "true") return true;
  return text == "false" ? Json(false) : c.fail("value: neither true nor false: " + c.text(0));
}
Json label_match(Call& c) {
  for (const auto& entry : c.args[0].items())
    if (!c.args[1].contains(entry.key()) || c.args[1][entry.key()] != entry.value()) return false;
  return true;
}

// Go's `$1` and `${name}` in RE2's terms; other backslashes stay literal.
std::string go_rewrite(const std::string& text, const re2::RE2& pattern) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') result += "\\\\";
    else if (text[i] != '$') result += text[i];
    else if (i + 1 < text.size() && text[i + 1] == '$') result += text[++i];
    else {
      const bool braced = i + 1 < text.size() && text[i + 1] == '{';
      std::size_t end = i + (braced ? 2 : 1);
      const std::size_t from = end;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
      const std::string name = text.substr(from, end - from);
      int group = -1;
      if (const auto digits = base::parse_unsigned(name)) group = static_cast<int>(*digits);
      else if (const auto found = pattern.NamedCapturingGroups().find(name);
               found != pattern.NamedCapturingGroups().end())
        group = found->second;
      if (group >= 0 && group <= std::min(9, pattern.NumberOfCapturingGroups())) result += "\\" + std::to_string(group);
      i = braced && end < text.size() ? end : end - 1;
    }
  }
  return result;
}
Json regex(Call& c, bool literal) {
  const re2::RE2 pattern(c.text(0), re2::RE2::Quiet);
  if (!pattern.ok()) return c.fail("value: " + pattern.error());
  std::string text = plain(c.args[1]);
  const std::string by = plain(c.args[2]);
  re2::RE2::GlobalReplace(&text, pattern, literal ? base::replace_all(by, "\\", "\\\\") : go_rewrite(by, pattern));
  return text;
}
Json regex_replace_all(Call& c) { return regex(c, false); }
Json regex_replace_all_literal(Call& c) { return regex(c, true); }
Json regex_match(Call& c) {
  const re2::RE2 pattern(c.text(0), re2::RE2::Quiet);
  return pattern.ok() ? Json(re2::RE2::PartialMatch(plain(c.args[1]), pattern)) : c.fail("value: " + pattern.error());
}

Json base64_encode(Call& c) { return base::base64_encode(c.text(0)); }
Json base64_decode(Call& c) {
  auto text = base::base64_decode(c.text(0));
  return text ? Json(*text) : c.fail("value: not base64");
}
Json parse_json(Call& c) {
  Json value = Json::parse(c.text(0), nullptr, false);
  return value.is_discarded() ? c.fail("value: not JSON") : value;
}
Json parse_yaml_(Call& c) {
  auto documents = parse_yaml(c.text(0), "yaml");
  if (!documents) return c.fail("value: " + documents.error().message);
  return documents->empty() ? Json() : to_json(documents->front());
}
Json path_canonicalize(Call& c) {
  std::vector<std::string> parts;
  const bool rooted = c.text(0).starts_with("/");
  for (std::string_view part : base::split(c.text(0), '/')) {
    if (part.empty() || part == ".") continue;
    if (part == ".." && !parts.empty() && parts.back() != "..") parts.pop_back();
    else if (part != ".." || !rooted) parts.emplace_back(part);
  }
  const std::string path = (rooted ? "/" : "") + base::join(parts, "/");
  return path.empty() ? "." : path;
}
Json digest(Call& c, const EVP_MD* kind) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(c.text(0).data(), c.text(0).size(), bytes, &size, kind, nullptr);
  return base::hex_encode(std::string_view(reinterpret_cast<const char*>(bytes), size));
}
Json sha256(Call& c) { return digest(c, EVP_sha256()); }
Json sha1(Call& c) { return digest(c, EVP_sha1()); }
Json md5(Call& c) { return digest(c, EVP_md5()); }

// "1.2.3-rc.1" by the rules of semver.org; missing parts are zero.
struct Version {
  std::vector<std::uint64_t> numbers{0, 0, 0};
  std::vector<std::string> pre;
  int parts = 0;
};
std::optional<Version> version_of(std::string_view text) {
  Version version;
  text = base::trim(text);
  if (text.starts_with("v")) text.remove_prefix(1);
  text = text.substr(0, text.find('+'));
  const std::size_t dash = text.find('-');
  if (dash != std::string_view::npos)
    for (std::string_view part : base::split(text.substr(dash + 1), '.')) version.pre.emplace_back(part);
  for (std::string_view part : base::split(text.substr(0, dash), '.')) {
    if (part == "x" || part == "*" || part == "X") break;
    const auto value = base::parse_unsigned(part);
    if (!value || version.parts == 3) return std::nullopt;
    version.numbers[static_cast<std::size_t>(version.parts++)] = *value;
  }
  return version;
}
int order(const Version& a, const Version& b) {
  if (a.numbers != b.numbers) return a.numbers < b.numbers ? -1 : 1;
  if (a.pre.empty() != b.pre.empty()) return a.pre.empty() ? 1 : -1;
  for (std::size_t i = 0; i < std::min(a.pre.size(), b.pre.size()); ++i) {
    if (a.pre[i] == b.pre[i]) continue;
    const auto x = base::parse_unsigned(a.pre[i]), y = base::parse_unsigned(b.pre[i]);
    if (x && y) return *x < *y ? -1 : 1;
    if (x || y) return x ? -1 : 1;
    return a.pre[i] < b.pre[i] ? -1 : 1;
  }
  return a.pre.size() < b.pre.size() ? -1 : a.pre.size() > b.pre.size() ? 1 : 0;
}
std::optional<bool> in_range(const Version& version, std::string_view clause) {
  std::string_view op = "=";
  for (std::string_view candidate : {">=", "<=", "==", "!=", ">", "<", "=", "!"})
    if (clause.starts_with(candidate)) {
      op = candidate;
      clause.remove_prefix(candidate.size());
      break;
    }
  const auto bound = version_of(clause);
  if (!bound) return std::nullopt;
  int where = order(version, *bound);
  if (bound->parts < 3 && (op == "=" || op == "=="))  // 1.2.x: any patch
    return std::equal(bound->numbers.begin(), bound->numbers.begin() + bound->parts, version.numbers.begin());
  if (op == ">=") return where >= 0;
  if (op == "<=") return where <= 0;
  if (op == ">") return where > 0;
  if (op == "<") return where < 0;
  return op == "!=" || op == "!" ? where != 0 : where == 0;
}
Json semver_compare(Call& c) {
  const auto version = version_of(c.text(0));
  if (!version) return c.fail("value: not a version: " + c.text(0));
  std::string ranges = base::replace_all(c.text(1), "||", "|");
  bool any = false;
  for (std::string_view range : base::split(ranges, '|')) {
    bool all = true;
    for (std::string_view clause : base::split(base::trim(range), ' ')) {
      if (clause.empty()) continue;
      const auto inside = in_range(*version, clause);
      if (!inside) return c.fail("value: not a version range: " + c.text(1));
      all = all && *inside;
    }
    any = any || all;
  }
  return any;
}
// random(pattern): classes, literals, {n}, {n,m}, ?, + and *.
Json random_(Call& c) {
  if (!c.host.random) return c.fail("no source of chance here");
  const std::string& pattern = c.text(0);
  std::string text;
  for (std::size_t i = 0; i < pattern.size();) {
    std::string set;
    if (pattern[i] == '[') {
      const std::size_t end = pattern.find(']', i);
      if (end == std::string::npos) return c.fail("value: unclosed [");
      for (std::size_t j = i + 1; j < end; ++j) {
        if (j + 2 < end && pattern[j + 1] == '-') {
          for (char ch = pattern[j]; ch <= pattern[j + 2] && ch != '\x7f'; ++ch) set += ch;
          j += 2;
        } else {
          set += pattern[j];
        }
      }
      i = end + 1;
    } else if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      set = pattern[i + 1] == 'd'   ? "0123456789"
            : pattern[i + 1] == 'w' ? "abcdefghijklmnopqrstuvwxyz0123456789_"
                                    : std::string(1, pattern[i + 1]);
      i += 2;
    } else {
      set = pattern[i++];
    }
    std::size_t low = 1, high = 1;
    if (i < pattern.size() && pattern[i] == '{') {
      const std::size_t end = pattern.find('}', i);
      const auto parts = base::split(std::string_view(pattern).substr(i + 1, end - i - 1), ',');
      const auto first = base::parse_unsigned(parts[0]), last = base::parse_unsigned(parts.back());
      if (end == std::string::npos || !first || !last || *last > 10000)
        return c.fail("value: bad repetition in " + pattern);
      low = *first, high = std::max(*first, *last), i = end + 1;
    } else if (i < pattern.size() && (pattern[i] == '?' || pattern[i] == '*' || pattern[i] == '+')) {
      low = pattern[i] == '+' ? 1 : 0, high = pattern[i] == '?' ? 1 : 10, ++i;
    }
    if (set.empty()) return c.fail("value: empty class in " + pattern);
    const std::size_t count = low + (high > low ? c.host.random() % (high - low + 1) : 0);
    for (std::size_t n = 0; n < count; ++n) text += set[c.host.random() % set.size()];
  }
  return text;
}
Json as_string(Call& c) { return plain(c.args[0]); }
Json trim_space(Call& c) { return std::string(base::trim(c.text(0))); }

}  // namespace

std::vector<FunctionRow> text_functions() {
  constexpr std::string_view kStandard = "jmespath.org, built-in functions";
  constexpr std::string_view kCommunity = "JMESPath community edition, JEP 14";
  constexpr std::string_view kKyverno = "Chainsaw's function reference";
  return {
      {"starts_with", "ss", starts_with, kStandard},
      {"ends_with", "ss", ends_with, kStandard},
      {"join", "sS", join, kStandard},
      {"lower", "s", lower, kCommunity},
      {"upper", "s", upper, kCommunity},
      {"trim", "ss?", trim, kCommunity},
      {"trim_left", "ss?", trim_left, kCommunity},
      {"trim_right", "ss?", trim_right, kCommunity},
      {"replace", "sssn?", replace, kCommunity},
      {"split", "ssn?", split, kCommunity},
      {"pad_left", "sns?", pad_left, kCommunity},
      {"pad_right", "sns?", pad_right, kCommunity},
      {"find_first", "ssn?n", find_first, kCommunity},
      {"find_last", "ssn?n", find_last, kCommunity},
      {"concat", "ss", concat, kKyverno},
      {"wildcard", "s[sn]", wildcard, kKyverno},
      {"pattern_match", "s[sn]", wildcard, kKyverno},
      {"compare", "ss", compare, kKyverno},
      {"equal_fold", "ss", equal_fold, kKyverno},
      {"replace_all", "sss", replace_all, kKyverno},
      {"to_upper", "s", upper, kKyverno},
      {"to_lower", "s", lower, kKyverno},
      {"trim_prefix", "ss", trim_prefix, kKyverno},
      {"truncate", "sn", truncate, kKyverno},
      {"to_boolean", "s", to_boolean, kKyverno},
      {"label_match", "oo", label_match, kKyverno},
      {"regex_replace_all", "s[sn][sn]", regex_replace_all, kKyverno},
      {"regex_replace_all_literal", "s[sn][sn]", regex_replace_all_literal, kKyverno},
      {"regex_match", "s[sn]", regex_match, kKyverno},
      {"base64_encode", "s", base64_encode, kKyverno},
      {"base64_decode", "s", base64_decode, kKyverno},
      {"parse_json", "s", parse_json, kKyverno},
      {"json_parse", "s", parse_json, kKyverno},
      {"parse_yaml", "s", parse_yaml_, kKyverno},
      {"path_canonicalize", "s", path_canonicalize, kKyverno},
      {"sha256", "s", sha256, kKyverno},
      {"sha1", "s", sha1, kKyverno},
      {"md5", "s", md5, kKyverno},
      {"semver_compare", "ss", semver_compare, kKyverno},
      {"random", "s", random_, kKyverno},
      {"as_string", "a", as_string, kKyverno},
      {"trim_space", "s", trim_space, kKyverno},
  };
}

}  // namespace scenario::jmes
