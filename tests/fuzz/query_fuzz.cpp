// The query language of iterators and of the command line: "PATTERN\nVALUE". It always ends, `*` takes everything, a
// literal itself.
#include "ontap-sim/zapi/get_iter.h"
#include "provisioner/base/check.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(std::string_view input) {
  const std::size_t line = std::min(input.find('\n'), input.size());
  const std::string pattern(input.substr(0, line));
  const std::string value(input.substr(std::min(line + 1, input.size())));
  for (const char* name : {"name", "size-total", "is-online"}) {
    const bool once = ontap_sim::zapi::text_matches(pattern, value, name);
    CHECK(once == ontap_sim::zapi::text_matches(pattern, value, name));
    CHECK(ontap_sim::zapi::text_matches("*", value, name));
  }
}
