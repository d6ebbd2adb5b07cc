#include "provisioner/driver/ontap_nas.h"

#include "provisioner/core/size.h"
#include "provisioner/driver/ontap_array.h"

namespace provisioner {

namespace {

using boost::asio::awaitable;

class OntapNas final : public Driver {
 public:
  OntapNas(const DriverContext& context, OntapConfig config) : array_(context, std::move(config), Protocol::file) {}

  awaitable<Result<void>> start() override { co_return co_await array_.start("ontapnas_"); }
  const BackendFacts& facts() const override { return array_.facts; }
  Json stored_config() const override { return to_stored(array_.config); }
  Json config_view() const override { return array_.config_view(); }
  awaitable<Result<void>> check() override { co_return co_await array_.check(); }
  awaitable<void> tick() override { co_await array_.heartbeat(); }
  std::string internal_name(const std::string& volume) const override { return ontap_name(array_.prefix(), volume); }

  awaitable<Result<Made>> create(CreateSpec spec) override {
    if (auto fits = check_size(array_.config, spec.size_bytes); !fits) co_return fits.error();
    const std::string junction = "/" + spec.internal_name;
    if (!spec.clone_of.empty()) {
      const auto clone = co_await array_.ensure_clone(spec, junction);
      if (!clone) co_return clone.error();
      co_return made(*clone);
    }
    auto order = array_.order_for(spec);
    if (!order) co_return order.error();
    order->junction = junction;
    const auto volume = co_await array_.ensure(*order);
    if (!volume) co_return volume.error();
    co_return made(*volume);
  }
  awaitable<Result<void>> destroy(DestroySpec spec) override { co_return co_await array_.destroy(std::move(spec)); }
  awaitable<Result<std::optional<ArrayVolume>>> find(std::string name) override {
    const auto volume = co_await array_.find(std::move(name));
    if (!volume) co_return volume.error();
    co_return *volume ? std::optional<ArrayVolume>(seen(**volume)) : std::optional<ArrayVolume>();
  }
  awaitable<Result<std::vector<ArrayVolume>>> list() override {
    const auto volumes = co_await array_.list(internal_name("") + "*");
    if (!volumes) co_return volumes.error();
    std::vector<ArrayVolume> all;
    for (const FlexVol& volume : *volumes) all.push_back(seen(volume));
    co_return all;
  }
  awaitable<Result<void>> resize(std::string name, std::uint64_t size_bytes) override {
    if (auto fits = check_size(array_.config, size_bytes); !fits) co_return fits.error();
    co_return co_await array_.resize(std::move(name), size_bytes);
  }

  awaitable<Result<Made>> adopt(ImportSpec spec) override {
    auto found = co_await array_.find(spec.original_name);
    if (!found) co_return found.error();
    const bool renamed = spec.internal_name != spec.original_name;
    if (!*found && renamed) {
      found = co_await array_.find(spec.internal_name);  // an earlier attempt got that far
      if (!found) co_return found.error();
    }
    if (!*found) co_return Error{ErrorKind::not_found, "volume " + spec.original_name + " was not found on the array"};
    FlexVol volume = std::move(**found);
    if (!renamed && volume.junction.empty()) co_return Error{ErrorKind::invalid, "volume " + volume.name + " has no junction path"};
    if (!renamed) co_return made(volume);
    if (volume.name == spec.original_name) {
      if (const auto done = co_await array_.rename(spec.original_name, spec.internal_name); !done) co_return done.error();
    }
    volume.name = spec.internal_name;
    if (volume.junction.empty()) {
      volume.junction = "/" + spec.internal_name;
      if (const auto done = co_await array_.mount(spec.internal_name, volume.junction); !done) co_return unfinished(done.error());
    }
    if (const auto done = co_await array_.set_comment(spec.internal_name, owner_comment(spec.owner, spec.config)); !done) co_return unfinished(done.error());
    co_return made(volume);
  }
  awaitable<Result<void>> undo_adopt(ImportSpec spec) override {
    if (spec.internal_name == spec.original_name) co_return Result<void>();
    const auto found = co_await array_.find(spec.internal_name);
    if (!found) co_return found.error();
    if (!*found) co_return Result<void>();
    if ((*found)->owner() == spec.owner) {
      if (const auto done = co_await array_.set_comment(spec.internal_name, ""); !done) co_return done.error();
    }
    co_return co_await array_.rename(spec.internal_name, spec.original_name);
  }

  awaitable<Result<Snapshot>> create_snapshot(std::string name, std::string snapshot) override {
    co_return co_await array_.create_snapshot(std::move(name), std::move(snapshot));
  }
  awaitable<Result<void>> delete_snapshot(std::string name, std::string snapshot) override {
    co_return co_await array_.delete_snapshot(std::move(name), std::move(snapshot));
  }
  awaitable<Result<std::vector<Snapshot>>> snapshots(std::string name) override { co_return co_await array_.snapshots(std::move(name)); }

 private:
  static Error unfinished(Error error) {
    error.kind = ErrorKind::unknown_outcome;
    return error;
  }
  Made made(const FlexVol& volume) const {
    Made result;
    result.access.nfs_server_ip = array_.config.option("dataLIF");
    result.access.nfs_path = volume.junction;
    result.size_bytes = volume.size_bytes;
    return result;
  }
  static ArrayVolume seen(const FlexVol& volume) { return {volume.name, volume.size_bytes, volume.aggregate, volume.owner(), volume.comment}; }

  OntapArray array_;
};

}  // namespace

Result<void> check_size(const OntapConfig& config, std::uint64_t size_bytes) {
  if (size_bytes < kOntapVolumeMin) {
    return Error{ErrorKind::invalid, "requested volume size (" + std::to_string(size_bytes) + " bytes) is too small; the minimum volume size is " +
                                         std::to_string(kOntapVolumeMin) + " bytes"};
  }
  const std::string& limit = config.option("limitVolumeSize");
  if (limit.empty()) return {};
  const auto most = parse_size(limit);
  if (most && size_bytes > *most) {
    return Error{ErrorKind::invalid, "requested volume size (" + std::to_string(size_bytes) + " bytes) is above the backend's limitVolumeSize (" + limit + ")"};
  }
  return {};
}

Result<std::unique_ptr<Driver>> make_ontap_nas(const DriverContext& context, const Json& config) {
  auto parsed = parse_ontap(config);
  if (!parsed) return parsed.error();
  return Result<std::unique_ptr<Driver>>(std::make_unique<OntapNas>(context, std::move(*parsed)));
}

}  // namespace provisioner
