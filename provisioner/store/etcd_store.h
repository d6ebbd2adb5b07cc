#pragma once

#include <memory>
#include <string>

#include "provisioner/base/http/transport.h"
#include "provisioner/store/store.h"

/// etcd as a store, over our own HTTP client. v3: the JSON gateway under /v3, a commit is one transaction. lead()
/// writes who leads under one key; the revision of that write is the fence that every later transaction compares. v2:
/// the keys API that 17.10.1 uses; it has no transactions, so the writes of a commit follow each other in their order,
/// which the core chooses such that stopping anywhere is recoverable. Quorum reads; each call ends within 60 s. Source:
/// etcd documentation ("gRPC gateway", "v2 API"); keyspace: provisioner specification 2.1.
namespace provisioner {

/// The members of one etcd. A call goes to the one that answered last; when that one cannot be reached, so that nothing
/// ran, to the others.
class EtcdMembers {
 public:
  EtcdMembers(base::http::Transport& transport, std::vector<base::http::Endpoint> endpoints)
      : transport_(transport), endpoints_(std::move(endpoints)) {}
  boost::asio::awaitable<base::Result<base::http::Response>> send(base::http::Request request);

 private:
  base::http::Transport& transport_;
  std::vector<base::http::Endpoint> endpoints_;  // at least one
  std::size_t current_ = 0;
};

class EtcdV3Store final : public Store {
 public:
  EtcdV3Store(base::http::Transport& transport, std::vector<base::http::Endpoint> endpoints)
      : members_(transport, std::move(endpoints)) {}
  boost::asio::awaitable<base::Result<Records>> list(std::string prefix) override;
  boost::asio::awaitable<base::Result<void>> commit(std::vector<Write> writes) override;
  boost::asio::awaitable<base::Result<void>> lead(Leadership who) override;

 private:
  boost::asio::awaitable<base::Result<std::string>> post(std::string path, std::string body);
  boost::asio::awaitable<base::Result<void>> try_to_lead(Leadership who);
  EtcdMembers members_;
  std::string fence_;  // revision at which we took the leader's key; "" : no fencing
};

class EtcdV2Store final : public Store {
 public:
  EtcdV2Store(base::http::Transport& transport, std::vector<base::http::Endpoint> endpoints)
      : members_(transport, std::move(endpoints)) {}
  boost::asio::awaitable<base::Result<Records>> list(std::string prefix) override;
  boost::asio::awaitable<base::Result<void>> commit(std::vector<Write> writes) override;

 private:
  boost::asio::awaitable<base::Result<base::http::Response>> send(std::string method, std::string key_and_query,
                                                                  std::string body);
  EtcdMembers members_;
};

}  // namespace provisioner
