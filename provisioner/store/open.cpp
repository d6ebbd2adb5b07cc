#include "provisioner/store/open.h"

#include <boost/asio/io_context.hpp>

#include "provisioner/base/text.h"
#include "provisioner/store/etcd_store.h"
#include "provisioner/store/sqlite_store.h"

namespace provisioner {

using base::Error;
using base::ErrorKind;
using base::Result;

namespace {

/// A memory store that owns its database: everything is lost with it.
struct ForgetfulStore final : Store {
  boost::asio::awaitable<Result<Records>> list(std::string prefix) override { return store.list(std::move(prefix)); }
  boost::asio::awaitable<Result<void>> commit(std::vector<Write> writes) override {
    return store.commit(std::move(writes));
  }
  MemoryDatabase database;
  MemoryStore store{database};
};

}  // namespace

Result<std::unique_ptr<Store>> open_store(const std::string& spec, boost::asio::io_context& io, base::Clock& /*clock*/,
                                          base::http::Transport& transport, const EtcdTls& tls) {
  if (spec == "memory") return std::unique_ptr<Store>(std::make_unique<ForgetfulStore>());
  const std::size_t colon = spec.find(':');
  const std::string kind = spec.substr(0, colon);
  const std::string rest = colon == std::string::npos ? "" : spec.substr(colon + 1);
  if (kind == "sqlite") {
    if (rest.empty()) return Error{ErrorKind::invalid, "store \"sqlite:\" needs a file name"};
    auto store = SqliteStore::open(rest, io.get_executor(), SqliteStore::Work::worker_thread);
    if (!store) return store.error();
    return std::unique_ptr<Store>(std::move(*store));
  }
  if (kind == "etcd" || kind == "etcd_v2") {
    std::vector<base::http::Endpoint> members;
    for (const std::string_view text : base::split(rest, ',')) {
      const auto url = base::http::parse_url(std::string(base::trim(text)));
      if (!url) return Error{ErrorKind::invalid, "store \"" + spec + "\": " + url.error().message};
      base::http::Endpoint member;
      member.tls = url->tls;
      member.host = url->host;
      member.port = url->port;
      member.ca_pem = tls.ca;
      member.client_cert_pem = tls.certificate;
      member.client_key_pem = tls.key;
      members.push_back(std::move(member));
    }
    if (kind == "etcd") return std::unique_ptr<Store>(std::make_unique<EtcdV3Store>(transport, std::move(members)));
    return std::unique_ptr<Store>(std::make_unique<EtcdV2Store>(transport, std::move(members)));
  }
  return Error{ErrorKind::invalid,
               "unknown store \"" + spec + "\"; known are memory, sqlite:FILE, etcd:URL and etcd_v2:URL"};
}

}  // namespace provisioner
