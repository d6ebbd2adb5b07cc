#include "tests/provisioner/lab.h"

#include <algorithm>

#include "provisioner/core/json.h"

namespace provisioner_test {

Lab::Lab() {
  handler = [this](const base::http::Request& request) { return array.handle(request); };
}

Lab::~Lab() { stop(); }

namespace {
boost::asio::awaitable<bool> stopped(Orchestrator& core) {
  co_await core.stop();
  co_return true;
}
}  // namespace

void Lab::stop() {
  if (!core) return;
  store->kill();
  run(stopped(*core));
  core.reset();
}

Result<void> Lab::start() {
  stop();
  transport = std::make_unique<base::http::MemoryTransport>(
      clock, [this](const std::string& host, std::uint16_t) { return host == "192.168.199.108" ? &handler : nullptr; });
  store = std::make_unique<MemoryStore>(database);
  const base::Logger logger(
      clock, [this](std::string_view line) { lines.emplace_back(line); }, base::LogLevel::debug);
  core = std::make_unique<Orchestrator>(io.get_executor(), clock, base::Rng(1), logger, *store, *transport, options);
  return run(core->bootstrap());
}

Result<std::string> Lab::add_backend(const std::string& changes) {
  Json config = Json::parse(
      R"({"version":1,"storageDriverName":"ontap-nas","managementLIF":"192.168.199.108","dataLIF":"192.168.199.107",)"
      R"("svm":"tridentsvm","username":"admin","password":"netapp123"})");
  config.merge_patch(Json::parse(changes));
  return run(core->add_backend(config.dump()));
}

Result<void> Lab::add_class(const std::string& json) {
  auto config = storage_class_config_from_json(Json::parse(json));
  if (!config) return config.error();
  return run(core->add_storage_class(*config));
}

Result<Volume> Lab::add_volume(const std::string& name, const std::string& size, const std::string& storage_class) {
  VolumeConfig config;
  config.name = name;
  config.size = size;
  config.storage_class = storage_class;
  config.access_mode = "ReadWriteOnce";
  return run(core->add_volume(config));
}

bool Lab::logged(const std::string& text) const {
  return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

}  // namespace provisioner_test
