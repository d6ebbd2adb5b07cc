// The evaluator against two implementations nobody here wrote (Debian's jp and python3-jmespath), and the functions
// they lack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "provisioner/base/text.h"
#include "scenarios/runner/assertion.h"
#include "scenarios/runner/jmespath.h"

namespace {

using Json = nlohmann::json;
using scenario::jmes::search;

const char* const kDocument =
    R"({"a":{"b":{"c":[1,2,3,{"d":4}]}},"list":[{"n":"x","v":3,"t":["p","q"]},{"n":"y","v":1,"t":[]},{"n":"z","v":2,"t":["r"]}],
 "s":"héllo","empty":[],"no":null,"f":false,"t":true,"num":-7.5,"nested":[[1,[2]],[3],4],"o":{"k1":1,"k2":"two","k3":null},"strs":["b","a","c"],
 "nums":[3,1,2],"with-dash":5,"res":{"i1":{"state":"up","ip":"10.0.0.1"},"i2":{"state":"down","ip":"10.0.0.2"}}})";

// Both oracles must agree with us, in the value or in refusing.
const char* const kExpressions[] = {"a.b.c",
                                    "a.b.c[0]",
                                    "a.b.c[-1].d",
                                    "a.b.c[9]",
                                    "a.x.y",
                                    "list[*].n",
                                    "list[].t[]",
                                    "list[*].t",
                                    "list[?v > `1`].n",
                                    "list[?n == 'y']",
                                    "list[?n=='y'].v | [0]",
                                    "list[?v>=`2` && n!='x']",
                                    "list[?contains(t, 'p')].n",
                                    "list[?!t].n",
                                    "list[-1].n",
                                    "list[0:2].n",
                                    "list[::-1].n",
                                    "nums[1:]",
                                    "nums[::2]",
                                    "nums[-2:]",
                                    "nums[5:]",
                                    "nested[]",
                                    "nested[][]",
                                    "nested[*][0]",
                                    "o.*",
                                    "res.*.state",
                                    "res.*.[state, ip]",
                                    "list[*].{name: n, size: v}",
                                    "list[*].[n, v]",
                                    "{x: a.b, y: s}",
                                    "[s, num]",
                                    "\"with-dash\"",
                                    "a.\"b\".c[0]",
                                    "@",
                                    "s",
                                    "no",
                                    "`{\"x\": [1, 2]}`",
                                    "`\"lit\"`",
                                    "'raw \\' quote'",
                                    "f || t",
                                    "empty || s",
                                    "no || 'd'",
                                    "t && s",
                                    "f && s",
                                    "!f",
                                    "!s",
                                    "!empty",
                                    "num < `0`",
                                    "s == 'x' || t",
                                    "no == `null`",
                                    "list[*].v | [1]",
                                    "length(list)",
                                    "length(s)",
                                    "length(o)",
                                    "length(num)",
                                    "keys(o)",
                                    "values(o)",
                                    "sort(strs)",
                                    "sort(nums)",
                                    "sort(list)",
                                    "sort_by(list, &v)[*].n",
                                    "sort_by(list, &n)[*].v",
                                    "sort_by(list, &t)",
                                    "max(nums)",
                                    "min(strs)",
                                    "max(empty)",
                                    "max_by(list, &v).n",
                                    "min_by(list, &v).n",
                                    "sum(nums)",
                                    "sum(empty)",
                                    "avg(nums)",
                                    "abs(num)",
                                    "ceil(num)",
                                    "floor(num)",
                                    "join(',', strs)",
                                    "join(',', nums)",
                                    "reverse(nums)",
                                    "reverse(strs)",
                                    "starts_with(s, 'h')",
                                    "ends_with(s, 'lo')",
                                    "starts_with(num, 'x')",
                                    "contains(s, 'll')",
                                    "contains(nums, `2`)",
                                    "to_string(nums)",
                                    "to_string(s)",
                                    "to_number('12')",
                                    "to_number('abc')",
                                    "to_array(s)",
                                    "to_array(nums)",
                                    "type(s)",
                                    "type(nums)",
                                    "type(o)",
                                    "type(no)",
                                    "type(num)",
                                    "type(t)",
                                    "not_null(no, f, s)",
                                    "merge(o, `{\"k1\": 9}`)",
                                    "map(&v, list)",
                                    "map(&n, list[?v>`1`])",
                                    "nosuch(s)",
                                    "length()",
                                    "length(s, s)",
                                    "abs(s)",
                                    "map(v, list)",
                                    "a.b.",
                                    "list[",
                                    "list[?",
                                    "[",
                                    "a..b",
                                    "foo bar",
                                    "list[*",
                                    "`not json",
                                    "'open",
                                    "{a",
                                    "{a: }",
                                    "a[b]",
                                    "*",
                                    "*.b",
                                    "a.*",
                                    "a.*.c[0]",
                                    "[*].x",
                                    "nums[*]",
                                    "(list[*].v)[0]",
                                    "list[*].t[0]",
                                    "list[?t[0]=='p'].n",
                                    "list[*].t[*]",
                                    "list | [?v == `3`] | [0].n",
                                    "o.k1 == o.k1",
                                    "nums == `[3,1,2]`",
                                    "list[].{n: n}[?n == 'x']",
                                    "res.*.ip | sort(@)",
                                    "a.b.c[?d]",
                                    "strs[?@ == 'a']",
                                    "list[0].[n, v][0]",
                                    "a.{x: b.c[0]}.x",
                                    "list[*].{t: t[0]}.t",
                                    "[0]",
                                    "a | b",
                                    "(a).b.c[1]",
                                    "list[?length(t) > `0`].n",
                                    "!(f || no)",
                                    "list[:1] | [0].n",
                                    "nums[0:3:0]",
                                    ""};

