#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "provisioner/base/task_group.h"
#include "tests/wire/wire_lab.h"

// Who is believed over TLS: certificates made here, checked by both sides.
namespace base::http {
namespace {

using testing::HasSubstr;

boost::asio::awaitable<void> call(Transport& transport, Endpoint to, std::optional<Result<Response>>& out) {
  const Request request;
  const CallOptions options;
  out = co_await transport.send(to, request, options);
}

Response who(const Request& request) {
  Response response;
  response.body = request.peer.certificate            ? request.peer.certificate->common_name
                  : request.peer.certificate_rejected ? "rejected"
                                                      : "nobody";
  return response;
}

class Tls : public testing::Test {
 protected:
  wire_lab::Identities ids = wire_lab::identities();
  wire_lab::ServerThread server{
      {.listen = {}, .tls = ServerTls{ids.server, ids.authority.certificate_pem}, .limits = {}, .refuse = {}}, who};
  Endpoint to{.host = "localhost",
              .port = server.port(),
              .ca_pem = ids.authority.certificate_pem,
              .client_cert_pem = {},
              .client_key_pem = {}};

  Result<Response> get() {
    boost::asio::io_context io;
    RealClock clock(io);
    WireTransport transport(io, clock);
    transport.connect_to("array.example", 443, "127.0.0.1", server.port());
    TaskGroup tasks(io.get_executor());
    std::optional<Result<Response>> out;
    tasks.spawn(call(transport, to, out));
    while (!out) io.run_one();
    transport.close();
    io.run();
    return *out;
  }
};

TEST_F(Tls, AnonymousKnownAndForeignClientsAreToldApart) {
  EXPECT_EQ(get()->body, "nobody");
  to.client_cert_pem = ids.client.certificate_pem;
  to.client_key_pem = ids.client.key_pem;
  EXPECT_EQ(get()->body, "alice");
  const KeyPair stranger =
      *issue(*make_authority("other CA"), {.common_name = "mallory", .organizations = {}, .names = {}, .client = true});
  to.client_cert_pem = stranger.certificate_pem;
  to.client_key_pem = stranger.key_pem;
  EXPECT_EQ(get()->body, "rejected");
}

TEST_F(Tls, AnUntrustedServerIsNotSpokenTo) {
  struct Row {
    std::string ca;
    std::string host;
    bool insecure;
    bool good;
  };
  const std::string foreign = make_authority("other CA")->certificate_pem;
  for (const Row& row :
       {Row{ids.authority.certificate_pem, "localhost", false, true}, Row{foreign, "localhost", false, false},
        Row{"", "localhost", false, false}, Row{"", "localhost", true, true},
        Row{ids.authority.certificate_pem, "127.0.0.1", false, true}}) {
    to.ca_pem = row.ca;
    to.host = row.host;
    to.insecure = row.insecure;
    const auto answer = get();
    EXPECT_EQ(answer.ok(), row.good) << row.host;
    if (!answer) {
      EXPECT_EQ(answer.error().kind, ErrorKind::unavailable) << answer.error().message;
    }
  }
}

TEST_F(Tls, AnotherAddressIsDialledButTheNameIsVerified) {
  to.host = "array.example";
  to.port = 443;
  const auto refused = get();
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("certificate"));
  to.insecure = true;
  EXPECT_EQ(get()->body, "nobody");
}

TEST(Certificates, BadNamesAreErrors) {
  const KeyPair authority = *make_authority("CA");
  EXPECT_FALSE(issue(authority, {.common_name = "x", .organizations = {}, .names = {"a,DNS:b"}}));
  EXPECT_FALSE(issue({"", ""}, {.common_name = "x", .organizations = {}, .names = {}}));
}

TEST(ParseListen, TakesAddressAndPort) {
  EXPECT_EQ(parse_listen("127.0.0.2:80")->address, "127.0.0.2");
  EXPECT_EQ(parse_listen("[::1]:0")->address, "::1");
  EXPECT_EQ(parse_listen(":8443")->address, "127.0.0.1");
  EXPECT_EQ(parse_listen("8443")->port, 8443);
  for (const char* bad : {"", "x", "1:2:3", "127.0.0.1:70000", "127.0.0.1:"}) EXPECT_FALSE(parse_listen(bad)) << bad;
}

}  // namespace
}  // namespace base::http
