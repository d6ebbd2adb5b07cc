/// Log, exec, attach and port-forward: the part of the kubelet that answers the API server.
#include "k8s-fake/kubelet/kubelet.h"
#include "k8s-fake/kubelet/tcp_bridge.h"
#include "k8s-fake/kubelet/web.h"
#include "k8s-fake/streams/session.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;
using base::http::Request;
using base::http::Response;

namespace {

Response status(int code, const std::string& reason, const std::string& message, const Json& details = Json()) {
  Response response;
  response.status = code;
  response.headers.set("Content-Type", "application/json");
  Json body{{"kind", "Status"},    {"apiVersion", "v1"}, {"metadata", Json::object()},
            {"status", "Failure"}, {"message", message}, {"code", code}};
  if (!reason.empty()) body["reason"] = reason;
  if (!details.is_null()) body["details"] = details;
  response.body = body.dump() + "\n";
  return response;
}

Response bad_request(const std::string& message) { return status(400, "BadRequest", message); }

std::string names_of(const Json& list) {
  std::vector<std::string> names;
  for (const Json& one : list) names.push_back(text(one, "/name"));
  return "[" + base::join(names, " ") + "]";
}

std::string query_value(const Request& request, const std::string& name) {
  for (const auto& [key, value] : base::http::parse_query(request.query())) {
    if (key == name) return value;
  }
  return "";
}

bool query_flag(const Request& request, const std::string& name) {
  for (const auto& [key, value] : base::http::parse_query(request.query())) {
    if (key == name) return value != "0" && !base::equals_ignoring_case(value, "false");
  }
  return false;
}

/// Seconds since 1970 of "2017-11-28T07:46:32Z" (fractions and offsets are read too); nothing when malformed.
std::optional<base::TimePoint> parse_time(const std::string& text) {
  if (text.size() < 20) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t length) { return base::parse_unsigned(text.substr(at, length)); };
  const auto year = part(0, 4), month = part(5, 2), day = part(8, 2), hour = part(11, 2), minute = part(14, 2),
             second = part(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  base::TimePoint time = std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
                         std::chrono::seconds(*second);
  std::size_t at = 19;
  if (text[at] == '.') {
    std::int64_t scale = 100000000;
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
      time += std::chrono::nanoseconds((text[at] - '0') * scale);
  }
  if (at < text.size() && (text[at] == '+' || text[at] == '-') && text.size() >= at + 6) {
    const auto hours = part(at + 1, 2), minutes = part(at + 4, 2);
    if (!hours || !minutes) return std::nullopt;
    const base::Duration offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    time += text[at] == '+' ? -offset : offset;
  }
  return time;
}

Response invalid_option(const Json& pod, const std::string& field, const std::string& reason,
                        const std::string& message) {
  const std::string whole = field.empty() ? message : field + ": " + message;
  const Json cause{{"reason", reason}, {"message", message}, {"field", field}};
  return status(422, "Invalid",
                "PodLogOptions \"" + name_of(pod) + "\" is invalid: " + (field.empty() ? ": " + message : whole),
                {{"name", name_of(pod)}, {"kind", "PodLogOptions"}, {"causes", Json::array({cause})}});
}

}  // namespace

/// The container that a request means, or the refusal.
base::Result<Container*, Response> Kubelet::choose(const Json& pod, const std::string& name) {
  const Json& containers = at(pod, "/spec/containers");
  const Json& inits = at(pod, "/spec/initContainers");
  std::string wanted = name;
  if (wanted.empty()) {
    if (containers.size() > 1 || !inits.empty()) {
      std::string message =
          "a container name must be specified for pod " + name_of(pod) + ", choose one of: " + names_of(containers);
      if (!inits.empty()) message += " or one of the init containers: " + names_of(inits);
      return bad_request(message);
    }
    wanted = text(containers, "/0/name");
  }
  const auto known = pods_.find(uid_of(pod));
  Container* found = known == pods_.end() ? nullptr : known->second->find(wanted);
  if (found) return found;
  for (const Json* list : {&containers, &inits, &at(pod, "/spec/ephemeralContainers")}) {
    for (const Json& one : *list) {
      if (text(one, "/name") == wanted) return static_cast<Container*>(nullptr);
    }
  }
  return bad_request("container " + wanted + " is not valid for pod " + name_of(pod));
}

Response Kubelet::stream(const Request& request, const Json& pod, const std::string& subresource) {
  const std::string node = text(pod, "/spec/nodeName");
  if (subresource == "log") {
    if (node.empty()) {
      Response response;
      response.status = 204;
      return response;
    }
    if (!node_of(pod) || down_.contains(node)) {
      const std::string where = "https://" + node + ":10250/containerLogs/" + namespace_of(pod) + "/" + name_of(pod) +
                                "/" + query_value(request, "container");
      return status(500, "", "Get \"" + where + "\": dial tcp: lookup " + node + ": no such host");
    }
    return log(request, pod);
  }
  if (node.empty()) return bad_request("pod " + name_of(pod) + " does not have a host assigned");
  if (!node_of(pod) || down_.contains(node))
    return status(500, "", "error dialing backend: dial tcp: lookup " + node + ": no such host");
  if (subresource == "proxy") return proxy(request, pod);
  if (subresource == "portforward") return forward(request, pod);
  return exec(request, pod, subresource == "attach");
}

