#include "ontap-sim/model/version.h"

#include <array>

#include "provisioner/base/text.h"

namespace ontap_sim::model {
namespace {

// Release, version line, tuple. The builds of 8.2 to 9.1, 9.3 and 9.7 are known lines; the other dates are assumption
// A2.
constexpr std::array<Release, 20> kReleases = {{
    {20, "8.2", "NetApp Release 8.2 Cluster-Mode: Fri Jun 21 10:05:11 PDT 2013", 8, 2, 0, 1371834311},
    {21, "8.2.1", "NetApp Release 8.2.1 Cluster-Mode: Fri Mar 21 14:25:07 PDT 2014", 8, 2, 1, 1395437107},
    {30, "8.3", "NetApp Release 8.3: Mon Mar 09 23:01:28 PDT 2015", 8, 3, 0, 1425967288},
    {31, "8.3.1", "NetApp Release 8.3.1: Mon Aug 31 08:49:20 UTC 2015", 8, 3, 1, 1441010960},
    {32, "8.3.2", "NetApp Release 8.3.2: Tue Feb 23 21:59:30 UTC 2016", 8, 3, 2, 1456264770},
    {100, "9.0", "NetApp Release 9.0: Fri Aug 26 09:27:21 UTC 2016", 9, 0, 0, 1472203641},
    {110, "9.1P8", "NetApp Release 9.1P8: Tue Aug 22 22:33:13 UTC 2017", 9, 1, 0, 1503441193},
    {120, "9.2P2", "NetApp Release 9.2P2: Tue Oct 10 06:20:53 UTC 2017", 9, 2, 0, 1507616453},
    {130, "9.3P14", "NetApp Release 9.3P14: Wed Jul 10 14:38:46 UTC 2019", 9, 3, 0, 1562769526},
    {140, "9.4P5", "NetApp Release 9.4P5: Wed Nov 28 04:07:01 UTC 2018", 9, 4, 0, 1543378021},
    {150, "9.5P8", "NetApp Release 9.5P8: Wed Oct 02 18:14:56 UTC 2019", 9, 5, 0, 1570040096},
    {160, "9.6P7", "NetApp Release 9.6P7: Sat Feb 29 02:29:41 UTC 2020", 9, 6, 0, 1582943381},
    {170, "9.7.0", "NetApp Release 9.7.0: Thu Jan 09 11:10:01 UTC 2020", 9, 7, 0, 1578568201},
    {180, "9.8P2", "NetApp Release 9.8P2: Tue Feb 16 03:49:46 UTC 2021", 9, 8, 0, 1613447386},
    {190, "9.9.1RC1", "NetApp Release 9.9.1RC1: Fri May 14 09:33:44 UTC 2021", 9, 9, 1, 1620984824},
    {191, "9.9.1P2", "NetApp Release 9.9.1P2: Mon Aug 09 12:01:13 UTC 2021", 9, 9, 1, 1628510473},
    {201, "9.10.1", "NetApp Release 9.10.1: Sat Jan 08 00:59:22 UTC 2022", 9, 10, 1, 1641603562},
    {211, "9.11.1", "NetApp Release 9.11.1: Tue Jul 05 11:58:07 UTC 2022", 9, 11, 1, 1657022287},
    {221, "9.12.1", "NetApp Release 9.12.1: Tue Jan 31 02:14:28 UTC 2023", 9, 12, 1, 1675131268},
    {231, "9.13.1", "NetApp Release 9.13.1: Wed Jun 28 08:45:39 UTC 2023", 9, 13, 1, 1687941939},
}};

}  // namespace

const Release& release_for(int ontapi_minor) {
  const Release* best = &kReleases.front();
  for (const Release& release : kReleases) {
    if (release.ontapi_minor <= ontapi_minor) best = &release;
  }
  return *best;
}

std::optional<int> parse_ontapi(std::string_view text) {
  const auto parts = base::split(text, '.');
  if (parts.size() != 2 || parts[0] != "1") return std::nullopt;
  const auto minor = base::parse_unsigned(parts[1]);
  if (!minor || *minor < 20 || *minor > 231) return std::nullopt;
  return static_cast<int>(*minor);
}

}  // namespace ontap_sim::model
