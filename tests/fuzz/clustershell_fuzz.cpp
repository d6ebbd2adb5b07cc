// A terminal of the clustershell: any bytes typed, with and without a terminal behind them; help and completion of any line.
#include <boost/asio/io_context.hpp>

#include "ontap-sim/cli/terminal.h"
#include "ontap-sim/config.h"
#include "ontap-sim/sim.h"
#include "provisioner/base/check.h"
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
  const unsigned choice = take_byte(input);
  ontap_sim::cli::Session session = world.sim->session({});
  (void)session.help(input);
  (void)session.complete(input);
  ontap_sim::cli::Terminal terminal(std::move(session), choice % 2 == 1, choice % 4 == 3 ? 24 : 0, [] {});
  (void)terminal.begin();
  (void)terminal.feed(input);
  (void)terminal.feed("\n");
  (void)terminal.end_of_input();
  CHECK(terminal.ended());
  CHECK(ontap_sim::model::check_invariants(world.sim->cluster()).empty());
}
