// A POST to the ZAPI endpoint of a whole simulator, as an administrator: any body is answered, and the cluster adds up
// afterwards.
#include "provisioner/base/text.h"
#include "tests/fuzz/array.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(std::string_view input) {
  static FuzzedArray array;
  const bool in_svm = take_byte(input) % 2 == 1;
  base::http::Request request;
  request.method = "POST";
  request.target = "/servlets/netapp.servlets.admin.XMLrequest_filer";
  request.headers.set("Host", in_svm ? "127.0.1.10" : "127.0.0.1");
  request.headers.set("Content-Type", "text/xml");
  request.headers.set("Authorization", "Basic " + base::base64_encode("admin:netapp123"));
  request.body = std::string(input);
  request.peer.local_address = "127.0.0.1";
  const auto response = array.sim->handle(request);
  CHECK(response.status >= 200 && response.status < 600);
  CHECK(!response.body.empty());
  CHECK(ontap_sim::model::check_invariants(array.sim->cluster()).empty());
}
