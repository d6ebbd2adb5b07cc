#pragma once

#include <memory>
#include <string>

#include "provisioner/base/http/transport.h"
#include "provisioner/store/store.h"

/// etcd as a store, over our own HTTP client. v3: the JSON gateway under /v3, a commit is one transaction. lead() writes who
/// leads under one key; the revision of that write is the fence that every later transaction compares. v2: the keys API
/// that 17.10.1 uses; it has no transactions, so the writes of a commit follow each other in their order, which the
/// core chooses such that stopping anywhere is recoverable. Quorum reads; each call ends within 60 s.
/// Source: etcd documentation ("gRPC gateway", "v2 API"); keyspace: provisioner specification 2.1.
namespace provisioner {

class EtcdV3Store final : public Store {
 public:
  EtcdV3Store(base::http::Transport& transport, base::http::Url url) : transport_(transport), url_(std::move(url)) {}
  boost::asio::awaitable<base::Result<Records>> list(std::string prefix) override;
  boost::asio::awaitable<base::Result<void>> commit(std::vector<Write> writes) override;
  boost::asio::awaitable<base::Result<void>> lead(Leadership who) override;

 private:
  boost::asio::awaitable<base::Result<std::string>> post(std::string path, std::string body);
  boost::asio::awaitable<base::Result<void>> try_to_lead(Leadership who);
  base::http::Transport& transport_;
  base::http::Url url_;
  std::string fence_;  // revision at which we took the leader's key; "" : no fencing
};

class EtcdV2Store final : public Store {
 public:
  EtcdV2Store(base::http::Transport& transport, base::http::Url url) : transport_(transport), url_(std::move(url)) {}
  boost::asio::awaitable<base::Result<Records>> list(std::string prefix) override;
  boost::asio::awaitable<base::Result<void>> commit(std::vector<Write> writes) override;

 private:
  boost::asio::awaitable<base::Result<base::http::Response>> send(std::string method, std::string key_and_query, std::string body);
  base::http::Transport& transport_;
  base::http::Url url_;
};

}  // namespace provisioner