std::string run(const std::string& command, const std::string& input) {
  const std::string in = testing::TempDir() + "jp_in_" + std::to_string(getpid());
  EXPECT_TRUE(base::write_file(in, input));
  FILE* pipe = popen((command + " < " + in + " 2>/dev/null").c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const std::size_t n = fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, n);
  const int status = pclose(pipe);
  std::remove(in.c_str());
  return status == 0 ? output : "";
}

Json members_unordered(const std::string& expression, Json value) {
  const bool members = expression.starts_with("*") || expression.find(".*") != std::string::npos ||
                       expression.find("keys(") == 0 || expression.find("values(") == 0;
  if (members && value.is_array()) std::sort(value.begin(), value.end());
  return value;
}

TEST(JmesPath, AgreesWithJp) {
  ASSERT_EQ(run("jp x", R"({"x": 1})"), "1\n") << "package jp is missing";
  const Json document = Json::parse(kDocument);
  for (const char* expression : kExpressions) {
    const std::string output = run("jp '" + base::replace_all(expression, "'", "'\\''") + "'", kDocument);
    const Json expected = Json::parse(output, nullptr, false);
    const auto ours = search(expression, document);
    const bool refused = output.empty();
    // jp's Go code takes these two differently from the specification; the python oracle judges them.
    if (std::string(expression) == "nums[0:3:0]" || std::string(expression) == "") continue;
    EXPECT_EQ(ours.ok(), !refused) << expression << ": " << (ours ? ours->dump() : ours.error().message) << " / "
                                   << output;
    // Go's maps have no order: where members become a list, only its content is compared.
    if (ours && !refused) {
      EXPECT_EQ(members_unordered(expression, *ours), members_unordered(expression, expected)) << expression;
    }
  }
}

