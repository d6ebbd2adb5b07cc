#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ontap-sim/model/cluster.h"
#include "provisioner/base/http/faults.h"

namespace ontap_sim::zapi {
class Server;
}

/// What a fault rule does to one request, its jobs and its answer: the actions of provisioner/base/http/faults.h, and
///   error         errno and reason instead of the call
///   http          another HTTP status and body instead of the call
///   cut-reply     runs; half of the body, then the connection closes
///   invalid-xml   runs; the answer's last tags are missing, the length fits
///   async-failed  runs; passed, but result-status failed with errno and reason inside
///   fail-job      runs; the job it started ends as failure
///   slow-job      runs; the job it started takes `delay` longer
///   short-page    an iterator returns half of the records asked for, with next-tag
///   empty-page    an iterator returns no records but a next-tag
///   repeat-tag    an iterator repeats the tag it was given
///   no-count      num-records is missing
/// Every action but fail-job and slow-job takes a `delay` of the answer.
namespace ontap_sim {

std::vector<base::http::FaultPreset> fault_actions(model::Cluster& cluster, zapi::Server& server);

/// For a request with the tag of an emptied page: the request for the page itself.
std::optional<base::http::Request> after_empty_page(const base::http::Request& request);

/// The vfiler attribute of a ZAPI body, "" when absent.
std::string vfiler_of(std::string_view body);
/// num-records of an answer, 0 when it has none.
std::int64_t records_in(std::string_view body);

struct Credentials {
  std::string user;
  std::string password;
};
/// Nothing without a well-formed Basic header.
std::optional<Credentials> basic_credentials(const base::http::Request& request);
/// "" without credentials.
std::string user_of(const base::http::Request& request);

}  // namespace ontap_sim
