#include "provisioner/driver/ontap_nas.h"

#include "provisioner/driver/ontap_driver.h"

namespace provisioner {

namespace {

using boost::asio::awaitable;

class OntapNas final : public OntapDriver {
 public:
  OntapNas(const DriverContext& context, OntapConfig config)
      : OntapDriver(context, std::move(config), Protocol::file) {}

  awaitable<Result<void>> start() override { co_return co_await array_.start("ontapnas_"); }

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
  awaitable<Result<void>> resize(std::string name, std::uint64_t size_bytes) override {
    if (auto fits = check_size(array_.config, size_bytes); !fits) co_return fits.error();
    co_return co_await array_.resize(std::move(name), size_bytes);
  }

 protected:
  awaitable<Result<Made>> publish(FlexVol volume, ImportSpec /*spec*/, bool untouched) override {
    if (volume.junction.empty() && untouched)
      co_return Error{ErrorKind::invalid, "volume " + volume.name + " has no junction path"};
    if (volume.junction.empty()) {
      volume.junction = "/" + volume.name;
      if (const auto done = co_await array_.mount(volume.name, volume.junction); !done) co_return done.error();
    }
    co_return made(volume);
  }

 private:
  Made made(const FlexVol& volume) const {
    Made result;
    result.access.nfs_server_ip = array_.config.option("dataLIF");
    result.access.nfs_path = volume.junction;
    result.size_bytes = volume.size_bytes;
    return result;
  }
};

}  // namespace

Result<std::unique_ptr<Driver>> make_ontap_nas(const DriverContext& context, const Json& config) {
  auto parsed = parse_ontap(config);
  if (!parsed) return parsed.error();
  return Result<std::unique_ptr<Driver>>(std::make_unique<OntapNas>(context, std::move(*parsed)));
}

}  // namespace provisioner
