#include "provisioner/base/http/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/http/pipe.h"

namespace base::http {
namespace {

using testing::HasSubstr;

TEST(MaskSecrets, HidesValuesInEveryNotation) {
  const std::vector<std::pair<std::string, std::string>> rows{
      {R"({"username":"admin","password":"s3\"cret","size":1})", R"({"username":"admin","password":"***","size":1})"},
      {R"({"chapInitiatorSecret": "x" , "secretName":"kept"})",
       R"({"chapInitiatorSecret": "***" , "secretName":"kept"})"},
      {R"({"automountServiceAccountToken":true,"token":"abc"})",
       R"({"automountServiceAccountToken":true,"token":"***"})"},
      {R"(<igroup><password>pw</password><new-password>pw</new-password><size>1</size></igroup>)",
       R"(<igroup><password>***</password><new-password>***</new-password><size>1</size></igroup>)"},
      {"user: a\npassword: b c\nnext: d\n", "user: a\npassword: ***\nnext: d\n"},
      {"/x?access_token=abc&y=1", "/x?access_token=***&y=1"},
      {"Authorization: Basic YWJj\r\n", "Authorization: ***\r\n"},
      {R"({"backend":"{\"password\":\"pw\",\"a\":1}"})", R"({"backend":"{\"password\":\"***\",\"a\":1}"})"},
      {R"({"kind":"Secret","data":{"a":"eA==","b":"eQ=="},"type":"Opaque"})",
       R"({"kind":"Secret","data":{"a":"***","b":"***"},"type":"Opaque"})"},
      {R"({"kind":"ConfigMap","data":{"a":"eA=="}})", R"({"kind":"ConfigMap","data":{"a":"eA=="}})"},
      {"kind: Secret\ndata:\n  a: eA==\n  b: eQ==\ntype: Opaque\n",
       "kind: Secret\ndata:\n  a: ***\n  b: ***\ntype: Opaque\n"},
      {R"({"password":"cut of)", R"({"password":"***)"},
      {"<password>", "<password>"},
      {"password", "password"},
      {R"({"kind":"Secret","data":)", R"({"kind":"Secret","data":)"},
      {"", ""},
  };
  for (const auto& [text, masked] : rows) EXPECT_EQ(mask_secrets(text), masked);
}

struct Lab {
  boost::asio::io_context io;
  VirtualClock clock{io};
  std::string lines;
  Journal journal{clock,
                  {.server = "ontap", .bodies = true, .body_max = 40, .readable = {}},
                  [](const Request&) {
                    return CallName{"volume-create", "svm1/v", "admin"};
                  },
                  [this](std::string_view line) { lines += line; }};
};

TEST(Journal, WritesOneLineForEachExchange) {
  Lab lab;
  const Handler handler = lab.journal.wrap([](const Request&) {
    Response response;
    response.status = 201;
    response.body = R"({"token":"t"})";
    response.delivery.fate = Delivery::Fate::drop_reply;
    response.delivery.delay = std::chrono::seconds(2);
    return response;
  });
  Request request;
  request.method = "POST";
  request.target = "/a?password=p";
  request.headers.set("Authorization", "Basic YWRtaW46cHc=");
  request.body = "<password>pw</password>";
  handler(request);
  EXPECT_EQ(
      lab.lines,
      R"({"n":1,"time":"2017-11-28T07:46:32.000000Z","server":"ontap","who":"admin","method":"POST","target":"/a?password=***","call":"volume-create",)"
      R"("object":"svm1/v","status":201,"took":"0s","fate":"drop-reply","delay":"2s","request":"<password>***</password>","answer":"{\"token\":\"***\"}"})"
      "\n");
}

TEST(Journal, LongBinaryAndStreamedBodiesAreShort) {
  Lab lab;
  const Handler handler = lab.journal.wrap([](const Request&) {
    Response response;
    response.body = std::string("\0\1\2", 3);
    response.outgoing = std::make_shared<Pipe>();
    return response;
  });
  Request request;
  request.body = std::string(100, 'x');
  handler(request);
  EXPECT_THAT(lab.lines, HasSubstr(R"("stream":true)"));
  EXPECT_THAT(lab.lines, HasSubstr(R"x("answer":"(3 bytes)")x"));
  EXPECT_THAT(lab.lines, HasSubstr("xxx... (100 bytes)"));
}

TEST(Journal, AnAnswerThatComesLaterIsWrittenThen) {
  Lab lab;
  const auto owed = std::make_shared<Deferred>();
  const Handler handler = lab.journal.wrap([&](const Request&) {
    Response response;
    response.later = owed;
    return response;
  });
  handler({});
  EXPECT_EQ(lab.lines, "");
  lab.clock.advance(std::chrono::seconds(3));
  owed->set({});
  EXPECT_THAT(lab.lines, HasSubstr(R"("took":"3s")"));
}

}  // namespace
}  // namespace base::http
