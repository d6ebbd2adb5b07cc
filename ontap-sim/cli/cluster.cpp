// cluster, system node, storage failover, job, event, version.
#include "ontap-sim/cli/families.h"
#include "ontap-sim/model/job_ops.h"

namespace ontap_sim::cli {
namespace {

std::vector<Record> list_nodes(Call& call) {
  std::vector<Record> records;
  if (!call.user.svm.empty()) return records;
  for (const auto& [name, node] : call.cluster.nodes) {
    const std::int64_t up = std::chrono::duration_cast<std::chrono::seconds>(call.cluster.now() - node.booted).count();
    records.push_back({{"node", name},
                       {"health", node.healthy},
                       {"eligibility", node.eligible},
                       {"epsilon", node.epsilon},
                       {"model", node.model},
                       {"serialnumber", node.serial},
                       {"systemid", node.system_id},
                       {"owner", node.owner},
                       {"location", node.location},
                       {"uptime", std::to_string(up / 86400) + " days " + std::to_string(up / 3600 % 24) + ":" +
                                      std::to_string(up / 60 % 60 / 10) + std::to_string(up / 60 % 10)},
                       {"partner-name", node.partner},
                       {"possible", !node.partner.empty()},
                       {"state-description", node.partner.empty() ? std::string("-") : "Connected to " + node.partner},
                       {"uuid", node.uuid.text()}});
  }
  return records;
}
const std::vector<Field> kNodeFields{{"node", "Node", true},
                                     {"health", "Health"},
                                     {"eligibility", "Eligibility"},
                                     {"epsilon", "Epsilon"},
                                     {"owner", "Owner"},
                                     {"location", "Location"},
                                     {"model", "Model"},
                                     {"serialnumber", "Serial Number"},
                                     {"systemid", "System ID"},
                                     {"uptime", "Uptime"},
                                     {"partner-name", "Partner"},
                                     {"possible", "Takeover Possible"},
                                     {"state-description", "State Description"},
                                     {"uuid", "Node UUID"}};
const View kCluster{
    .layouts = {{.flag = "",
                 .header = "Node                  Health  Eligibility\n--------------------- ------- ------------",
                 .columns = {"node", "health", "eligibility"},
                 .align = "lll"}},
    .fields = kNodeFields,
    .list = list_nodes};
const View kNodes{
    .layouts = {{.flag = "",
                 .header = "Node      Health Eligibility Uptime        Model       Owner    Location\n"
                           "--------- ------ ----------- ------------- ----------- -------- ---------------",
                 .columns = {"node", "health", "eligibility", "uptime", "model", "owner", "location"},
                 .align = "lllrlll"}},
    .fields = kNodeFields,
    .list = list_nodes};
const View kFailover{
    .layouts = {{.flag = "",
                 .header = "                              Takeover\n"
                           "Node           Partner        Possible State Description\n"
                           "-------------- -------------- -------- -------------------------------------",
                 .columns = {"node", "partner-name", "possible", "state-description"},
                 .align = "llll"}},
    .fields = kNodeFields,
    .list = list_nodes};

Reply identity_show(Call& call) {
  const model::Cluster& cluster = call.cluster;
  const std::vector<Field> fields{{"uuid", "Cluster UUID"},
                                  {"name", "Cluster Name"},
                                  {"serial", "Cluster Serial Number"},
                                  {"location", "Cluster Location"},
                                  {"contact", "Cluster Contact"}};
  return ok(render_instances(fields, {{{"uuid", cluster.uuid.text()},
                                       {"name", cluster.name},
                                       {"serial", cluster.serial},
                                       {"location", cluster.location},
                                       {"contact", cluster.contact}}}));
}

std::vector<Record> list_jobs(Call& call) {
  std::vector<Record> records;
  for (const auto& [id, job] : call.cluster.jobs) {
    if (!may_see(call, job.svm)) continue;
    std::string state = job.state;
    if (!state.empty()) state[0] = static_cast<char>(state[0] - 'a' + 'A');
    records.push_back({{"id", Value::count(id)},
                       {"name", job.name},
                       {"vserver", job.svm.empty() ? call.cluster.name : job.svm},
                       {"node", job.node},
                       {"state", state},
                       {"description", job.description},
                       {"progress", job.progress},
                       {"completion", job.completion},
                       {"username", job.user},
                       {"type", job.type}});
  }
  return records;
}
const View kJobs{.layouts = {{.flag = "",
                              .header = "                            Owning\n"
                                        "Job ID Name                 Vserver    Node           State\n"
                                        "------ -------------------- ---------- -------------- ----------",
                              .columns = {"id", "name", "vserver", "node", "state"},
                              .align = "lllll"}},
                 .fields = {{"id", "Job ID", true},
                            {"vserver", "Owning Vserver"},
                            {"name", "Name"},
                            {"description", "Description"},
                            {"node", "Node"},
                            {"state", "State"},
                            {"progress", "Progress"},
                            {"completion", "Completion"},
                            {"username", "User Name"},
                            {"type", "Job Type"}},
                 .list = list_jobs};
Reply job_stop(Call& call) { return done(model::cancel_job(call.cluster, call.number("id").value_or(0))); }

std::vector<Record> list_events(Call& call) {
  std::vector<Record> records;
  if (!call.user.svm.empty()) return records;
  std::uint64_t sequence = 0;
  for (const model::EmsEvent& event : call.cluster.events) {
    std::string severity = event.severity;
    for (char& c : severity) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    records.insert(records.begin(), Record{{"seqnum", Value::count(++sequence)},
                                           {"time", base::to_rfc3339(event.time)},
                                           {"node", event.node},
                                           {"severity", severity},
                                           {"messagename", event.name},
                                           {"event", event.name + ": " + event.text}});
  }
  return records;
}
const View kEvents{
    .layouts = {{.flag = "",
                 .header = "Time                Node             Severity      Event\n"
                           "------------------- ---------------- ------------- ---------------------------",
                 .columns = {"time", "node", "severity", "event"},
                 .align = "llll"}},
    .fields = {{"seqnum", "Sequence#", true},
               {"node", "Node"},
               {"time", "Time"},
               {"severity", "Severity"},
               {"messagename", "Message Name"},
               {"event", "Event"}},
    .list = list_events};

Reply version(Call& call) { return ok(std::string(call.cluster.release().version) + "\n"); }

}  // namespace

std::vector<Command> cluster_commands() {
  const std::string_view source = "specification 10.4";
  return {
      {.path = "cluster show",
       .help = "Display cluster node members",
       .reach = Reach::cluster,
       .view = &kCluster,
       .source = source},
      {.path = "cluster identity show",
       .help = "Display the cluster's attributes including Name, Serial Number, Cluster UUID, Location and Contact",
       .reach = Reach::cluster,
       .run = identity_show,
       .source = source},
      {.path = "system node show",
       .help = "Display the list of nodes in the cluster",
       .reach = Reach::cluster,
       .view = &kNodes,
       .source = source},
      {.path = "storage failover show",
       .help = "Display storage failover status",
       .reach = Reach::cluster,
       .view = &kFailover,
       .source = source},
      {.path = "job show", .help = "Display a list of jobs", .view = &kJobs, .source = source},
      {.path = "job stop",
       .help = "Stop a job",
       .params = {{.name = "id", .label = "Job ID", .kind = Kind::number, .required = true, .positional = true}},
       .run = job_stop,
       .source = source},
      {.path = "event log show",
       .help = "Display latest log events",
       .reach = Reach::cluster,
       .view = &kEvents,
       .source = source},
      {.path = "version", .help = "Display the software version", .run = version, .source = source},
  };
}

}  // namespace ontap_sim::cli
