#include "provisioner/kube/lease.h"

namespace provisioner::kube {

namespace asio = boost::asio;

namespace {

std::int64_t lease_number(const Json& lease, const char* key) {
  const Json* value = find_at(lease, {"spec", key});
  return value && value->is_number_integer() ? value->get<std::int64_t>() : 0;
}

std::string lease_holder(const Json& lease) { return text_at(lease, {"spec", "holderIdentity"}); }

}  // namespace

std::string Elector::collection() const {
  return "/apis/coordination.k8s.io/v1/namespaces/" + options_.lease_namespace + "/leases";
}

/// What we want the lease to say, given what it says now.
Json Elector::lease_spec(const Json& before) const {
  const std::string now = base::to_rfc3339_micro(clock_.now());
  const bool ours = lease_holder(before) == options_.identity;
  const std::string since = text_at(before, {"spec", "acquireTime"});
  const std::int64_t transitions = lease_number(before, "leaseTransitions");
  Json spec = Json::object();
  spec["holderIdentity"] = options_.identity;
  spec["leaseDurationSeconds"] = std::chrono::duration_cast<std::chrono::seconds>(options_.duration).count();
  spec["acquireTime"] = ours && !since.empty() ? since : now;
  spec["renewTime"] = now;
  spec["leaseTransitions"] = ours || before.is_null() ? transitions : transitions + 1;
  return spec;
}

/// True when nobody holds it: it was released, or we watched it unchanged for its whole duration.
bool Elector::expired(const Json& lease) {
  const std::string holder = lease_holder(lease);
  if (holder.empty() || holder == options_.identity) return true;
  const std::string seen =
      holder + " " + text_at(lease, {"spec", "renewTime"}) + " " + text_at(lease, {"metadata", "resourceVersion"});
  if (seen != seen_) {
    seen_ = seen;
    seen_since_ = clock_.now();
  }
  return clock_.now() >= seen_since_ + std::chrono::seconds(lease_number(lease, "leaseDurationSeconds"));
}

asio::awaitable<bool> Elector::write(Json lease, bool fresh, base::TimePoint asked) {
  std::string path = collection();
  if (!fresh) path += "/" + options_.name;
  ApiResult<Json> written = ApiError{};
  if (fresh) written = co_await client_.create(path, lease);
  else written = co_await client_.replace(path, lease);
  if (!written) {
    logger_.debug("The lease could not be written.", {{"lease", options_.name}, {"error", written.error().message}});
    co_return false;
  }
  last_ = std::move(*written);
  held_ = true;
  valid_until_ = asked + options_.renew_deadline;
  co_return true;
}

asio::awaitable<bool> Elector::try_once() {
  const base::TimePoint asked = clock_.now();
  const std::string path = collection() + "/" + options_.name;
  auto found = co_await client_.get(path);
  if (!found && found.error().code != 404) {
    logger_.warning("The lease could not be read.", {{"lease", options_.name}, {"error", found.error().message}});
    co_return false;
  }
  const bool fresh = !found;
  Json lease;
  if (fresh) {
    lease = Json{{"apiVersion", "coordination.k8s.io/v1"},
                 {"kind", "Lease"},
                 {"metadata", {{"name", options_.name}, {"namespace", options_.lease_namespace}}}};
    lease["spec"] = lease_spec(Json());
  } else {
    if (!expired(*found)) co_return false;
    lease = *found;
    lease["spec"] = lease_spec(*found);
  }
  co_return co_await write(std::move(lease), fresh, asked);
}

asio::awaitable<LeaseTerm> Elector::acquire() {
  bool said = false;
  for (;;) {
    const bool got = co_await try_once();
    if (got) break;
    if (!said) logger_.info("Waiting to lead.", {{"lease", options_.name}, {"identity", options_.identity}});
    said = true;
    co_await base::sleep_for(clock_, options_.retry_period);
  }
  LeaseTerm term;
  term.uid = text_at(last_, {"metadata", "uid"});
  term.transitions = lease_number(last_, "leaseTransitions");
  logger_.info("Leading.", {{"lease", options_.name}, {"identity", options_.identity}, {"term", term.transitions}});
  co_return term;
}

asio::awaitable<void> Elector::hold() {
  for (;;) {
    co_await base::sleep_for(clock_, options_.retry_period);
    if (!is_valid()) break;
    const base::TimePoint asked = clock_.now();
    Json lease = last_;
    lease["spec"] = lease_spec(last_);
    const bool renewed = co_await write(std::move(lease), false, asked);
    if (renewed) continue;
    if (!is_valid()) break;
    // A conflict or a lost answer: look what is there. It may be somebody else's by now.
    const std::string path = collection() + "/" + options_.name;
    auto found = co_await client_.get(path);
    if (!found) continue;
    if (lease_holder(*found) != options_.identity) break;
    last_ = std::move(*found);
  }
  held_ = false;
  logger_.error("The lease is lost.", {{"lease", options_.name}, {"identity", options_.identity}});
}

asio::awaitable<void> Elector::release() {
  if (!is_valid()) co_return;
  held_ = false;
  Json lease = last_;
  lease["spec"] = lease_spec(last_);
  lease["spec"]["holderIdentity"] = "";
  lease["spec"]["leaseDurationSeconds"] = 1;
  const std::string path = collection() + "/" + options_.name;
  static_cast<void>(co_await client_.replace(path, lease));
}

asio::awaitable<base::Result<base::http::Response>> LeaderTransport::send(base::http::Endpoint to,
                                                                          base::http::Request request,
                                                                          base::http::CallOptions options) {
  if (elector_ && !elector_->is_valid())
    co_return base::Error{base::ErrorKind::unavailable, "this replica does not lead any more"};
  co_return co_await inner_.send(std::move(to), std::move(request), std::move(options));
}

}  // namespace provisioner::kube
