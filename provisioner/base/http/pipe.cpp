#include "provisioner/base/http/pipe.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "provisioner/base/check.h"
#include "provisioner/base/clock.h"

namespace base {

namespace asio = boost::asio;

namespace {

/// Clears the waker when the waiting coroutine leaves, by whatever way.
struct WakerGuard {
  std::function<void()>& waker;
  explicit WakerGuard(std::function<void()>& w) : waker(w) {}
  WakerGuard(const WakerGuard&) = delete;
  WakerGuard& operator=(const WakerGuard&) = delete;
  ~WakerGuard() { waker = nullptr; }
};

}  // namespace

void Pipe::wake_reader() {
  if (reader_) reader_();
}

void Pipe::wake_writer() {
  if (writer_) writer_();
}

bool Pipe::write(Chunk chunk) {
  if (!writable()) return false;
  if (chunk->empty()) return true;
  queued_bytes_ += chunk->size();
  chunks_.push_back(std::move(chunk));
  wake_reader();
  return true;
}

void Pipe::close() {
  closed_ = true;
  wake_reader();
  wake_writer();
}

void Pipe::fail() {
  failed_ = true;
  chunks_.clear();
  queued_bytes_ = 0;
  close();
}

void Pipe::on_reader_gone(std::function<void()> hook) { reader_gone_hook_ = std::move(hook); }

void Pipe::abandon() {
  if (reader_gone_) return;
  reader_gone_ = true;
  chunks_.clear();
  queued_bytes_ = 0;
  wake_reader();
  wake_writer();
  const std::function<void()> hook = std::exchange(reader_gone_hook_, nullptr);
  if (hook && !closed_) hook();
}

Chunk Pipe::try_read() {
  if (chunks_.empty()) return nullptr;
  Chunk chunk = std::move(chunks_.front());
  chunks_.pop_front();
  queued_bytes_ -= chunk->size();
  wake_writer();
  return chunk;
}

asio::awaitable<Chunk> Pipe::read() {
  CHECK(!reader_);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  while (chunks_.empty() && !closed_ && !reader_gone_) {
    Signal signal(executor);
    Signal* wake = &signal;
    reader_ = [wake] { wake->notify(); };
    const WakerGuard guard(reader_);
    co_await signal.wait();
  }
  co_return try_read();
}

asio::awaitable<bool> Pipe::room(std::size_t limit) {
  CHECK(!writer_);
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  while (writable() && queued_bytes_ > limit) {
    Signal signal(executor);
    Signal* wake = &signal;
    writer_ = [wake] { wake->notify(); };
    const WakerGuard guard(writer_);
    co_await signal.wait();
  }
  co_return writable();
}

}  // namespace base
