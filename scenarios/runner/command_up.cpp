#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>

#include "provisioner/base/text.h"
#include "scenarios/runner/commands.h"
#include "scenarios/runner/wire_world.h"

namespace scenario {

namespace {

int refuse(const std::string& why, int status) {
  std::fprintf(stderr, "drydock: %s\n", why.c_str());
  return status;
}

void warn_if_open(const base::http::Listen& listen) {
  if (!listen.address.starts_with("127.") && listen.address != "::1")
    std::fprintf(stderr,
                 "drydock: warning: %s is reachable from other machines; anyone there can use this lab with its "
                 "well-known passwords\n",
                 listen.address.c_str());
}

}  // namespace

int up(const UpOptions& options) {
  WireConfig config;
  config.directory = options.directory;
  config.executables = executable_directory();
  config.world.provisioner = options.provisioner;
  config.world.seed = options.seed != 0 ? options.seed : base::seed_from_system();
  config.world.log = base::log_to_stderr();
  if (options.state) config.world.state_dir = options.directory + "/state";
  if (!options.config.empty()) {
    const auto text = base::read_file(options.config);
    if (!text) return refuse(options.config + ": cannot be read", 1);
    config.world.lab_text = *text;
    config.world.lab_name = options.config;
  }
  const std::pair<const std::string*, base::http::Listen*> listeners[] = {
      {&options.kube, &config.kube}, {&options.ontap, &config.ontap}, {&options.rest, &config.rest}};
  for (const auto& [text, into] : listeners) {
    auto listen = base::http::parse_listen(*text);
    if (!listen) return refuse(listen.error().message, 2);
    *into = *listen;
    warn_if_open(*into);
  }
  if (!options.ontap_ssh.empty()) {
    auto listen = base::http::parse_listen(options.ontap_ssh);
    if (!listen) return refuse(listen.error().message, 2);
    config.ontap_ssh = *listen;
    warn_if_open(*listen);
  }
  boost::asio::io_context io;
  boost::asio::signal_set signals(io, SIGINT, SIGTERM);
  bool ended = false;
  signals.async_wait([&](const boost::system::error_code& failure, int) { ended = !failure; });
  auto world = WireWorld::start(io, std::move(config));
  if (!world) return refuse(world.error().message, 1);
  for (const std::string& line : (*world)->endpoints()) std::printf("%s\n", line.c_str());
  std::printf("ready\n");
  std::fflush(stdout);
  while (!ended) io.run_one();
  (*world)->stop();
  while (!(*world)->stopped()) io.run_one();
  return 0;
}

}  // namespace scenario
