#pragma once

#include <functional>
#include <string>

#include "provisioner/base/http/message.h"

/// What faults and journals say about a request in the server's own terms. The server supplies the function: only it
/// can tell "volume-create" or "create persistentvolumes" from a request.
namespace base::http {

struct CallName {
  std::string call;    // "volume-create", "create persistentvolumes/status"
  std::string object;  // "svm1/trident_pvc_1", "default/claim-1"; "" if none
  std::string who;     // "admin", "system:serviceaccount:trident:trident"
};
using NameCall = std::function<CallName(const Request&)>;

/// True if `text` matches `pattern`: `*` any run, `?` one character, alternatives with `|`. "" and "*" match
/// everything.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace base::http
