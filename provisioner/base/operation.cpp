#include "provisioner/base/operation.h"

#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/require.hpp>
#include <utility>

namespace base {

namespace asio = boost::asio;
namespace execution = boost::asio::execution;

namespace {

thread_local const OperationPtr* running_operation = nullptr;

/// An executor that says, while it runs something, for which operation that is.
class OperationExecutor {
 public:
  OperationExecutor(asio::any_io_executor inner, OperationPtr operation) noexcept
      : inner_(std::move(inner)), operation_(std::move(operation)) {}

  asio::execution_context& query(execution::context_t) const noexcept {
    return asio::query(inner_, execution::context);
  }
  OperationExecutor require(execution::blocking_t::never_t property) const {
    return {asio::require(inner_, property), operation_};
  }
  OperationExecutor require(execution::blocking_t::possibly_t property) const {
    return {asio::prefer(inner_, property), operation_};
  }
  OperationExecutor require(execution::outstanding_work_t::tracked_t property) const {
    return {asio::prefer(inner_, property), operation_};
  }
  OperationExecutor require(execution::outstanding_work_t::untracked_t property) const {
    return {asio::prefer(inner_, property), operation_};
  }
  OperationExecutor require(execution::relationship_t::fork_t property) const {
    return {asio::prefer(inner_, property), operation_};
  }
  OperationExecutor require(execution::relationship_t::continuation_t property) const {
    return {asio::prefer(inner_, property), operation_};
  }
  template <class Function>
  void execute(Function&& function) const {
    inner_.execute([operation = operation_, run = std::forward<Function>(function)]() mutable {
      const InOperation inside(std::move(operation));
      std::move(run)();
    });
  }
  bool operator==(const OperationExecutor& other) const noexcept {
    return inner_ == other.inner_ && operation_ == other.operation_;
  }
  bool operator!=(const OperationExecutor& other) const noexcept { return !(*this == other); }

 private:
  asio::any_io_executor inner_;
  OperationPtr operation_;
};

}  // namespace

OperationPtr current_operation() { return running_operation == nullptr ? nullptr : *running_operation; }

InOperation::InOperation(OperationPtr operation)
    : own_(std::move(operation)), before_(std::exchange(running_operation, &own_)) {}

InOperation::~InOperation() { running_operation = before_; }

asio::any_io_executor executor_for(asio::any_io_executor inner, OperationPtr operation) {
  if (!operation) return inner;
  return OperationExecutor(std::move(inner), std::move(operation));
}

}  // namespace base
