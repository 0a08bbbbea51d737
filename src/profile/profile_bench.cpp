// The profile stages in ns/event: index, gather (profiles and edges), vector pass, and both
// together as touch(), for uniformly random accounts, which is the worst case for caches, beside
// node-based maps.
//
// Back of the envelope: an event reads and writes two profiles of two lines, one edge line and two
// index lines: seven cache misses once the tables outgrow the cache, which prefetching overlaps
// about ten deep.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/rng.hpp"
#include "profile/edge_table.hpp"
#include "profile/gathered.hpp"
#include "profile/pair_hash.hpp"
#include "profile/profile_record.hpp"
#include "profile/profiles.hpp"

namespace weir::profile {
namespace {

using wire::EntityId;
using wire::EntityKind;
using wire::Event;

constexpr std::size_t kBatch = 8192;
constexpr std::size_t kBatches = 64;

std::vector<Event> uniform_events(std::uint64_t accounts, std::size_t count, std::uint64_t seed) {
  Philox rng(seed, accounts);
  std::vector<Event> events(count);
  std::int64_t now = 1'767'607'200'000'000;
  for (Event& e : events) {
    e = Event{};
    e.debtor = EntityId::interned(EntityKind::kAccount,
                                  1 + rng.next_below(static_cast<std::uint32_t>(accounts)))
                   .word;
    e.creditor = EntityId::interned(EntityKind::kAccount,
                                    1 + rng.next_below(static_cast<std::uint32_t>(accounts)))
                     .word;
    e.amount = 1 + rng.next_below(1'000'000);
    e.exponent = 2;
    e.type = 1;
    e.time_us = now += rng.next_below(2'000);
  }
  return events;
}

// Profiles with every account present, and batches to play on them round and round.
struct Stage {
  explicit Stage(std::uint64_t accounts)
      : profiles([&] {
          ProfileOptions options;
          options.accounts = accounts + 1;
          return options;
        }()),
        events(uniform_events(accounts, kBatch * kBatches, 42)) {
    std::vector<Event> all(kBatch);
    IndexOut index;
    TouchOut out;
    FeatureMatrix features;
    for (std::uint64_t first = 0; first < accounts; first += 2 * kBatch) {
      for (std::size_t i = 0; i < kBatch; ++i) {
        all[i] = events[0];
        all[i].time_us = events[0].time_us - 1;
        all[i].debtor =
            EntityId::interned(EntityKind::kAccount, 1 + std::min(first + 2 * i, accounts - 1))
                .word;
        all[i].creditor =
            EntityId::interned(EntityKind::kAccount, 1 + std::min(first + 2 * i + 1, accounts - 1))
                .word;
      }
      profiles.index(all, index);
      (void)profiles.touch(index.columns(all), features, out).is_ok();
    }
  }
  std::span<const Event> batch(std::size_t n) const {
    return std::span(events).subspan(n % kBatches * kBatch, kBatch);
  }
  Profiles profiles;
  std::vector<Event> events;
};

// Stages are kept between benches of one size: building ten million profiles takes seconds.
Stage& stage(std::uint64_t accounts) {
  static std::unique_ptr<Stage> kept;
  static std::uint64_t size = 0;
  if (size != accounts) {
    kept.reset();
    kept = std::make_unique<Stage>(accounts);
    size = accounts;
  }
  return *kept;
}

void report(benchmark::State& state) {
  const auto events = static_cast<double>(state.iterations()) * static_cast<double>(kBatch);
  state.counters["events/s"] = benchmark::Counter(events, benchmark::Counter::kIsRate);
  state.counters["time/event"] =
      benchmark::Counter(events, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void bm_index(benchmark::State& state) {
  Stage& s = stage(static_cast<std::uint64_t>(state.range(0)));
  IndexOut out;
  std::size_t n = 0;
  for (auto _ : state) s.profiles.index(s.batch(n++), out);
  report(state);
}

// Batches repeat, so each round is shifted in time: the profiles must keep ageing.
struct Play {
  explicit Play(Stage& s) : indexes(kBatches), batches(kBatches), stage(s) {
    for (std::size_t b = 0; b < kBatches; ++b) {
      batches[b].assign(s.batch(b).begin(), s.batch(b).end());
      s.profiles.index(batches[b], indexes[b]);
    }
  }
  EventColumns next() {
    const std::size_t b = n++ % kBatches;
    return indexes[b].columns(batches[b]);
  }
  void shift() {
    if (n % kBatches != 0 || n == 0) return;
    for (auto& batch : batches) {
      for (Event& e : batch) e.time_us += 300'000'000;
    }
  }
  std::vector<IndexOut> indexes;
  std::vector<std::vector<Event>> batches;
  Stage& stage;
  std::size_t n = 0;
};

void bm_gather(benchmark::State& state) {
  Play play(stage(static_cast<std::uint64_t>(state.range(0))));
  Gathered gathered;
  TouchOut out;
  for (auto _ : state) {
    benchmark::DoNotOptimize(play.stage.profiles.gather(play.next(), gathered, out).is_ok());
    state.PauseTiming();
    play.shift();
    state.ResumeTiming();
  }
  report(state);
}

void bm_vector(benchmark::State& state) {
  Play play(stage(static_cast<std::uint64_t>(state.range(0))));
  Gathered gathered;
  TouchOut out;
  FeatureMatrix features;
  features.resize(kBatch);
  benchmark::DoNotOptimize(play.stage.profiles.gather(play.next(), gathered, out).is_ok());
  for (auto _ : state) compute_features(gathered, features, 0, kBatch);
  report(state);
}

void bm_edges(benchmark::State& state) {
  EdgeTable edges(4 << 20);
  const auto events =
      uniform_events(static_cast<std::uint64_t>(state.range(0)), kBatch * kBatches, 7);
  std::size_t n = 0;
  for (auto _ : state) {
    const auto batch = std::span(events).subspan(n++ % kBatches * kBatch, kBatch);
    std::uint64_t hashes[kBatch];
    for (std::size_t i = 0; i < kBatch; ++i) {
      hashes[i] = pair_hash(static_cast<std::uint32_t>(batch[i].debtor),
                            static_cast<std::uint32_t>(batch[i].creditor));
    }
    float sum = 0;
    for (std::size_t i = 0; i < kBatch; ++i) {
      edges.prefetch(hashes[std::min(i + 24, kBatch - 1)]);
      sum +=
          edges
              .touch(hashes[i], batch[i].debtor <= batch[i].creditor, edge_second(batch[i].time_us))
              .forward;
    }
    benchmark::DoNotOptimize(sum);
  }
  report(state);
}

void bm_touch(benchmark::State& state) {
  Play play(stage(static_cast<std::uint64_t>(state.range(0))));
  FeatureMatrix features;
  TouchOut out;
  for (auto _ : state) {
    benchmark::DoNotOptimize(play.stage.profiles.touch(play.next(), features, out).is_ok());
    state.PauseTiming();
    play.shift();
    state.ResumeTiming();
  }
  report(state);
}

// The same profile updates behind std::unordered_map, one event after the other, without features.
void bm_unordered_map(benchmark::State& state) {
  const auto accounts = static_cast<std::uint64_t>(state.range(0));
  const auto events = uniform_events(accounts, kBatch * kBatches, 42);
  std::unordered_map<std::uint64_t, Profile> profiles;
  std::unordered_map<std::uint64_t, EdgeEntry> edges;
  for (std::uint64_t i = 1; i <= accounts; ++i) {
    profiles[EntityId::interned(EntityKind::kAccount, i).word];
  }
  std::size_t n = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBatch; ++i) {
      const Event& e = events[n++ % events.size()];
      const EventTime now(e.time_us);
      Profile& a = profiles[e.debtor];
      add_out(a, age_profile(a, now), static_cast<float>(e.amount));
      train_amount(a, 10.0F);
      train_hour(a, 7);
      Profile& b = profiles[e.creditor];
      add_in(b, age_profile(b, now), static_cast<float>(e.amount));
      EdgeEntry& edge = edges[xxh3_word(e.debtor ^ e.creditor << 1)];
      edge.up += 1.0F;
    }
  }
  report(state);
}

#define WEIR_ACCOUNTS Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Arg(10'000'000)
BENCHMARK(bm_edges)->WEIR_ACCOUNTS;
BENCHMARK(bm_vector)->Arg(1'000);
void all_stages(std::int64_t accounts) {
  benchmark::RegisterBenchmark("bm_index", bm_index)->Arg(accounts);
  benchmark::RegisterBenchmark("bm_gather", bm_gather)->Arg(accounts);
  benchmark::RegisterBenchmark("bm_touch", bm_touch)->Arg(accounts);
}
const bool kRegistered = [] {
  for (const std::int64_t accounts : {1'000, 100'000, 1'000'000, 10'000'000}) all_stages(accounts);
  return true;
}();
BENCHMARK(bm_unordered_map)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

}  // namespace
}  // namespace weir::profile
