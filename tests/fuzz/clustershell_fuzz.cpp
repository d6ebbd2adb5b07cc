// A terminal of the clustershell: any bytes typed, with and without a terminal behind them; help and completion of any
// line.
#include "ontap-sim/cli/terminal.h"
#include "tests/fuzz/array.h"
#include "tests/fuzz/fuzz.h"

void fuzz_one(std::string_view input) {
  static FuzzedArray array;
  const unsigned choice = take_byte(input);
  ontap_sim::cli::Session session = array.sim->session({});
  (void)session.help(input);
  (void)session.complete(input);
  ontap_sim::cli::Terminal terminal(std::move(session), choice % 2 == 1, choice % 4 == 3 ? 24 : 0, [] {});
  (void)terminal.begin();
  (void)terminal.feed(input);
  (void)terminal.feed("\n");
  (void)terminal.end_of_input();
  CHECK(terminal.ended());
  CHECK(ontap_sim::model::check_invariants(array.sim->cluster()).empty());
}
