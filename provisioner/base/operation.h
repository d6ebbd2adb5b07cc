#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <memory>
#include <string>

/// What the running code works for: one REST call, one look at a claim. It follows the code through every co_await and
/// into the tasks that it spawns, and stands in every log line (log.h), without a parameter anywhere: coroutines of an
/// operation run on an executor that names it while they run. Names as in the log fields of Trident 20.10.
namespace base {

struct Operation {
  std::string id;      // requestID
  std::string source;  // requestSource: "REST", "Kubernetes"
};
using OperationPtr = std::shared_ptr<const Operation>;

/// Null outside of every operation.
OperationPtr current_operation();

/// Code between construction and destruction belongs to `operation` (null: to none). No co_await in between.
class InOperation {
 public:
  explicit InOperation(OperationPtr operation);
  ~InOperation();
  InOperation(const InOperation&) = delete;
  InOperation& operator=(const InOperation&) = delete;

 private:
  OperationPtr own_;
  const OperationPtr* before_;
};

/// Runs on `inner` whatever is given to it, inside `operation`. With null it is `inner`.
boost::asio::any_io_executor executor_for(boost::asio::any_io_executor inner, OperationPtr operation);

}  // namespace base
