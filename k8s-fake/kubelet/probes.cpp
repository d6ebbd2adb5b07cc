/// Liveness, readiness and startup probes: exec, httpGet, tcpSocket. Wording: kubernetes specification 5.8.3.
#include "k8s-fake/controllers/resources.h"
#include "k8s-fake/kubelet/pod.h"
#include "k8s-fake/kubelet/web.h"
#include "provisioner/base/text.h"

namespace k8s_fake::control {

namespace asio = boost::asio;

namespace {

std::int64_t port_of(const Json& container, const Json& port) {
  if (port.is_number()) return port.get<std::int64_t>();
  if (!port.is_string()) return 0;
  for (const Json& one : at(container, "/ports")) {
    if (text(one, "/name") == port.get<std::string>()) return number(one, "/containerPort");
  }
  return static_cast<std::int64_t>(base::parse_unsigned(port.get<std::string>()).value_or(0));
}

}  // namespace

void Pod::begin_probes(Container& container) {
  for (const char* kind : {"startup", "liveness", "readiness"}) {
    if (has(container.spec, std::string("/") + kind + "Probe")) life.spawn(probe(container, kind, container.id));
  }
}

/// "" on success, else what failed.
asio::awaitable<std::string> Pod::probe_once(Container& container, Json spec) {
  const base::Duration timeout = std::chrono::seconds(std::max<std::int64_t>(1, number(spec, "/timeoutSeconds", 1)));
  if (has(spec, "/exec")) {
    std::vector<std::string> argv;
    for (const Json& word : at(spec, "/exec/command")) argv.push_back(word.get<std::string>());
    const ImageCatalogue::Start start = world.images.exec_program(text(container.spec, "/image"), argv);
    if (!start.program) co_return "exec: \"" + (argv.empty() ? "" : argv[0]) + "\": executable file not found in $PATH";
    ProcessSpec process = process_spec(container);
    process.argv = start.argv;
    const std::shared_ptr<Process> running = world.processes.start(std::move(process), start.program, nullptr);
    running->in->close();
    const base::TimerId timer = world.clock.after(timeout, [running] { running->signal(SIGKILL); });
    std::string output;
    for (const auto& pipe : {running->out, running->err}) {
      while (const base::Chunk chunk = co_await pipe->read()) output += *chunk;
    }
    world.clock.cancel(timer);
    if (running->exit_code().value_or(1) == 0) co_return "";
    co_return output.empty() ? "command exited with " + std::to_string(running->exit_code().value_or(1)) : output;
  }
  if (has(spec, "/httpGet")) {
    const Json http = at(spec, "/httpGet");
    const std::int64_t port = port_of(container.spec, at(http, "/port"));
    base::http::Request request;
    request.target = text(http, "/path").empty() ? "/" : text(http, "/path");
    request.headers.set("User-Agent", "kube-probe/1." + std::to_string(world.config.minor));
    for (const Json& header : at(http, "/httpHeaders"))
      request.headers.set(text(header, "/name"), text(header, "/value"));
    const bool tls = text(http, "/scheme") == "HTTPS";
    const std::string where =
        std::string(tls ? "https://" : "http://") + address + ":" + std::to_string(port) + request.target;
    int status = 0;
    if (serves(container, port)) {
      status = serve_file(container, request).status;
    } else {
      base::http::Endpoint to;
      to.tls = tls;
      to.insecure = true;
      to.host = text(http, "/host").empty() ? address : text(http, "/host");
      to.port = static_cast<std::uint16_t>(port);
      base::http::CallOptions options;
      options.timeout = timeout;
      const auto answer = co_await world.transport.send(to, std::move(request), options);
      if (!answer && answer.error().kind == base::ErrorKind::unavailable) {
        co_return "Get \"" + where + "\": dial tcp " + address + ":" + std::to_string(port) +
            ": connect: connection refused";
      }
      if (!answer)
        co_return "Get \"" + where + "\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
      status = answer->status;
    }
    co_return status >= 200 && status < 400 ? "" : "HTTP probe failed with statuscode: " + std::to_string(status);
  }
  if (has(spec, "/tcpSocket") || has(spec, "/grpc")) {
    const bool grpc = has(spec, "/grpc");
    const std::int64_t port = port_of(container.spec, at(spec, grpc ? "/grpc/port" : "/tcpSocket/port"));
    const std::string where = address + ":" + std::to_string(port);
    // The lab's own web server speaks HTTP/1.1 only, and no image of the lab serves gRPC.
    if (serves(container, port))
      co_return grpc ? "error: this should implement grpc.health.v1.Health/Check: rpc error: code = Unavailable desc = "
                       "error reading server preface: http2: frame too large"
                     : "";
    base::http::Endpoint to;
    to.tls = false;
    to.host = address;
    to.port = static_cast<std::uint16_t>(port);
    base::http::CallOptions options;
    options.timeout = timeout;
    const base::http::Request request;
    const auto answer = co_await world.transport.send(to, request, options);
    if (!answer && answer.error().kind == base::ErrorKind::unavailable) {
      if (grpc)
        co_return "timeout: failed to connect service \"" + where + "\" within " +
            base::to_go_duration(std::chrono::duration_cast<std::chrono::seconds>(timeout)) +
            ": context deadline exceeded";
      co_return "dial tcp " + where + ": connect: connection refused";
    }
    if (grpc)
      co_return "error: health rpc probe failed: rpc error: code = Unavailable desc = error reading server preface: "
                "http2: frame too large";
    co_return "";
  }
  co_return "missing probe handler for " + name_of(*object) + ":" + container.name;
}

asio::awaitable<void> Pod::probe(Container& container, std::string kind, std::string run_id) {
  const std::shared_ptr<Pod> self = shared_from_this();
  const Json spec = at(container.spec, "/" + kind + "Probe");
  const base::Duration period = std::chrono::seconds(std::max<std::int64_t>(1, number(spec, "/periodSeconds", 10)));
  co_await base::sleep_for(world.clock, std::chrono::seconds(number(spec, "/initialDelaySeconds")));
  const std::string title = kind == "startup" ? "Startup" : kind == "liveness" ? "Liveness" : "Readiness";
  std::int64_t good = 0;
  std::int64_t bad = 0;
  for (;;) {
    const bool gone = container.id != run_id || container.state != Container::State::running;
    if (gone) co_return;
    const bool waits_for_startup = kind != "startup" && !container.started;
    if (waits_for_startup) {
      co_await base::sleep_for(world.clock, std::chrono::milliseconds(500));
      continue;
    }
    const std::string problem = co_await probe_once(container, spec);
    if (container.id != run_id || container.state != Container::State::running) co_return;
    good = problem.empty() ? good + 1 : 0;
    bad = problem.empty() ? 0 : bad + 1;
    if (!problem.empty())
      world.events.warning(source(), *object, "Unhealthy", title + " probe failed: " + problem, field_path(container));
    const bool failed = bad >= number(spec, "/failureThreshold", 3);
    const bool passed = good >= number(spec, "/successThreshold", 1);
    if (kind == "readiness" && (passed || failed) && container.ready != passed) {
      container.ready = passed;
      changed();
    } else if (kind == "startup" && passed) {
      container.started = true;
      container.ready = !has(container.spec, "/readinessProbe");
      changed();
      co_return;
    } else if (kind != "readiness" && failed) {
      world.events.normal(source(), *object, "Killing",
                          "Container " + container.name + " failed " + kind + " probe, will be restarted",
                          field_path(container));
      container.liveness_failed = true;
      const std::int64_t seconds =
          number(spec, "/terminationGracePeriodSeconds", number(*object, "/spec/terminationGracePeriodSeconds", 30));
      co_await end_container(container, std::chrono::seconds(seconds));
      co_return;
    }
    co_await base::sleep_for(world.clock, period);
  }
}

}  // namespace k8s_fake::control