TEST(JmesPath, AgreesWithPython) {
  Json cases = Json::array();
  for (const char* expression : kExpressions) cases.push_back(expression);
  const std::string script = testing::TempDir() + "oracle_" + std::to_string(getpid()) + ".py";
  ASSERT_TRUE(base::write_file(
      script,
      "import json, sys, warnings, jmespath\nwarnings.simplefilter('ignore')\nq = json.load(sys.stdin)\nout = []\n"
      "for e in q['cases']:\n  try: out.append([True, jmespath.search(e, q['doc'])])\n"
      "  except Exception as x: out.append([False, str(x)])\nprint(json.dumps(out))\n"));
  const std::string output =
      run("/usr/bin/python3 " + script, Json{{"doc", Json::parse(kDocument)}, {"cases", cases}}.dump());
  std::remove(script.c_str());
  const Json answers = Json::parse(output, nullptr, false);
  ASSERT_TRUE(answers.is_array()) << "package python3-jmespath is missing";
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const std::string expression = cases[i];
    const auto ours = search(expression, Json::parse(kDocument));
    EXPECT_EQ(ours.ok(), answers[i][0].get<bool>())
        << expression << ": " << answers[i][1] << " / " << (ours ? ours->dump() : ours.error().message);
    if (ours && answers[i][0].get<bool>()) {
      EXPECT_EQ(*ours, answers[i][1]) << expression;
    }
  }
}

struct Case {
  const char* expression;
  const char* expected;  // JSON; "!" means refused
};

