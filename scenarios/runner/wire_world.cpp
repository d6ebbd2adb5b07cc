#include "scenarios/runner/wire_world.h"

#include <arpa/inet.h>
#include <sys/stat.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>

#include "k8s-fake/kubelet/host_process.h"
#include "k8s-fake/runtime.h"
#include "k8s-fake/server.h"
#include "ontap-sim/ssh.h"
#include "provisioner/base/http/memory.h"
#include "provisioner/base/http/tls.h"
#include "provisioner/base/task_group.h"
#include "provisioner/base/text.h"
#include "provisioner/server.h"
#include "scenarios/runner/product.h"

namespace scenario {

using base::Error;
using base::ErrorKind;
using base::Result;
using boost::asio::awaitable;
namespace http = base::http;
namespace fs = std::filesystem;

namespace {

/// All of 127.0.0.0/8 is ours to bind.
bool is_local(const std::string& address) { return address.starts_with("127."); }

/// The network of a product that a scenario tells where to go: loopback, and what the lab's array answers for.
class LabNetwork final : public http::Transport {
 public:
  LabNetwork(http::Transport& under, const World& world) : under_(under), world_(world) {}
  awaitable<Result<http::Response>> send(http::Endpoint to, http::Request request, http::CallOptions options) override {
    const bool inside = is_local(to.host) || to.host == "localhost" || to.host == "::1" || world_.array_has(to.host);
    if (!inside) co_return Error{ErrorKind::unavailable, to.host + ": a scenario cannot reach beyond loopback"};
    Result<http::Response> answer = co_await under_.send(std::move(to), std::move(request), options);
    co_return answer;
  }

 private:
  http::Transport& under_;
  const World& world_;
};

}  // namespace

struct WireWorld::Parts {
  explicit Parts(boost::asio::io_context& context, WireConfig wire)
      : io(context),
        config(std::move(wire)),
        clock(context),
        transport(context, clock),
        rng(config.world.seed),
        provisioner_tasks(context.get_executor()),
        provisioner_stop(context.get_executor()) {}

  boost::asio::io_context& io;
  WireConfig config;
  base::RealClock clock;
  http::WireTransport transport;
  http::Handler kube_handler;
  std::unique_ptr<http::NearTransport> cluster_transport;  // of controllers and kubelets: the API without a socket
  base::Rng rng;
  http::KeyPair authority;
  std::unique_ptr<World> world;
  std::unique_ptr<http::Server> kube, ontap;
  std::map<std::string, std::unique_ptr<http::Server>> lifs;  // by address; null when it could not be bound
  std::unique_ptr<ontap_sim::SshServer> ssh;
  std::unique_ptr<k8s_fake::Runtime> runtime;
  http::Listen kube_at, ontap_at;
  std::vector<std::string> endpoints;
  Lab lab;
  std::unique_ptr<LabNetwork> inside;  // when the product stays in the lab
  provisioner::MemoryDatabase database;
  std::unique_ptr<provisioner::MemoryStore> store;
  base::TaskGroup provisioner_tasks;
  base::Signal provisioner_stop;
  std::string rest_url;
  std::optional<Error> rest_problem;

  static awaitable<void> serve(provisioner::ServerConfig config, provisioner::ServerParts parts) {
    (void)co_await provisioner::run(std::move(config), std::move(parts));
  }

