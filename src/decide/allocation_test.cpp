// The pass allocates nothing once warm: this file counts every allocation of the test program.
#include <fstream>
#include <sstream>

#include "base/rng.hpp"
#include "base/testing/counted_new.hpp"
#include "decide/decide_fixture.hpp"

namespace weir::decide {
namespace {

using counted_new::allocations;

TEST(Decider, AllocatesNothingOnceWarm) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/rules/default.rules");
  std::ostringstream text;
  text << in.rdbuf();
  DecideFixture f;
  f.rules(text.str());
  Philox rng(1, 1);
  for (int i = 0; i < 5000; ++i) {
    f.add({.t_s = i,
           .amount = rng.next_below(2'000'000),
           .debtor = 1 + rng.next_below(50),
           .creditor = 1 + rng.next_below(50),
           .card = 1 + rng.next_below(50),
           .tail_e6 = rng.next_below(6'000'000),
           .attrs = i % 7 == 0 ? R"({"a":1})" : ""});
  }
  // Windows fill over the first runs, and hits with them.
  for (int i = 0; i < 8; ++i) f.run();
  const DecideInput input = f.input();
  const std::uint64_t before = allocations.load();
  const Status status = f.decider().decide(input, {f.verdicts, &f.hits});
  const std::uint64_t after = allocations.load();
  ASSERT_TRUE(status.is_ok());
  EXPECT_EQ(after - before, 0U);
  EXPECT_GT(f.hits.size(), 100U);
}

}  // namespace
}  // namespace weir::decide