TEST(JmesPath, CommunityAndKyvernoFunctions) {
  scenario::jmes::Host host;
  host.now = [] { return base::TimePoint(std::chrono::seconds(1511855192)); };
  host.environment = [](const std::string& name) { return name == "HOME" ? std::string("/h") : std::string(); };
  host.random = [n = std::uint64_t{7}]() mutable { return n = n * 6364136223846793005ULL + 1442695040888963407ULL; };
  const Json document = Json::parse(
      R"({"n":6,"s":"abcabc","o":{"a":1,"b":2},"l":[1,2,3],"xs":[{"k":"a","v":1},{"k":"b","v":2},{"k":"a","v":3}]})");
  const auto bindings = scenario::jmes::Bindings().with("ns", "chainsaw-one");
  const Case cases[] = {
      {"$ns", "\"chainsaw-one\""},
      {"$none", "!"},
      {"let $x = n in $x + n", "12"},
      {"let $x = n, $y = `2` in $x / $y", "3"},
      {"n - `1`", "5"},
      {"n * `2` + `1`", "13"},
      {"n % `4`", "2"},
      {"n // `4`", "1"},
      {"-n", "-6"},
      {"n / `0`", "!"},
      {"s + n", "!"},
      {"s[0:2]", "\"ab\""},
      {"s[::-1]", "\"cbacba\""},
      {"l[?@ > $.n - `5`]", "[2,3]"},
      {"join('-', [$ns, 'x'])", "\"chainsaw-one-x\""},
      {"items(o)", R"([["a",1],["b",2]])"},
      {"items(o, 'k', 'v')", R"([{"k":"a","v":1},{"k":"b","v":2}])"},
      {"from_items([['a', `1`]])", R"({"a":1})"},
      {"zip(l, ['a','b'])", R"([[1,"a"],[2,"b"]])"},
      {"group_by(xs, &k).a[*].v", "[1,3]"},
      {"find_first(s, 'c')", "2"},
      {"find_last(s, 'c')", "5"},
      {"find_first(s, 'z')", "null"},
      {"lower('ABC')", "\"abc\""},
      {"to_upper('abc')", "\"ABC\""},
      {"pad_left('7', `3`, '0')", "\"007\""},
      {"pad_right('7', `3`)", "\"7  \""},
      {"replace(s, 'a', 'x', `1`)", "\"xbcabc\""},
      {"replace_all(s, 'a', 'x')", "\"xbcxbc\""},
      {"split('a,b,c', ',')", R"(["a","b","c"])"},
      {"split('a,b,c', ',', `1`)", R"(["a","b,c"])"},
      {"trim('  x ')", "\"x\""},
      {"trim('xax', 'x')", "\"a\""},
      {"trim_left('xax', 'x')", "\"ax\""},
      {"trim_prefix('pre-x', 'pre-')", "\"x\""},
      {"trim_space(' x\n')", "\"x\""},
      {"compare('a', 'b')", "-1"},
      {"equal_fold('A', 'a')", "true"},
      {"regex_match('^a.c', s)", "true"},
      {"regex_match('(', s)", "!"},
      {"regex_replace_all('(a)(b)', s, '$2$1')", "\"bacbac\""},
      {"regex_replace_all_literal('a', s, '$1')", "\"$1bc$1bc\""},
      {"pattern_match('ab*', s)", "true"},
      {"wildcard('?bc', s)", "false"},
      {"label_match(`{\"a\":\"1\"}`, `{\"a\":\"1\",\"b\":\"2\"}`)", "true"},
      {"to_boolean('True')", "true"},
      {"to_boolean('x')", "!"},
      {"add(`1`, `2`)", "3"},
      {"add('1Gi', '512Mi')", "\"1536Mi\""},
      {"add('1h', '30m')", "\"1h30m0s\""},
      {"add('1Gi', '1h')", "!"},
      {"subtract('1Gi', '1Gi')", "\"0\""},
      {"multiply('1Ki', `3`)", "\"3Ki\""},
      {"divide('3Gi', '1Gi')", "3"},
      {"divide(`1`, `0`)", "!"},
      {"modulo(`7`, `4`)", "3"},
      {"sum(['1Gi','1Gi'])", "\"2Gi\""},
      {"round(`2.456`, `2`)", "2.46"},
      {"base64_encode('hi')", "\"aGk=\""},
      {"base64_decode('aGk=')", "\"hi\""},
      {"base64_decode('!')", "!"},
      {"parse_json('{\"x\":1}').x", "1"},
      {"json_parse('[')", "!"},
      {"parse_yaml('x: [1, on]').x", "[1,true]"},
      {"path_canonicalize('/a/./b/../c')", "\"/a/c\""},
      {"truncate(s, `2`)", "\"ab\""},
      {"semver_compare('1.2.3', '>=1.0.0 <2.0.0')", "true"},
      {"semver_compare('1.2.3-rc.1', '>=1.2.3')", "false"},
      {"semver_compare('1.2.3', '1.2.x')", "true"},
      {"semver_compare('3.0.0', '<1.0.0 || >2.0.0')", "true"},
      {"lookup(o, 'a')", "1"},
      {"lookup(l, `9`)", "null"},
      {"object_from_lists(['a','b'], l)", R"({"a":1,"b":2})"},
      {"at(l, `1`)", "2"},
      {"at(l, `7`)", "!"},
      {"concat('a', 'b')", "\"ab\""},
      {"as_string(n)", "\"6\""},
      {"env('HOME')", "\"/h\""},
      {"length(random('[a-z]{8}'))", "8"},
      {"regex_match('^[0-9]{3}x$', random('[0-9]{3}x'))", "true"},
      {"sha256('')", "\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\""},
      {"time_now()", "\"2017-11-28T07:46:32Z\""},
      {"time_since('', '2017-11-28T07:46:02Z', '')", "\"30s\""},
      {"time_since('', '2017-11-28T07:46:02Z', '2017-11-28T09:46:02Z')", "\"2h0m0s\""},
      {"time_add('2017-11-28T07:46:32Z', '1h')", "\"2017-11-28T08:46:32Z\""},
      {"time_parse('2006-01-02', '2020-02-29')", "\"2020-02-29T00:00:00Z\""},
      {"time_parse('Mon Jan 02 2006 15:04:05 -0700', 'Fri Jun 22 2022 17:45:00 +0100')", "\"2022-06-22T16:45:00Z\""},
      {"time_parse('1', '0')", "\"1970-01-01T00:00:00Z\""},
      {"time_utc('2021-01-02T18:04:05-05:00')", "\"2021-01-02T23:04:05Z\""},
      {"time_diff('2021-01-02T00:00:00Z', '2021-01-03T00:00:00Z')", "\"24h0m0s\""},
      {"time_before('2021-01-02T00:00:00Z', '2021-01-03T00:00:00Z')", "true"},
      {"time_after('2021-01-02T00:00:00Z', '2021-01-03T00:00:00Z')", "false"},
      {"time_between('2021-01-02T12:00:00Z', '2021-01-02T00:00:00Z', '2021-01-03T00:00:00Z')", "true"},
      {"time_truncate('2021-01-02T12:34:56Z', '1h')", "\"2021-01-02T12:00:00Z\""},
      {"time_to_cron('2022-04-11T03:14:05Z')", "\"14 3 11 4 1\""},
      {"time_utc('yesterday')", "!"},
      {"x_metrics_decode('a_total{x=\"1\"} 5 1500')[0]",
       "{\"metric\":{\"__name__\":\"a_total\",\"x\":\"1\"},\"timestamp\":1500,\"value\":5}"},
      {"to_string(x_metrics_decode('a_total{x=\"1\"} 5 1500')[0])",
       R"x("{\"metric\":{\"__name__\":\"a_total\",\"x\":\"1\"},\"value\":[1.5,\"5\"]}")x"},
      {"x_metrics_decode('a_total 5')[?as_string(metric.\"__name__\") == 'a_total'].value | [0] > `1`", "true"},
      {"x_k8s_server_version($client)", "!"},
      {"`1` +", "!"},
      {"let $x = `1`", "!"}};
  for (const Case& c : cases) {
    const auto result = search(c.expression, document, bindings, host);
    const bool refused = std::string(c.expected) == "!";
    EXPECT_EQ(result.ok(), !refused) << c.expression << ": " << (result ? result->dump() : result.error().message);
    if (!refused && result) {
      EXPECT_EQ(*result, Json::parse(c.expected)) << c.expression;
    }
  }
}

/// An EC certificate of 2026 with every kind of alternative name.
constexpr const char* kCertificate = R"(-----BEGIN CERTIFICATE-----
MIICBDCCAaugAwIBAgICEjQwCgYIKoZIzj0EAwIwQDELMAkGA1UEBhMCSlAxDDAK
BgNVBAoMA0xhYjEPMA0GA1UECgwGU2Vjb25kMRIwEAYDVQQDDAlhcnJheS5sYWIw
HhcNMjYxMTI0MTMxMTI1WhcNMzYxMTIxMTMxMTI1WjBAMQswCQYDVQQGEwJKUDEM
MAoGA1UECgwDTGFiMQ8wDQYDVQQKDAZTZWNvbmQxEjAQBgNVBAMMCWFycmF5Lmxh
YjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPe0Fd3PHTpTbwvbvMx2sdyigJGx
xOijMzR2kGQQL5RdH5QLf4JtaMi6P9JXfjI8Ya80sgXL85dsv5Z+hFiI0hyjgZQw
gZEwHQYDVR0OBBYEFHjcvCY277s/0U720klT7ttcXOFmMB8GA1UdIwQYMBaAFHjc
vCY277s/0U720klT7ttcXOFmMEEGA1UdEQQ6MDiCCWFycmF5LmxhYoIIc3ZtMS5s
YWKHBH8AAQqBB29wc0BsYWKGEnNwaWZmZTovL2xhYi9hcnJheTAMBgNVHRMBAf8E
AjAAMAoGCCqGSM49BAMCA0cAMEQCIEMpE1wQBm/N2+B1REEhTY2FpI5YMVmHyqJK
iYQD9ORMAiBxrI4hURzR3s+cXqPAAU75AwLKe5KJ20ihX37tsJCEvA==
-----END CERTIFICATE-----
)";

