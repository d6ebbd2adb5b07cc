#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <deque>
#include <map>
#include <string>

#include "k8s-fake/controllers/client.h"
#include "provisioner/base/clock.h"

/// Events as controllers report them. The same event again raises the count of the one that is there; new events of one
/// object are limited to a burst of 25 and then one per 5 minutes. Writing happens in the background, in order.
/// Source: kubernetes specification 4.9 (shape, names, aggregation) and 5.4 (the scheduler's events.k8s.io form).
namespace k8s_fake::control {

struct EventSource {
  std::string component;
  std::string host = {};
  bool new_api = false;     // as written through events.k8s.io: eventTime, action, no count
  std::string action = {};  // new_api only
};

class Events {
 public:
  Events(boost::asio::any_io_executor executor, base::Clock& clock, Client& client)
      : clock_(clock), client_(client), ready_(std::move(executor)) {}
  void normal(const EventSource& source, const Json& about, const std::string& reason, const std::string& message,
              const std::string& field_path = "") {
    emit(source, about, "Normal", reason, message, field_path);
  }
  void warning(const EventSource& source, const Json& about, const std::string& reason, const std::string& message,
               const std::string& field_path = "") {
    emit(source, about, "Warning", reason, message, field_path);
  }
  boost::asio::awaitable<void> run();

 private:
  struct Known {
    std::string ns;
    std::string name;
    int count = 1;
    base::TimePoint last;
  };
  struct Bucket {
    double tokens = 25;
    base::TimePoint last;
  };
  struct Pending {
    std::string key;
    Json event;
  };
  void emit(const EventSource& source, const Json& about, const std::string& type, const std::string& reason,
            const std::string& message, const std::string& field_path);
  bool allowed(const std::string& who);
  boost::asio::awaitable<void> write(Pending pending);

  base::Clock& clock_;
  Client& client_;
  base::Signal ready_;
  std::deque<Pending> queue_;
  std::map<std::string, Known> known_;
  std::map<std::string, Bucket> buckets_;
  base::TimePoint last_time_;
};

}  // namespace k8s_fake::control
