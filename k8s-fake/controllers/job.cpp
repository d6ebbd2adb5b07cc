/// Jobs and CronJobs. Source: kubernetes specification 5.7.
#include "k8s-fake/controllers/cron.h"
#include "k8s-fake/controllers/pods.h"
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/controllers/rows.h"
#include "k8s-fake/runtime.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

const EventSource kJobSource{"job-controller"};
const EventSource kCronSource{"cronjob-controller"};
constexpr const char* kTracking = "batch.kubernetes.io/job-tracking";

bool job_over(const Json& job) {
  return text(condition(job, "Complete"), "/status") == "True" || text(condition(job, "Failed"), "/status") == "True";
}

asio::awaitable<bool> release(Context& context, Json pod) {
  if (!has_finalizer(pod, kTracking)) co_return true;
  const auto written =
      co_await context.cluster.modify(resources::pods, namespace_of(pod), name_of(pod), "", [](Json& object) {
        if (!has_finalizer(object, kTracking)) return false;
        drop_finalizer(object, kTracking);
        return true;
      });
  co_return written || written.error().not_found();
}

struct JobCount {
  std::int64_t active = 0, ready = 0, terminating = 0;
  std::set<std::string> succeeded, failed;  // uids of finished pods that are still there
  std::set<std::int64_t> done_indexes, live_indexes;
};

JobCount count_pods(const Cluster& cluster, const Json& job) {
  JobCount count;
  for (const Object& pod : owned(cluster, resources::pods, job)) {
    const std::string phase = text(*pod, "/status/phase");
    const auto index = base::parse_signed(annotation(*pod, "batch.kubernetes.io/job-completion-index"));
    if (phase == "Succeeded") {
      count.succeeded.insert(uid_of(*pod));
      if (index) count.done_indexes.insert(*index);
    } else if (phase == "Failed") {
      count.failed.insert(uid_of(*pod));
    } else if (deleting(*pod)) {
      ++count.terminating;
    } else {
      ++count.active;
      count.ready += pod_ready(*pod) ? 1 : 0;
      if (index) count.live_indexes.insert(*index);
    }
  }
  return count;
}

asio::awaitable<bool> add_pod(Context& context, Json job, std::int64_t index) {
  Json pod = pod_from(at(job, "/spec/template"), job);
  pod["metadata"]["generateName"] = name_of(job) + (index >= 0 ? "-" + std::to_string(index) : "") + "-";
  // Older releases count the pods that they find; since 1.25 none may go uncounted.
  if (context.config.minor >= 25) pod["metadata"]["finalizers"].push_back(kTracking);
  if (index >= 0) {
    pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] = std::to_string(index);
    pod["metadata"]["labels"]["batch.kubernetes.io/job-completion-index"] = std::to_string(index);
    for (Json& container : pod["spec"]["containers"])
      container["env"].push_back({{"name", "JOB_COMPLETION_INDEX"}, {"value", std::to_string(index)}});
  }
  const auto made = co_await context.cluster.create(resources::pods, std::move(pod));
  if (!made) {
    context.events.warning(kJobSource, job, "FailedCreate", "Error creating: " + made.error().message);
    co_return false;
  }
  context.events.normal(kJobSource, job, "SuccessfulCreate", "Created pod: " + name_of(*made));
  co_return true;
}

asio::awaitable<bool> drop_active(Context& context, Json job) {
  for (const Object& pod : owned(context.cluster, resources::pods, job)) {
    if (pod_finished(*pod) || deleting(*pod)) continue;
    const Json doomed = *pod;
    const bool released = co_await release(context, doomed);
    if (!released) co_return false;
    const auto gone = co_await context.cluster.remove(resources::pods, doomed);
    if (gone) context.events.normal(kJobSource, job, "SuccessfulDelete", "Deleted pod: " + name_of(doomed));
  }
  co_return true;
}

asio::awaitable<Outcome> after_end(Context& context, Json job) {
  for (const Object& pod : owned(context.cluster, resources::pods, job)) {
    const Json one = *pod;
    if (pod_finished(one) || deleting(one)) (void)co_await release(context, one);
  }
  if (!has(job, "/spec/ttlSecondsAfterFinished") || deleting(job)) co_return done();
  const Json& end =
      text(condition(job, "Complete"), "/status") == "True" ? condition(job, "Complete") : condition(job, "Failed");
  const base::TimePoint due =
      time_of(text(end, "/lastTransitionTime")) + std::chrono::seconds(number(job, "/spec/ttlSecondsAfterFinished"));
  if (due > context.clock.now()) co_return again_in(due - context.clock.now());
  const Json options{{"propagationPolicy", "Foreground"}};
  (void)co_await context.cluster.remove(resources::jobs, job, options);
  co_return done();
}

