#include "ontap-sim/sim.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "ontap-sim/model/access_ops.h"
#include "ontap-sim/model/network_ops.h"
#include "ontap-sim/spoil.h"
#include "ontap-sim/zapi/dispatch.h"
#include "provisioner/base/text.h"

namespace ontap_sim {
namespace {

using base::http::Request;
using base::http::Response;
using nlohmann::json;

Response json_response(int status, const json& body) {
  Response response;
  response.status = status;
  response.headers.set("Content-Type", "application/json");
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
  return response;
}
Response json_error(int status, const std::string& message) { return json_response(status, {{"error", message}}); }

// Bodies nest this deep at most before the recursive parser sees them (lab specification, decision 15).
constexpr int kJsonDepthMax = 512;

std::optional<json> parse_json(const std::string& body) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (quoted && body[i] == '\\') ++i;
    else if (body[i] == '"') quoted = !quoted;
    else if (!quoted && (body[i] == '{' || body[i] == '[') && ++depth > kJsonDepthMax) return std::nullopt;
    else if (!quoted && (body[i] == '}' || body[i] == ']')) --depth;
  }
  json parsed = json::parse(body, nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  return parsed;
}

}  // namespace

Sim::Sim(base::Clock& clock, std::uint64_t seed, base::Logger logger)
    : clock_(std::make_unique<SkewedClock>(clock)),
      cluster_(std::make_unique<model::Cluster>(*clock_, seed)),
      rng_(seed ^ 0x5eedU),
      logger_(std::move(logger)) {
  server_ = std::make_unique<zapi::Server>(*cluster_, logger_);
  server_->shell = [this](const std::string& line, const std::string& privilege, const std::string& user) {
    cli::Settings settings;
    settings.confirmations = false;
    settings.privilege = privilege == "admin" || privilege.empty() ? cli::Privilege::admin
                         : privilege == "advanced"                 ? cli::Privilege::advanced
                                                                   : cli::Privilege::diagnostic;
    const cli::Outcome outcome =
        cli::run_line(*cluster_, {.name = user, .role = "admin", .svm = {}}, line, {}, settings);
    return std::pair(outcome.output, !outcome.failed);
  };
  faults_ = std::make_unique<Faults>(*clock_, seed, *cluster_, *server_, logger_);
  spoiled_ = faults_->wrap([this](const Request& request) {
    Response response = server_->handle(request);
    add_latency(response);
    return response;
  });
}

Sim::~Sim() = default;

base::Result<std::unique_ptr<Sim>> Sim::open(base::Clock& clock, const Config& config, std::uint64_t seed,
                                             base::Logger logger, const std::string& state_dir) {
  std::unique_ptr<Sim> sim(new Sim(clock, seed, std::move(logger)));
  sim->latency_ = config.latency;
  if (config.latency.at_most > 0)
    sim->busy_until_.assign(static_cast<std::size_t>(config.latency.at_most), base::TimePoint{});
  if (!state_dir.empty()) {
    auto state = State::open(state_dir);
    if (!state) return state.error();
    sim->state_ = std::move(*state);
  }
  if (sim->state_ && !sim->state_->empty()) {
    if (auto loaded = sim->state_->load(*sim->cluster_); !loaded) return loaded.error();
    // Ids made after a restart must not repeat those made before it.
    const std::uint64_t starts = base::parse_unsigned(sim->state_->note("starts").value_or("0")).value_or(0) + 1;
    sim->cluster_->rng = base::Rng(base::Rng(seed + starts).next());
    if (auto noted = sim->state_->set_note("starts", std::to_string(starts)); !noted) return noted.error();
  } else {
    if (auto made = populate(*sim->cluster_, config); !made) return made.error();
    for (const std::string& line : config.commands) {
      const cli::Outcome outcome = sim->command(line);
      if (outcome.failed) return base::Error{base::ErrorKind::invalid, "command \"" + line + "\": " + outcome.output};
    }
    if (sim->state_) {
      if (auto saved = sim->state_->save_all(*sim->cluster_); !saved) return saved.error();
    }
    sim->cluster_->changes.clear();
  }
  for (const std::string& text : config.faults) {
    const auto fault = parse_json(text);
    if (!fault) return base::Error{base::ErrorKind::invalid, "fault: not readable: " + text};
    if (auto added = sim->faults_->add(*fault); !added) return added.error();
  }
  return sim;
}

