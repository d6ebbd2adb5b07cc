#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/signal_set.hpp>
#include <filesystem>

#include "provisioner/base/text.h"
#include "provisioner/docker/plugin.h"
#include "provisioner/program.h"
#include "provisioner/tridentctl/process.h"

// netappdvp: flags of nDVP 17.10 (one or two dashes) -> backend -> the volume plugin on its socket.
namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace docker = provisioner::docker;

struct Flags {
  std::string config = "/etc/netappdvp/config.json";
  std::string name = "netapp";
  std::uint16_t port = 0;
  bool debug = false;
  std::string log_level = "info";
  std::string socket_folder = "/run/docker/plugins";
  std::string root = "/var/lib/docker-volumes";
  std::vector<std::string> connect_to;
};

Result<void> make_directory(const std::string& path) {
  std::error_code failed;
  std::filesystem::create_directories(path, failed);
  if (!failed) ::chmod(path.c_str(), 0755);
  if (failed) return Error{ErrorKind::unavailable, "could not make " + path + ": " + failed.message()};
  return {};
}

bool is_mounted(const std::string& path) {
  const auto mounts = base::read_file("/proc/self/mounts");
  return mounts && mounts->find(" " + path + " ") != std::string::npos;
}

Result<void> run_command(const std::vector<std::string>& argv) {
  const auto ran = provisioner::tridentctl::run_process(argv, true, "");
  if (ran.status == 0) return {};
  return Error{ErrorKind::unavailable,
               argv.front() + " ended with " + std::to_string(ran.status) + ": " + std::string(base::trim(ran.output))};
}

docker::Host this_host() {
  return {.make_directory = make_directory,
          .remove_directory = [](const std::string& path) { ::rmdir(path.c_str()); },
          .exists = [](const std::string& path) { return ::access(path.c_str(), F_OK) == 0; },
          .is_mounted = is_mounted,
          .run = run_command};
}

/// What is due: the heartbeat in the array's event log.
boost::asio::awaitable<void> keep_ticking(base::Clock& clock, provisioner::Driver& driver) {
  const base::Duration pause = std::chrono::minutes(1);
  while (true) {
    co_await base::sleep_for(clock, pause);
    co_await driver.tick();
  }
}

boost::asio::awaitable<int> serve(provisioner::Program& program, Flags flags, docker::BackendFile file,
                                  base::Signal& stop) {
  provisioner::DriverContext context{.executor = program.io.get_executor(),
                                     .clock = program.clock,
                                     .transport = program.transport,
                                     .logger = program.logger,
                                     .instance = docker::kOwner,
                                     .version = "17.10.1",
                                     .kubernetes_version = {}};
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) == 0) context.host_name = host.data();
  auto driver = provisioner::make_driver(context, file.driver);
  if (!driver) co_return program.fatal(driver.error().message);
  const auto started = co_await (*driver)->start();
  if (!started) co_return program.fatal("could not initialize the storage driver: " + started.error().message);
  file.plugin.root = flags.root;
  file.plugin.data_lif = (*driver)->stored_config()["ontap_config"].value("dataLIF", std::string());
  docker::Plugin plugin(program.io.get_executor(), program.logger, **driver, this_host(), file.plugin);
  base::http::ServerOptions options;
  options.listen = {.address = "unix:" + flags.socket_folder + "/" + flags.name + ".sock", .port = 0};
  if (flags.port != 0) options.listen = {.address = "127.0.0.1", .port = flags.port};
  base::http::Handler handler = [&plugin](const base::http::Request& request) { return plugin.handle(request); };
  auto server = base::http::Server::start(program.io, program.clock, options, std::move(handler));
  if (!server) co_return program.fatal(server.error().message);
  program.logger.info("Docker volume plugin is ready.",
                      {{"backend", (*driver)->facts().backend_name}, {"listen", options.listen.address}});
  base::TaskGroup tasks(program.io.get_executor());
  tasks.spawn(keep_ticking(program.clock, **driver));
  co_await stop.wait();
  program.logger.info("Shutting down.");
  (*server)->stop();
  tasks.stop();
  co_await tasks.join();
  co_await plugin.stop();
  co_return 0;
}

int run(const Flags& flags) {
  provisioner::Program program(flags.debug || flags.log_level == "debug");
  for (const std::string& rule : flags.connect_to) {
    if (auto done = provisioner::add_connect_to(program.wire, rule); !done) return program.fatal(done.error().message);
  }
  const auto text = base::read_file(flags.config);
  if (!text) return program.fatal("could not read the configuration file " + flags.config);
  auto file = docker::parse_backend_file(*text, flags.name);
  if (!file) return program.fatal(file.error().message);
  if (flags.port == 0) {
    if (auto made = make_directory(flags.socket_folder); !made) return program.fatal(made.error().message);
  }
  base::Signal stop(program.io.get_executor());
  boost::asio::signal_set signals(program.io, SIGINT, SIGTERM);
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) stop.notify();
  });
  return program.run(serve(program, flags, std::move(*file), stop));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"netappdvp: Docker volume plugin for ONTAP NAS", "netappdvp"};
  Flags flags;
  app.add_option("--config", flags.config, "Backend file")->capture_default_str();
  app.add_option("--volume-driver", flags.name, "Name of the plugin, as after docker volume create -d")
      ->capture_default_str();
  app.add_option("--port", flags.port, "Listen on this port of the loopback instead of a UNIX socket");
  app.add_flag("--debug", flags.debug, "Log at debug level");
  app.add_option("--log-level", flags.log_level, "debug or info")
      ->capture_default_str()
      ->check(CLI::IsMember({"debug", "info"}));
  app.add_option("--socket-folder", flags.socket_folder, "Where Docker looks for plugins")->capture_default_str();
  app.add_option("--volume-root", flags.root, "Where volumes are mounted")->capture_default_str();
  app.add_option("--connect_to", flags.connect_to,
                 "HOST:PORT=HOST:PORT: dial another address for a given one; repeatable");
  return provisioner::run_program(app, argc, argv, [&] { return run(flags); });
}
