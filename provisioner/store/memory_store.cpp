#include "provisioner/store/store.h"

namespace provisioner {

using base::Error;
using base::ErrorKind;
using base::Result;

Result<void> apply_writes(std::map<std::string, std::string>& records, const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    const bool there = records.contains(write.key);
    if (write.kind == Write::Kind::create && there)
      return Error{ErrorKind::already_exists, "record " + write.key + " already exists in the store"};
    if (write.kind == Write::Kind::update && !there)
      return Error{ErrorKind::not_found, "record " + write.key + " was not found in the store"};
  }
  for (const Write& write : writes) {
    if (write.kind == Write::Kind::erase) records.erase(write.key);
    else records[write.key] = write.value;
  }
  return {};
}

boost::asio::awaitable<Result<void>> Store::lead(Leadership /*who*/) {
  co_return Error{ErrorKind::invalid, "this store serves one instance only; several replicas need -store etcd:URL"};
}

boost::asio::awaitable<Result<Records>> MemoryStore::list(std::string prefix) {
  if (dead_) co_return Error{ErrorKind::unavailable, "the store is closed"};
  Records found;
  for (auto entry = database_.records.lower_bound(prefix);
       entry != database_.records.end() && entry->first.starts_with(prefix); ++entry) {
    found.emplace(entry->first.substr(prefix.size()), entry->second);
  }
  co_return found;
}

boost::asio::awaitable<Result<void>> MemoryStore::commit(std::vector<Write> writes) {
  if (dead_) co_return Error{ErrorKind::unavailable, "the store is closed"};
  if (!leader_.empty() && leader_ != database_.leader.holder)
    co_return Error{ErrorKind::unavailable, "the store refused the write: another replica leads"};
  ++database_.commits;
  co_return apply_writes(database_.records, writes);
}

boost::asio::awaitable<Result<void>> MemoryStore::lead(Leadership who) {
  if (dead_) co_return Error{ErrorKind::unavailable, "the store is closed"};
  const Leadership& now = database_.leader;
  if (now.holder != who.holder && now.lease == who.lease && now.term >= who.term && !now.holder.empty()) {
    co_return Error{ErrorKind::conflict, "another replica leads already: " + now.holder};
  }
  database_.leader = who;
  leader_ = who.holder;
  co_return Result<void>();
}

}  // namespace provisioner
