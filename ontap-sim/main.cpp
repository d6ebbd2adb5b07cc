// ontap-sim: the ONTAP cluster alone, on sockets. Flags -> Config -> listeners; no logic here.
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <exception>

#include "ontap-sim/config.h"
#include "ontap-sim/list_apis.h"
#include "ontap-sim/listeners.h"
#include "ontap-sim/sim.h"
#include "ontap-sim/ssh.h"
#include "provisioner/base/allocator.h"
#include "provisioner/base/clock.h"
#include "provisioner/base/random.h"
#include "provisioner/base/text.h"

namespace {

struct Flags {
  std::string config;
  std::string listen = "127.0.0.1:8443";
  std::string listen_http;
  std::string listen_ssh;
  std::uint16_t lif_port = 0;
  std::string state;
  std::string user;
  std::string password;
  std::uint64_t seed = 0;
  bool debug = false;
  bool list_apis = false;
};

int fail(const std::string& message) {
  std::fprintf(stderr, "ontap-sim: %s\n", message.c_str());
  return 1;
}

void warn_if_open(const base::http::Listen& listen) {
  if (listen.address.starts_with("127.") || listen.address == "::1") return;
  std::fprintf(stderr,
               "ontap-sim: warning: %s can be reached from other machines, and this lab has well-known passwords\n",
               listen.address.c_str());
}

int serve(const Flags& flags) {
  std::string yaml;
  if (!flags.config.empty()) {
    const auto text = base::read_file(flags.config);
    if (!text) return fail("cannot read " + flags.config);
    yaml = *text;
  }
  auto config = ontap_sim::parse_config(yaml, flags.config);
  if (!config) return fail(config.error().message);
  if (!flags.user.empty()) config->cluster.admin_user = flags.user;
  if (!flags.password.empty()) config->cluster.admin_password = flags.password;

  ontap_sim::ListenConfig listen;
  listen.lif_port = flags.lif_port;
  const auto https = base::http::parse_listen(flags.listen);
  if (!https) return fail(https.error().message);
  listen.https = *https;
  warn_if_open(listen.https);
  if (!flags.listen_http.empty()) {
    const auto http = base::http::parse_listen(flags.listen_http);
    if (!http) return fail(http.error().message);
    listen.http = *http;
    warn_if_open(*listen.http);
  }

  boost::asio::io_context io(1);
  base::RealClock clock(io);
  const base::Logger logger(clock, base::log_to_stderr(), flags.debug ? base::LogLevel::debug : base::LogLevel::info);
  auto sim = ontap_sim::Sim::open(clock, *config, flags.seed != 0 ? flags.seed : base::seed_from_system(), logger,
                                  flags.state);
  if (!sim) return fail(sim.error().message);
  auto listeners = ontap_sim::Listeners::start(io, clock, **sim, listen, logger);
  if (!listeners) return fail(listeners.error().message);
  for (const auto& [name, url] : (*listeners)->urls()) std::printf("listening %s %s\n", name.c_str(), url.c_str());
  std::unique_ptr<ontap_sim::SshServer> ssh;
  if (!flags.listen_ssh.empty()) {
    const auto where = base::http::parse_listen(flags.listen_ssh);
    if (!where) return fail(where.error().message);
    warn_if_open(*where);
    auto started = ontap_sim::SshServer::start(io, **sim, *where, logger);
    if (!started) return fail(started.error().message);
    ssh = std::move(*started);
    std::printf("listening ontap-ssh ssh://%s:%u\n", ssh->address().c_str(), static_cast<unsigned>(ssh->port()));
  }
  std::printf("ready\n");
  std::fflush(stdout);

  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code&, int) {
    (*listeners)->stop();
    if (ssh) ssh->stop();
  });
  io.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  base::keep_freed_memory();
  CLI::App app{"An ONTAP cluster without hardware: ZAPI over HTTPS and the clustershell.", "ontap-sim"};
  Flags flags;
  app.add_option("--config", flags.config, "LAB.yaml; its `ontap:` section describes the cluster")->type_name("FILE");
  app.add_option("--listen", flags.listen, "HTTPS of the cluster management LIF; port 0: any free one")
      ->type_name("ADDRESS:PORT")
      ->capture_default_str();
  app.add_option("--listen-http", flags.listen_http, "the same in clear; off by default")->type_name("ADDRESS:PORT");
  app.add_option("--listen-ssh", flags.listen_ssh, "the command line over SSH; off by default")
      ->type_name("ADDRESS:PORT");
  app.add_option("--lif-port", flags.lif_port, "open HTTPS on this port of every local SVM management LIF")
      ->type_name("PORT");
  app.add_option("--state", flags.state, "keep the cluster in this folder and find it again at the next start")
      ->type_name("DIR");
  app.add_option("--user", flags.user, "the cluster's administrator (default admin)")->type_name("NAME");
  app.add_option("--password", flags.password, "its password (default netapp123)")->type_name("TEXT");
  app.add_option("--seed", flags.seed, "seed of identifiers, faults and latency (default: from the system)")
      ->type_name("N");
  app.add_flag("--debug", flags.debug, "log every call");
  app.add_flag("--list-apis", flags.list_apis, "print every known ZAPI with tier, scope and whether it is modelled");
  app.set_version_flag("--version", std::string("ontap-sim ") + DRYDOCK_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  try {
    if (flags.list_apis) {
      std::fputs(ontap_sim::list_apis().c_str(), stdout);
      return 0;
    }
    return serve(flags);
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}
