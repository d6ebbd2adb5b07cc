#include "provisioner/base/http/faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "provisioner/base/http/deferred.h"

namespace base::http {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

CallName by_path(const Request& request) {
  return {std::string(request.path().substr(1)), request.headers.get("Object"), request.headers.get("Who")};
}

struct Lab {
  boost::asio::io_context io;
  VirtualClock clock{io};
  Faults faults{clock, 7, by_path};
  int ran = 0;
  Handler handler = faults.wrap([this](const Request&) {
    ++ran;
    Response response;
    response.body = "0123456789";
    return response;
  });

  Response call(const std::string& name, const std::string& object = "", const std::string& who = "",
                const std::string& body = "") {
    Request request;
    request.target = "/" + name + "?x=1";
    request.headers.set("Object", object);
    request.headers.set("Who", who);
    request.body = body;
    return handler(request);
  }
  /// Which of `count` equal calls were hit by a status fault.
  std::vector<int> hit(int count) {
    std::vector<int> out;
    for (int i = 1; i <= count; ++i) {
      if (call("c").status == 503) out.push_back(i);
    }
    return out;
  }
};

TEST(Faults, EachPresetDoesWhatItSays) {
  struct Row {
    json rule;
    int runs;
    std::function<bool(const Response&)> shows;
  };
  using Fate = Delivery::Fate;
  const std::vector<Row> rows{
      {{{"action", "delay"}, {"delay", "1m30s"}},
       1,
       [](const Response& r) { return r.delivery.delay == seconds(90) && r.body == "0123456789"; }},
      {{{"action", "drop-request"}}, 0, [](const Response& r) { return r.delivery.fate == Fate::drop_reply; }},
      {{{"action", "drop-reply"}}, 1, [](const Response& r) { return r.delivery.fate == Fate::drop_reply; }},
      {{{"action", "refuse"}}, 0, [](const Response& r) { return r.delivery.fate == Fate::refuse; }},
      {{{"action", "cut"}, {"cutAfter", 4}},
       1,
       [](const Response& r) { return r.delivery.fate == Fate::cut_reply && r.delivery.cut_after == 4; }},
      {{{"action", "truncate"}, {"cutAfter", 4}},
       1,
       [](const Response& r) { return r.body == "0123" && r.status == 200; }},
      {{{"action", "hang"}}, 1, [](const Response& r) { return r.delivery.fate == Fate::hang; }},
      {{{"action", "hang-request"}}, 0, [](const Response& r) { return r.delivery.fate == Fate::hang; }},
      {{{"action", "status"}, {"status", 429}, {"retryAfter", 5}, {"body", "slow down"}},
       0,
       [](const Response& r) {
         return r.status == 429 && r.headers.get("Retry-After") == "5" && r.body == "slow down";
       }},
      {{{"action", "status-after"}},
       1,
       [](const Response& r) {
         return r.status == 503 && r.body.find("503 Service Unavailable") != std::string::npos;
       }},
      {{{"action", "body"}, {"body", "<x"}}, 1, [](const Response& r) { return r.status == 200 && r.body == "<x"; }},
      {{{"action", "repeat"}}, 2, [](const Response& r) { return r.body == "0123456789"; }},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.rule.dump());
    Lab lab;
    ASSERT_TRUE(lab.faults.add(row.rule)) << lab.faults.add(row.rule).error().message;
    EXPECT_TRUE(row.shows(lab.call("c")));
    EXPECT_EQ(lab.ran, row.runs);
  }
  EXPECT_EQ(rows.size(), http_fault_presets().size()) << "every preset is tested";
}

TEST(Faults, RulesSayWhichCallsAreHit) {
  struct Row {
    json rule;
    std::vector<int> hit;
  };
  for (const Row& row : std::vector<Row>{{{{"nth", 2}}, {2}},
                                         {{{"every", 3}}, {3, 6, 9}},
                                         {{{"count", 2}}, {1, 2}},
                                         {{{"every", 2}, {"count", 2}}, {2, 4}},
                                         {{{"call", "d"}}, {}},
                                         {{{"call", "d|c*"}, {"nth", 9}}, {9}},
                                         {{{"probability", 0}}, {}},
                                         {{{"probability", 1.0}, {"nth", 1}}, {1}}}) {
    Lab lab;
    json rule = row.rule;
    rule["action"] = "status";
    ASSERT_TRUE(lab.faults.add(rule));
    EXPECT_EQ(lab.hit(9), row.hit) << rule;
  }
}

TEST(Faults, AStarMatchesAnyRunEvenOfStars) {
  for (const char* text : {"", "a", "*", "a*b", "**x"}) EXPECT_TRUE(glob_matches("*", text)) << text;
  EXPECT_TRUE(glob_matches("a*c?|b", "a*bcd"));
  EXPECT_FALSE(glob_matches("a*c", "a*cb"));
}

