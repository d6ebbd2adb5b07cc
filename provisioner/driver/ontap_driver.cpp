#include "provisioner/driver/ontap_driver.h"

namespace provisioner {

using boost::asio::awaitable;

namespace {
ArrayVolume seen(const FlexVol& volume) {
  return {volume.name, volume.size_bytes, volume.aggregate, volume.owner(), volume.comment};
}
}  // namespace

awaitable<Result<void>> OntapDriver::check() { co_return co_await array_.check(); }
awaitable<void> OntapDriver::tick() { co_await array_.heartbeat(); }
awaitable<Result<std::map<std::string, std::uint64_t>>> OntapDriver::free_space() {
  co_return co_await array_.free_space();
}

awaitable<Result<std::optional<ArrayVolume>>> OntapDriver::find(std::string name) {
  const auto volume = co_await array_.find(std::move(name));
  if (!volume) co_return volume.error();
  co_return *volume ? std::optional<ArrayVolume>(seen(**volume)) : std::optional<ArrayVolume>();
}

awaitable<Result<std::vector<ArrayVolume>>> OntapDriver::list() {
  const auto volumes = co_await array_.list(internal_name("") + "*");
  if (!volumes) co_return volumes.error();
  std::vector<ArrayVolume> all;
  for (const FlexVol& volume : *volumes) all.push_back(seen(volume));
  co_return all;
}

awaitable<Result<Made>> OntapDriver::adopt(ImportSpec spec) {
  auto found = co_await array_.find(spec.original_name);
  if (!found) co_return found.error();
  const bool renamed = spec.internal_name != spec.original_name;
  if (!*found && renamed) {
    found = co_await array_.find(spec.internal_name);  // an earlier attempt got that far
    if (!found) co_return found.error();
  }
  if (!*found) co_return Error{ErrorKind::not_found, "volume " + spec.original_name + " was not found on the array"};
  FlexVol volume = std::move(**found);
  if (!renamed) co_return co_await publish(volume, spec, true);
  if (volume.name == spec.original_name) {
    if (const auto done = co_await array_.rename(spec.original_name, spec.internal_name); !done) co_return done.error();
    volume.name = spec.internal_name;
  }
  const auto made = co_await publish(volume, spec, false);
  if (!made) co_return left_behind(made.error());
  if (const auto done = co_await array_.set_comment(spec.internal_name, owner_comment(spec.owner, spec.config)); !done)
    co_return left_behind(done.error());
  co_return made;
}

awaitable<Result<void>> OntapDriver::undo_adopt(ImportSpec spec) {
  if (spec.internal_name == spec.original_name) co_return Result<void>();
  const auto original = co_await array_.find(spec.original_name);
  if (!original) co_return original.error();
  if (*original) co_return Result<void>();  // never renamed; whoever has the other name is not ours to touch
  const auto found = co_await array_.find(spec.internal_name);
  if (!found) co_return found.error();
  if (!*found) co_return Result<void>();
  if ((*found)->owner() == spec.owner) {
    if (const auto done = co_await array_.set_comment(spec.internal_name, ""); !done) co_return done.error();
  }
  co_return co_await array_.rename(spec.internal_name, spec.original_name);
}

awaitable<Result<Snapshot>> OntapDriver::create_snapshot(std::string name, std::string snapshot) {
  co_return co_await array_.create_snapshot(std::move(name), std::move(snapshot));
}
awaitable<Result<void>> OntapDriver::delete_snapshot(std::string name, std::string snapshot) {
  co_return co_await array_.delete_snapshot(std::move(name), std::move(snapshot));
}
awaitable<Result<std::vector<Snapshot>>> OntapDriver::snapshots(std::string name) {
  co_return co_await array_.snapshots(std::move(name));
}

}  // namespace provisioner
