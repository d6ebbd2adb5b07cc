#include "provisioner/installer/launcher.h"

#include "provisioner/base/text.h"
#include "provisioner/kube/client.h"
#include "provisioner/kube/version.h"
#include "provisioner/kube/yaml.h"

namespace provisioner::installer {

namespace asio = boost::asio;
using base::Duration;
using base::Error;
using base::ErrorKind;
using base::Result;
using kube::find_at;
using kube::Json;
using kube::text_at;
using std::chrono::seconds;

namespace {

constexpr const char* kEphemeral = "trident-ephemeral";

/// A refusal of the API server, or of the temporary server, in words.
struct RestAnswer {
  int status = 0;
  Json body;
};

struct Launch {
  LauncherConfig config;
  LauncherParts parts;
  kube::Client client;
  std::string space;
  Json deployment;
  Json labels;        // of the deployment's pods
  std::string image;  // of its container trident-main
  std::string deployments_path;
  std::string pod_ip;
  bool volume_made = false;
  bool claim_made = false;
  bool object_made = false;
  bool pod_made = false;
  bool deployment_made = false;

  Launch(LauncherConfig c, LauncherParts p)
      : config(std::move(c)), parts(std::move(p)), client(parts.transport, parts.api), space(parts.api.own_namespace) {}

  std::string core_path(const std::string& plural, const std::string& name = {}) const {
    return "/api/v1/namespaces/" + space + "/" + plural + (name.empty() ? "" : "/" + name);
  }
  std::string volume_path() const { return "/api/v1/persistentvolumes/" + config.pv_name; }

  Result<void> read_deployment() {
    auto parsed = yaml_to_json(config.deployment_yaml);
    if (!parsed) return Error{ErrorKind::invalid, "the deployment file cannot be read: " + parsed.error().message};
    deployment = std::move(*parsed);
    const Json* found = find_at(deployment, {"spec", "template", "metadata", "labels"});
    if (!found || !found->is_object() || found->empty())
      return Error{ErrorKind::invalid, "the deployment's pods have no labels"};
    labels = *found;
    const Json* containers = find_at(deployment, {"spec", "template", "spec", "containers"});
    if (containers && containers->is_array()) {
      for (const Json& container : *containers) {
        if (text_at(container, {"name"}) == "trident-main") image = text_at(container, {"image"});
      }
    }
    if (image.empty()) return Error{ErrorKind::invalid, "the deployment has no container trident-main with an image"};
    return {};
  }

  /// apps/v1 where it is served, else the group that 17.10.1 knew.
  asio::awaitable<Result<void>> find_api() {
    const std::string version_path = "/version";
    auto version = co_await client.get(version_path);
    if (!version)
      co_return Error{ErrorKind::unavailable, "the Kubernetes API server does not answer: " + version.error().message};
    const std::string git_version = text_at(*version, {"gitVersion"});
    const auto parsed = kube::parse_version(git_version);
    if (!parsed || !kube::at_least(*parsed, 1, 4))
      parts.logger.warning("This Kubernetes version is not supported.", {{"version", git_version}});
    const std::string apps = "/apis/apps/v1";
    auto served = co_await client.get(apps);
    const std::string group = served ? "apps/v1" : "extensions/v1beta1";
    deployment["apiVersion"] = group;
    if (served && !find_at(deployment, {"spec", "selector"}))
      deployment["spec"]["selector"] = {{"matchLabels", labels}};
    deployments_path = "/apis/" + group + "/namespaces/" + space + "/deployments";
    co_return Result<void>();
  }

  /// True, false, or an error when the API server cannot say.
  asio::awaitable<Result<bool>> exists(std::string path, const char* what) {
    auto found = co_await client.get(std::move(path));
    if (found) co_return true;
    if (found.error().code == 404) co_return false;
    co_return Error{ErrorKind::unavailable, std::string("could not look for ") + what + ": " + found.error().message};
  }

