#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <string>

#include "provisioner/base/http/deferred.h"
#include "provisioner/base/http/socket.h"
#include "provisioner/base/http/wire.h"

/// The inside of Server: what it keeps, and the life of one connection. wire_server.cpp accepts connections and ends
/// those past their deadline; wire_connection.cpp reads requests and writes answers.
namespace base::http {

inline constexpr TimePoint kNever = TimePoint::max();
inline constexpr Duration kLingerMax = std::chrono::seconds(2);  // for the client to read our last answer

struct Connection {
  Connection(boost::asio::ip::tcp::socket s, const boost::asio::any_io_executor& executor)
      : socket(std::move(s)), reader_done(executor), woken(executor) {}
  Socket socket;
  Peer peer;
  std::string in;               // bytes read and not yet consumed
  TimePoint deadline = kNever;  // checked by the sweep
  bool timed_out = false;
  bool idle = true;           // waiting for a request, no byte of it here yet
  bool gone = false;          // the client has closed or broken the connection
  bool stop_reading = false;  // ends the side task that reads while an answer streams
  bool reading = false;
  bool hanging = false;            // never to be answered: a stop need not wait for it
  std::shared_ptr<Pipe> outgoing;  // the stream under way
  std::shared_ptr<Pipe> incoming;
  std::shared_ptr<Deferred> later;  // the answer that the handler still owes
  Signal reader_done;
  Signal woken;  // ends delays and hangs
};
using ConnectionPtr = std::shared_ptr<Connection>;

struct Server::State {
  State(boost::asio::io_context& context, Clock& c, ServerOptions o, Handler h)
      : io(context),
        clock(c),
        options(std::move(o)),
        handler(std::move(h)),
        acceptor(context),
        address(options.listen.address) {}

  boost::asio::io_context& io;
  Clock& clock;
  ServerOptions options;
  Handler handler;
  boost::asio::ip::tcp::acceptor acceptor;
  std::string address;
  std::uint16_t port = 0;
  std::shared_ptr<TlsContext> tls;
  std::map<Connection*, ConnectionPtr> connections;  // order is never seen outside
  TimerId sweep_timer = 0;
  TimerId grace_timer = 0;
  bool stopping = false;
  TimePoint date_time{};
  std::string date;

  /// The Date header, made once a second.
  const std::string& date_now();
  TimePoint in(Duration span) const { return clock.now() + span; }
};

/// What every step of a connection's life needs.
struct Serving {
  std::shared_ptr<Server::State> state;
  ConnectionPtr connection;
};

/// A connection from its first byte to its end.
boost::asio::awaitable<void> serve(Serving s);
/// For a handler that never fulfils what it promised, and for a server that stops meanwhile.
Response overdue();

}  // namespace base::http
