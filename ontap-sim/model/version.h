#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Releases of ONTAP and what follows from them. A release is named by its ONTAPI minor version (1.110 is 9.1).
/// Source: table of versions in vendor documentation and client gates.
namespace ontap_sim::model {

struct Release {
  int ontapi_minor = 110;
  std::string_view name;     // "9.1P8"
  std::string_view version;  // "NetApp Release 9.1P8: Tue Aug 22 22:33:13 UTC 2017"
  int generation = 9;
  int major = 1;
  int minor = 0;
  long build_timestamp = 0;
};

/// The newest known release whose ONTAPI is not above `minor`.
const Release& release_for(int ontapi_minor);
/// "1.110" -> 110, accepted from 1.20 to 1.231; nothing otherwise.
std::optional<int> parse_ontapi(std::string_view text);

}  // namespace ontap_sim::model