  /// Asks again every second until the object satisfies `done` or the time for the cluster is over.
  asio::awaitable<Result<Json>> wait_for(std::string path, const char* what, std::function<bool(const Json&)> done) {
    const base::TimePoint deadline = parts.clock.now() + config.k8s_timeout;
    std::string last = "it does not exist";
    for (;;) {
      auto object = co_await client.get(path);
      if (object && done(*object)) co_return *object;
      last = object ? "its phase is " + text_at(*object, {"status", "phase"}) : object.error().message;
      if (parts.clock.now() >= deadline)
        co_return Error{ErrorKind::unavailable, std::string(what) + " was not ready in time; " + last};
      const Duration pause = std::chrono::milliseconds(500);
      co_await base::sleep_for(parts.clock, pause);
    }
  }

  asio::awaitable<Result<RestAnswer>> rest(const char* method, std::string path, std::string body) {
    base::http::Endpoint endpoint;
    endpoint.tls = false;
    endpoint.host = pod_ip;
    endpoint.port = 8000;
    base::http::Request request;
    request.method = method;
    request.target = "/trident/v1" + path;
    request.body = std::move(body);
    request.headers.set("Content-Type", "application/json");
    base::http::CallOptions options;
    options.timeout = config.trident_timeout;
    options.connect_timeout = config.trident_timeout;
    auto answer = co_await parts.transport.send(endpoint, std::move(request), options);
    if (!answer) co_return answer.error();
    co_return RestAnswer{answer->status, Json::parse(answer->body, nullptr, /*allow_exceptions=*/false)};
  }

  static std::string why(const Result<RestAnswer>& answer) {
    if (!answer) return answer.error().message;
    const std::string text = text_at(answer->body, {"error"});
    return "status " + std::to_string(answer->status) + (text.empty() ? "" : ": " + text);
  }

  asio::awaitable<Result<void>> start_ephemeral() {
    Json args = {"-port", "8000", "-address", "", "-no_persistence"};
    if (config.debug) args.push_back("-debug");
    Json container = {{"name", "trident-main"}, {"image", image}};
    container["command"] = Json::array({"/usr/local/bin/trident_orchestrator"});
    container["args"] = std::move(args);
    container["ports"] = Json::array({Json{{"containerPort", 8000}}});
    Json pod;
    pod["apiVersion"] = "v1";
    pod["kind"] = "Pod";
    pod["metadata"] = {{"name", kEphemeral}, {"namespace", space}, {"labels", {{"app", "trident-launcher.netapp.io"}}}};
    pod["spec"]["containers"] = Json::array({container});
    const std::string pods = core_path("pods");
    auto made = co_await client.create(pods, pod);
    if (!made)
      co_return Error{ErrorKind::unavailable, "could not create the pod trident-ephemeral: " + made.error().message};
    pod_made = true;
    const std::string path = core_path("pods", kEphemeral);
    std::function<bool(const Json&)> running = [](const Json& object) {
      return text_at(object, {"status", "phase"}) == "Running" && !text_at(object, {"status", "podIP"}).empty();
    };
    auto up = co_await wait_for(path, "the pod trident-ephemeral", running);
    if (!up) co_return up.error();
    pod_ip = text_at(*up, {"status", "podIP"});
    parts.logger.info("Launched the pod trident-ephemeral.", {{"address", pod_ip}});
    for (int i = 0; i < 11; ++i) {
      const std::string target = "/backend";
      const std::string nothing;
      auto answer = co_await rest("GET", target, nothing);
      if (answer && answer->status == 200) co_return Result<void>();
      const Duration pause = seconds(1);
      co_await base::sleep_for(parts.clock, pause);
    }
    co_return Error{
        ErrorKind::unavailable,
        "the server in the pod trident-ephemeral does not answer; read its log (tridentctl logs -l ephemeral)"};
  }