asio::awaitable<Outcome> keep_job(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::jobs, ns, name);
  if (!found) {  // what it left is nobody's to count: its pods may go
    for (const Object& pod : context.cluster.in(resources::pods, ns)) {
      const Json one = *pod, owner = controller_of(one);
      if (text(owner, "/kind") == "Job" && text(owner, "/name") == name) (void)co_await release(context, one);
    }
    co_return done();
  }
  const Json job = *found;
  if (deleting(job)) {
    for (const Object& pod : owned(context.cluster, resources::pods, job)) {
      const Json one = *pod;
      (void)co_await release(context, one);
    }
    co_return done();
  }
  if (job_over(job)) co_return co_await after_end(context, job);
  const bool suspended = at(job, "/spec").value("suspend", false);
  const bool indexed = text(job, "/spec/completionMode") == "Indexed";
  const bool counted = has(job, "/spec/completions");
  const std::int64_t completions = number(job, "/spec/completions", 1);
  const std::int64_t parallelism = suspended ? 0 : number(job, "/spec/parallelism", 1);
  const std::int64_t limit = number(job, "/spec/backoffLimit", 6);
  JobCount count = count_pods(context.cluster, job);
  const auto succeeded = static_cast<std::int64_t>(count.succeeded.size());
  const auto failed = static_cast<std::int64_t>(count.failed.size());
  std::int64_t restarts = 0;
  for (const Object& pod : owned(context.cluster, resources::pods, job)) {
    if (text(job, "/spec/template/spec/restartPolicy") != "OnFailure" || pod_finished(*pod)) continue;
    for (const Json& status : at(*pod, "/status/containerStatuses")) restarts += number(status, "/restartCount");
  }
  std::string failure, failure_text;
  if (failed > limit || (restarts > 0 && restarts >= limit)) {
    failure = "BackoffLimitExceeded";
    failure_text = "Job has reached the specified backoff limit";
  }
  const base::TimePoint started = time_of(text(job, "/status/startTime"));
  const std::int64_t deadline = number(job, "/spec/activeDeadlineSeconds");
  if (deadline > 0 && has(job, "/status/startTime") &&
      started + std::chrono::seconds(deadline) <= context.clock.now()) {
    failure = "DeadlineExceeded";
    failure_text = "Job was active longer than specified deadline";
  }
  const bool complete = failure.empty() && (counted ? succeeded >= completions : succeeded > 0 && count.active == 0);
  if (!failure.empty() || suspended) {
    const bool dropped = co_await drop_active(context, job);
    if (!dropped) co_return Outcome{true, {}};
  } else if (!complete) {
    // After a failure the next pod waits: 10 s, doubled each time.
    base::Duration wait{0};
    if (failed > 0 && count.active == 0) {
      base::TimePoint last{};
      for (const Object& pod : owned(context.cluster, resources::pods, job)) {
        for (const Json& status : at(*pod, "/status/containerStatuses"))
          last = std::max(last, time_of(text(status, "/state/terminated/finishedAt")));
      }
      const base::Duration pause = std::min<base::Duration>(10s * (1LL << std::min<std::int64_t>(failed - 1, 6)), 600s);
      wait = last + pause - context.clock.now();
    }
    if (wait > 0s) co_return again_in(wait);
    const std::int64_t wanted =
        std::min(parallelism, counted ? completions - succeeded : (succeeded > 0 ? count.active : parallelism));
    std::int64_t index = -1;
    for (std::int64_t i = count.active; i < wanted; ++i) {
      if (indexed) {
        do ++index;
        while (count.done_indexes.contains(index) || count.live_indexes.contains(index));
        if (index >= completions) break;
      }
      const bool added = co_await add_pod(context, job, index);
      if (!added) co_return Outcome{true, {}};
    }
    count = count_pods(context.cluster, job);
  }
  const std::string now = context.now();
  const bool modern = context.config.minor >= 31;
  const std::int64_t active = !failure.empty() || suspended ? 0 : count.active;
  const std::int64_t ready = count.ready, terminating = count.terminating;
  const std::function<bool(Json&)> change = [=](Json& object) {
    Json status = at(object, "/status").is_object() ? object["status"] : Json::object();
    if (!suspended && text(status, "/startTime").empty()) status["startTime"] = now;
    const auto put = [&](const char* field, std::int64_t value) {
      if (value > 0) status[field] = value;
      else status.erase(field);
    };
    put("active", active);
    put("succeeded", succeeded);
    put("failed", failed);
    status["ready"] = active > 0 ? ready : 0;
    status["terminating"] = terminating;
    if (!status.contains("uncountedTerminatedPods")) status["uncountedTerminatedPods"] = Json::object();
    if (complete) {
      const std::string why = "CompletionsReached", message = "Reached expected number of succeeded pods";
      if (modern) set_condition(status, "SuccessCriteriaMet", true, why, message, now);
      set_condition(status, "Complete", true, modern ? why : "", modern ? message : "", now);
      status["completionTime"] = now;
    }
    if (!failure.empty()) {
      if (modern) set_condition(status, "FailureTarget", true, failure, failure_text, now);
      set_condition(status, "Failed", true, failure, failure_text, now);
    }
    if (suspended || !at(status, "/conditions").empty()) {
      if (suspended) set_condition(status, "Suspended", true, "JobSuspended", "Job suspended", now);
    }
    for (Json& one : status["conditions"]) one["lastProbeTime"] = one["lastTransitionTime"];
    if (status["conditions"].is_null()) status.erase("conditions");
    if (status == at(object, "/status")) return false;
    object["status"] = status;
    return true;
  };
  const auto written = co_await context.cluster.modify(resources::jobs, ns, name, "status", change);
  if (!written) co_return failed_with(written.error());
  if (complete) context.events.normal(kJobSource, job, "Completed", "Job completed");
  if (!failure.empty()) context.events.warning(kJobSource, job, failure, failure_text);
  if (deadline > 0 && failure.empty() && !complete)
    co_return again_in(std::max<base::Duration>(started + std::chrono::seconds(deadline) - context.clock.now(), 1s));
  co_return complete || !failure.empty() ? again_in(0s) : done();
}

