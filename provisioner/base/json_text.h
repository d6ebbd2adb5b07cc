#pragma once

#include <string>
#include <string_view>

/// Work on JSON as text, for what is not worth parsing. Errors: none; text that is not JSON stays as it is or is cut
/// where no parser would have accepted it either.
namespace base {

/// Removes every member `key` whose value is a list of objects. A Kubernetes object's `managedFields` are more than
/// half of its text, and of all clients only those that apply read them; a write without them keeps the server's.
void drop_object_lists(std::string& json, std::string_view key);

}  // namespace base
