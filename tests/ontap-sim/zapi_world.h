#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ontap-sim/model/cluster.h"
#include "ontap-sim/zapi/dispatch.h"

/// An array in memory for tests: two nodes, aggr1 (hybrid), aggr2 (ssd), aggr3 (hdd) of 10 TiB each, SVM svm1 with NFS,
/// iSCSI, open default export policy, LIFs 127.0.1.10 (management), .11 and .12; virtual time. Calls are lines of a
/// small language:
///   @svm1 volume-create volume=v1 size=1g containing-aggr-name=aggr1
///   @ aggr-get-iter query/aggr-attributes/aggregate-name=aggr1
/// `@svm1` tunnels to that SVM, `@` is cluster scope; a/b=c nests, `a/b+=d` adds a sibling of the last name, quotes
/// keep blanks.
namespace ontap_test {

struct Reply {
  int http_status = 0;
  std::string body;
  bool passed = false;
  int error = 0;
  std::string reason;
  /// The text of the first element of that name, or "".
  std::string text(const std::string& element) const;
  /// How many elements of that name there are.
  int count(const std::string& element) const;
};

class World {
 public:
  explicit World(int ontapi_minor = 110);
  ~World();
  Reply call(const std::string& line);
  Reply post(const std::string& body, const std::string& user = "admin", const std::string& password = "netapp123",
             const std::string& host = "");
  void advance(std::chrono::nanoseconds span);
  ontap_sim::model::Cluster& cluster();
  ontap_sim::zapi::Server& server();
  std::vector<std::string> log() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The request document of a line, as a client would send it.
std::string request_of(const std::string& line);

}  // namespace ontap_test
