#include "provisioner/base/http/socket.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdio>
#include <cstring>

namespace base::http {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

/// Clients that offer a choice of protocols get HTTP/1.1; one that offers only others gets no answer to its offer.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in, unsigned in_size,
                    void*) {
  static constexpr unsigned char kOurs[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof(kOurs) - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_NOACK;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

error_code use_identity(TlsContext& context, const std::string& certificate_pem, const std::string& key_pem) {
  error_code error;
  context.use_certificate_chain(asio::buffer(certificate_pem), error);
  if (!error) context.use_private_key(asio::buffer(key_pem), TlsContext::pem, error);
  return error;
}

Error bad_tls(const std::string& what, const error_code& error) {
  return Error{ErrorKind::invalid, what + ": " + error.message()};
}

}  // namespace

Result<std::shared_ptr<TlsContext>> make_server_context(const ServerTls& tls) {
  auto context = std::make_shared<TlsContext>(TlsContext::tls_server);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // No resumption: a ticket that outlives a changed client CA would vouch for what is no longer trusted.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_num_tickets(native, 0);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  if (const error_code error = use_identity(*context, tls.identity.certificate_pem, tls.identity.key_pem))
    return bad_tls("server certificate", error);
  if (!tls.client_ca_pem.empty()) {
    error_code error;
    context->add_certificate_authority(asio::buffer(tls.client_ca_pem), error);
    if (error) return bad_tls("client CA", error);
    // Go and curl choose the certificate to present by this list of acceptable issuers.
    if (BIO* const bio = BIO_new_mem_buf(tls.client_ca_pem.data(), static_cast<int>(tls.client_ca_pem.size()))) {
      while (X509* const ca = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr)) {
        SSL_CTX_add_client_CA(native, ca);
        X509_free(ca);
      }
      BIO_free(bio);
      ERR_clear_error();
    }
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
  }
  return context;
}

Result<std::shared_ptr<TlsContext>> make_client_context(const Endpoint& to) {
  auto context = std::make_shared<TlsContext>(TlsContext::tls_client);
  SSL_CTX* const native = context->native_handle();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  error_code error;
  if (!to.ca_pem.empty()) context->add_certificate_authority(asio::buffer(to.ca_pem), error);
  else if (!to.insecure) context->set_default_verify_paths(error);
  if (error) return bad_tls("CA certificates", error);
  context->set_verify_mode(to.insecure ? ssl::verify_none : ssl::verify_peer, error);
  if (!to.client_cert_pem.empty()) error = use_identity(*context, to.client_cert_pem, to.client_key_pem);
  if (error) return bad_tls("client certificate", error);
  return context;
}

asio::awaitable<error_code> Socket::accept_tls(std::shared_ptr<TlsContext> context) {
  context_ = std::move(context);
  stream_ = std::make_unique<Stream>(std::move(tcp_), *context_);
  error_code error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await stream_->async_handshake(ssl::stream_base::server, token);
  co_return error;
}

asio::awaitable<error_code> Socket::connect_tls(std::shared_ptr<TlsContext> context, std::string name, bool insecure) {
  context_ = std::move(context);
  stream_ = std::make_unique<Stream>(std::move(tcp_), *context_);
  error_code error;
  asio::ip::make_address(name, error);
  if (error) SSL_set_tlsext_host_name(stream_->native_handle(), name.c_str());  // addresses are not sent as SNI
  error.clear();
  if (!insecure) stream_->set_verify_callback(ssl::host_name_verification(name), error);
  if (error) co_return error;
  auto token = asio::redirect_error(asio::use_awaitable, error);
  co_await stream_->async_handshake(ssl::stream_base::client, token);
  co_return error;
}

std::string Socket::tls_problem() const {
  if (!stream_) return {};
  const long result = SSL_get_verify_result(const_cast<Stream&>(*stream_).native_handle());
  return result == X509_V_OK ? std::string() : X509_verify_cert_error_string(result);
}