TEST(Faults, ObjectUserAndTextNarrowARule) {
  Lab lab;
  ASSERT_TRUE(
      lab.faults.add(json{{"action", "status"}, {"object", "svm1/v?"}, {"user", "admin"}, {"match", "size=7"}}));
  EXPECT_EQ(lab.call("c", "svm1/v1", "admin", "a size=7 b").status, 503);
  EXPECT_EQ(lab.call("c", "svm1/v11", "admin", "a size=7 b").status, 200);
  EXPECT_EQ(lab.call("c", "svm1/v1", "other", "a size=7 b").status, 200);
  EXPECT_EQ(lab.call("c", "svm1/v1", "admin", "a size=8 b").status, 200);
}

TEST(Faults, AWindowOpensAndCloses) {
  Lab lab;
  ASSERT_TRUE(lab.faults.add(json{{"action", "status"}, {"after", "10s"}, {"window", "5s"}}));
  EXPECT_THAT(lab.hit(1), ElementsAre());
  lab.clock.advance(seconds(10));
  EXPECT_THAT(lab.hit(1), ElementsAre(1));
  lab.clock.advance(seconds(5));
  EXPECT_THAT(lab.hit(1), ElementsAre());
}

TEST(Faults, ChanceIsTheSameForTheSameSeedAndUntouchedByOtherRules) {
  Lab one;
  Lab two;
  ASSERT_TRUE(two.faults.add(json{{"action", "delay"}, {"delay", "1s"}, {"probability", 0.5}}));
  for (Lab* lab : {&one, &two})
    ASSERT_TRUE(lab->faults.add(json{{"name", "coin"}, {"action", "status"}, {"probability", 0.3}}));
  const std::vector<int> hit = one.hit(200);
  EXPECT_GT(hit.size(), 30U);
  EXPECT_LT(hit.size(), 90U);
  EXPECT_EQ(two.hit(200), hit);
}

TEST(Faults, ComeAndGoAtRunTime) {
  Lab lab;
  std::vector<std::string> fired;
  lab.faults.on_fired = [&](const FaultRule& rule, const CallName& call) {
    fired.push_back(rule.name + " " + call.call);
  };
  EXPECT_EQ(*lab.faults.add(json{{"action", "status"}, {"call", "c"}}), "fault-1");
  EXPECT_FALSE(lab.faults.add(json{{"action", "status"}, {"name", "fault-1"}}));
  lab.call("c");
  lab.call("d");
  const json list = lab.faults.list();
  ASSERT_EQ(list.size(), 1U);
  EXPECT_EQ(list[0], (json{{"name", "fault-1"}, {"action", "status"}, {"call", "c"}, {"matched", 1}, {"fired", 1}}));
  EXPECT_TRUE(lab.faults.remove("fault-1"));
  EXPECT_FALSE(lab.faults.remove("fault-1"));
  EXPECT_EQ(lab.call("c").status, 200);
  EXPECT_THAT(fired, ElementsAre("fault-1 c"));
}

TEST(Faults, BadRulesAreRefusedInWords) {
  Lab lab;
  for (const auto& [rule, says] :
       std::vector<std::pair<json, std::string>>{{json::array(), "JSON object"},
                                                 {json::object(), "\"action\" is missing"},
                                                 {{{"action", "explode"}}, "there are delay, drop-request"},
                                                 {{{"action", "cut"}, {"delay", "1s"}}, "has no \"delay\""},
                                                 {{{"action", "delay"}}, "needs \"delay\""},
                                                 {{{"action", "delay"}, {"delay", "soon"}}, "cannot be \"soon\""},
                                                 {{{"action", "status"}, {"nth", -1}}, "\"nth\" cannot be"},
                                                 {{{"action", "status"}, {"probability", 2}}, "\"probability\""},
                                                 {{{"action", "status"}, {"nth", json::array()}}, "must be text"}}) {
    const auto added = lab.faults.add(rule);
    ASSERT_FALSE(added) << rule;
    EXPECT_THAT(added.error().message, HasSubstr(says));
  }
}

TEST(Faults, ReachAnswersThatComeLater) {
  Lab lab;
  const auto owed = std::make_shared<Deferred>();
  const Handler handler = lab.faults.wrap([&](const Request&) {
    Response response;
    response.later = owed;
    return response;
  });
  ASSERT_TRUE(lab.faults.add(json{{"action", "drop-reply"}}));
  handler({});
  Delivery::Fate seen = Delivery::Fate::answer;
  owed->before_delivery([&](const Response& answer) { seen = answer.delivery.fate; });
  owed->set({});
  EXPECT_EQ(seen, Delivery::Fate::drop_reply);
}

TEST(ParseGoDuration, ReadsWhatGoPrints) {
  using std::chrono::milliseconds;
  EXPECT_EQ(parse_go_duration("0"), Duration{0});
  EXPECT_EQ(parse_go_duration("1h2m3.5s"), std::chrono::hours(1) + std::chrono::minutes(2) + milliseconds(3500));
  EXPECT_EQ(parse_go_duration("-1.5ms"), std::chrono::microseconds(-1500));
  EXPECT_EQ(parse_go_duration("100us"), parse_go_duration("100\u00b5s"));
  for (const char* bad : {"", "1", "s", "1x", "1.s.", "99999999999h", "1 s", "-"})
    EXPECT_FALSE(parse_go_duration(bad)) << bad;
}

}  // namespace
}  // namespace base::http
