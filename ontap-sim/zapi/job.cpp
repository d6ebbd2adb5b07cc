// Jobs and schedules. Source: sections 3.8, 7.12 and 7.15.
#include "ontap-sim/model/job_ops.h"

#include "ontap-sim/zapi/families.h"

namespace ontap_sim::zapi {
namespace {

using model::Job;

const RecordShape kJobShape{"job-info", {"job-id", "job-vserver"}};

std::string job_owner(const Call& call, const Job& job) { return job.svm.empty() ? call.cluster.name : job.svm; }

void write_job(Out& out, const Call& call, const Job& job) {
  const bool ended = job.ended != model::TimePoint{};
  out.flag("is-restarted", false);
  out.text("job-affinity", "Cluster");
  out.text("job-category", job.type);
  out.text_if("job-completion", job.completion);
  out.text("job-description", job.description);
  out.integer("job-dropdead-time", 0);
  if (ended) out.time("job-end-time", job.ended);
  out.integer("job-id", static_cast<std::int64_t>(job.id));
  out.text("job-name", job.name);
  out.text("job-node", job.node);
  out.text("job-priority", "medium");
  out.text("job-process", "mgwd");
  out.text("job-progress", job.progress.empty() ? "In progress" : job.progress);
  out.time("job-queue-time", job.queued);
  out.text("job-schedule", "@now");
  out.time("job-start-time", job.started);
  out.text("job-state", job.state);
  out.integer("job-status-code", job.status_code);
  out.text("job-type", job.type);
  out.text("job-username", job.user);
  out.text("job-uuid", job.uuid.text());
  out.text("job-vserver", job_owner(call, job));
}

bool job_visible(const Call& call, const Job& job) {
  return call.scope_svm == nullptr || job.svm == call.scope_svm->name;
}

Status job_get_iter(Call& call) {
  auto page = Iteration::open(call, kJobShape);
  if (!page) return page.error();
  const auto wanted = base::parse_unsigned((*page)->query_text("job-id"));
  const auto row = [&](const Job& job) {
    return !job_visible(call, job) ||
           (*page)->row({std::to_string(job.id), job_owner(call, job)}, [&](Out& out) { write_job(out, call, job); });
  };
  if (wanted) {  // the usual question: one job
    if (const auto at = call.cluster.jobs.find(*wanted); at != call.cluster.jobs.end()) row(at->second);
  } else {
    for (const auto& [id, job] : call.cluster.jobs) {
      if (!row(job)) break;
    }
  }
  return (*page)->finish();
}

Status job_get(Call& call) {
  const auto at = call.cluster.jobs.find(static_cast<std::uint64_t>(call.integer("job-id").value_or(0)));
  if (at == call.cluster.jobs.end() || !job_visible(call, at->second)) return model::missing_entry();
  auto record = Iteration::single(call, kJobShape);
  record->row({std::to_string(at->first), job_owner(call, at->second)},
              [&](Out& out) { write_job(out, call, at->second); });
  return record->finish_single();
}

Status job_schedule_get_iter(Call& call) {
  static const RecordShape shape{"job-schedule-info", {"job-schedule-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.schedules, 0, true, [&](const std::string& name, const model::Schedule& schedule, bool) {
    return (*page)->row({name}, [&](Out& out) {
      if (call.cluster.ontapi_minor >= 30) out.text("job-schedule-cluster", call.cluster.name);
      out.text("job-schedule-description", schedule.description);
      out.text("job-schedule-name", name);
      out.text("job-schedule-type", schedule.type);
    });
  });
  return (*page)->finish();
}

constexpr std::pair<const char*, const char*> kCronLists[] = {{"job-schedule-cron-minute", "cron-minute"},
                                                              {"job-schedule-cron-hour", "cron-hour"},
                                                              {"job-schedule-cron-day", "cron-day-of-month"},
                                                              {"job-schedule-cron-day-of-week", "cron-day-of-week"},
                                                              {"job-schedule-cron-month", "cron-month"}};

Status set_cron(Call& call, bool create) {
  const std::string name = call.text("job-schedule-name");
  if (call.cluster.schedules.contains(name) == create)
    return create ? model::duplicate_entry() : model::missing_entry();
  model::Record& record = call.cluster.records["cron"][name];
  std::string description = "@";
  for (const auto& [list, child] : kCronLists) {
    if (auto values = call.list(list, child)) record.lists[list] = std::move(*values);
    if (record.lists[list].empty()) continue;
    description += (description == "@" ? "" : " ") + base::join(record.lists[list], ",");
  }
  call.cluster.schedules[name] = {name, "cron", description};
  call.cluster.touch();
  return {};
}

Status job_schedule_cron_create(Call& call) { return set_cron(call, true); }
Status job_schedule_cron_modify(Call& call) { return set_cron(call, false); }

Status job_schedule_cron_destroy(Call& call) {
  const std::string name = call.text("job-schedule-name");
  for (const auto& [svm_name, svm] : call.cluster.svms) {
    for (const auto& [policy_name, policy] : svm.snapshot_policies) {
      for (const auto& schedule : policy.schedules) {
        if (schedule.schedule == name)
          return model::refused("Schedule \"" + name + "\" is in use by snapshot policy \"" + policy_name + "\".");
      }
    }
  }
  if (call.cluster.schedules.erase(name) == 0) return model::missing_entry();
  call.cluster.records["cron"].erase(name);
  call.cluster.touch();
  return {};
}

Status job_schedule_cron_get_iter(Call& call) {
  static const RecordShape shape{"job-schedule-cron-info", {"job-schedule-name"}};
  auto page = Iteration::open(call, shape);
  if (!page) return page.error();
  (*page)->each(call.cluster.schedules, 0, true, [&](const std::string& name, const model::Schedule& schedule, bool) {
    return (*page)->row({name}, [&](Out& out) {
      const auto table = call.cluster.records.find("cron");
      const auto record = table == call.cluster.records.end() ? model::Record{}
                          : table->second.contains(name)      ? table->second.at(name)
                                                              : model::Record{};
      for (const auto& [list, child] : kCronLists) {
        const auto values = record.lists.find(list);
        if (values != record.lists.end()) out.list(list, child, values->second);
      }
      out.text("job-schedule-cluster", call.cluster.name);
      out.text("job-schedule-description", schedule.description);
      out.text("job-schedule-name", name);
    });
  });
  return (*page)->finish();
}

}  // namespace

std::vector<ApiEntry> job_apis() {
  constexpr std::string_view cron =
      "job-schedule-cluster job-schedule-cron-day:r job-schedule-cron-day-of-week:r job-schedule-cron-hour:r "
      "job-schedule-cron-minute:r "
      "job-schedule-cron-month:r job-schedule-name* return-record:b";
  return {
      {.name = "job-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = job_get_iter,
       .source = "Trident polls by job-id"},
      {.name = "job-get",
       .scope = Scope::any,
       .input = "desired-attributes:r job-id*:i vserver",
       .run = job_get,
       .source = "15661 when gone: Ansible"},
      {.name = "job-schedule-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = job_schedule_get_iter,
       .source = "Trident"},
      {.name = "job-schedule-cron-create",
       .scope = Scope::cluster,
       .input = cron,
       .run = job_schedule_cron_create,
       .source = "Ansible's na_ontap_job_schedule"},
      {.name = "job-schedule-cron-modify",
       .scope = Scope::cluster,
       .input = cron,
       .run = job_schedule_cron_modify,
       .source = "Ansible"},
      {.name = "job-schedule-cron-destroy",
       .scope = Scope::cluster,
       .input = "job-schedule-cluster job-schedule-name*",
       .run = job_schedule_cron_destroy,
       .source = "Ansible"},
      {.name = "job-schedule-cron-get-iter",
       .scope = Scope::any,
       .input = kIter,
       .run = job_schedule_cron_get_iter,
       .source = "Ansible"},
  };
}

}  // namespace ontap_sim::zapi
