#pragma once

#include "ontap-sim/faults.h"

/// What a fault rule does to one request, its jobs and its answer. See faults.h for the actions.
namespace ontap_sim {

/// The answer when the call must not run at all; nothing otherwise.
std::optional<base::http::Response> spoil_before(const FaultRule& rule);
/// Changes what the call asks for (pages).
void spoil_request(const FaultRule& rule, base::http::Request& request);
/// Changes the jobs from `first_job` on.
void spoil_jobs(const FaultRule& rule, model::Cluster& cluster, std::uint64_t first_job);
void spoil_after(const FaultRule& rule, const base::http::Request& request, base::http::Response& response);

/// For a request with the tag of an emptied page: the request for the page itself.
std::optional<base::http::Request> after_empty_page(const base::http::Request& request);

/// The vfiler attribute of a ZAPI body, "" when absent.
std::string vfiler_of(std::string_view body);
/// num-records of an answer, 0 when it has none.
std::int64_t records_in(std::string_view body);

}  // namespace ontap_sim