asio::awaitable<bool> start_job(Context& context, Json cron, base::TimePoint when) {
  const std::int64_t minutes = std::chrono::duration_cast<std::chrono::minutes>(when.time_since_epoch()).count();
  const std::string name = name_of(cron) + "-" + std::to_string(minutes);
  Json job{
      {"metadata",
       {{"name", name}, {"namespace", namespace_of(cron)}, {"ownerReferences", Json::array({owner_reference(cron)})}}},
      {"spec", at(cron, "/spec/jobTemplate/spec")}};
  for (const char* kept : {"labels", "annotations"}) {
    const Json& value = at(cron, std::string("/spec/jobTemplate/metadata/") + kept);
    if (!value.is_null()) job["metadata"][kept] = value;
  }
  job["metadata"]["annotations"]["batch.kubernetes.io/cronjob-scheduled-timestamp"] = base::to_rfc3339(when);
  const auto made = co_await context.cluster.create(resources::jobs, std::move(job));
  if (!made && !made.error().already_exists()) {
    context.events.warning(kCronSource, cron, "FailedCreate", "Error creating job: " + made.error().message);
    co_return false;
  }
  if (made) context.events.normal(kCronSource, cron, "SuccessfulCreate", "Created job " + name);
  co_return true;
}

asio::awaitable<Outcome> keep_cron_job(Context& context, std::string key) {
  const auto [ns, name] = split_key(key);
  const Object found = context.cluster.find(resources::cron_jobs, ns, name);
  if (!found || deleting(*found)) co_return done();
  const Json cron = *found;
  const auto schedule = parse_cron(text(cron, "/spec/schedule"));
  if (!schedule) {
    context.events.warning(
        kCronSource, cron, "UnparseableSchedule",
        "unparseable schedule: \"" + text(cron, "/spec/schedule") + "\" : " + schedule.error().message);
    co_return done();
  }
  std::vector<Object> jobs = owned(context.cluster, resources::jobs, cron);
  std::stable_sort(jobs.begin(), jobs.end(), [](const Object& a, const Object& b) {
    return text(*a, "/metadata/creationTimestamp") < text(*b, "/metadata/creationTimestamp");
  });
  Json active = Json::array();
  std::vector<Object> good, bad;
  std::string last_success;
  for (const Object& job : jobs) {
    if (!job_over(*job)) {
      active.push_back({{"kind", "Job"},
                        {"apiVersion", "batch/v1"},
                        {"name", name_of(*job)},
                        {"namespace", ns},
                        {"uid", uid_of(*job)},
                        {"resourceVersion", text(*job, "/metadata/resourceVersion")}});
    } else if (text(condition(*job, "Complete"), "/status") == "True") {
      good.push_back(job);
      last_success = std::max(last_success, text(*job, "/status/completionTime"));
    } else {
      bad.push_back(job);
    }
  }
  for (const auto& [list, keep] : {std::make_pair(&good, number(cron, "/spec/successfulJobsHistoryLimit", 3)),
                                   std::make_pair(&bad, number(cron, "/spec/failedJobsHistoryLimit", 1))}) {
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(list->size()) - keep; ++i) {
      const Json old = *(*list)[static_cast<std::size_t>(i)];
      const Json options{{"propagationPolicy", "Background"}};
      (void)co_await context.cluster.remove(resources::jobs, old, options);
    }
  }
  const base::TimePoint now = context.clock.now();
  const std::string last_text = text(cron, "/status/lastScheduleTime");
  const base::TimePoint since =
      last_text.empty() ? time_of(text(cron, "/metadata/creationTimestamp")) : time_of(last_text);
  base::TimePoint due{};
  for (base::TimePoint next = next_run(*schedule, since); next != base::TimePoint{} && next <= now;
       next = next_run(*schedule, next))
    due = next;
  std::string scheduled;
  const bool suspended = at(cron, "/spec").value("suspend", false);
  if (due != base::TimePoint{} && !suspended) {
    const std::string policy = text(cron, "/spec/concurrencyPolicy");
    const std::int64_t late = number(cron, "/spec/startingDeadlineSeconds", -1);
    const bool missed = late >= 0 && due + std::chrono::seconds(late) < now;
    const bool held = policy == "Forbid" && !active.empty();
    if (held)
      context.events.normal(kCronSource, cron, "JobAlreadyActive",
                            "Not starting job because prior execution is running and concurrency policy is Forbid");
    if (missed)
      context.events.warning(kCronSource, cron, "MissSchedule",
                             "Missed scheduled time to start a job: " + base::to_rfc3339(due));
    if (!held && !missed) {
      if (policy == "Replace") {
        for (const Object& job : jobs) {
          if (job_over(*job)) continue;
          const Json running = *job;
          const Json options{{"propagationPolicy", "Background"}};
          (void)co_await context.cluster.remove(resources::jobs, running, options);
        }
      }
      const bool started = co_await start_job(context, cron, due);
      if (!started) co_return Outcome{true, {}};
      scheduled = base::to_rfc3339(due);
    }
  }
  const std::function<bool(Json&)> change2 = [=](Json& object) {
    Json status = at(object, "/status").is_object() ? object["status"] : Json::object();
    if (active.empty()) status.erase("active");
    else status["active"] = active;
    if (!scheduled.empty()) status["lastScheduleTime"] = scheduled;
    if (!last_success.empty()) status["lastSuccessfulTime"] = last_success;
    if (status == at(object, "/status")) return false;
    object["status"] = status;
    return true;
  };
  const auto written = co_await context.cluster.modify(resources::cron_jobs, ns, name, "status", change2);
  if (!written) co_return failed_with(written.error());
  const base::TimePoint next = next_run(*schedule, now);
  co_return next == base::TimePoint{} ? done() : again_in(next - now);
}

Keys job_of_pod(Context&, const Object& old, const Object& now) { return owner_key(old, now, "Job"); }
Keys cron_of_job(Context&, const Object& old, const Object& now) { return owner_key(old, now, "CronJob"); }

}  // namespace

std::vector<Controller> job_rows() {
  return {
      {.name = "job", .triggers = {{resources::jobs, own_key}, {resources::pods, job_of_pod}}, .reconcile = keep_job},
      {.name = "cronjob",
       .triggers = {{resources::cron_jobs, own_key}, {resources::jobs, cron_of_job}},
       .reconcile = keep_cron_job},
  };
}

}  // namespace k8s_fake::control
