#include "provisioner/base/text.h"
#include "provisioner/base/json_text.h"

#include <gtest/gtest.h>

#include "provisioner/base/http/message.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/random.h"

namespace base {
namespace {

TEST(Text, Base64RoundTripsAndRefusesRubbish) {
  Rng rng(7);
  for (std::size_t length = 0; length < 40; ++length) {
    const std::string bytes = rng.text(length, std::string_view("\0\1\xff"
                                                                "abc",
                                                                6));
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
  }
  EXPECT_EQ(base64_encode("ab"), "YWI=");
  EXPECT_EQ(base64_decode("YWI"), "ab");
  EXPECT_FALSE(base64_decode("Y!"));
  EXPECT_FALSE(base64_decode("Y"));
}

TEST(Text, NumbersAreWholeOrNothing) {
  EXPECT_EQ(parse_unsigned("18446744073709551615"), UINT64_MAX);
  for (const auto* bad : {"", "-1", "+1", " 1", "1 ", "1x", "18446744073709551616"})
    EXPECT_FALSE(parse_unsigned(bad)) << bad;
  EXPECT_EQ(parse_signed("-5"), -5);
}

TEST(Text, Urls) {
  const auto url = http::parse_url("https://[::1]:8443/a?b=c");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/a?b=c");
  EXPECT_EQ(http::parse_url("http://h")->port, 80);
  for (const auto* bad : {"", "ftp://h", "http://", "http://h:99999", "http://h:x"})
    EXPECT_FALSE(http::parse_url(bad)) << bad;
}

TEST(Text, QueriesAreDecoded) {
  const auto query = http::parse_query("labelSelector=a%3Db&x=1+2&flag");
  ASSERT_EQ(query.size(), 3U);
  EXPECT_EQ(query[0].second, "a=b");
  EXPECT_EQ(query[1].second, "1 2");
  EXPECT_EQ(query[2], (std::pair<std::string, std::string>("flag", "")));
  EXPECT_EQ(http::percent_decode("%zz%4"), "%zz%4");
}

TEST(Random, SameSeedSameSequence) {
  Rng a(42);
  Rng b(42);
  EXPECT_EQ(a.uuid(), b.uuid());
  EXPECT_NE(a.uuid(), a.uuid());
  EXPECT_EQ(Rng(0).next(), 0xe220a8397b1dcdafULL);  // first value of the reference implementation
}

TEST(JsonText, ObjectListsAreCutOutWhereverTheyStand) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {R"({"a":1,"m":[{"x":"]}\\\""}],"b":2})", R"({"a":1,"b":2})"},
      {R"({"m":[{"x":[1,{"y":2}]},{"z":{}}]})", "{}"},
      {R"({"a":1 , "m" : [ {"x":1} ] })", R"({"a":1  })"},
      {R"({"m":[{"x":1}],"b":{"m":[{}]}})", R"({"b":{}})"},
      {R"({"m":[],"n":"m","m":"text","m":{"x":1}})", R"({"m":[],"n":"m","m":"text","m":{"x":1}})"},
      {R"({"a":"\"m\":[{\"x\":1}]"})", R"({"a":"\"m\":[{\"x\":1}]"})"},
      {R"({"m":[{"x":1)", R"({"m":[{"x":1)"},
      {R"("m":[{)", R"("m":[{)"},
      {"\"m\"", "\"m\""},
      {"", ""}};
  for (const auto& [before, after] : rows) {
    std::string text = before;
    drop_object_lists(text, "m");
    EXPECT_EQ(text, after) << before;
  }
}

}  // namespace
}  // namespace base