asio::awaitable<IoResult> Socket::read_some(char* data, std::size_t size) {
  IoResult result;
  auto token = asio::redirect_error(asio::use_awaitable, result.error);
  if (stream_) result.bytes = co_await stream_->async_read_some(asio::buffer(data, size), token);
  else result.bytes = co_await tcp_.async_read_some(asio::buffer(data, size), token);
  co_return result;
}

asio::awaitable<IoResult> Socket::write(std::string_view bytes) {
  IoResult result;
  auto token = asio::redirect_error(asio::use_awaitable, result.error);
  if (stream_) result.bytes = co_await asio::async_write(*stream_, asio::buffer(bytes.data(), bytes.size()), token);
  else result.bytes = co_await asio::async_write(tcp_, asio::buffer(bytes.data(), bytes.size()), token);
  co_return result;
}

asio::awaitable<void> Socket::finish_sending() {
  error_code error;
  if (stream_) {
    // Sends close_notify and waits for the peer's; the caller's deadline bounds the wait.
    auto token = asio::redirect_error(asio::use_awaitable, error);
    co_await stream_->async_shutdown(token);
  }
  tcp().shutdown(asio::ip::tcp::socket::shutdown_send, error);
}

void Socket::tune() {
  error_code ignored;
  tcp().set_option(asio::ip::tcp::no_delay(true), ignored);
  tcp().set_option(asio::socket_base::keep_alive(true), ignored);
  // A peer that vanished without a word is noticed within about two minutes.
  const int fd = tcp().native_handle();
  const int idle = 60;
  const int interval = 15;
  const int count = 4;
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

void Socket::cancel() {
  error_code ignored;
  tcp().cancel(ignored);
}

void Socket::close() {
  error_code ignored;
  tcp().close(ignored);
}

void Socket::reset_on_close() {
  error_code ignored;
  tcp().set_option(asio::socket_base::linger(true, 0), ignored);
}

bool Socket::quiet() {
  if (!open()) return false;
  char byte = 0;
  const ssize_t got = ::recv(tcp().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void Socket::fill_peer(Peer& peer) {
  error_code error;
  const auto numeric = [](const asio::ip::tcp::endpoint& end) {
    const asio::ip::address address = end.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped())
      return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
  };
  const auto local = tcp().local_endpoint(error);
  if (!error) {
    peer.local_address = numeric(local);
    peer.local_port = local.port();
  }
  const auto remote = tcp().remote_endpoint(error);
  if (!error) {
    peer.remote_address = numeric(remote);
    peer.remote_port = remote.port();
  }
  peer.tls = tls();
  if (!stream_) return;
  SSL* const native = stream_->native_handle();
  X509* const certificate = SSL_get0_peer_certificate(native);
  if (!certificate) return;
  if (SSL_get_verify_result(native) != X509_V_OK) {
    peer.certificate_rejected = true;
    return;
  }
  ClientCertificate said;
  X509_NAME* const subject = X509_get_subject_name(certificate);
  for (int i = 0; i < X509_NAME_entry_count(subject); ++i) {
    X509_NAME_ENTRY* const entry = X509_NAME_get_entry(subject, i);
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    if (size < 0) continue;
    const std::string value(reinterpret_cast<char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    const int field = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    if (field == NID_commonName) said.common_name = value;
    if (field == NID_organizationName) said.organizations.push_back(value);
  }
  peer.certificate = std::move(said);
}

void spawn_io(asio::any_io_executor executor, asio::awaitable<void> task) {
  asio::co_spawn(executor, std::move(task), [](const std::exception_ptr& failure) {
    if (!failure) return;
    try {
      std::rethrow_exception(failure);
    } catch (const boost::system::system_error& error) {
      if (error.code() == asio::error::operation_aborted) return;
      std::fprintf(stderr, "connection task ended by %s\n", error.what());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "connection task ended by %s\n", error.what());
    }
    CHECK(!"a connection task ended by an exception");
  });
}

}  // namespace base::http
