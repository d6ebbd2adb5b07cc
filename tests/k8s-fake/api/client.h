#pragma once

#include <boost/asio/io_context.hpp>
#include <string>

#include "k8s-fake/fake.h"
#include "k8s-fake/json.h"

/// A server in virtual time and a client that talks JSON to it.
struct World {
  explicit World(k8s_fake::Config config = {})
      : fake(io.get_executor(), clock, std::move(config), 7, base::Logger(clock, base::log_to_nowhere())) {}

  base::http::Response send(const std::string& method, const std::string& target, const std::string& body = {},
                            base::http::Headers headers = {}) {
    base::http::Request request;
    request.method = method;
    request.target = target;
    request.headers = std::move(headers);
    if (request.headers.find("Authorization") == nullptr)
      request.headers.set("Authorization", "Bearer " + fake.admin_token());
    request.body = body;
    return fake.handle(request);
  }
  k8s_fake::Json get(const std::string& target) {
    return k8s_fake::Json::parse(send("GET", target).body, nullptr, false);
  }
  base::http::Response post(const std::string& target, const k8s_fake::Json& body) {
    return send("POST", target, body.dump());
  }
  base::http::Response patch(const std::string& target, const std::string& type, const std::string& body) {
    return send("PATCH", target, body, {{"Content-Type", "application/" + type}, {"User-Agent", "test/1"}});
  }

  boost::asio::io_context io;
  base::VirtualClock clock{io};
  k8s_fake::Fake fake;
};

inline k8s_fake::Json body_of(const base::http::Response& response) {
  return k8s_fake::Json::parse(response.body, nullptr, false);
}
