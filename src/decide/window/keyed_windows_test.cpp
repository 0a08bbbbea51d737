#include "decide/window/keyed_windows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <vector>

#include "base/rng.hpp"
#include "decide/window/tile_bodies.hpp"

namespace weir::decide {
namespace {

using window_internal::from_bits;
using window_internal::to_bits;

struct Row {
  std::uint64_t key[2];
  std::int64_t t;
  bool include;
  std::uint64_t value;
};

struct Answer {
  bool valid = false;
  std::uint64_t value = 0;
  bool saturated = false;
  bool operator==(const Answer&) const = default;
};

std::vector<Row> random_stream(std::uint64_t seed, std::size_t rows, std::uint64_t keys,
                               std::int64_t step_us, std::int64_t late_us, bool real) {
  Philox rng(seed, 1);
  std::vector<Row> stream;
  std::int64_t now = 1'600'000'000 * kSecond;
  for (std::size_t i = 0; i < rows; ++i) {
    now += rng.next_below(static_cast<std::uint32_t>(step_us));
    Row row{};
    row.key[0] = rng.next_below(static_cast<std::uint32_t>(keys));  // 0: no key
    row.key[1] = 1 + rng.next_below(2);
    const bool late = rng.next_below(10) == 0;
    row.t = now - (late ? rng.next_below(static_cast<std::uint32_t>(late_us)) : 0);
    row.include = rng.next_below(4) != 0;
    const std::int64_t amount = static_cast<std::int64_t>(rng.next_below(1000)) - 200;
    row.value = real ? to_bits(static_cast<double>(amount) / 8) : to_bits(amount);
    stream.push_back(row);
  }
  return stream;
}

// One window on its own, fed the way the tests write rows.
struct OneWindow {
  explicit OneWindow(const WindowSpec& spec) : windows(spec.key_words, spec.keys_max) {
    windows.add(spec);
  }
  void update_and_read(const KeyedRows& in, const WindowUse& use) {
    windows.update_and_read(in, {&use, 1});
  }
  std::uint64_t rejected() const { return windows.window(0).rejected(); }
  void save(ByteWriter& out) const {
    windows.save_directory(out);
    windows.save_column(0, 0, windows.slots(), out);
  }
  Status load(ByteReader& in) { return windows.load(in); }
  KeyedWindows windows;
};

std::vector<Answer> run_table(OneWindow& table, const std::vector<Row>& stream,
                              std::uint64_t cut_seed) {
  Philox rng(cut_seed, 2);
  std::vector<Answer> answers;
  for (std::size_t begin = 0; begin < stream.size();) {
    const std::size_t rows = std::min<std::size_t>(stream.size() - begin, 1 + rng.next_below(3000));
    std::vector<std::uint64_t> keys[2];
    std::vector<std::int64_t> times;
    std::vector<std::uint8_t> include;
    std::vector<std::uint64_t> values;
    for (std::size_t i = begin; i < begin + rows; ++i) {
      keys[0].push_back(stream[i].key[0]);
      keys[1].push_back(stream[i].key[1]);
      times.push_back(stream[i].t);
      include.push_back(stream[i].include);
      values.push_back(stream[i].value);
    }
    std::vector<std::uint64_t> out(rows);
    std::vector<std::uint8_t> valid(rows);
    std::vector<std::uint8_t> saturated(rows);
    table.update_and_read(
        {rows, {keys[0].data(), keys[1].data()}, times.data()},
        {include.data(), values.data(), {out.data(), valid.data(), saturated.data()}});
    for (std::size_t i = 0; i < rows; ++i) {
      answers.push_back({valid[i] != 0, valid[i] != 0 ? out[i] : 0, saturated[i] != 0});
    }
    begin += rows;
  }
  return answers;
}

// The obvious way: keep every event of every key and look at all of them for every answer.
class Oracle {
 public:
  explicit Oracle(const WindowSpec& spec) : spec_(spec) {}

  Answer step(const Row& row) {
    if (row.key[0] == 0) return {};
    auto& events = events_[{row.key[0], spec_.key_words > 1 ? row.key[1] : 0}];
    if (row.include) events.push_back({row.t, row.value, counts(events, row)});
    std::int64_t now = row.t;
    for (const Past& past : events) now = std::max(now, past.t);
    std::vector<Past> inside;
    for (const Past& past : events) {
      if (past.counted && covered(past.t, now)) inside.push_back(past);
    }
    return finish(inside);
  }

