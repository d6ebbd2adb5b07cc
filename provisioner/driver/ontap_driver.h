#pragma once

#include "provisioner/driver/ontap_array.h"

/// What ontap-nas and ontap-san have in common: one FlexVol of the volume's name per volume, and its snapshots.
/// Source: provisioner specification 6.5, 6.7.
namespace provisioner {

class OntapDriver : public Driver {
 public:
  OntapDriver(const DriverContext& context, OntapConfig config, Protocol protocol)
      : array_(context, std::move(config), protocol) {}

  const BackendFacts& facts() const override { return array_.facts; }
  Json stored_config() const override { return to_stored(array_.config); }
  Json config_view() const override { return array_.config_view(); }
  boost::asio::awaitable<Result<void>> check() override;
  boost::asio::awaitable<void> tick() override;
  boost::asio::awaitable<Result<std::map<std::string, std::uint64_t>>> free_space() override;
  std::string internal_name(const std::string& volume) const override { return ontap_name(array_.prefix(), volume); }
  boost::asio::awaitable<Result<std::optional<ArrayVolume>>> find(std::string name) override;
  boost::asio::awaitable<Result<std::vector<ArrayVolume>>> list() override;
  boost::asio::awaitable<Result<Made>> adopt(ImportSpec spec) override;
  boost::asio::awaitable<Result<void>> undo_adopt(ImportSpec spec) override;
  boost::asio::awaitable<Result<Snapshot>> create_snapshot(std::string name, std::string snapshot) override;
  boost::asio::awaitable<Result<void>> delete_snapshot(std::string name, std::string snapshot) override;
  boost::asio::awaitable<Result<std::vector<Snapshot>>> snapshots(std::string name) override;

 protected:
  /// Makes an adopted volume reachable; `untouched`: nothing may be changed. Fills in what a client needs.
  virtual boost::asio::awaitable<Result<Made>> publish(FlexVol volume, ImportSpec spec, bool untouched) = 0;

  OntapArray array_;
};

/// Something of this call may be left on the array.
inline Error left_behind(Error error) {
  error.kind = ErrorKind::unknown_outcome;
  return error;
}

}  // namespace provisioner
