#include "provisioner/core/copy.h"

#include "provisioner/core/core.h"
#include "provisioner/core/json.h"
#include "provisioner/core/secrets.h"

namespace provisioner {

using boost::asio::awaitable;

namespace {

constexpr std::size_t kCopiedAtOnce = 100;  // etcd allows 128 operations in a transaction

/// A backend's record with its passwords as the target wants them; other records as they are.
Result<std::string> converted(const std::string& prefix, const std::string& text, const std::string& key, bool seal) {
  if (prefix != keys::kBackend) return text;
  const auto record = parse_json(text);
  if (!record || !record->is_object()) return text;  // set aside at start, here as there
  auto opened = open_secrets(*record, key);
  if (!opened) return opened.error();
  return (seal ? seal_secrets(*opened, key) : *opened).dump();
}

}  // namespace

awaitable<Result<std::size_t>> copy_records(Store& from, Store& to, std::string key, bool seal) {
  std::vector<Write> all;
  const std::vector<std::string> prefixes = {keys::kMeta, keys::kBackend, keys::kClass, keys::kVolume, keys::kIntent};
  for (const std::string& prefix : prefixes) {
    const auto there = co_await to.list(prefix);
    if (!there) co_return there.error();
    if (!there->empty())
      co_return Error{ErrorKind::already_exists, "the store to copy into has records below " + prefix + " already"};
    const auto found = co_await from.list(prefix);
    if (!found) co_return found.error();
    for (const auto& [name, text] : *found) {
      auto value = converted(prefix, text, key, seal);
      if (!value) co_return Error{value.error().kind, prefix + name + ": " + value.error().message};
      if (prefix + name == keys::kMeta + "leader") continue;  // who leads the one store does not lead the other
      all.push_back({Write::Kind::create, prefix + name, std::move(*value)});
    }
  }
  for (std::size_t done = 0; done < all.size(); done += kCopiedAtOnce) {
    std::vector<Write> some(all.begin() + static_cast<std::ptrdiff_t>(done),
                            all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), done + kCopiedAtOnce)));
    if (const auto stored = co_await to.commit(std::move(some)); !stored) co_return stored.error();
  }
  co_return all.size();
}

}  // namespace provisioner