 private:
  struct Past {
    std::int64_t t;
    std::uint64_t value;
    bool counted;
  };

  bool covered(std::int64_t t, std::int64_t now) const {
    if (spec_.kind == WindowKind::kExact) return t > now - spec_.width_us;
    const std::int64_t g = spec_.width_us / 24;
    return t / g > now / g - 24;
  }
  bool counts(const std::vector<Past>& events, const Row& row) const {
    std::int64_t now = row.t;
    for (const Past& past : events) now = std::max(now, past.t);
    return covered(row.t, now);
  }
  template <class V>
  Answer finish_as(std::vector<Past> inside) const {
    const bool saturated = spec_.kind == WindowKind::kExact && inside.size() > 64;
    if (saturated) {
      std::stable_sort(inside.begin(), inside.end(),
                       [](const Past& a, const Past& b) { return a.t < b.t; });
      inside.erase(inside.begin(), inside.end() - 64);
    }
    const auto n = static_cast<double>(inside.size());
    if (spec_.function == WindowFunction::kCount) return {true, inside.size(), saturated};
    if (spec_.function == WindowFunction::kRate) {
      return {true, to_bits(n * static_cast<double>(kHour) / static_cast<double>(spec_.width_us)),
              saturated};
    }
    if (spec_.function == WindowFunction::kDistinct) {
      std::set<std::uint64_t> values;
      for (const Past& past : inside) values.insert(past.value);
      return {true, values.size(), saturated};
    }
    if (inside.empty()) return {};
    V sum = 0;
    V low = from_bits<V>(inside[0].value);
    V high = low;
    for (const Past& past : inside) {
      sum += from_bits<V>(past.value);
      low = std::min(low, from_bits<V>(past.value));
      high = std::max(high, from_bits<V>(past.value));
    }
    switch (spec_.function) {
      case WindowFunction::kMin:
        return {true, to_bits(low), saturated};
      case WindowFunction::kMax:
        return {true, to_bits(high), saturated};
      case WindowFunction::kAvg:
        return {true, to_bits(static_cast<double>(sum) / n), saturated};
      default:
        return {true, to_bits(sum), saturated};
    }
  }
  Answer finish(const std::vector<Past>& inside) const {
    return spec_.real_values ? finish_as<double>(inside) : finish_as<std::int64_t>(inside);
  }

