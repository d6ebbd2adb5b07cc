#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "provisioner/base/clock.h"
#include "provisioner/base/http/message.h"
#include "provisioner/base/log.h"
#include "provisioner/base/task_group.h"
#include "provisioner/core/locks.h"
#include "provisioner/driver/driver.h"

/// The Docker volume plugin (nDVP 17.10): Docker's volume-driver protocol over one backend. The array is the only
/// truth: there is no store, so every host that uses the same backend file sees the same volumes. A create is
/// repeatable and owner-tagged like everything else that the drivers make. Only ontap-nas: a LUN would need the host's
/// iSCSI tools. Errors: HTTP 500 with {"Err":"why"}. Source: provisioner specification section 9; docs.docker.com,
/// "Docker volume plugins".
namespace provisioner::docker {

/// The instance in owner tags: every host's plugin is the same one.
inline constexpr const char* kOwner = "docker";

/// What the plugin does to its own host. Blocking; paths are absolute.
struct Host {
  std::function<Result<void>(const std::string& path)> make_directory;  // with its parents, mode 0755
  std::function<void(const std::string& path)> remove_directory;        // only when empty
  std::function<bool(const std::string& path)> exists;
  std::function<bool(const std::string& path)> is_mounted;
  std::function<Result<void>(const std::vector<std::string>& argv)> run;  // error: what the program printed
};

struct PluginConfig {
  std::string name = "netapp";  // of the plugin, as in `docker volume create -d netapp`
  std::string root = "/var/lib/docker-volumes";
  std::string prefix = "netappdvp_";  // stands before every volume's name on the array
  std::string default_size = "1G";
  std::string aggregate;  // "": any of the SVM's
  std::string nfs_mount_options;
  std::string data_lif;
  bool disable_delete = false;
};

/// Splits a backend file into what is the plugin's and what is the driver's. Errors: invalid.
struct BackendFile {
  PluginConfig plugin;
  Json driver;  // without the prefix, which the plugin applies
};
Result<BackendFile> parse_backend_file(const std::string& text, const std::string& plugin_name);

/// A volume's wish from `docker volume create -o key=value`; keys in any case. Errors: invalid (a key that is not
/// known, a bad value).
Result<CreateSpec> create_spec(const PluginConfig& config, const std::string& name, const Json& options);

class Plugin {
 public:
  /// The driver has started. `seed` only spreads volumes over aggregates.
  Plugin(boost::asio::any_io_executor executor, base::Logger logger, Driver& driver, Host host, PluginConfig config);
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;

  base::http::Response handle(const base::http::Request& request);
  boost::asio::awaitable<void> stop();

 private:
  using Answer = Result<Json>;
  struct Route;
  static const std::vector<Route>& routes();
  boost::asio::awaitable<void> answer(const Route& route, Json body, std::shared_ptr<base::http::Deferred> into);

  boost::asio::awaitable<Answer> activate(Json body);
  boost::asio::awaitable<Answer> capabilities(Json body);
  boost::asio::awaitable<Answer> create(Json body);
  boost::asio::awaitable<Answer> remove(Json body);
  boost::asio::awaitable<Answer> path(Json body);
  boost::asio::awaitable<Answer> get(Json body);
  boost::asio::awaitable<Answer> list(Json body);
  boost::asio::awaitable<Answer> mount(Json body);
  boost::asio::awaitable<Answer> unmount(Json body);

  std::string internal_name(const std::string& name) const;
  std::string mountpoint(const std::string& name) const;
  boost::asio::awaitable<Result<ArrayVolume>> known(std::string name);
  boost::asio::awaitable<Result<void>> place(CreateSpec spec);

  base::Logger logger_;
  Driver& driver_;
  Host host_;
  PluginConfig config_;
  KeyedLocks locks_;
  base::TaskGroup tasks_;
};

}  // namespace provisioner::docker
