#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "provisioner/api/rest.h"
#include "provisioner/core/json.h"

/// The calls of the REST interface: one row each, and the functions behind them. rest.cpp finds the row of a request,
/// says why it cannot be served now, and writes answer, log line and metrics.
namespace provisioner::api {

struct Answer {
  int status = 200;
  Json body;
};

struct Call {
  std::vector<std::string> names;  // what stood in the path's braces, decoded
  std::string body;
  std::string query;
};

/// What the functions below work with.
struct Desk {
  Orchestrator& core;
  const RestOptions& options;
  base::Logger& logger;
};

using Now = Answer (*)(Desk&, const Call&);
using Later = boost::asio::awaitable<Answer> (*)(Desk&, Call);

struct Route {
  std::string_view name;
  std::string_view method;
  std::string_view path;
  std::string_view key;  // of the answer's object: {"backend":"","error":"why"}; "": {"error":"why"}
  Now now = nullptr;
  Later later = nullptr;
  bool empty_is_text = true;  // a failure carries "" (add) or null (get) under `key`
  bool always = false;        // answers during start-up too
};

/// The form of every failure; see Route::key and empty_is_text.
Answer fail(int status, std::string_view key, bool empty_is_text, const std::string& why);

const std::vector<Route>& routes();

}  // namespace provisioner::api