Response Kubelet::log(const Request& request, const Json& pod) {
  LogChoice choice;
  choice.timestamps = query_flag(request, "timestamps");
  const std::string tail = query_value(request, "tailLines");
  const std::string limit = query_value(request, "limitBytes");
  const std::string seconds = query_value(request, "sinceSeconds");
  const std::string since = query_value(request, "sinceTime");
  const auto tail_lines = base::parse_signed(tail);
  const auto limit_bytes = base::parse_signed(limit);
  const auto since_seconds = base::parse_signed(seconds);
  if (!tail.empty() && tail_lines.value_or(-1) < 0)
    return invalid_option(pod, "tailLines", "FieldValueInvalid",
                          "Invalid value: " + tail + ": must be greater than or equal to 0");
  if (!limit.empty() && limit_bytes.value_or(0) < 1)
    return invalid_option(pod, "limitBytes", "FieldValueInvalid",
                          "Invalid value: " + limit + ": must be greater than 0");
  if (!seconds.empty() && !since.empty())
    return invalid_option(pod, "", "FieldValueForbidden",
                          "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified");
  if (!seconds.empty() && since_seconds.value_or(0) < 1)
    return invalid_option(pod, "sinceSeconds", "FieldValueInvalid",
                          "Invalid value: " + seconds + ": must be greater than 0");
  if (!tail.empty()) choice.tail = *tail_lines;
  if (!limit.empty()) choice.limit_bytes = *limit_bytes;
  if (!seconds.empty()) choice.since = clock_.now() - std::chrono::seconds(*since_seconds);
  if (!since.empty()) {
    const auto time = parse_time(since);
    if (!time) return bad_request("unable to decode sinceTime: parsing time \"" + since + "\"");
    choice.since = *time;
  }
  const auto chosen = choose(pod, query_value(request, "container"));
  if (!chosen) return chosen.error();
  Container* container = *chosen;
  const std::string wanted = query_value(request, "container").empty() ? text(pod, "/spec/containers/0/name")
                                                                       : query_value(request, "container");
  if (query_flag(request, "previous")) {
    if (!container || !container->previous_log)
      return bad_request("previous terminated container \"" + wanted + "\" in pod \"" + name_of(pod) + "\" not found");
  } else if (!container || (container->state == Container::State::waiting && !container->log)) {
    std::string why = container ? container->reason : "ContainerCreating";
    if (why == "ErrImagePull" || why == "ImagePullBackOff")
      why = why == "ErrImagePull" ? "image can't be pulled" : "trying and failing to pull image";
    if (container || text(pod, "/status/phase") == "Pending")
      return bad_request("container \"" + wanted + "\" in pod \"" + name_of(pod) + "\" is waiting to start: " + why);
    Response lost;  // the lab was restarted since; the log did not survive
    lost.headers.set("Content-Type", "text/plain");
    return lost;
  }
  const std::shared_ptr<ContainerLog> source =
      query_flag(request, "previous") ? container->previous_log : container->log;
  Response response;
  response.headers.set("Content-Type", "text/plain");
  if (!source) return response;
  response.body = render(*source, choice);
  if (!query_flag(request, "follow") || source->closed()) return response;
  auto pipe = std::make_shared<base::Pipe>();
  const bool timestamps = choice.timestamps;
  source->follow([pipe, timestamps](const LogLine* line) {
    if (!line) {
      pipe->close();
      return false;
    }
    constexpr std::size_t kQueuedMax = 4U << 20;
    if (pipe->queued_bytes() > kQueuedMax) {
      pipe->fail();
      return false;
    }
    return pipe->write(render(*line, timestamps));
  });
  response.outgoing = pipe;
  return response;
}

namespace {

asio::awaitable<void> copy(std::shared_ptr<base::Pipe> from, std::shared_ptr<base::Pipe> to, bool close_after) {
  while (const base::Chunk chunk = co_await from->read()) {
    if (!to->write(chunk)) break;
    const bool open = co_await to->room(1U << 20);
    if (!open) break;
  }
  from->abandon();
  if (close_after) to->close();
}

/// Carries one output; the last of them sends the status, so that no output comes after it.
asio::awaitable<void> carry(std::shared_ptr<Process> process, std::shared_ptr<ExecSession> session, bool error,
                            std::shared_ptr<int> open) {
  co_await copy(error ? process->err : process->out, error ? session->error : session->output, false);
  if (--*open > 0) co_return;
  while (!process->exit_code()) co_await base::sleep_for(process->clock(), std::chrono::milliseconds(1));
  const ExitStatus exit{*process->exit_code(), ""};
  session->finish(exit);
}

}  // namespace

