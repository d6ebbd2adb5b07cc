#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include "tests/wire/wire_lab.h"

// cpp-httplib is a client that nobody here wrote: it agrees with the server about the protocol, or one of both is
// wrong.
namespace wire_lab {
namespace {

using testing::HasSubstr;

http::Response answer(const http::Request& request) {
  http::Response response;
  response.headers.set("Content-Type", "text/plain");
  response.body = request.method + " " + request.target + " " + request.body;
  if (request.path() == "/stream") {
    response.body.clear();
    response.outgoing = std::make_shared<base::Pipe>();
    for (const char* part : {"a", "bb", "ccc"}) response.outgoing->write(part);
    response.outgoing->close();
  }
  return response;
}

void exercise(httplib::Client& client) {
  client.set_keep_alive(true);
  for (int i = 0; i < 3; ++i) {
    const auto got = client.Get("/a?b=c");
    ASSERT_TRUE(got) << to_string(got.error());
    EXPECT_EQ(got->status, 200);
    EXPECT_EQ(got->body, "GET /a?b=c ");
    EXPECT_THAT(got->get_header_value("Date"), HasSubstr(" GMT"));
  }
  EXPECT_EQ(client.Post("/p", std::string(100'000, 'x'), "text/plain")->body.size(), 100'008U);
  EXPECT_EQ(client.Head("/h")->body, "");
  EXPECT_EQ(client.Get("/stream")->body, "abbccc");
  const auto chunked = client.Put(
      "/c",
      [](std::size_t, httplib::DataSink& sink) {
        sink.write("piece", 5);
        sink.done();
        return true;
      },
      "text/plain");
  ASSERT_TRUE(chunked) << to_string(chunked.error());
  EXPECT_EQ(chunked->body, "PUT /c piece");
}

TEST(Httplib, AgreesOverAClearSocket) {
  ServerThread server({}, answer);
  httplib::Client client("127.0.0.1", server.port());
  exercise(client);
}

TEST(Httplib, AgreesOverTlsAndVerifiesTheServer) {
  http::ServerOptions options;
  options.tls = http::ServerTls{identities().server, ""};
  ServerThread server(options, answer);
  httplib::Client client("https://localhost:" + std::to_string(server.port()));
  const std::string& pem = identities().authority.certificate_pem;
  BIO* const bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509_STORE* const store = X509_STORE_new();
  X509* const ca = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  X509_STORE_add_cert(store, ca);
  X509_free(ca);
  BIO_free(bio);
  client.set_ca_cert_store(store);
  client.enable_server_certificate_verification(true);
  exercise(client);
}

}  // namespace
}  // namespace wire_lab