TEST(JmesPath, CertificatesAndImages) {
  const Json certificate = kCertificate;
  const Case cases[] = {
      {"x509_decode(@).Subject.CommonName", R"("array.lab")"},
      {"x509_decode(@).Issuer.[Country, Organization, OrganizationalUnit, Locality]",
       R"([["JP"],["Lab","Second"],null,null])"},
      {"x509_decode(@).SerialNumber", "4660"},
      {"x509_decode(@).[DNSNames, IPAddresses, EmailAddresses, URIs]",
       R"([["array.lab","svm1.lab"],["127.0.1.10"],["ops@lab"],["spiffe://lab/array"]])"},
      {"x509_decode(@).[IsCA, BasicConstraintsValid, Version, PublicKeyAlgorithm, SignatureAlgorithm]",
       "[false,true,3,3,10]"},
      {"x509_decode(@).[NotBefore, NotAfter]", R"(["2026-11-24T13:11:25Z","2036-11-21T13:11:25Z"])"},
      {"time_before('2030-01-01T00:00:00Z', x509_decode(@).NotAfter)", "true"},
      {"x509_decode('no certificate')", "!"},
      {"image_normalize('nginx')", R"("docker.io/nginx:latest")"},
      {"image_normalize('library/nginx:1.2')", R"("docker.io/library/nginx:1.2")"},
      {"image_normalize('localhost:5000/a/b')", R"("localhost:5000/a/b:latest")"},
      {"image_normalize('ghcr.io/a/b@sha256:00')", R"("ghcr.io/a/b@sha256:00")"},
      {"image_normalize('')", "!"},
      {"image_normalize('a b')", "!"}};
  for (const Case& c : cases) {
    const auto result = search(c.expression, certificate);
    EXPECT_EQ(result.ok(), std::string(c.expected) != "!")
        << c.expression << ": " << (result ? result->dump() : result.error().message);
    if (result && std::string(c.expected) != "!") {
      EXPECT_EQ(*result, Json::parse(c.expected)) << c.expression;
    }
  }
}

TEST(JmesPath, LimitsNesting) {
  EXPECT_FALSE(search(std::string(100000, '('), Json()).ok());
  EXPECT_FALSE(search(std::string(100000, '!'), Json()).ok());
}

struct TreeCase {
  const char* tree;
  const char* value;
  int mismatches;  // -1: the tree itself is refused
};

TEST(Assertion, Trees) {
  const TreeCase cases[] = {{R"j({"a":1})j", R"j({"a":1,"b":2})j", 0},
                            {R"j({"a":1,"c":3})j", R"j({"a":2})j", 2},
                            {R"j({"a":{"b":"x"}})j", R"j({"a":{"b":"x","c":1}})j", 0},
                            {R"j({"a":{}})j", R"j({"a":null})j", 1},
                            {R"j({"a":{}})j", R"j({"a":[]})j", 0},
                            {R"j({"a":null})j", R"j({"a":null})j", 0},
                            {R"j({"a":null})j", R"j({})j", 1},
                            {R"j({"(a)":null})j", R"j({})j", 0},
                            {R"j([1,2])j", R"j([1,2])j", 0},
                            {R"j([1])j", R"j([1,2])j", 1},
                            {R"j({"l":[{"n":1}]})j", R"j({"l":[{"n":1,"m":2}]})j", 0},
                            {R"j({"(a > `1`)":true})j", R"j({"a":2})j", 0},
                            {R"j({"(length(l))":2})j", R"j({"l":[1,2]})j", 0},
                            {R"j({"a":"(b)"})j", R"j({"a":{"b":1}})j", 1},
                            {R"j({"~.l":{"n":1}})j", R"j({"l":[{"n":1},{"n":1}]})j", 0},
                            {R"j({"~.l":{"n":1}})j", R"j({"l":[{"n":1},{"n":2}]})j", 1},
                            {R"j({"~i.l":{"(n == $i)":true}})j", R"j({"l":[{"n":0},{"n":1}]})j", 0},
                            {R"j({"~k.o":"($k)"})j", R"j({"o":{"x":"x","y":"y"}})j", 0},
                            {R"j({"~.(l[?n>`1`])":{"m":1}})j", R"j({"l":[{"n":1},{"n":2,"m":1}]})j", 0},
                            {R"j({"a->x":{"b":"($x.b)"}})j", R"j({"a":{"b":1}})j", 0},
                            {R"j({"(a.b)->x":1,"c":"($x)"})j", R"j({"a":{"b":1},"c":1})j", 0},
                            {R"j({"\\(a)\\":1})j", R"j({"(a)":1})j", 0},
                            {R"j({"a":"\\(b)\\"})j", R"j({"a":"(b)"})j", 0},
                            {R"j({"(a":1})j", R"j({"(a":1})j", 0},
                            {R"j({"(a[)":1})j", R"j({"a":1})j", -1},
                            {R"j({"a":{"b":1}})j", R"j({"a":"text"})j", -1},
                            {R"j({"~.a":1})j", R"j({"a":5})j", -1},
                            {R"j({"a":1})j", "null", 1},
                            {R"j({"a":1.0})j", R"j({"a":1})j", 0},
                            {R"j({"(cel; a)":1})j", R"j({"a":1})j", -1},
                            {R"j({"(cel; object.a)":1,"a":"(cel; object)"})j", R"j({"a":1})j", 0},
                            {R"j({"(cel; object.l.all(x, x > 1))":true})j", R"j({"l":[1,2]})j", 1},
                            {R"j({"(go; a)":1})j", R"j({"a":1})j", -1},
                            {R"j({"(jp; a)":1})j", R"j({"a":1})j", 0},
                            {R"j({"a":"1"})j", R"j({"a":1})j", 1}};
  for (const TreeCase& c : cases) {
    const auto result = scenario::check_assertion(Json::parse(c.tree), Json::parse(c.value), {});
    EXPECT_EQ(result ? static_cast<int>(result->size()) : -1, c.mismatches)
        << c.tree << " on " << c.value << (result ? "" : result.error().message);
  }
  const auto result = scenario::check_assertion(Json::parse(R"j({"spec":{"l":[{"n":1}]}})j"),
                                                Json::parse(R"j({"spec":{"l":[{"n":2}]}})j"), {});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->front().path, "spec.l[0].n");
  EXPECT_EQ(result->front().message, "expected 1, found 2");
}

TEST(Assertion, CelBindings) {
  scenario::ExpressionContext context;
  context.compiler = "cel";
  context.bindings = context.bindings.with("n", 3).with("n", 4).with("name", "x)");
  const auto result = scenario::evaluate_templates(
      Json::parse(R"j({"a":"(string(bindings.resolve('n') + bindings.resolve(\"n\")))","b":"(jp; $name)",
                       "c":"(bindings.resolve('na' + 'me') + ')')"})j"),
      context);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(*result, Json::parse(R"j({"a":"8","b":"x)","c":"x))"})j"));
  const auto missing = scenario::evaluate_templates(Json::parse(R"j({"a":"(bindings.resolve('z'))"})j"), context);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message, "no such key: z");
}

TEST(Assertion, Templates) {
  scenario::ExpressionContext context;
  context.bindings = context.bindings.with("n", 3).with("name", "x");
  const auto result = scenario::evaluate_templates(
      Json::parse(R"j({"a":"(join('-',[$name,'y']))","b":["($n)"],"\\(c)\\":"\\(d)\\","e":"(plain"})j"), context);
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(*result, Json::parse(R"j({"a":"x-y","b":[3],"(c)":"(d)","e":"(plain"})j"));
}

}  // namespace
