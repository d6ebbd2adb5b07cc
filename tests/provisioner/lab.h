#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "provisioner/base/http/memory.h"
#include "provisioner/base/task_group.h"
#include "provisioner/core/orchestrator.h"
#include "tests/provisioner/tiny_array.h"

/// The core over a tiny array, in memory under the virtual clock. The database and the array outlive the core.
namespace provisioner_test {

using namespace provisioner;

template <class T>
boost::asio::awaitable<void> store_result(boost::asio::awaitable<T> call, std::optional<T>& out) {
  out = co_await std::move(call);
}

class Lab {
 public:
  Lab();
  ~Lab();
  /// Crashes the instance if there is one, and starts the next.
  Result<void> start();
  void stop();

  template <class T>
  T run(boost::asio::awaitable<T> call) {
    std::optional<T> out;
    base::TaskGroup tasks(io.get_executor());
    tasks.spawn(store_result(std::move(call), out));
    clock.run_until([&] { return out.has_value(); }, std::chrono::hours(10));
    tasks.stop();
    clock.run_ready();
    return std::move(*out);
  }
  Result<std::string> add_backend(const std::string& changes = "{}");
  Result<void> add_class(const std::string& json);
  Result<Volume> add_volume(const std::string& name, const std::string& size = "1Gi",
                            const std::string& storage_class = "basic");
  bool logged(const std::string& text) const;

  boost::asio::io_context io;
  base::VirtualClock clock{io};
  TinyArray array;
  base::http::Handler handler;  // what answers at 192.168.199.108
  MemoryDatabase database;
  OrchestratorOptions options;
  std::vector<std::string> lines;
  std::unique_ptr<base::http::MemoryTransport> transport;
  std::unique_ptr<MemoryStore> store;
  std::unique_ptr<Orchestrator> core;
};

}  // namespace provisioner_test
