#include "provisioner/server.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include "provisioner/api/metrics.h"
#include "provisioner/api/rest.h"
#include "provisioner/kube/frontend.h"
#include "provisioner/kube/lease.h"

namespace provisioner {

namespace asio = boost::asio;

namespace {

std::string frontend_metrics(const kube::Frontend& frontend) {
  struct Family {
    const char* name;
    const char* help;
    std::string lines;
  };
  std::array<Family, 5> families{
      {{"persistentvolumeclaim_provision_total", "Claims that got a volume", {}},
       {"persistentvolumeclaim_provision_failed_total", "Failed attempts to make a volume for a claim", {}},
       {"persistentvolumeclaim_provision_duration_seconds_sum", "Time from the first call to the PV", {}},
       {"persistentvolume_delete_total", "Volumes deleted after their release", {}},
       {"persistentvolume_delete_failed_total", "Failed attempts to delete a released volume", {}}}};
  for (const auto& [name, stats] : frontend.stats()) {
    const std::array<std::string, 5> values{std::to_string(stats.provisioned), std::to_string(stats.provision_failed),
                                            std::to_string(stats.provision_seconds), std::to_string(stats.deleted),
                                            std::to_string(stats.delete_failed)};
    for (std::size_t i = 0; i < families.size(); ++i) {
      families[i].lines += std::string(families[i].name) + "{class=\"" + api::label(name) + "\"} " + values[i] + "\n";
    }
  }
  std::string text;
  for (const Family& family : families) {
    text += std::string("# HELP ") + family.name + " " + family.help + "\n# TYPE " + family.name + " counter\n" +
            family.lines;
  }
  return text;
}

/// Everything that run() starts, in the order of its life.
struct Instance {
  ServerConfig config;
  ServerParts parts;
  std::optional<kube::Client> version_client, lease_client, client;
  std::optional<kube::Elector> elector;
  std::optional<kube::LeaderTransport> transport;  // for all that a leader does
  std::optional<Orchestrator> core;
  std::optional<api::Rest> rest;
  std::optional<kube::Frontend> frontend;
  std::shared_ptr<void> listener;
  bool bootstrapped = false;
  base::TaskGroup watching;
  base::Signal changed;
  std::optional<kube::LeaseTerm> term;
  bool lost = false;
  bool stopping = false;

  Instance(asio::any_io_executor executor, ServerConfig c, ServerParts p)
      : config(std::move(c)), parts(std::move(p)), watching(executor), changed(executor) {}

  int fatal(const std::string& message, const base::LogFields& fields = {}) {
    parts.logger.fatal(message, fields);
    return 1;
  }

  asio::awaitable<void> watch_stop() {
    co_await parts.stop->wait();
    stopping = true;
    changed.notify();
  }

  asio::awaitable<void> elect() {
    term = co_await elector->acquire();
    changed.notify();
    co_await elector->hold();
    lost = true;
    changed.notify();
  }

  void make_elector() {
    lease_client.emplace(parts.transport, *config.kubernetes);
    const base::Duration patience = config.lease_duration / 3;
    lease_client->set_timeout(patience);
    kube::LeaseOptions options;
    options.duration = config.lease_duration;
    options.renew_deadline = config.lease_duration * 2 / 3;
    options.retry_period = config.lease_duration * 2 / 15;
    options.lease_namespace = config.lease_namespace;
    if (options.lease_namespace.empty()) options.lease_namespace = lease_client->own_namespace();
    if (options.lease_namespace.empty()) options.lease_namespace = "default";
    options.identity = config.identity.empty() ? config.host_name + "_" + parts.rng.uuid() : config.identity;
    elector.emplace(*lease_client, parts.clock, parts.logger, std::move(options));
  }

  /// Waits for the lease and takes the store. False when we were told to stop meanwhile.
  asio::awaitable<Result<bool>> lead() {
    watching.spawn(elect());
    while (!term && !stopping) co_await changed.wait();
    if (stopping) co_return false;
    Leadership who{.holder = elector->identity(), .lease = term->uid, .term = term->transitions};
    constexpr int kTries = 10;  // etcd may come up after us, as when the store is read
    for (int tries = 1;; ++tries) {
      const auto fenced = co_await parts.store.lead(who);
      if (fenced) co_return true;
      if (fenced.error().kind == ErrorKind::conflict || tries == kTries || lost || stopping) co_return fenced.error();
      parts.logger.warning("Waiting for the store.", {{"error", fenced.error().message}});
      const base::Duration pause = std::chrono::seconds(1);
      co_await base::sleep_for(parts.clock, pause);
    }
  }

  /// The API server's GitVersion. It is asked for half a minute: at a node's start it may come up after us.
  asio::awaitable<Result<std::string>> kubernetes_version() {
    const base::TimePoint deadline = parts.clock.now() + std::chrono::seconds(30);
    const std::string path = "/version";
    for (;;) {
      auto answer = co_await version_client->get(path);
      if (answer) co_return kube::text_at(*answer, {"gitVersion"});
      if ((answer.error().code >= 400 && answer.error().code < 500) || parts.clock.now() >= deadline) {
        co_return Error{ErrorKind::unavailable, answer.error().message};
      }
      parts.logger.warning("Waiting for the Kubernetes API server.", {{"error", answer.error().message}});
      const base::Duration pause = std::chrono::seconds(1);
      co_await base::sleep_for(parts.clock, pause);
    }
  }

