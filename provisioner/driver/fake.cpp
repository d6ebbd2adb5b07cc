#include "provisioner/driver/fake.h"

#include "provisioner/core/json.h"
#include "provisioner/driver/config.h"

namespace provisioner {

namespace {

using boost::asio::awaitable;

struct FakePool {
  Offers offers;
  std::uint64_t free_bytes = 0;
};

class FakeDriver final : public Driver {
 public:
  FakeDriver(CommonConfig common, std::string default_prefix)
      : common_(std::move(common)), default_prefix_(std::move(default_prefix)) {}

  Result<void> read(const Json& json) {
    const auto bad = [](const std::string& what) {
      return Error{ErrorKind::invalid, "input failed validation: " + what};
    };
    const Json* name = member(json, "instanceName");
    if (name == nullptr || !name->is_string() || name->get<std::string>().empty())
      return bad("\"instanceName\" is missing");
    facts_.backend_name = name->get<std::string>();
    facts_.type = "fake";
    const Json* protocol = member(json, "protocol");
    if (protocol == nullptr || (*protocol != "file" && *protocol != "block"))
      return bad("\"protocol\" must be file or block");
    facts_.protocol = *protocol == "file" ? Protocol::file : Protocol::block;
    const Json* pools = member(json, "pools");
    if (pools == nullptr || pools->is_null()) return {};
    if (!pools->is_object()) return bad("could not decode \"pools\": expected an object");
    for (const auto& [pool_name, pool] : pools->items()) {
      FakePool& entry = pools_[pool_name];
      if (const Json* attributes = member(pool, "attributes")) {
        auto offers = offers_from_json(*attributes);
        if (!offers) return bad(offers.error().message);
        entry.offers = std::move(*offers);
      }
      entry.offers["backendType"] = std::vector<std::string>{"fake"};
      const Json* size = member(pool, "sizeBytes");
      if (size == nullptr || !size->is_number_unsigned())
        return bad("pool " + pool_name + " needs a number \"sizeBytes\"");
      entry.free_bytes = size->get<std::uint64_t>();
      facts_.pools.push_back({pool_name, entry.offers});
    }
    return {};
  }

  awaitable<Result<void>> start() override { co_return Result<void>(); }
  const BackendFacts& facts() const override { return facts_; }
  Json stored_config() const override {
    Json json;
    json["fake_config"] = body(prefix_to_stored(common_));
    json["fake_config"]["instanceName"] = facts_.backend_name;
    return json;
  }
  Json config_view() const override {
    Json json = body(prefix());
    json["serialNumbers"] = {facts_.backend_name + "_SN"};
    json["InstanceName"] = facts_.backend_name;
    return json;
  }
  awaitable<Result<void>> check() override { co_return Result<void>(); }
  awaitable<void> tick() override { co_return; }
  awaitable<Result<std::map<std::string, std::uint64_t>>> free_space() override {
    std::map<std::string, std::uint64_t> bytes;
    for (const auto& [name, pool] : pools_) bytes[name] = pool.free_bytes;
    co_return bytes;
  }
  std::string internal_name(const std::string& volume) const override { return prefixed(prefix(), volume); }

