#include "provisioner/docker/plugin.h"

#include <algorithm>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/text.h"
#include "provisioner/core/json.h"

namespace provisioner::docker {

namespace asio = boost::asio;
using base::http::Request;
using base::http::Response;

namespace {

constexpr const char* kContentType = "application/vnd.docker.plugins.v1.1+json";

Response plugin_response(int status, const Json& body) {
  Response response;
  response.status = status;
  response.headers = {{"Content-Type", kContentType}};
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

std::string name_in(const Json& body) {
  const Json* value = member(body, "Name");
  return value && value->is_string() ? value->get<std::string>() : std::string();
}

/// Part of a path and of an ONTAP name: neither may carry anything else.
Result<void> check_name(const std::string& name) {
  constexpr std::size_t kLongest = 203;  // ONTAP's
  const std::string letters = base::to_lower(name);
  const bool plain = letters.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-.") == std::string::npos;
  if (name.empty() || name.size() > kLongest || !plain || name.front() == '.')
    return Error{ErrorKind::invalid, "\"" + name + "\" cannot be a volume's name"};
  return {};
}

Json snapshot_list(const std::vector<Snapshot>& snapshots) {
  Json list = Json::array();
  for (const Snapshot& snapshot : snapshots) {
    Json entry;
    entry["Name"] = snapshot.name;
    entry["Created"] = snapshot.created;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace

struct Plugin::Route {
  std::string_view path;
  asio::awaitable<Answer> (Plugin::*run)(Json body);
  bool named = true;  // acts on the volume in "Name"
};

const std::vector<Plugin::Route>& Plugin::routes() {
  static const std::vector<Route> rows{{"/Plugin.Activate", &Plugin::activate, false},
                                       {"/VolumeDriver.Capabilities", &Plugin::capabilities, false},
                                       {"/VolumeDriver.List", &Plugin::list, false},
                                       {"/VolumeDriver.Create", &Plugin::create},
                                       {"/VolumeDriver.Remove", &Plugin::remove},
                                       {"/VolumeDriver.Path", &Plugin::path},
                                       {"/VolumeDriver.Get", &Plugin::get},
                                       {"/VolumeDriver.Mount", &Plugin::mount},
                                       {"/VolumeDriver.Unmount", &Plugin::unmount}};
  return rows;
}

Plugin::Plugin(asio::any_io_executor executor, base::Logger logger, Driver& driver, Host host, PluginConfig config)
    : logger_(std::move(logger)),
      driver_(driver),
      host_(std::move(host)),
      config_(std::move(config)),
      locks_(executor),
      tasks_(executor) {}

asio::awaitable<void> Plugin::stop() {
  tasks_.stop();
  co_await tasks_.join();
}

Response Plugin::handle(const Request& request) {
  const std::string wanted(request.path());
  const auto route = std::ranges::find_if(routes(), [&](const Route& row) { return row.path == wanted; });
  if (route == routes().end() || request.method != "POST") {
    Response response;
    response.status = 404;
    response.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    response.body = "404 page not found\n";
    return response;
  }
  auto body = request.body.empty() ? Result<Json>(Json::object()) : parse_json(request.body);
  if (body && !body->is_object()) body = Error{ErrorKind::invalid, "the request's body must be an object"};
  if (body && route->named) {
    if (const auto sound = check_name(name_in(*body)); !sound) body = sound.error();
  }
  if (!body) return plugin_response(500, Json{{"Err", body.error().message}});
  Response response;
  response.later = std::make_shared<base::http::Deferred>();
  tasks_.spawn(answer(*route, std::move(*body), response.later));
  return response;
}

asio::awaitable<void> Plugin::answer(const Route& route, Json body, std::shared_ptr<base::http::Deferred> into) {
  const std::string name = route.named ? name_in(body) : std::string();
  const std::string key = route.named ? internal_name(name) : std::string(route.path);
  const auto lock = co_await locks_.take(key);
  logger_.debug("Docker plugin call.", {{"method", route.path}, {"volume", name}});
  const auto done = co_await (this->*route.run)(std::move(body));
  if (!done)
    logger_.error("Docker plugin call failed.",
                  {{"method", route.path}, {"volume", name}, {"error", done.error().message}});
  into->set(done ? plugin_response(200, *done) : plugin_response(500, Json{{"Err", done.error().message}}));
}

asio::awaitable<Plugin::Answer> Plugin::activate(Json /*body*/) {
  Json body;
  body["Implements"] = Json::array({"VolumeDriver"});
  co_return body;
}

asio::awaitable<Plugin::Answer> Plugin::capabilities(Json /*body*/) {
  Json body;
  body["Capabilities"]["Scope"] = "global";
  co_return body;
}

std::string Plugin::internal_name(const std::string& name) const {
  const std::string full = name.starts_with(config_.prefix) ? name : config_.prefix + name;
  return base::replace_all(base::replace_all(full, "-", "_"), ".", "_");
}

std::string Plugin::mountpoint(const std::string& name) const {
  return config_.root + "/" + config_.name + "/" + internal_name(name);
}

asio::awaitable<Result<ArrayVolume>> Plugin::known(std::string name) {
  const std::string internal = internal_name(name);
  auto found = co_await driver_.find(internal);
  if (!found) co_return found.error();
  if (!*found) co_return Error{ErrorKind::not_found, "volume " + name + " was not found"};
  co_return std::move(**found);
}

/// On the aggregate that was named, or the first of the SVM that takes it.
asio::awaitable<Result<void>> Plugin::place(CreateSpec spec) {
  std::vector<std::string> pools;
  for (const PoolInfo& pool : driver_.facts().pools) {
    if (spec.pool.empty() || spec.pool == pool.name) pools.push_back(pool.name);
  }
  if (pools.empty()) co_return Error{ErrorKind::invalid, "aggregate " + spec.pool + " is not assigned to the SVM"};
  std::string causes;
  for (const std::string& pool : pools) {
    CreateSpec there = spec;
    there.pool = pool;
    const auto made = co_await driver_.create(std::move(there));
    if (made) co_return Result<void>();
    causes += (causes.empty() ? "" : "; ") + pool + ": " + made.error().message;
    if (made.error().kind == ErrorKind::unknown_outcome || made.error().kind == ErrorKind::already_exists) break;
  }
  co_return Error{ErrorKind::invalid, "could not create volume " + spec.config.name + ": " + causes};
}

asio::awaitable<Plugin::Answer> Plugin::create(Json body) {
  const std::string name = name_in(body);
  const Json* given = member(body, "Opts");
  const Json options = given ? *given : Json();
  auto spec = create_spec(config_, name, options);
  if (!spec) co_return spec.error();
  spec->internal_name = internal_name(name);
  if (!spec->config.clone_source_volume.empty()) {
    const auto source = co_await known(spec->config.clone_source_volume);
    if (!source) co_return source.error();
    spec->clone_of = source->internal_name;
    spec->clone_snapshot = spec->config.clone_source_snapshot;
    parse_bool(spec->config.split_on_clone, spec->split);
    spec->size_bytes = source->size_bytes;
    spec->pool = source->pool;
  }
  const auto made = co_await place(std::move(*spec));
  if (!made) co_return made.error();
  co_return Json::object();
}

asio::awaitable<Plugin::Answer> Plugin::remove(Json body) {
  const std::string name = name_in(body);
  if (!config_.disable_delete) {
    DestroySpec spec;
    spec.internal_name = internal_name(name);
    const auto gone = co_await driver_.destroy(spec);
    if (!gone) co_return gone.error();
  }
  host_.remove_directory(mountpoint(name));
  co_return Json::object();
}

asio::awaitable<Plugin::Answer> Plugin::path(Json body) {
  const std::string at = mountpoint(name_in(body));
  if (!host_.exists(at)) co_return Error{ErrorKind::not_found, "the mountpoint " + at + " was not found"};
  Json answer;
  answer["Mountpoint"] = at;
  co_return answer;
}

asio::awaitable<Plugin::Answer> Plugin::get(Json body) {
  const std::string name = name_in(body);
  const auto volume = co_await known(name);
  if (!volume) co_return volume.error();
  const auto snapshots = co_await driver_.snapshots(volume->internal_name);
  if (!snapshots) co_return snapshots.error();
  Json answer;
  answer["Volume"]["Name"] = name;
  const std::string at = mountpoint(name);
  answer["Volume"]["Mountpoint"] = host_.exists(at) ? at : "";
  answer["Volume"]["Status"]["Snapshots"] = snapshot_list(*snapshots);
  co_return answer;
}

asio::awaitable<Plugin::Answer> Plugin::list(Json /*body*/) {
  const auto found = co_await driver_.list();
  if (!found) co_return found.error();
  std::vector<std::string> names;
  for (const ArrayVolume& volume : *found) {
    if (!volume.internal_name.starts_with(config_.prefix)) continue;
    const bool told = volume.owner && volume.owner->instance == kOwner;  // the name as it was given, with '-' and '.'
    names.push_back(told ? volume.owner->volume : volume.internal_name.substr(config_.prefix.size()));
  }
  std::ranges::sort(names);
  Json answer;
  answer["Volumes"] = Json::array();
  for (const std::string& name : names) answer["Volumes"].push_back(Json{{"Name", name}});
  co_return answer;
}

asio::awaitable<Plugin::Answer> Plugin::mount(Json body) {
  const std::string name = name_in(body);
  const auto volume = co_await known(name);
  if (!volume) co_return volume.error();
  const std::string at = mountpoint(name);
  Json answer;
  answer["Mountpoint"] = at;
  if (host_.is_mounted(at)) co_return answer;
  if (const auto made = host_.make_directory(at); !made) co_return made.error();
  std::vector<std::string> argv{"mount", "-v"};
  for (const std::string_view word : base::split(config_.nfs_mount_options, ' ')) {
    if (!word.empty()) argv.emplace_back(word);
  }
  argv.push_back(config_.data_lif + ":/" + volume->internal_name);
  argv.push_back(at);
  if (const auto mounted = host_.run(argv); !mounted) {
    host_.remove_directory(at);
    co_return Error{mounted.error().kind, "could not mount volume " + name + ": " + mounted.error().message};
  }
  co_return answer;
}

asio::awaitable<Plugin::Answer> Plugin::unmount(Json body) {
  const std::string at = mountpoint(name_in(body));
  if (host_.is_mounted(at)) {
    const std::vector<std::string> argv{"umount", at};
    if (const auto done = host_.run(argv); !done)
      co_return Error{done.error().kind, "could not unmount " + at + ": " + done.error().message};
  }
  host_.remove_directory(at);
  co_return Json::object();
}

}  // namespace provisioner::docker