  std::vector<std::string> certificate_names() const {
    std::vector<std::string> names = {"localhost",
                                      "127.0.0.1",
                                      "kubernetes",
                                      "kubernetes.default",
                                      "kubernetes.default.svc",
                                      "kubernetes.default.svc.cluster.local",
                                      kube_at.address,
                                      ontap_at.address};
    for (const std::string& address : world->array().addresses()) names.push_back(address);
    return names;
  }
  Result<std::unique_ptr<http::Server>> listen(const http::Listen& at, bool client_certificates,
                                               http::Handler handler) {
    http::LeafRequest leaf;
    leaf.common_name = "drydock";
    leaf.names = certificate_names();
    auto identity = http::issue(authority, leaf);
    if (!identity) return identity.error();
    http::ServerOptions options;
    options.listen = at;
    options.tls = http::ServerTls{*identity, client_certificates ? authority.certificate_pem : std::string()};
    return http::Server::start(io, clock, std::move(options), std::move(handler));
  }
  http::Handler ontap_handler() {
    World* lab_world = world.get();
    return [lab_world](const http::Request& request) { return lab_world->ontap(request); };
  }
  /// One socket for every management LIF of an SVM that is local; called again whenever the array changed.
  void open_lifs() {
    for (const ontap_sim::ManagementLif& lif : world->array().management_lifs()) {
      if (lif.cluster) continue;
      transport.connect_to(lif.address, 443, is_local(lif.address) ? lif.address : ontap_at.address, ontap_at.port);
      if (!is_local(lif.address) || lif.address == ontap_at.address || lifs.contains(lif.address)) continue;
      auto server = listen({lif.address, ontap_at.port}, false, ontap_handler());
      if (!server)
        world->logger().warning("A management LIF has no socket.",
                                {{"address", lif.address}, {"error", server.error().message}});
      lifs[lif.address] = server ? std::move(*server) : nullptr;
    }
  }
  Result<void> start_ssh() {
    if (!config.ontap_ssh) return {};
    auto started = ontap_sim::SshServer::start(io, world->array(), *config.ontap_ssh, world->logger());
    if (!started) return started.error();
    ssh = std::move(*started);
    endpoints.push_back("listening ontap-ssh " + ssh_url());
    return {};
  }
  std::string ssh_url() const { return "ssh://" + ssh->address() + ":" + std::to_string(ssh->port()); }
  Result<void> write(const std::string& name, const std::string& content, unsigned mode) {
    if (!base::write_file(config.directory + "/" + name, content, mode))
      return Error{ErrorKind::unavailable, config.directory + "/" + name + ": cannot be written"};
    return {};
  }
  Result<void> write_files();
  void start_runtime();
  Result<void> start_provisioner();
};

WireWorld::WireWorld() = default;
World& WireWorld::world() { return *parts_->world; }
Lab& WireWorld::lab() { return parts_->lab; }
std::vector<std::string> WireWorld::endpoints() const { return parts_->endpoints; }

Result<std::unique_ptr<WireWorld>> WireWorld::start(boost::asio::io_context& io, WireConfig config) {
  std::unique_ptr<WireWorld> wire(new WireWorld());
  wire->parts_ = std::make_unique<Parts>(io, std::move(config));
  Parts& parts = *wire->parts_;
  std::error_code failure;
  fs::create_directories(parts.config.directory, failure);
  if (failure) return Error{ErrorKind::unavailable, parts.config.directory + ": " + failure.message()};
  parts.config.directory = fs::absolute(parts.config.directory).lexically_normal().string();
  auto authority = http::make_authority("drydock-ca");
  if (!authority) return authority.error();
  parts.authority = *authority;

  auto world = World::make(io.get_executor(), parts.clock, parts.config.world,
                           parts.config.kube.address + ":" + std::to_string(parts.config.kube.port));
  if (!world) return world.error();
  parts.world = std::move(*world);
  World* lab_world = parts.world.get();
  parts.world->cluster().set_ca(parts.authority.certificate_pem);
  parts.kube_at = parts.config.kube;
  parts.ontap_at = parts.config.ontap;
  parts.kube_handler = [lab_world](const http::Request& request) { return lab_world->kube(request); };
  auto kube = parts.listen(parts.kube_at, true, parts.kube_handler);
  if (!kube) return kube.error();
  parts.kube = std::move(*kube);
  parts.kube_at.port = parts.kube->port();
  parts.world->cluster().set_address(parts.kube_at.address + ":" + std::to_string(parts.kube_at.port));
  auto ontap = parts.listen(parts.ontap_at, false, parts.ontap_handler());
  if (!ontap) return ontap.error();
  parts.ontap = std::move(*ontap);
  parts.ontap_at.port = parts.ontap->port();
  parts.endpoints = {"listening kubernetes https://" + parts.kube_at.address + ":" + std::to_string(parts.kube_at.port),
                     "listening ontap https://" + parts.ontap_at.address + ":" + std::to_string(parts.ontap_at.port)};
  Parts* all = &parts;
  parts.open_lifs();
  parts.world->array().on_change([all] { all->open_lifs(); });
  for (const auto& [address, server] : parts.lifs)
    if (server)
      parts.endpoints.push_back("listening ontap-svm https://" + address + ":" + std::to_string(parts.ontap_at.port));
  if (auto started = parts.start_ssh(); !started) return started.error();

  parts.lab.executor = io.get_executor();
  parts.lab.clock = &parts.clock;
  parts.lab.transport = &parts.transport;
  parts.lab.io = &io;
  parts.lab.kube.endpoint.host = parts.kube_at.address;
  parts.lab.kube.endpoint.port = parts.kube_at.port;
  parts.lab.kube.endpoint.ca_pem = parts.authority.certificate_pem;
  parts.lab.kube.token = parts.world->cluster().admin_token();
  parts.lab.kube_get = [lab_world](const std::string& target) { return lab_world->kube_get(target); };
  parts.lab.journal = [lab_world](std::string line) { lab_world->journal().add(line); };
  parts.lab.rng = base::Rng(parts.rng.next());
  if (parts.config.world.provisioner)
    if (auto started = parts.start_provisioner(); !started) return started.error();
  if (auto written = parts.write_files(); !written) return written.error();
  parts.start_runtime();
  return wire;
}

void WireWorld::Parts::start_runtime() {
  k8s_fake::RuntimeConfig options;
  options.api = lab.kube.endpoint;
  options.token = lab.kube.token;
  options.ca_pem = authority.certificate_pem;
  options.minor = world->cluster().server().version.minor;
  options.api_host = kube_at.address;
  options.api_port = kube_at.port;
  options.nodes.clear();
  for (const k8s_fake::NodeConfig& node : world->cluster_config().nodes)
    options.nodes.push_back({node.name, node.address, node.labels, node.cpu, node.memory, node.pods});
  for (const k8s_fake::ImageConfig& image : world->cluster_config().images)
    options.behaviours[image.name] = image.behaviour;
  options.missing_images.insert(world->cluster_config().missing_images.begin(),
                                world->cluster_config().missing_images.end());
  options.connect_to = [this](const std::string& host, std::uint16_t port, const std::string& other,
                              std::uint16_t other_port) { transport.connect_to(host, port, other, other_port); };
  options.folder = config.directory + "/pods";
  k8s_fake::StorageHooks hooks = world->storage_hooks();
  const std::string array_address = ontap_at.address + ":" + std::to_string(ontap_at.port);
  World* lab_world = world.get();
  hooks.connect_to = [lab_world, array_address] { return lab_world->connect_to(array_address); };
  k8s_fake::Images images = k8s_fake::host_images(io, config.executables);
  const auto route = [this](const std::string& host, std::uint16_t port) {
    return host == kube_at.address && port == kube_at.port ? &kube_handler : nullptr;
  };
  cluster_transport = std::make_unique<http::NearTransport>(clock, route, transport);
  runtime = std::make_unique<k8s_fake::Runtime>(io.get_executor(), clock, *cluster_transport, options, std::move(hooks),
                                                std::move(images), rng.next(), world->logger());
  k8s_fake::Runtime* node = runtime.get();
  world->cluster().set_pod_streams(
      [node](const http::Request& request, const nlohmann::json& pod, const std::string& subresource) {
        return node->pod_stream(request, pod, subresource);
      });
  world->cluster().set_call_out([node](k8s_fake::CallOut out, std::function<void(k8s_fake::Heard)> done) {
    node->call_out(std::move(out), std::move(done));
  });
  runtime->start();
}

Result<void> WireWorld::Parts::start_provisioner() {
  provisioner::ServerConfig options;
  options.host_name = "drydock";
  options.rest_address = config.rest.address;
  options.rest_port = config.rest.port;
  provisioner::kube::ApiServer api;
  api.endpoint = lab.kube.endpoint;
  api.token = [token = lab.kube.token] { return token; };
  options.kubernetes = api;
  store = std::make_unique<provisioner::MemoryStore>(database);
  if (config.loopback_only) inside = std::make_unique<LabNetwork>(transport, *world);
  http::Transport* const network = inside ? static_cast<http::Transport*>(inside.get()) : &transport;
  // The socket is opened before `ready`, the server's own handler comes when it has started.
  auto handler = std::make_shared<http::Handler>();
  http::ServerOptions listen_options;
  listen_options.listen = config.rest;
  auto server = http::Server::start(io, clock, std::move(listen_options), [handler](const http::Request& request) {
    if (*handler) return (*handler)(request);
    http::Response starting;
    starting.status = 503;
    return starting;
  });
  if (!server) return server.error();
  std::shared_ptr<http::Server> listener = std::move(*server);
  rest_url = "http://" + config.rest.address + ":" + std::to_string(listener->port());
  endpoints.push_back("listening trident " + rest_url);
  provisioner::ServerParts parts{
      clock,
      *network,
      base::Rng(rng.next()),
      world->logger(),
      *store,
      [handler, listener](std::string, std::uint16_t, http::Handler rest) -> Result<std::shared_ptr<void>> {
        *handler = std::move(rest);
        return std::shared_ptr<void>(nullptr, [handler, listener](void*) {
          *handler = nullptr;
          listener->stop();
        });
      },
      &provisioner_stop};
  provisioner_tasks.spawn(serve(std::move(options), std::move(parts)));
  http::Endpoint rest;
  rest.tls = false;
  rest.host = config.rest.address;
  rest.port = listener->port();
  world->add_backend = [this, rest](Json spec, std::function<void(Json)> done) {
    provisioner_tasks.spawn(scenario::add_backend(transport, clock, rest, std::move(spec), std::move(done)));
  };
  return {};
}

Result<void> WireWorld::Parts::write_files() {
  const std::string url = "https://" + kube_at.address + ":" + std::to_string(kube_at.port);
  const std::string array_url = "https://" + ontap_at.address + ":" + std::to_string(ontap_at.port);
  const auto& array = world->array().cluster();
  auto spec = ontap_sim::parse_config(config.world.lab_text, config.world.lab_name);
  if (!spec) return spec.error();
  const std::string kubeconfig =
      "apiVersion: v1\nkind: Config\nclusters:\n- name: drydock\n  cluster:\n    certificate-authority-data: " +
      base::base64_encode(authority.certificate_pem) + "\n    server: " + url +
      "\nusers:\n- name: drydock\n  user:\n    token: " + lab.kube.token +
      "\ncontexts:\n- name: drydock\n  context:\n    cluster: drydock\n    user: drydock\ncurrent-context: "
      "drydock\npreferences: {}\n";
  std::map<std::string, std::string>& environment = lab.environment;
  environment = {{"KUBECONFIG", config.directory + "/kubeconfig"},
                 {"DRYDOCK_K8S_URL", url},
                 {"DRYDOCK_ONTAP_URL", array_url},
                 {"DRYDOCK_ONTAP_USER", spec->cluster.admin_user},
                 {"DRYDOCK_ONTAP_PASSWORD", spec->cluster.admin_password}};
  if (!rest_url.empty()) {
    environment["DRYDOCK_TRIDENT_URL"] = rest_url;
    environment["TRIDENT_SERVER"] = rest_url.substr(7);
  }
  if (ssh) environment["DRYDOCK_ONTAP_SSH"] = ssh_url();
  // kubectl keeps what a server serves by its address for hours; the next lab there may serve other kinds.
  environment["KUBECACHEDIR"] = config.directory + "/kube-cache";
  std::error_code none_there;
  fs::remove_all(environment["KUBECACHEDIR"], none_there);
  std::string exports;
  for (const auto& [name, value] : environment) exports += "export " + name + "=" + value + "\n";
  if (auto done = write("kubeconfig", kubeconfig, 0600); !done) return done;
  if (auto done = write("env", exports, 0600); !done) return done;
  if (auto done = write("ca.crt", authority.certificate_pem, 0644); !done) return done;
  environment["DRYDOCK_DIR"] = config.directory;
  environment["DRYDOCK_BIN"] = config.executables;

  // The first data SVM with the addresses it has; a management LIF that is not local is reached through the cluster.
  for (const auto& [name, svm] : array.svms) {
    if (svm.type != ontap_sim::model::SvmType::data) continue;
    std::string management, nfs, iscsi;
    for (const auto& [lif_name, lif] : svm.lifs) {
      if (lif.management() && is_local(lif.address) && management.empty()) management = lif.address;
      if (lif.protocols.contains("nfs") && nfs.empty()) nfs = lif.address;
      if (lif.protocols.contains("iscsi") && iscsi.empty()) iscsi = lif.address;
    }
    const bool own = !management.empty();
    std::string user = spec->cluster.admin_user, password = spec->cluster.admin_password;
    for (const ontap_sim::SvmConfig& configured : spec->svms)
      if (configured.name == name && own && !configured.users.empty())
        user = configured.users[0].name, password = configured.users[0].password;
    if (!own) management = ontap_at.address;
    for (const char* driver : {"ontap-nas", "ontap-nas-economy", "ontap-san"}) {
      const std::string data = std::string(driver) == "ontap-san" ? iscsi : nfs;
      const std::string file = "{\n  \"version\": 1,\n  \"storageDriverName\": \"" + std::string(driver) +
                               "\",\n  \"managementLIF\": \"" + management + ":" + std::to_string(ontap_at.port) +
                               "\",\n" + (data.empty() ? "" : "  \"dataLIF\": \"" + data + "\",\n") + "  \"svm\": \"" +
                               name + "\",\n  \"username\": \"" + user + "\",\n  \"password\": \"" + password +
                               "\"\n}\n";
      if (auto done = write("backend-" + std::string(driver) + ".json", file, 0600); !done) return done;
    }
    break;
  }
  return {};
}

void WireWorld::stop() {
  Parts& parts = *parts_;
  parts.provisioner_tasks.stop();
  if (parts.runtime) parts.runtime->stop();
  if (parts.kube) parts.kube->stop();
  if (parts.ontap) parts.ontap->stop();
  if (parts.ssh) parts.ssh->stop();
  for (auto& [address, server] : parts.lifs)
    if (server) server->stop();
}

bool WireWorld::stopped() const {
  return parts_->provisioner_tasks.size() == 0 && (!parts_->runtime || parts_->runtime->stopped());
}

WireWorld::~WireWorld() {
  if (!parts_) return;
  stop();
  // The loop is run here when the caller has not: nothing may outlive what it uses.
  const base::TimePoint deadline = parts_->clock.now() + std::chrono::seconds(5);
  while (!stopped() && parts_->clock.now() < deadline) parts_->io.run_one_for(std::chrono::milliseconds(50));
  parts_->io.poll();
}

}  // namespace scenario