Response Sim::handle(const Request& request) {
  const auto arrival = zapi::arrival_of(*cluster_, request);
  if (!arrival) {
    Response refused;
    refused.status = 503;
    refused.delivery.fate = base::http::Delivery::Fate::drop_reply;  // nobody listens for management there
    return refused;
  }
  constexpr std::string_view kControl = "/drydock/v1/";
  if (request.path().starts_with(kControl) && arrival->svm.empty()) {
    Response response = control(request, request.path().substr(kControl.size()));
    after_change();
    return response;
  }
  Response response = zapi(request);
  after_change();
  return response;
}

Response Sim::zapi(const Request& request) {
  if (const auto page = after_empty_page(request)) return zapi(*page);
  return spoiled_(request);
}

// Calls that may not run yet wait for the first of the `at_most` places that becomes free.
void Sim::add_latency(Response& response) {
  base::Duration took = latency_.fixed;
  if (latency_.deviation.count() > 0)
    took += base::Duration(
        static_cast<std::int64_t>(rng_.below(static_cast<std::uint64_t>(latency_.deviation.count()) + 1)));
  if (latency_.tail_probability > 0 && rng_.unit() < latency_.tail_probability) took += latency_.tail;
  if (latency_.per_object.count() > 0) took += latency_.per_object * records_in(response.body);
  const base::TimePoint now = clock_->now();
  base::TimePoint start = now;
  if (!busy_until_.empty()) {
    const auto place = std::ranges::min_element(busy_until_);
    start = std::max(now, *place);
    *place = start + took;
  }
  response.delivery.delay += (start - now) + took;
}

void Sim::after_change() {
  if (cluster_->changes.empty()) return;
  if (state_) {
    if (auto saved = state_->save(*cluster_); !saved)
      logger_.error("The state could not be written.", {{"error", saved.error().message}});
  }
  cluster_->changes.clear();
  if (hook_) hook_();
}

cli::Outcome Sim::command(std::string_view line, const std::vector<std::string>& answers) {
  cli::Outcome outcome = cli::run_line(*cluster_, cli::User{}, line, answers);
  after_change();
  return outcome;
}

std::optional<cli::User> Sim::login(const std::string& local_address, const std::string& user,
                                    const std::string& password) const {
  Request request;
  request.peer.local_address = local_address;
  const auto arrival = zapi::arrival_of(*cluster_, request);
  if (!arrival) return std::nullopt;
  if (!arrival->svm.empty()) {
    if (const auto role = model::check_login(*cluster_, arrival->svm, user, password, "ssh"))
      return cli::User{user, *role, arrival->svm};
    if (cluster_->settings.strict_lif_auth) return std::nullopt;
  }
  if (const auto role = model::check_login(*cluster_, cluster_->name, user, password, "ssh"))
    return cli::User{user, *role, {}};
  return std::nullopt;
}

std::optional<cli::User> Sim::login_key(const std::string& local_address, const std::string& user,
                                        const std::string& public_key) const {
  Request request;
  request.peer.local_address = local_address;
  const auto arrival = zapi::arrival_of(*cluster_, request);
  if (!arrival) return std::nullopt;
  const auto words = [](std::string_view key) {
    const auto parts = base::split(base::trim(key), ' ');
    return std::string(parts[0]) + " " + (parts.size() > 1 ? std::string(parts[1]) : std::string());
  };
  for (const std::string& svm : {arrival->svm, cluster_->name}) {
    const auto found = cluster_->users.find({svm, user});
    if (svm.empty() || found == cluster_->users.end()) continue;
    const bool known = std::ranges::any_of(found->second.public_keys,
                                           [&](const std::string& key) { return words(key) == words(public_key); });
    const auto role = known ? model::role_of(*cluster_, svm, user, "ssh") : std::nullopt;
    if (role) return cli::User{user, *role, svm == cluster_->name ? std::string() : svm};
  }
  return std::nullopt;
}

Response Sim::control(const Request& request, std::string_view what) {
  const auto credentials = basic_credentials(request);
  const auto role =
      credentials ? model::check_login(*cluster_, cluster_->name, credentials->user, credentials->password, "http")
                  : std::nullopt;
  if (!role) {
    Response denied = json_error(401, "an administrator of the cluster is required");
    denied.headers.set("WWW-Authenticate", "Basic realm=\"Administration\"");
    return denied;
  }
  if (*role != "admin") return json_error(403, "role \"" + *role + "\" may not control the lab");
  if (what == "commands")
    return request.method == "POST" ? control_commands(request.body, credentials->user)
                                    : json_error(405, "commands takes POST");
  if (what == "invariants")
    return request.method == "GET" ? json_response(200, {{"problems", model::check_invariants(*cluster_)}})
                                   : json_error(405, "invariants takes GET");
  if (what == "clock") return control_clock(request.method, request.body);
  if (what == "clients")
    return request.method == "POST" ? control_clients(request.body) : json_error(405, "clients takes POST");
  if (what == "faults" || what.starts_with("faults/")) {
    if (request.method == "GET") return json_response(200, faults_->list());
    if (request.method == "POST") {
      const auto fault = parse_json(request.body);
      if (!fault) return json_error(400, "body is not JSON");
      if (auto added = faults_->add(*fault); !added) return json_error(400, added.error().message);
      return json_response(201, faults_->list());
    }
    if (request.method == "DELETE") {
      const std::string name = what.size() > 7 ? base::http::percent_decode(what.substr(7)) : std::string();
      return faults_->remove(name) || name.empty() ? json_response(200, faults_->list())
                                                   : json_error(404, "there is no fault \"" + name + "\"");
    }
    return json_error(405, "faults takes GET, POST and DELETE");
  }
  return json_error(404, "there are commands, faults, invariants, clients and clock");
}

