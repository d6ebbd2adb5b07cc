#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/transport.h"
#include "provisioner/base/random.h"

/// Requests that the server itself sends before it answers one: admission and conversion webhooks. A handler stays a
/// function that answers at once: when it lacks an answer of others it says which one and gives up, the call is made,
/// and the request is handled again from the start with all that has been heard so far. Nothing is committed before
/// everything is known. Shapes: `Talk` lives as long as its request. Errors: none of its own; a call that failed is an
/// answer too.
namespace k8s_fake {

/// Whom to call. TLS name and Host header are those of `to`; the connection goes to `dial_host`:`dial_port`.
struct CallOut {
  base::http::Endpoint to;
  std::string dial_host;
  std::uint16_t dial_port = 0;
  base::http::Request request;
  base::Duration timeout{};
};

struct Heard {
  std::string problem;  // why there is no answer, in Go's words; else ""
  int status = 0;
  std::string body;
};

struct Talk {
  std::map<std::string, Heard, std::less<>> heard;  // by what was asked
  std::optional<std::pair<std::string, CallOut>> wanted;
  /// Chance and time as they were when the request was handled first: whoever is asked hears of the same object.
  std::optional<base::Rng> rng;
  std::string created;
  std::map<std::string, std::string, std::less<>> review_uids;  // of AdmissionReviews, by what they ask
};

}  // namespace k8s_fake
