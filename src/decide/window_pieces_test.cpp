#include "decide/window_pieces.hpp"

#include <gtest/gtest.h>

#include <optional>

#include "base/rng.hpp"
#include "decide/decide_fixture.hpp"

namespace weir::decide {
namespace {

// Three groups: of a day and of a month by debtor, and by creditor; the exact ones have slots of a
// kilobyte, so that their pieces hold about 2,000 keys.
constexpr std::string_view kRules =
    "rule a: hold if count(debtor, 1h) > 4 and count(debtor, 10m exact) > 2\n"
    "rule b: hold if sum(amount, debtor, 30d where amount > 2) > 50\n"
    "rule c: alert if distinct(debtor, creditor, 1d) > 5 and avg(amount, creditor, 1h exact) > 7\n"
    "rule d: score 100 if since(debtor) < 3 and sum(amount, creditor, 1h decay) > 9\n";

// Block `height` of a stream with rising keys, late events and keys that come back.
void add_block(DecideFixture& f, std::uint64_t height) {
  f.clear();
  Philox rng(7, height);
  for (std::size_t i = 0; i < 700; ++i) {
    const auto now = static_cast<std::int64_t>(height * 70 + i / 10);
    const std::int64_t late = rng.next_below(20) == 0 ? rng.next_below(60) : 0;
    f.add({.t_s = 2000 + now - late,
           .amount = rng.next_below(900),
           .debtor = 1 + rng.next_below(static_cast<std::uint32_t>(height * 200)),
           .creditor = 1 + rng.next_below(9'000)});
  }
}

class WindowPiecesTest : public testing::TestWithParam<std::size_t> {};

// Pieces that were copied after different blocks come together when the blocks come again.
TEST_P(WindowPiecesTest, OfDifferentMomentsBecomeTheStateOfTheLast) {
  CompileContext context;
  context.window_keys_max = GetParam();
  constexpr std::uint64_t kBlocks = 80;
  DecideFixture live;
  live.rules(kRules, context);
  std::optional<WindowPieces> pieces;
  ByteWriter saved;
  std::vector<std::uint64_t> heights;
  bool all = false;
  for (std::uint64_t height = 1; height <= kBlocks; ++height) {
    add_block(live, height);
    live.run();
    if (height < 50 || all) continue;
    if (!pieces) pieces.emplace(live.decider().windows());
    StatePiece piece;
    all = !pieces->next(piece);
    if (all) continue;
    saved.raw(piece.out.bytes());
    heights.push_back(height);
  }
  ASSERT_TRUE(all);
  ASSERT_GT(heights.size(), 9U);  // seven windows in three groups, some of several pieces
  ByteWriter wanted;
  live.save(wanted);

  DecideFixture restored;
  restored.rules(kRules, context);
  ByteReader in(saved.bytes());
  ASSERT_TRUE(restored.decider().load_windows(in).is_ok());
  EXPECT_EQ(in.left(), 0U);
  const WindowLayout layout = restored.decider().windows().layout();
  EXPECT_EQ(layout.pieces(), heights.size());
  const WindowsAhead ahead(layout, heights);
  EXPECT_TRUE(ahead.all(50 - 1));
  for (std::uint64_t height = 50; height <= kBlocks; ++height) {
    add_block(restored, height);
    ASSERT_TRUE(restored.decider().feed_behind(restored.input(), {ahead, height}).is_ok());
  }
  ByteWriter progress;
  live.decider().save(progress);
  ByteReader progress_in(progress.bytes());
  ASSERT_TRUE(restored.decider().load(progress_in).is_ok());
  ByteWriter got;
  restored.save(got);
  EXPECT_TRUE(got.buffer() == wanted.buffer());
}

// With room for every key, and full.
INSTANTIATE_TEST_SUITE_P(KeysMax, WindowPiecesTest, testing::Values(1 << 20, 6'000));

}  // namespace
}  // namespace weir::decide
