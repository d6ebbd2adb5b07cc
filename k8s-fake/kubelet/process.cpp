#include "k8s-fake/kubelet/process.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <exception>

#include "provisioner/base/check.h"

namespace k8s_fake {

namespace asio = boost::asio;

struct Process::Running {
  asio::cancellation_signal cancel;
};

Process::Process(base::Clock& clock, ProcessSpec spec)
    : in(std::make_shared<base::Pipe>()),
      out(std::make_shared<base::Pipe>()),
      spec_(std::move(spec)),
      clock_(clock),
      running_(std::make_unique<Running>()) {
  err = spec_.tty ? out : std::make_shared<base::Pipe>();
}

Process::~Process() = default;

void Process::signal(int number) {
  if (exit_code_) return;
  if (number != SIGKILL && on_signal && on_signal(number)) return;
  const bool deadly =
      number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT || number == SIGKILL;
  if (!deadly) return;
  killed_by_ = number;
  running_->cancel.emit(asio::cancellation_type::terminal);
}

namespace {

/// A program cut off at a wait has unwound by asio's own exception; anything else thrown is our mistake.
bool was_cancelled(const std::exception_ptr& failure) {
  if (!failure) return false;
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    if (error.code() == asio::error::operation_aborted) return true;
    std::fprintf(stderr, "program ended by %s\n", error.what());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "program ended by %s\n", error.what());
  }
  CHECK(!"a program ended by an exception");
  return false;
}

asio::awaitable<int> run(std::shared_ptr<Process> process, Program program) { co_return co_await program(process); }

}  // namespace

std::shared_ptr<Process> Processes::start(ProcessSpec spec, Program program, std::function<void(int)> on_exit) {
  auto process = std::make_shared<Process>(clock_, std::move(spec));
  const std::uint64_t id = ++last_id_;
  running_[id] = process;
  auto finish = [this, id, process, on_exit = std::move(on_exit)](const std::exception_ptr& failure, int code) {
    const bool cancelled = was_cancelled(failure);
    process->exit_code_ =
        process->killed_by_ != 0 && cancelled ? 128 + process->killed_by_ : (cancelled ? 137 : code & 255);
    process->on_signal = nullptr;
    process->on_resize = nullptr;
    process->out->close();
    process->err->close();
    process->in->abandon();
    running_.erase(id);
    if (on_exit) on_exit(*process->exit_code_);
  };
  asio::co_spawn(executor_, run(process, std::move(program)),
                 asio::bind_cancellation_slot(process->running_->cancel.slot(), std::move(finish)));
  return process;
}

void Processes::kill_all() {
  std::vector<std::shared_ptr<Process>> all;
  for (const auto& [id, process] : running_) all.push_back(process);
  for (const auto& process : all) process->signal(SIGKILL);
}

Processes::~Processes() { CHECK(running_.empty()); }

}  // namespace k8s_fake
