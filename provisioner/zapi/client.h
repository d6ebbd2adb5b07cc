#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "provisioner/base/http/transport.h"
#include "provisioner/base/log.h"
#include "provisioner/zapi/element.h"
#include "provisioner/zapi/limit.h"

/// The client half of ZAPI: XML over HTTPS POST with Basic authentication, to one SVM or, untunnelled, to whatever the
/// address stands for. A call connects within 10 s and answers within 90 s. Errors carry the array's errno.
/// Source: provisioner specification 6.1; error numbers: NetApp's SDK list.
namespace provisioner::zapi {

/// Errno values that change what we do.
namespace code {
inline constexpr int kExists = 17;
inline constexpr int kGeneric = 13001;
inline constexpr int kPrivilege = 13003;
inline constexpr int kNoSuchApi = 13005;
inline constexpr int kSnapshotExists = 13020;
inline constexpr int kNoSnapshot = 13021;
inline constexpr int kSnapshotBusy = 13024;
inline constexpr int kNoVolume = 13040;
inline constexpr int kOffline = 13042;
inline constexpr int kQtreeExists = 13080;
inline constexpr int kDuplicate = 13130;
inline constexpr int kAlreadyMounted = 14713;
inline constexpr int kNoObject = 15661;
inline constexpr int kCloneParent = 15894;
inline constexpr int kNoQtree = 15669;
inline constexpr int kNoIgroup = 9003;
inline constexpr int kIgroupExists = 9004;
inline constexpr int kLunExists = 9012;
inline constexpr int kNoLun = 9017;
inline constexpr int kLunMapped = 9023;
}  // namespace code

struct Failure {
  base::ErrorKind kind = base::ErrorKind::invalid;
  std::string message;  // "API status: failed, Reason: …, Code: …", or the transport's words
  int code = 0;         // errno; 0 when the array did not give one
  std::string reason;

  bool is_absent() const { return code == code::kNoVolume || code == code::kNoObject; }
  base::Error to_error(const std::string& what) const { return {kind, what + ": " + message}; }
};
template <class T>
using Outcome = base::Result<T, Failure>;

/// unknown errno values are `invalid`: the array looked at the request and said no.
base::ErrorKind kind_of(int code);

enum class Scope { svm, untunnelled };

struct Login {
  std::string address;  // "host" or "host:port", as the backend file gives it
  std::string user;
  std::string password;
  std::string svm;     // "" until known
  std::string ca_pem;  // verify the array's certificate against it; "" accepts any, as 17.10.1 does
};

class Client {
 public:
  Client(boost::asio::any_io_executor executor, base::Clock& clock, base::http::Transport& transport,
         base::Logger logger, Login login);

  boost::asio::awaitable<Outcome<Element>> call(Element request, Scope scope);
  /// Every page of a *-get-iter or *-list-iter call: the children of attributes-list.
  boost::asio::awaitable<Outcome<std::vector<Element>>> list(Element request, Scope scope);

  const Login& login() const { return login_; }
  void set_svm(std::string svm) { login_.svm = std::move(svm); }
  void set_tracing(bool on) { tracing_ = on; }

  static constexpr int kPageSize = 100;

 private:
  base::Clock& clock_;
  base::http::Transport& transport_;
  base::Logger logger_;
  Login login_;
  Limit limit_;
  bool tracing_ = false;
};

}  // namespace provisioner::zapi
