// The whole API server: any method, path, query, content type and body gets an answer of the protocol, and the server
// lives on.
#include <array>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include "k8s-fake/fake.h"
#include "provisioner/base/check.h"
#include "tests/fuzz/fuzz.h"

namespace {

using k8s_fake::Fake;

constexpr std::array kMethods{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};
constexpr std::array kTypes{"application/json",
                            "application/yaml",
                            "application/vnd.kubernetes.protobuf",
                            "application/merge-patch+json",
                            "application/json-patch+json",
                            "application/strategic-merge-patch+json",
                            "application/apply-patch+yaml",
                            ""};
constexpr std::array kPaths{"/api/v1/namespaces/default/configmaps",
                            "/api/v1/namespaces/default/configmaps/seed?fieldManager=fuzz",
                            "/api/v1/namespaces/default/pods",
                            "/api/v1/persistentvolumes",
                            "/apis/apps/v1/namespaces/default/deployments",
                            "/apis/storage.k8s.io/v1/storageclasses",
                            "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
                            "/api/v1/namespaces/default/configmaps?labelSelector=",
                            "/"};

struct Lab {
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  Fake fake{io.get_executor(), clock, {}, 1, base::Logger(clock, base::log_to_nowhere())};
};

base::http::Response send(Lab& lab, const std::string& method, const std::string& target, const std::string& type,
                          std::string body) {
  base::http::Request request;
  request.method = method;
  request.target = target;
  if (!type.empty()) request.headers.set("Content-Type", type);
  request.body = std::move(body);
  request.peer.local_address = "127.0.0.1";
  base::http::Response response = lab.fake.handle_insecure(request);
  if (response.outgoing) response.outgoing->abandon();
  return response;
}

}  // namespace

void fuzz_one(std::string_view input) {
  static Lab lab;  // its store grows with what was accepted, as a real one does
  static int count = 0;
  if (++count % 1000 == 1) {
    send(lab, "DELETE", "/api/v1/namespaces/default/configmaps", "", "");
    send(lab, "POST", kPaths[0], kTypes[0],
         R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"seed"},"data":{"a":"b"}})");
  }
  const unsigned choice = take_byte(input);
  const unsigned path = take_byte(input);
  std::string target = kPaths[path % kPaths.size()];
  if (path & 0x80U) {  // the rest of the path or query comes from the input
    const std::size_t wanted = take_byte(input);
    const std::size_t size = std::min(wanted, input.size());
    for (const char c : input.substr(0, size)) {
      if (c > ' ' && c < 0x7f) target += c;  // HTTP's parser lets nothing else through
    }
    input.remove_prefix(size);
  }
  const base::http::Response answer = send(lab, kMethods[choice % kMethods.size()], target,
                                           kTypes[(choice / kMethods.size()) % kTypes.size()], std::string(input));
  lab.clock.run_ready();
  CHECK(answer.status >= 200 && answer.status < 600);
  CHECK(answer.status != 500 || answer.body.find("\"kind\":\"Status\"") != std::string::npos);
  if (answer.headers.get("Content-Type").starts_with("application/json") && !answer.body.empty())
    CHECK(nlohmann::json::accept(answer.body));
}
