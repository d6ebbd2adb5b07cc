#include "k8s-fake/defaults.h"

#include <algorithm>
#include <string>
#include <vector>

#include "provisioner/base/text.h"

namespace k8s_fake {

void one_of(const Json& value, const std::string& path, const std::vector<std::string>& allowed, FieldErrors& errors) {
  if (!value.is_string()) return;
  if (std::find(allowed.begin(), allowed.end(), value.get_ref<const std::string&>()) == allowed.end())
    errors.unsupported(path, value, allowed);
}

std::string spec_diff(const Json& before, const Json& after) {
  const auto lines = [](const Json& value) {
    return split_text(value.dump(2, ' ', false, Json::error_handler_t::replace), '\n');
  };
  const auto a = lines(before), b = lines(after);
  std::size_t head = 0;
  while (head < a.size() && head < b.size() && a[head] == b[head]) ++head;
  std::size_t tail = 0;
  while (tail < a.size() - head && tail < b.size() - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
  const std::size_t from = head < 3 ? 0 : head - 3;
  const std::size_t after_tail = std::min<std::size_t>(tail, 3);
  const auto count = [&](const auto& list) { return std::to_string(list.size() - tail + after_tail - from); };
  std::string out =
      "@@ -" + std::to_string(from + 1) + "," + count(a) + " +" + std::to_string(from + 1) + "," + count(b) + " @@\n";
  for (std::size_t i = from; i < head; ++i) out += " " + a[i] + "\n";
  for (std::size_t i = head; i < a.size() - tail; ++i) out += "-" + a[i] + "\n";
  for (std::size_t i = head; i < b.size() - tail; ++i) out += "+" + b[i] + "\n";
  for (std::size_t i = a.size() - tail; i < a.size() - tail + after_tail; ++i) out += " " + a[i] + "\n";
  return out;
}

}  // namespace k8s_fake