// {"commands": ["…"], "answers": ["…"]}: one session runs them in order; each question takes the next answer. A command
// whose question finds none is told with it, has done nothing, and is the last.
Response Sim::control_commands(const std::string& body, const std::string& user) {
  const auto asked = parse_json(body);
  const char* const form = "body must be {\"commands\": [\"…\"], \"answers\": [\"…\"]}";
  if (!asked || !asked->is_object()) return json_error(400, form);
  std::map<std::string, std::vector<std::string>> texts;
  for (const auto& [key, list] : asked->items()) {
    if ((key != "commands" && key != "answers") || !list.is_array()) return json_error(400, form);
    for (const json& one : list) {
      if (!one.is_string()) return json_error(400, form);
      texts[key].push_back(one.get<std::string>());
    }
  }
  cli::Session session(*cluster_, {.name = user, .role = "admin", .svm = {}});
  std::size_t next = 0;
  json results = json::array();
  for (const std::string& line : texts["commands"]) {
    cli::Session::Result result = session.line(line);
    while (session.asking() && next < texts["answers"].size()) {
      result.output += session.prompt() + "\n";
      const cli::Session::Result more = session.line(texts["answers"][next++]);
      result.output += more.output;
      result.failed = result.failed || more.failed;
    }
    json told{{"command", line}, {"output", result.output}, {"failed", result.failed || session.asking()}};
    if (session.asking()) told["question"] = session.prompt();
    if (session.asking()) told["secret"] = session.secret();
    results.push_back(std::move(told));
    if (session.asking() || session.ended()) break;
  }
  return json_response(200, {{"results", results}});
}

// {"svm": "…", "lock" or "cifs-session": "ID", "fields": {…}}: what a client of the data path holds. lock-get-iter and
// cifs-session-get-iter list it; `vserver locks break` and `vserver cifs session close` end it.
Response Sim::control_clients(const std::string& body) {
  const auto asked = parse_json(body);
  const char* const form = "body must be {\"svm\", \"lock\" or \"cifs-session\": ID, \"fields\": {NAME: TEXT}}";
  if (!asked || !asked->is_object() || !asked->value("svm", json()).is_string()) return json_error(400, form);
  model::Svm* svm = cluster_->find_svm((*asked)["svm"].get<std::string>());
  if (svm == nullptr) return json_error(404, "there is no SVM of that name");
  const char* const kind = asked->contains("lock") ? "lock" : "cifs-session";
  const json fields = asked->value("fields", json::object());
  if (!asked->value(kind, json()).is_string() || !fields.is_object()) return json_error(400, form);
  model::Record record;
  for (const auto& [name, value] : fields.items()) {
    if (!value.is_string()) return json_error(400, form);
    record.fields[name] = value.get<std::string>();
  }
  svm->records[kind][(*asked)[kind].get<std::string>()] = std::move(record);
  cluster_->touch(*svm);
  return json_response(201, *asked);
}

Response Sim::control_clock(const std::string& method, const std::string& body) {
  if (method == "POST") {
    const auto asked = parse_json(body);
    const json advance = asked && asked->is_object() ? asked->value("advance", json()) : json();
    if (!advance.is_number() || advance.get<double>() > 1e10 || advance.get<double>() < -1e10)
      return json_error(400, "body must be {\"advance\": SECONDS}");
    clock_->offset += base::Duration(static_cast<std::int64_t>(advance.get<double>() * 1e9));
    model::settle(*cluster_);
  } else if (method != "GET") {
    return json_error(405, "clock takes GET and POST");
  }
  return json_response(
      200, {{"now", base::to_rfc3339(clock_->now())}, {"offset_seconds", clock_->offset.count() / 1000000000}});
}

}  // namespace ontap_sim