  /// Backend, class and volume in the temporary server. The failure mode that every reader of backend.json should know:
  /// a wrong data LIF or SVM is refused here, and an array that cannot be reached answers nothing.
  asio::awaitable<Result<void>> make_volume() {
    const std::string nothing;
    const std::string backends = "/backend";
    auto added = co_await rest("POST", backends, config.backend_json);
    if (!added || added->status != 201) {
      co_return Error{ErrorKind::invalid, "the backend of setup/backend.json was not added: " + why(added) +
                                              " -- check the addresses, the SVM and the credentials in that file, run "
                                              "uninstall_trident.sh and install again"};
    }
    const std::string backend = text_at(added->body, {"backend"});
    const std::string backend_target = backends + "/" + base::http::percent_encode(backend);
    auto view = co_await rest("GET", backend_target, nothing);
    const Json* storage = view ? find_at(view->body, {"backend", "storage"}) : nullptr;
    if (!storage || !storage->is_object() || storage->empty())
      co_return Error{ErrorKind::invalid, "the backend " + backend + " has no storage pools: " + why(view)};
    Json pools = Json::array();
    for (const auto& [pool, unused] : storage->items()) pools.push_back(pool);
    Json storage_class = {{"version", "v1"}, {"name", "trident-basic"}};
    storage_class["requiredStorage"][backend] = std::move(pools);
    const std::string classes = "/storageclass";
    const std::string class_body = storage_class.dump();
    auto classed = co_await rest("POST", classes, class_body);
    if (!classed || classed->status != 201)
      co_return Error{ErrorKind::invalid, "the storage class for the volume was not added: " + why(classed)};
    Json volume = {{"name", config.volume_name},
                   {"size", std::to_string(config.volume_size) + "Gi"},
                   {"storageClass", "trident-basic"}};
    const std::string volumes = "/volume";
    const std::string volume_body = volume.dump();
    auto made = co_await rest("POST", volumes, volume_body);
    if (!made || made->status != 201)
      co_return Error{ErrorKind::invalid, "the volume " + config.volume_name + " was not created: " + why(made)};
    volume_made = true;
    parts.logger.info("Created the volume for Trident's own data.",
                      {{"volume", config.volume_name}, {"backend", backend}});
    co_return Result<void>();
  }

  Json claim_object() const {
    const std::string size = std::to_string(config.volume_size) + "Gi";
    Json claim;
    claim["apiVersion"] = "v1";
    claim["kind"] = "PersistentVolumeClaim";
    claim["metadata"] = {{"name", config.pvc_name}, {"namespace", space}, {"labels", labels}};
    claim["spec"]["accessModes"] = Json::array({"ReadWriteOnce"});
    claim["spec"]["resources"]["requests"]["storage"] = size;
    claim["spec"]["selector"]["matchLabels"] = labels;
    claim["spec"]["storageClassName"] = "";  // a default class must not take this claim
    return claim;
  }

  Result<Json> volume_object(const Json& volume, const Json& claim) const {
    Json object;
    object["apiVersion"] = "v1";
    object["kind"] = "PersistentVolume";
    object["metadata"] = {{"name", config.pv_name}, {"labels", labels}};
    Json& spec = object["spec"];
    spec["capacity"]["storage"] = std::to_string(config.volume_size) + "Gi";
    spec["accessModes"] = Json::array({"ReadWriteOnce"});
    spec["claimRef"] = {{"namespace", space}, {"name", config.pvc_name}, {"uid", text_at(claim, {"metadata", "uid"})}};
    spec["persistentVolumeReclaimPolicy"] = "Retain";
    const Json* access = find_at(volume, {"Config", "accessInformation"});
    if (!access) return Error{ErrorKind::invalid, "the volume has no access information"};
    const std::string path = text_at(*access, {"nfsPath"});
    if (!path.empty()) {
      spec["nfs"] = {{"server", text_at(*access, {"nfsServerIp"})}, {"path", path}};
      return object;
    }
    if (text_at(*access, {"iscsiTargetIqn"}).empty())
      return Error{ErrorKind::invalid, "the volume can be reached neither by NFS nor by iSCSI"};
    const Json* lun = find_at(*access, {"iscsiLunNumber"});
    Json iscsi = {{"targetPortal", text_at(*access, {"iscsiTargetPortal"})},
                  {"iqn", text_at(*access, {"iscsiTargetIqn"})}};
    iscsi["lun"] = lun ? *lun : Json(0);  // LUN 0 is left out of the answer
    iscsi["fsType"] =
        text_at(volume, {"Config", "fileSystem"}).empty() ? "ext4" : text_at(volume, {"Config", "fileSystem"});
    if (const std::string name = text_at(*access, {"iscsiInterface"}); !name.empty()) iscsi["iscsiInterface"] = name;
    spec["iscsi"] = std::move(iscsi);
    return object;
  }