  WindowSpec spec_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<Past>> events_;
};

constexpr WindowFunction kFunctions[] = {WindowFunction::kCount, WindowFunction::kSum,
                                         WindowFunction::kAvg,   WindowFunction::kMin,
                                         WindowFunction::kMax,   WindowFunction::kRate};

TEST(KeyedWindows, EqualsBruteForceOnRandomStreamsAndCuts) {
  for (const WindowFunction function : kFunctions) {
    for (const WindowKind kind : {WindowKind::kTiles, WindowKind::kExact}) {
      for (const bool real : {false, true}) {
        const std::uint64_t seed = 7 + static_cast<std::uint64_t>(function) * 2 + real;
        SCOPED_TRACE(testing::Message() << window_function_name(function) << ' '
                                        << window_kind_name(kind) << " seed " << seed);
        // 40 keys, about 25 events a key and window; ten minutes of lateness against W = 5 min. No
        // key is idle for as long as the late events reach back, so that none is reclaimed under
        // their feet.
        const auto stream = random_stream(seed, 6000, 20, 2 * kSecond, 600 * kSecond, real);
        WindowSpec spec{.function = function,
                        .kind = kind,
                        .width_us = 300 * kSecond,
                        .key_words = 2,
                        .real_values = real};
        spec.keys_max = 4096;
        Oracle oracle(spec);
        OneWindow table(spec);
        const auto answers = run_table(table, stream, seed);
        for (std::size_t i = 0; i < stream.size(); ++i) {
          const Answer expected = oracle.step(stream[i]);
          ASSERT_EQ(answers[i].valid, expected.valid) << "row " << i;
          ASSERT_EQ(answers[i].value, expected.value) << "row " << i;
        }
      }
    }
  }
}

TEST(KeyedWindows, DistinctOverTheRingIsExactAndOverTilesCloseToIt) {
  const auto stream = random_stream(3, 4000, 8, kSecond, kSecond, false);
  WindowSpec spec{
      .function = WindowFunction::kDistinct, .kind = WindowKind::kExact, .width_us = 100 * kSecond};
  Oracle oracle(spec);
  OneWindow exact(spec);
  spec.kind = WindowKind::kTiles;
  OneWindow tiled(spec);
  const auto answers = run_table(exact, stream, 1);
  const auto estimates = run_table(tiled, stream, 1);
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const Answer expected = oracle.step(stream[i]);
    ASSERT_EQ(answers[i].value, expected.value) << "row " << i;
    const auto value = static_cast<double>(expected.value);
    ASSERT_NEAR(static_cast<double>(estimates[i].value), value, 4 + value * 0.6) << "row " << i;
  }
}

TEST(KeyedWindows, DoesNotDependOnBatchCuts) {
  for (const WindowKind kind : {WindowKind::kTiles, WindowKind::kExact, WindowKind::kDecay}) {
    const auto stream = random_stream(11, 20000, 3000, 200'000, 3600 * kSecond, false);
    WindowSpec spec{.function = WindowFunction::kSum, .kind = kind, .width_us = 60 * kSecond};
    spec.keys_max = 300;  // full, with reclaiming and rejections
    OneWindow a(spec);
    OneWindow b(spec);
    EXPECT_EQ(run_table(a, stream, 5), run_table(b, stream, 6));
    ByteWriter bytes_a;
    ByteWriter bytes_b;
    a.save(bytes_a);
    b.save(bytes_b);
    EXPECT_EQ(bytes_a.buffer(), bytes_b.buffer());
    EXPECT_GT(a.rejected(), 0U);
  }
}

TEST(KeyedWindows, CarriesOnFromASnapshotAsIfItHadNotStopped) {
  const auto stream = random_stream(13, 8000, 500, 2 * kSecond, 600 * kSecond, true);
  const std::vector<Row> first(stream.begin(), stream.begin() + 4000);
  const std::vector<Row> second(stream.begin() + 4000, stream.end());
  for (const WindowKind kind : {WindowKind::kTiles, WindowKind::kExact, WindowKind::kDecay}) {
    const WindowSpec spec{.function = WindowFunction::kAvg,
                          .kind = kind,
                          .width_us = 600 * kSecond,
                          .key_words = 2,
                          .real_values = true};
    OneWindow whole(spec);
    run_table(whole, first, 1);
    ByteWriter out;
    whole.save(out);
    OneWindow restored(spec);
    ByteReader in(out.bytes());
    ASSERT_TRUE(restored.load(in).is_ok());
    EXPECT_EQ(in.left(), 0U);
    EXPECT_EQ(run_table(restored, second, 3), run_table(whole, second, 2));
  }
}

TEST(KeyedWindows, RefusesSnapshotsThatAreCutOrOfAnotherWindow) {
  WindowSpec spec{.function = WindowFunction::kCount};
  OneWindow table(spec);
  run_table(table, random_stream(1, 200, 20, kSecond, kSecond, false), 1);
  ByteWriter out;
  table.save(out);
  for (std::size_t size = 0; size < out.bytes().size(); size += 7) {
    ByteReader in(out.bytes().first(size));
    OneWindow other(spec);
    EXPECT_FALSE(other.load(in).is_ok()) << size;
  }
  spec.width_us = 2 * kHour;
  OneWindow other(spec);
  ByteReader in(out.bytes());
  EXPECT_EQ(other.load(in).code(), Code::kDataLoss);
}

struct Single {
  explicit Single(const WindowSpec& spec) : table(spec) {}
  Answer step(std::uint64_t key, std::int64_t t, bool include = true, std::int64_t value = 1) {
    const auto in = static_cast<std::uint8_t>(include);
    const auto bits = to_bits(value);
    std::uint64_t out = 0;
    std::uint8_t valid = 0;
    std::uint8_t saturated = 0;
    table.update_and_read({1, {&key}, &t}, {&in, &bits, {&out, &valid, &saturated}});
    return {valid != 0, out, saturated != 0};
  }
  OneWindow table;
};

TEST(KeyedWindows, ShowsTheStatedBytesPerKey) {
  const WindowSpec count{.function = WindowFunction::kCount};
  EXPECT_EQ(count.bytes_per_key(), 32U);
  EXPECT_EQ(count.bytes_per_key_max(), 128U);
  const WindowSpec sum{.function = WindowFunction::kSum};
  EXPECT_EQ(sum.bytes_per_key(), 64U);
  EXPECT_EQ(sum.bytes_per_key_max(), 352U);
  const WindowSpec distinct{.function = WindowFunction::kDistinct};
  EXPECT_EQ(distinct.bytes_per_key(), 64U);
  EXPECT_EQ(distinct.bytes_per_key_max(), 256U);
  const WindowSpec exact{.function = WindowFunction::kCount, .kind = WindowKind::kExact};
  EXPECT_EQ(exact.bytes_per_key(), 1032U);
}

TEST(KeyedWindows, BusyKeysOutgrowTheirSlotsAndComeBack) {
  // Two keys with hundreds of events a tile, then nearly none: bodies are taken and given back.
  for (const WindowFunction function : kFunctions) {
    SCOPED_TRACE(window_function_name(function));
    auto stream = random_stream(31, 20'000, 3, 40'000, 30 * kSecond, false);
    const std::int64_t end = stream.back().t;
    auto quiet = random_stream(32, 400, 3, 100 * kSecond, 30 * kSecond, false);
    for (Row& row : quiet) {
      row.t += end - 1'600'000'000 * kSecond;
      stream.push_back(row);
    }
    WindowSpec spec{.function = function, .width_us = 240 * kSecond};
    Oracle oracle(spec);
    OneWindow table(spec);
    const std::size_t before = table.windows.window(0).bytes();
    const auto answers = run_table(table, stream, 3);
    for (std::size_t i = 0; i < stream.size(); ++i) {
      const Answer expected = oracle.step(stream[i]);
      ASSERT_EQ(answers[i].valid, expected.valid) << "row " << i;
      ASSERT_EQ(answers[i].value, expected.value) << "row " << i;
    }
    EXPECT_GT(table.windows.window(0).bytes(), before);
    EXPECT_EQ(table.windows.window(0).bodies(), 0U);
  }
}

TEST(KeyedWindows, WindowsThatShareAKeyCountAsIfAlone) {
  // Nothing is late: when an idle key is forgotten depends on the windows beside it.
  const auto stream = random_stream(17, 6'000, 700, kSecond, 1, false);
  const WindowSpec specs[] = {
      {.function = WindowFunction::kCount, .width_us = 60 * kSecond},
      {.function = WindowFunction::kSum, .width_us = 600 * kSecond},
      {.function = WindowFunction::kDistinct, .width_us = 300 * kSecond},
      {.function = WindowFunction::kMax, .kind = WindowKind::kExact, .width_us = 60 * kSecond}};
  KeyedWindows shared(1, 1 << 20);
  for (const WindowSpec& spec : specs) shared.add(spec);
  std::vector<std::uint64_t> keys;
  std::vector<std::int64_t> times;
  std::vector<std::uint8_t> some;
  std::vector<std::uint64_t> values;
  for (const Row& row : stream) {
    keys.push_back(row.key[0]);
    times.push_back(row.t);
    some.push_back(row.include);
    values.push_back(row.value);
  }
  const KeyedRows rows{stream.size(), {keys.data()}, times.data()};
  struct Columns {
    std::vector<std::uint64_t> values;
    std::vector<std::uint8_t> valid;
    bool operator==(const Columns&) const = default;
  };
  const auto use_of = [&](unsigned i, Columns& to) {
    to.values.resize(stream.size());
    to.valid.resize(stream.size());
    return WindowUse{
        i == 1 ? nullptr : some.data(), values.data(), {to.values.data(), to.valid.data()}};
  };
  std::array<Columns, 4> together;
  std::vector<WindowUse> uses;
  for (unsigned i = 0; i < 4; ++i) uses.push_back(use_of(i, together[i]));
  shared.update_and_read(rows, uses);
  for (unsigned i = 0; i < 4; ++i) {
    Columns alone;
    OneWindow(specs[i]).update_and_read(rows, use_of(i, alone));
    EXPECT_EQ(together[i], alone) << i;
  }
}

TEST(KeyedWindows, ExactRingStopsAt64AndSaysSo) {
  Single one({.function = WindowFunction::kCount, .kind = WindowKind::kExact, .width_us = kHour});
  Answer last;
  for (int i = 0; i < 64; ++i) last = one.step(5, kDay + i * kSecond);
  EXPECT_EQ(last, (Answer{true, 64, false}));
  EXPECT_EQ(one.step(5, kDay + 64 * kSecond), (Answer{true, 64, true}));
  EXPECT_EQ(one.step(5, kDay + 3 * kHour), (Answer{true, 1, false}));
}

TEST(KeyedWindows, NullsNewKeysWhenFullAndReusesIdleOnes) {
  WindowSpec spec{.function = WindowFunction::kCount, .width_us = 24 * kSecond};
  spec.keys_max = 2;
  Single one(spec);
  EXPECT_EQ(one.step(1, kDay).value, 1U);
  EXPECT_EQ(one.step(2, kDay).value, 1U);
  EXPECT_FALSE(one.step(3, kDay + 23 * kSecond).valid);
  EXPECT_EQ(one.table.rejected(), 1U);
  EXPECT_EQ(one.step(1, kDay + 23 * kSecond).value, 2U);  // key 1 stays live
  EXPECT_EQ(one.step(3, kDay + 30 * kSecond).value, 1U);  // takes the place of key 2
  EXPECT_FALSE(one.step(2, kDay + 30 * kSecond).valid);
  EXPECT_EQ(one.table.windows.keys(), 2U);
}

TEST(KeyedWindows, TellsKeysWithEqualHashTagsApart) {
  // 2^16 keys have about one pair with equal 32-bit tags; every key must keep its own count.
  Single one({.function = WindowFunction::kCount, .width_us = kHour});
  const std::uint64_t keys = 1 << 18;
  std::vector<std::uint64_t> key(keys);
  std::vector<std::int64_t> times(keys, kDay);
  for (std::uint64_t i = 0; i < keys; ++i) key[i] = i + 1;
  std::vector<std::uint64_t> out(keys);
  std::vector<std::uint8_t> valid(keys);
  for (std::uint64_t round = 1; round <= 2; ++round) {
    one.table.update_and_read({keys, {key.data()}, times.data()},
                              {nullptr, nullptr, {out.data(), valid.data()}});
    EXPECT_EQ(std::count(out.begin(), out.end(), round), static_cast<std::ptrdiff_t>(keys));
  }
}

TEST(KeyedWindows, SumSaturatesInsteadOfWrapping) {
  Single one({.function = WindowFunction::kSum, .width_us = kHour});
  const std::int64_t huge = std::numeric_limits<std::int64_t>::max() - 1;
  one.step(1, kDay, true, huge);
  one.step(1, kDay, true, huge);
  EXPECT_EQ(one.step(1, kDay + 600 * kSecond, true, huge).value,
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

TEST(KeyedWindows, SinceGivesSecondsToThePreviousEventOfTheKey) {
  Single one({.function = WindowFunction::kSince});
  EXPECT_FALSE(one.step(1, kDay).valid);
  EXPECT_EQ(one.step(1, kDay + 90 * kSecond), (Answer{true, to_bits(90.0), false}));
  EXPECT_EQ(one.step(1, kDay), (Answer{true, to_bits(0.0), false}));  // late: never negative
  EXPECT_EQ(one.step(1, kDay + 100 * kSecond), (Answer{true, to_bits(10.0), false}));
}

TEST(KeyedWindows, BusyKeysDecay) {
  // A quantised dt below one tick must not make a busy key immortal.
  Single one({.function = WindowFunction::kCount, .kind = WindowKind::kDecay, .width_us = kHour});
  Answer last;
  for (int i = 0; i < 200'000; ++i)
    last = one.step(1, kDay + i * std::int64_t{100'000});  // ten a second, 5.5 h
  const double steady = 36'000;                            // rate times W
  EXPECT_NEAR(from_bits<double>(last.value) / steady, 1 - std::exp(-20'000.0 / 3600), 0.006);
}

}  // namespace
}  // namespace weir::decide
