// A POST to the ZAPI endpoint of a whole simulator, as an administrator: any body is answered, and the cluster adds up afterwards.
#include <boost/asio/io_context.hpp>

#include "ontap-sim/sim.h"
#include "provisioner/base/check.h"
#include "provisioner/base/text.h"
#include "tests/fuzz/fuzz.h"

namespace {

struct World {
  boost::asio::io_context io;
  base::VirtualClock clock{io};
  std::unique_ptr<ontap_sim::Sim> sim;
  World() {
    const auto config = ontap_sim::parse_config("", "lab.yaml");
    CHECK(config.ok());
    auto opened = ontap_sim::Sim::open(clock, *config, 1, base::Logger(clock, base::log_to_nowhere()));
    CHECK(opened.ok());
    sim = std::move(*opened);
  }
};

}  // namespace

void fuzz_one(std::string_view input) {
  static World world;
  const bool in_svm = take_byte(input) % 2 == 1;
  base::http::Request request;
  request.method = "POST";
  request.target = "/servlets/netapp.servlets.admin.XMLrequest_filer";
  request.headers.set("Host", in_svm ? "127.0.1.10" : "127.0.0.1");
  request.headers.set("Content-Type", "text/xml");
  request.headers.set("Authorization", "Basic " + base::base64_encode("admin:netapp123"));
  request.body = std::string(input);
  request.peer.local_address = "127.0.0.1";
  const auto response = world.sim->handle(request);
  CHECK(response.status >= 200 && response.status < 600);
  CHECK(!response.body.empty());
  CHECK(ontap_sim::model::check_invariants(world.sim->cluster()).empty());
}