  asio::awaitable<Result<void>> make_claim_and_object(bool claim_exists) {
    const std::string claim_path = core_path("persistentvolumeclaims", config.pvc_name);
    if (!claim_exists) {
      const std::string claims = core_path("persistentvolumeclaims");
      Json wanted = claim_object();
      auto made = co_await client.create(claims, wanted);
      if (!made)
        co_return Error{ErrorKind::unavailable,
                        "could not create the PVC " + config.pvc_name + ": " + made.error().message};
      claim_made = true;
    }
    auto claim = co_await client.get(claim_path);
    if (!claim)
      co_return Error{ErrorKind::unavailable,
                      "could not read the PVC " + config.pvc_name + ": " + claim.error().message};
    const std::string target = "/volume/" + base::http::percent_encode(config.volume_name);
    const std::string nothing;
    auto answer = co_await rest("GET", target, nothing);
    const Json* volume = answer ? find_at(answer->body, {"volume"}) : nullptr;
    if (!volume || answer->status != 200)
      co_return Error{ErrorKind::unavailable, "could not read the volume: " + why(answer)};
    auto object = volume_object(*volume, *claim);
    if (!object) co_return object.error();
    const std::string volumes = "/api/v1/persistentvolumes";
    auto made = co_await client.create(volumes, *object);
    if (!made)
      co_return Error{ErrorKind::unavailable,
                      "could not create the PV " + config.pv_name + ": " + made.error().message};
    object_made = true;
    const std::string pv = config.pv_name;
    std::function<bool(const Json&)> bound = [pv](const Json& now) {
      return text_at(now, {"status", "phase"}) == "Bound" && text_at(now, {"spec", "volumeName"}) == pv;
    };
    auto ready = co_await wait_for(claim_path, "the PVC", bound);
    if (!ready) co_return ready.error();
    parts.logger.info("The PVC is bound.", {{"PVC", config.pvc_name}, {"PV", config.pv_name}});
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> deploy() {
    auto made = co_await client.create(deployments_path, deployment);
    if (!made) co_return Error{ErrorKind::unavailable, "could not create the deployment: " + made.error().message};
    deployment_made = true;
    std::string selector;
    for (const auto& [key, value] : labels.items()) {
      if (value.is_string()) selector += (selector.empty() ? "" : ",") + key + "=" + value.get<std::string>();
    }
    const std::string path = core_path("pods") + "?labelSelector=" + base::http::percent_encode(selector);
    std::function<bool(const Json&)> up = [](const Json& list) {
      const Json* items = find_at(list, {"items"});
      if (!items || !items->is_array() || items->empty() || text_at((*items)[0], {"status", "phase"}) != "Running")
        return false;
      const Json* containers = find_at((*items)[0], {"status", "containerStatuses"});
      if (!containers || !containers->is_array()) return false;
      for (const Json& container : *containers) {
        const Json* ready = find_at(container, {"ready"});
        if (!ready || *ready != true) return false;
      }
      return true;
    };
    auto running = co_await wait_for(path, "the pod of the deployment", up);
    if (!running)
      parts.logger.warning("The deployment was created, but its pod is not running yet.",
                           {{"reason", running.error().message}});
    co_return Result<void>();
  }

  asio::awaitable<void> remove(std::string path, const char* what, bool at_once) {
    Json options;
    if (at_once) options = {{"kind", "DeleteOptions"}, {"apiVersion", "v1"}, {"gracePeriodSeconds", 0}};
    auto gone = co_await client.remove(std::move(path), std::move(options));
    if (!gone && gone.error().code != 404)
      parts.logger.warning(std::string("Could not delete ") + what + ".", {{"error", gone.error().message}});
  }

  /// Takes back what was made, in reverse. The temporary pod stays when it could not make the volume: its log says why.
  asio::awaitable<void> clean_up() {
    if (deployment_made) co_return;
    const std::string claim_path = core_path("persistentvolumeclaims", config.pvc_name);
    const std::string pod_path = core_path("pods", kEphemeral);
    if (claim_made) co_await remove(claim_path, "the PVC", false);
    const std::string pv_path = volume_path();
    if (object_made) co_await remove(pv_path, "the PV", false);
    if (!volume_made) {
      if (pod_made)
        parts.logger.info("The pod trident-ephemeral keeps running, so that its log can be read with tridentctl logs.");
      co_return;
    }
    const std::string target = "/volume/" + base::http::percent_encode(config.volume_name);
    const std::string nothing;
    auto gone = co_await rest("DELETE", target, nothing);
    if (!gone || (gone->status != 200 && text_at(gone->body, {"error"}).find("not found") == std::string::npos)) {
      parts.logger.error("Could not delete the volume; it must be deleted by hand.",
                         {{"volume", config.volume_name}, {"error", why(gone)}});
      co_return;
    }
    co_await remove(pod_path, "the pod trident-ephemeral", true);
  }

  asio::awaitable<Result<void>> work() {
    const std::string pod_path = core_path("pods", kEphemeral);
    const std::string deployment_path = deployments_path + "/" + text_at(deployment, {"metadata", "name"});
    auto deployed = co_await exists(deployment_path, "the deployment");
    if (!deployed) co_return deployed.error();
    if (*deployed)
      co_return Error{ErrorKind::already_exists, "the Trident deployment is there already; nothing was done"};
    const std::string claim_path = core_path("persistentvolumeclaims", config.pvc_name);
    auto claim = co_await client.get(claim_path);
    if (!claim && claim.error().code != 404)
      co_return Error{ErrorKind::unavailable, "could not look for the PVC: " + claim.error().message};
    const std::string phase = claim ? text_at(*claim, {"status", "phase"}) : "";
    if (phase == "Lost")
      co_return Error{ErrorKind::conflict,
                      "the PVC " + config.pvc_name + " has lost its volume; delete it and install again"};
    if (phase != "Bound") {
      auto left = co_await exists(pod_path, "the pod trident-ephemeral");
      if (!left) co_return left.error();
      if (*left)
        co_return Error{ErrorKind::conflict,
                        "the pod trident-ephemeral of an earlier installation is still there; run "
                        "uninstall_trident.sh, or delete it, and install again"};
      auto started = co_await start_ephemeral();
      if (!started) co_return started.error();
      auto made = co_await make_volume();
      if (!made) co_return made.error();
      auto joined = co_await make_claim_and_object(claim.ok());
      if (!joined) co_return joined.error();
    } else {
      parts.logger.info("The PVC is bound already; Trident resumes with its data.", {{"PVC", config.pvc_name}});
    }
    auto launched = co_await deploy();
    if (!launched) co_return launched.error();
    if (pod_made) co_await remove(pod_path, "the pod trident-ephemeral", true);
    co_return Result<void>();
  }
};

}  // namespace

asio::awaitable<int> launch(LauncherConfig config, LauncherParts parts) {
  Launch launch(std::move(config), std::move(parts));
  if (auto done = launch.read_deployment(); !done) {
    launch.parts.logger.fatal(done.error().message);
    co_return 1;
  }
  if (launch.space.empty()) {
    launch.parts.logger.fatal("The namespace to install into is not known.");
    co_return 1;
  }
  auto found = co_await launch.find_api();
  if (!found) {
    launch.parts.logger.fatal(found.error().message);
    co_return 1;
  }
  auto done = co_await launch.work();
  if (!done) {
    launch.parts.logger.error("Trident was not launched: " + done.error().message);
    co_await launch.clean_up();
    co_return 0;
  }
  launch.parts.logger.info("Trident deployment was successfully launched.");
  co_return 0;
}

}  // namespace provisioner::installer
