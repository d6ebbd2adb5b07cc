#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <string>

/// One direction of a byte stream inside the process: one writer, one reader, chunks in order.
/// A chunk is shared, so that one serialised event can go to a thousand watchers. Writing never waits by itself: a
/// writer that must not overrun its reader looks at queued_bytes() or awaits room(). The ends are held by shared_ptr.
namespace base {

using Chunk = std::shared_ptr<const std::string>;

class Pipe {
 public:
  // The writer's end.
  /// False when the reader has gone or the pipe was closed: the chunk is dropped. Empty chunks are ignored.
  bool write(Chunk chunk);
  bool write(std::string bytes) { return write(std::make_shared<const std::string>(std::move(bytes))); }
  std::size_t queued_bytes() const { return queued_bytes_; }
  /// Waits until at most `limit` bytes are queued; false when the reader has gone.
  boost::asio::awaitable<bool> room(std::size_t limit);
  /// No more data after what is queued.
  void close();
  /// The connection broke: what is queued is lost and the reader learns that the end is not a clean one.
  void fail();
  bool writable() const { return !closed_ && !reader_gone_; }
  /// Called once, when the reader goes before the end. At most one hook.
  void on_reader_gone(std::function<void()> hook);

  // The reader's end.
  /// The next chunk; null at the end (see failed()).
  boost::asio::awaitable<Chunk> read();
  /// The next chunk if one is queued, else null.
  Chunk try_read();
  /// True once everything was read and nothing more will come.
  bool at_end() const { return closed_ && chunks_.empty(); }
  bool failed() const { return failed_; }
  bool abandoned() const { return reader_gone_; }
  /// The reader is not interested any more; a read that waits ends with null.
  void abandon();

 private:
  void wake_reader();
  void wake_writer();

  std::deque<Chunk> chunks_;
  std::size_t queued_bytes_ = 0;
  bool closed_ = false;
  bool failed_ = false;
  bool reader_gone_ = false;
  std::function<void()> reader_gone_hook_;
  std::function<void()> reader_;  // wakes the coroutine in read()
  std::function<void()> writer_;  // wakes the coroutine in room()
};

}  // namespace base
