#include "k8s-fake/cel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/k8s-fake/api/client.h"

namespace {

using k8s_fake::Json;
using testing::HasSubstr;

std::string run(const std::string& source) {
  const auto compiled = k8s_fake::cel::compile(source, {"self", "oldSelf"});
  if (!compiled) return std::to_string(compiled.error().at) + " " + compiled.error().text;
  const Json self = {{"replicas", 3},           {"name", "web-1"}, {"ratio", 0.5},    {"tags", {"a", "b", "c"}},
                     {"ports", {{"http", 80}}}, {"a-b", 1},        {"namespace", "x"}};
  const auto value = k8s_fake::cel::evaluate(**compiled, {{"self", self}, {"oldSelf", self}});
  return value ? value->dump() : "error: " + value.error();
}

TEST(Cel, Evaluates) {
  const std::pair<const char*, const char*> cases[] = {
      {"1 + 2 * 3 - 4 / 2 % 3", "5"},
      {"(1 + 2) * 3 == 9 && !false", "true"},
      {"self.replicas <= 3 ? 'few' : 'many'", "\"few\""},
      {"self.name.startsWith('web') && self.name.matches('^[a-z]+-[0-9]$')", "true"},
      {"self.name.size() == 5 && size(self.tags) == 3", "true"},
      {"'b' in self.tags && !('d' in self.tags) && 'http' in self.ports", "true"},
      {"self.tags.all(t, t.size() == 1) && self.tags.exists(t, t == 'b')", "true"},
      {"self.tags.exists_one(t, t > 'b')", "true"},
      {"self.tags.map(t, t + '!').join(',')", "\"a!,b!,c!\""},
      {"self.tags.filter(t, t != 'b')", "[\"a\",\"c\"]"},
      {"self.ports.all(p, self.ports[p] > 0)", "true"},
      {"has(self.name) && !has(self.none)", "true"},
      {"self.none == 1 || true", "true"},
      {"self.none == 1", "error: no such key: none"},
      {"self.tags[3]", "error: index out of bounds: 3"},
      {"1 / 0", "error: division by zero"},
      {"'a' + 1", "error: no such overload"},
      {"9223372036854775807 + 1", "error: return error for overflow"},
      {"self.a__dash__b == 1 && self.__namespace__ == 'x'", "true"},
      {"'a,b,c'.split(',')[1] + 'xyz'.substring(1) + 'äö'.charAt(1)", "\"byzö\""},
      {"'x'.replace('x', 'y').upperAscii() + string(12)", "\"Y12\""},
      {"[3, 1, 2].max() + [3, 1, 2].sum() + [1, 2].indexOf(2)", "10"},
      {"{'a': [1, 2]}.a[1] == 2 && 1.0 == 1", "true"},
      {"-self.replicas < -2 && 0x10 == 16", "true"},
      {"r'\\d' == '\\\\d' && \"a\\\"b\" == 'a\"b'", "true"},
      {"self.ratio * 2.0 == 1.0", "true"},
      {"int('12') + int(2.9)", "14"},
      {"type(self.tags) // a comment", "\"list\""},
  };
  for (const auto& [source, wanted] : cases) EXPECT_EQ(run(source), wanted) << source;
}

TEST(Cel, RefusesWhatItDoesNotKnow) {
  const std::pair<const char*, const char*> cases[] = {
      {"self.x.foo(1)", "7 undeclared reference to 'foo' (in container '')"},
      {"other.x", "0 undeclared reference to 'other' (in container '')"},
      {"1 +", "3 Syntax error: mismatched input '<EOF>' expecting"},
      {"(1", "2 Syntax error: missing ')' at '<EOF>'"},
      {"'open", "0 Syntax error: token recognition error at: ''open'"},
      {"1 2", "2 Syntax error: extraneous input '2' expecting <EOF>"},
      {"has(self)", "0 invalid argument to has() macro"},
      {"self # 1", "5 Syntax error: token recognition error at: '#'"},
  };
  for (const auto& [source, wanted] : cases) EXPECT_THAT(run(source), HasSubstr(wanted)) << source;
  EXPECT_THAT(run(std::string(100000, '(')), HasSubstr("recursion limit"));
  EXPECT_THAT(run(std::string(100000, '!')), HasSubstr("recursion limit"));
}

Json definition(const Json& validations) {
  const Json spec = {{"type", "object"},
                     {"properties",
                      {{"replicas", {{"type", "integer"}}},
                       {"class",
                        {{"type", "string"},
                         {"x-kubernetes-validations",
                          Json::array({Json{{"rule", "self == oldSelf"}, {"message", "Value is immutable"}}})}}}}},
                     {"x-kubernetes-validations", validations}};
  const Json version = {{"name", "v1"},
                        {"served", true},
                        {"storage", true},
                        {"schema", {{"openAPIV3Schema", {{"type", "object"}, {"properties", {{"spec", spec}}}}}}}};
  return {{"metadata", {{"name", "things.ex.com"}}},
          {"spec",
           {{"group", "ex.com"},
            {"scope", "Namespaced"},
            {"names", {{"plural", "things"}, {"kind", "Thing"}}},
            {"versions", Json::array({version})}}}};
}
const std::string kDefinitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const std::string kThings = "/apis/ex.com/v1/namespaces/default/things";

TEST(Cel, RulesOfADefinitionHold) {
  World world;
  const Json rules = Json::array({Json{{"rule", "self.replicas < 5"}, {"message", "too many"}},
                                  Json{{"rule", "self.replicas != 4"},
                                       {"messageExpression", "'not ' + string(self.replicas)"},
                                       {"reason", "FieldValueForbidden"},
                                       {"fieldPath", ".replicas"}},
                                  Json{{"rule", "!has(oldSelf.replicas) || self.replicas >= oldSelf.replicas"}}});
  ASSERT_EQ(world.post(kDefinitions, definition(rules)).status, 201);
  const auto thing = [](int replicas, const std::string& storage_class = "gold") {
    return Json{{"apiVersion", "ex.com/v1"},
                {"kind", "Thing"},
                {"metadata", {{"name", "t"}}},
                {"spec", {{"replicas", replicas}, {"class", storage_class}}}};
  };
  const auto message = [](const base::http::Response& response) {
    EXPECT_EQ(response.status, 422);
    return body_of(response)["message"].get<std::string>();
  };
  EXPECT_EQ(message(world.post(kThings, thing(5))),
            "Thing.ex.com \"t\" is invalid: spec: Invalid value: \"object\": too many");
  EXPECT_EQ(message(world.post(kThings, thing(4))), "Thing.ex.com \"t\" is invalid: spec.replicas: Forbidden: not 4");
  ASSERT_EQ(world.post(kThings, thing(2)).status, 201);
  const auto changed = [&](const std::string& spec) {
    return world.patch(kThings + "/t", "merge-patch+json", "{\"spec\":" + spec + "}");
  };
  EXPECT_EQ(changed(R"({"replicas":3})").status, 200);
  EXPECT_THAT(message(changed(R"({"replicas":1})")), HasSubstr("failed rule: !has(oldSelf.replicas)"));
  EXPECT_EQ(message(changed(R"({"class":"lead"})")),
            "Thing.ex.com \"t\" is invalid: spec.class: Invalid value: \"string\": Value is immutable");
  EXPECT_THAT(message(changed(R"({"replicas":null})")), HasSubstr("no such key: replicas evaluating rule: too many"));
}

TEST(Cel, ADefinitionWhoseRuleCannotBeCompiledIsRefused) {
  World world;
  const auto refused = world.post(kDefinitions, definition(Json::array({Json{{"rule", "quantity(self.x) > 1"}}})));
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(
      body_of(refused)["message"].get<std::string>(),
      HasSubstr("compilation failed: ERROR: <input>:1:1: undeclared reference to 'quantity' (in container '')\n "
                "| quantity(self.x) > 1\n | ^"));
}

}  // namespace