Response Kubelet::exec(const Request& request, const Json& pod, bool attach) {
  const auto chosen = choose(pod, query_value(request, "container"));
  if (!chosen) return chosen.error();
  Container* container = *chosen;
  const std::string wanted = query_value(request, "container").empty() ? text(pod, "/spec/containers/0/name")
                                                                       : query_value(request, "container");
  if (!request.headers.find("Upgrade")) return bad_request("Upgrade request required");
  if (!container || container->state != Container::State::running || !container->process) {
    return status(
        500, "InternalError",
        "Internal error occurred: unable to upgrade connection: container not found (\"" + wanted + "\")",
        {{"causes",
          Json::array({{{"message", "unable to upgrade connection: container not found (\"" + wanted + "\")"}}})}});
  }
  const std::shared_ptr<Pod> owner = pods_.find(uid_of(pod))->second;
  const ExecOptions options = exec_options(request);
  base::TaskGroup* tasks = &sessions_;
  if (attach) {
    return serve_exec(
        request, {sessions_, clock_}, [owner, container, tasks, options](std::shared_ptr<ExecSession> session) {
          if (!container->process) {
            session->finish({0, ""});
            return;
          }
          const std::shared_ptr<Process> process = container->process;
          if (!std::exchange(container->has_attached, true)) {  // what was said before anybody listened
            for (const LogLine& line : container->log->lines())
              (line.error ? session->error : session->output)->write(line.text);
          }
          const auto sinks = std::make_pair(session->output, session->tty ? session->output : session->error);
          container->attached.push_back(sinks);
          session->on_interrupt = [process] { process->signal(SIGINT); };
          session->on_resize = [process](TerminalSize size) {
            process->columns = size.width;
            process->rows = size.height;
            if (process->on_resize) process->on_resize();
          };
          const auto detach = [owner, container, sinks] { std::erase(container->attached, sinks); };
          session->on_gone = detach;
          const bool once = container->spec.value("stdinOnce", false);
          if (options.input) tasks->spawn(copy(session->input, process->in, once));
          container->log->follow([session, detach](const LogLine* line) {
            if (line) return true;
            detach();
            session->finish({0, ""});  // the client reads the exit code from the pod
            return false;
          });
        });
  }
  std::vector<std::string> argv;
  for (const auto& [key, value] : base::http::parse_query(request.query())) {
    if (key == "command") argv.push_back(value);
  }
  if (argv.empty()) return bad_request("you must specify at least one command for the container");
  Processes* processes = &processes_;
  const ImageCatalogue* images = &images_;
  return serve_exec(
      request, {sessions_, clock_},
      [owner, container, argv, tasks, processes, images](std::shared_ptr<ExecSession> session) {
        const ImageCatalogue::Start start = images->exec_program(text(container->spec, "/image"), argv);
        if (!start.program) {
          session->finish(
              {126, "failed to exec in container: failed to start exec \"" + sha256_hex(argv[0]) +
                        "\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"" +
                        argv[0] + "\": executable file not found in $PATH: unknown"});
          return;
        }
        ProcessSpec spec = owner->process_spec(*container);
        spec.argv = start.argv;
        spec.tty = session->tty;
        spec.stdin_open = true;
        const std::shared_ptr<Process> process = processes->start(std::move(spec), start.program, nullptr);
        session->on_interrupt = [process] { process->signal(SIGINT); };
        session->on_gone = [process] { process->signal(SIGKILL); };
        session->on_resize = [process](TerminalSize size) {
          process->columns = size.width;
          process->rows = size.height;
          if (process->on_resize) process->on_resize();
        };
        tasks->spawn(copy(session->input, process->in, true));
        const bool two = process->err != process->out;
        const auto open = std::make_shared<int>(two ? 2 : 1);
        tasks->spawn(carry(process, session, false, open));
        if (two) tasks->spawn(carry(process, session, true, open));
      });
}

Response Kubelet::forward(const Request& request, const Json& pod) {
  const auto known = pods_.find(uid_of(pod));
  if (!request.headers.find("Upgrade")) return bad_request("Upgrade request required");
  if (known == pods_.end() || text(pod, "/status/phase") != "Running") {
    return status(500, "InternalError",
                  "Internal error occurred: unable to forward port because pod is not running. Current status=" +
                      text(pod, "/status/phase"));
  }
  const std::shared_ptr<Pod> owner = known->second;
  base::TaskGroup* tasks = &sessions_;
  return serve_forward(request, {sessions_, clock_}, [owner, tasks](std::shared_ptr<ForwardConnection> connection) {
    for (Container* container : owner->all()) {
      if (!serves(*container, connection->port)) continue;
      tasks->spawn(serve_connection(owner, container, connection->from_client, connection->to_client));
      return;
    }
    const std::string refused = "error forwarding port " + std::to_string(connection->port) + " to pod " +
                                sha256_hex(uid_of(*owner->object)) +
                                ", uid : exit status 1: " + "dial tcp4 127.0.0.1:" + std::to_string(connection->port) +
                                ": connect: connection refused";
    bool own = false;
    for (Container* container : owner->all()) own = own || owner->world.images.own(text(container->spec, "/image"));
    if (!own) {
      connection->fail(refused);
      return;
    }
    tasks->spawn(bridge(owner->address, connection->port, connection, refused));
  });
}

}  // namespace k8s_fake::control