  /// 7.1: what the version means; nothing when the server is too old.
  std::optional<kube::Version> accept_version(const std::string& git_version) {
    auto version = kube::parse_version(git_version);
    const bool unstamped =
        version && version->major == 0 && version->minor == 0;  // "v0.0.0-master+…": built without a tag
    if (!version || unstamped) {
      parts.logger.warning("The Kubernetes version cannot be read; supported are v1.4.0 to v1.6.0 and later.",
                           {{"version", git_version}});
      return kube::Version{1, 6, 0, ""};
    }
    if (!kube::at_least(*version, 1, 4)) return std::nullopt;
    if (!kube::at_least(*version, 1, 6)) {
      parts.logger.warning("iSCSI volumes are unsafe with kubelets before 1.6.", {{"version", git_version}});
    }
    return version;
  }

  asio::awaitable<Result<Volume>> import_claim(ImportRequest request, Json claim) {
    if (!frontend) co_return Error{ErrorKind::busy, "the Kubernetes frontend is starting"};
    co_return co_await frontend->import_volume(std::move(request), std::move(claim));
  }

  void make_rest(asio::any_io_executor executor) {
    api::RestOptions options;
    options.version = config.version;
    options.token = config.rest_token;
    base::Rng chance = parts.rng;  // a copy: what else is drawn stays as it is
    options.ids = base::Rng(~chance.next());
    options.more_metrics = [this] { return frontend ? frontend_metrics(*frontend) : std::string(); };
    options.claim_config = [this](const std::string& claim) -> Result<VolumeConfig> {
      if (!frontend) return Error{ErrorKind::not_found, "claims are not found without the Kubernetes frontend"};
      return frontend->explainable(claim);
    };
    if (config.kubernetes)
      options.import_claim = [this](ImportRequest request, Json claim) {
        return import_claim(std::move(request), std::move(claim));
      };
    rest.emplace(executor, parts.clock, parts.logger, *core, std::move(options));
  }

  /// Without Kubernetes: nobody's claims can complete what is half-made.
  asio::awaitable<void> settle() {
    for (const std::string& name : core->unfinished_volumes()) core->confirm_volume(name);  // those that were recorded
    std::function<bool(const std::string&)> complete = [this](const std::string& name) {
      return core->volume(name).ok();
    };
    co_await core->settle_unfinished(complete);
  }

  asio::awaitable<void> settle_regularly() {
    const base::Duration pause = std::chrono::seconds(60);
    while (true) {
      co_await base::sleep_for(parts.clock, pause);
      if (!core->unfinished_volumes().empty()) co_await settle();
    }
  }

  asio::awaitable<int> serve() {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    parts.logger.info("Running Trident storage orchestrator.",
                      {{"build_time", config.build_time}, {"version", config.version}});
    OrchestratorOptions options;
    options.version = config.version;
    options.host_name = config.host_name;
    options.secret_key = config.secret_key;
    options.late_calls = config.late_calls;
    options.placement = config.placement;
    if (config.leader_election && !config.kubernetes) co_return fatal("Leader election needs the Kubernetes frontend.");
    if (config.leader_election) make_elector();
    transport.emplace(parts.transport, elector ? &*elector : nullptr);
    if (parts.stop) watching.spawn(watch_stop());
    core.emplace(executor, parts.clock, base::Rng(parts.rng.next()), parts.logger, parts.store, *transport, options);
    make_rest(executor);
    parts.logger.info("Starting REST interface.",
                      {{"address", config.rest_address}, {"port", std::to_string(config.rest_port)}});
    auto opened = parts.listen(config.rest_address, config.rest_port,
                               [this](const base::http::Request& request) { return rest->handle(request); });
    if (!opened) co_return fatal("REST interface failed: " + opened.error().message);
    listener = *opened;
    std::optional<kube::Version> version;
    if (config.kubernetes) {
      version_client.emplace(parts.transport, *config.kubernetes);
      client.emplace(*transport, *config.kubernetes);
      auto git_version = co_await kubernetes_version();
      if (!git_version) co_return fatal("Kubernetes frontend failed: " + git_version.error().message);
      version = accept_version(*git_version);
      if (!version)
        co_return fatal("Kubernetes frontend failed: the API server's version is older than v1.4.0",
                        {{"version", *git_version}});
      core->set_kubernetes_version(*git_version);
    }
    if (elector) {
      const auto leading = co_await lead();
      if (!leading) co_return fatal("This replica cannot lead: " + leading.error().message);
      if (!*leading) co_return 0;
    }
    bootstrapped = true;  // from here on the core has something to stop
    auto started = co_await core->bootstrap();
    if (!started) co_return fatal("Trident failed to start; the store is the likely cause: " + started.error().message);
    parts.logger.info("trident bootstrapped successfully.");
    if (version) {
      frontend.emplace(executor, parts.clock, base::Rng(parts.rng.next()), parts.logger, *client, *core, *version);
      frontend->start();
    } else {
      co_await settle();
      watching.spawn(settle_regularly());
    }
    while (!stopping && !lost) co_await changed.wait();
    if (lost) co_return fatal("This replica does not lead any more; it ends so that it can start anew.");
    parts.logger.info("Shutting down.");
    co_return 0;
  }

  asio::awaitable<void> end(bool orderly) {
    if (frontend) co_await frontend->stop();
    listener.reset();
    if (rest) co_await rest->stop();
    if (core && bootstrapped) co_await core->stop();
    watching.stop();
    co_await watching.join();
    if (elector && orderly) co_await elector->release();
  }
};

}  // namespace

asio::awaitable<int> run(ServerConfig config, ServerParts parts) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  Instance instance(executor, std::move(config), std::move(parts));
  int status = 1;
  try {
    status = co_await instance.serve();
  } catch (const boost::system::system_error&) {
    // Cancelled: what was started must still be ended in order, below.
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await instance.end(status == 0);
  co_return status;
}

}  // namespace provisioner
