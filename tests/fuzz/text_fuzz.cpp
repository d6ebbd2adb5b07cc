// Small readers of outside text: addresses, URLs, queries, escapes, globs, durations, masking.
#include <nlohmann/json.hpp>

#include "provisioner/base/check.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/http/call_name.h"
#include "provisioner/base/http/journal.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/http/wire.h"
#include "provisioner/base/text.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(std::string_view input) {
  namespace http = base::http;
  const std::string text(input);
  if (const auto url = http::parse_url(text)) CHECK(!url->host.empty() && url->target.front() == '/');
  if (const auto listen = http::parse_listen(text)) CHECK(!listen->address.empty());
  CHECK(http::percent_decode(http::percent_encode(text)) == text);
  for (const auto& [name, value] : http::parse_query(text)) CHECK(name.size() + value.size() <= text.size());
  CHECK(base::base64_decode(base::base64_encode(text)) == text);
  if (const auto bytes = base::base64_decode(text)) CHECK(bytes->size() <= text.size());
  if (const auto duration = base::parse_go_duration(text))
    CHECK(base::parse_go_duration(base::to_go_duration(*duration)).has_value());
  const std::size_t half = text.size() / 2;
  http::glob_matches(text.substr(0, half), text.substr(half));
  CHECK(http::glob_matches("*", text));
  http::mask_secrets(text);
  CHECK(http::mask_secrets(R"({"password":"hunter2","rest":")" + text + "\"}").find("hunter2") == std::string::npos);
}