  awaitable<Result<Made>> create(CreateSpec spec) override {
    if (!spec.clone_of.empty()) co_return Error{ErrorKind::invalid, "the fake driver does not support clones"};
    const auto known = volumes_.find(spec.internal_name);
    if (known != volumes_.end()) {
      const bool same = known->second.owner == spec.owner && known->second.size_bytes == spec.size_bytes &&
                        known->second.pool == spec.pool;
      if (!same) co_return Error{ErrorKind::already_exists, "volume " + spec.internal_name + " already exists"};
      co_return made(known->second);
    }
    const auto pool = pools_.find(spec.pool);
    if (pool == pools_.end()) co_return Error{ErrorKind::invalid, "could not find pool " + spec.pool};
    if (spec.size_bytes > pool->second.free_bytes) {
      co_return Error{ErrorKind::invalid, "requested volume is too large: " + std::to_string(spec.size_bytes) +
                                              " bytes requested, " + std::to_string(pool->second.free_bytes) +
                                              " free in pool " + spec.pool};
    }
    pool->second.free_bytes -= spec.size_bytes;
    const ArrayVolume volume{spec.internal_name, spec.size_bytes, spec.pool, spec.owner, ""};
    volumes_[spec.internal_name] = volume;
    co_return made(volume);
  }
  awaitable<Result<void>> destroy(DestroySpec spec) override {
    const auto known = volumes_.find(spec.internal_name);
    if (known == volumes_.end() || (spec.owner && known->second.owner != spec.owner)) co_return Result<void>();
    pools_[known->second.pool].free_bytes += known->second.size_bytes;
    volumes_.erase(known);
    co_return Result<void>();
  }
  awaitable<Result<std::optional<ArrayVolume>>> find(std::string name) override {
    const auto known = volumes_.find(name);
    co_return known == volumes_.end() ? std::optional<ArrayVolume>() : std::optional<ArrayVolume>(known->second);
  }
  awaitable<Result<std::vector<ArrayVolume>>> list() override {
    std::vector<ArrayVolume> all;
    for (const auto& [name, volume] : volumes_) all.push_back(volume);
    co_return all;
  }
  awaitable<Result<void>> resize(std::string name, std::uint64_t size_bytes) override {
    const auto known = volumes_.find(name);
    if (known == volumes_.end()) co_return Result<void>();  // of an earlier process: this array is its memory
    if (size_bytes <= known->second.size_bytes) co_return Result<void>();
    const std::uint64_t more = size_bytes - known->second.size_bytes;
    FakePool& pool = pools_[known->second.pool];
    if (more > pool.free_bytes) co_return Error{ErrorKind::invalid, "not enough space in pool " + known->second.pool};
    pool.free_bytes -= more;
    known->second.size_bytes = size_bytes;
    co_return Result<void>();
  }
  awaitable<Result<Made>> adopt(ImportSpec) override {
    co_return Error{ErrorKind::invalid, "the fake driver does not support import"};
  }
  awaitable<Result<void>> undo_adopt(ImportSpec) override { co_return Result<void>(); }
  awaitable<Result<Snapshot>> create_snapshot(std::string, std::string) override {
    co_return Error{ErrorKind::invalid, "the fake driver does not support snapshots"};
  }
  awaitable<Result<void>> delete_snapshot(std::string, std::string) override {
    co_return Error{ErrorKind::invalid, "the fake driver does not support snapshots"};
  }
  awaitable<Result<std::vector<Snapshot>>> snapshots(std::string) override { co_return std::vector<Snapshot>(); }

 private:
  std::string prefix() const { return common_.prefix.value_or(default_prefix_); }
  Json body(Json prefix) const {
    Json json;
    json["version"] = common_.version;
    json["storageDriverName"] = "fake";
    json["storagePrefix"] = std::move(prefix);
    json["protocol"] = facts_.protocol == Protocol::file ? "file" : "block";
    json["pools"] = Json::object();
    for (const auto& [name, pool] : pools_) {
      std::uint64_t size = pool.free_bytes;
      for (const auto& [volume_name, volume] : volumes_) size += volume.pool == name ? volume.size_bytes : 0;
      Json attributes = to_json(pool.offers);
      attributes.erase("backendType");
      json["pools"][name] = {{"attributes", attributes}, {"sizeBytes", size}};
    }
    return json;
  }
  Made made(const ArrayVolume& volume) const {
    Made result;
    result.size_bytes = volume.size_bytes;
    if (facts_.protocol == Protocol::file) {
      result.access.nfs_server_ip = "192.0.2.1";
      result.access.nfs_path = "/" + volume.internal_name;
    } else {
      result.access.iscsi_target_portal = "192.0.2.1";
      result.access.iscsi_target_iqn = "iqn.2017-06.com.netapp:fake";
    }
    return result;
  }

  CommonConfig common_;
  std::string default_prefix_;
  BackendFacts facts_;
  std::map<std::string, FakePool> pools_;
  std::map<std::string, ArrayVolume> volumes_;
};

}  // namespace

Result<std::unique_ptr<Driver>> make_fake_driver(const DriverContext& context, const Json& config) {
  auto common = parse_common(config);
  if (!common) return common.error();
  auto driver = std::make_unique<FakeDriver>(std::move(*common), context.default_prefix);
  if (auto read = driver->read(config); !read) return read.error();
  return Result<std::unique_ptr<Driver>>(std::move(driver));
}

}  // namespace provisioner
