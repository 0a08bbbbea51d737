// Simulator: streams of made-up transactions with known truth, for demos, tests and benches.
//
//   SimulatorOptions options;
//   options.seed = 7;
//   WEIR_ASSIGN(auto source, make_simulator("handbook", options));
//   wire::EventBatch batch;
//   WEIR_ASSIGN(const std::size_t rows, source->read(batch, 8192));   // 0: the stream is over
//
// Profiles: `handbook` (cards and terminals with three fraud scenarios, after the distributions
// published by the Fraud Detection Handbook), `rings` (money-laundering shapes over a Zipf
// background, with benign twins), `ledger` (N accounts, Zipf, communities that drift, nonces, fees;
// feeds throughput benches). The bytes of a stream are a function of profile and options, on every
// platform. The truth is in EventBatch::labels (one a row; none in `ledger`) and, in more detail,
// in marks(). A simulator is used by one thread; several may run beside each other.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "wire/source.hpp"

namespace weir::simulator {

struct SimulatorOptions {
  std::uint64_t seed = 1;
  std::uint64_t events = 0;    // 0: handbook all `days`; rings and ledger 1,000,000
  std::int64_t start_us = -1;  // -1: handbook 2018-04-01, the others 2026-01-05 UTC
  std::uint32_t accounts = 0;  // 0: handbook 5,000 customers; rings 20,000; ledger 1,000,000
  double zipf = 1.0;           // rings, ledger: popularity of rank r is r^-zipf
  std::uint32_t days = 0;      // 0: handbook 183, rings 60; the events of rings spread over them
  std::uint32_t rings =
      0;  // rings: attack instances; 0: about one event in a thousand is an attack
  std::uint32_t twins = 5;         // rings: benign twins an attack instance
  double rate = 100'000;           // ledger: events a second of event time
  std::uint32_t communities = 64;  // ledger: accounts that mostly pay each other
  double locality = 0.8;           // ledger: share of payments that stay inside the community
  double drift = 0.02;        // ledger: share of each community that moves every 100,000 events
  bool tight = false;         // ledger: opening balances of twenty mean payments instead of plenty
  bool funding = true;        // ledger: one opening deposit an account before the payments
  bool side_entities = true;  // ledger: merchants, devices, instruments and ips as well
};

// What an event of the last batch is part of, beyond its label.
struct Mark {
  std::uint32_t row;
  std::uint32_t instance;  // handbook: 0; rings: number of the ring or twin, from 1
  std::uint8_t scenario;   // handbook: 1 to 3; rings: RingFamily
  bool benign;             // a twin
  std::uint16_t step;      // rings: place in the instance
};

class Simulator : public wire::EventSource {
 public:
  // The marks of the last batch, by row; valid until the next read().
  virtual std::span<const Mark> marks() const = 0;
};

// Returns the simulator of a profile: "handbook", "rings" or "ledger".
// not_found (profile_unknown); invalid_argument (accounts_range, zipf_range, ...) for impossible
// options.
Result<std::unique_ptr<Simulator>> make_simulator(std::string_view profile,
                                                  const SimulatorOptions& options);

enum class RingFamily : std::uint8_t {
  kFanOut = 1,
  kFanIn,
  kCycle,
  kBipartite,
  kStack,
  kRandom,
  kScatterGather,
  kGatherScatter,
};
inline constexpr unsigned kRingFamilies = 8;
std::string_view ring_family_name(RingFamily family);  // "fan_out", ...

// Gives event `number` of a stream (from 0) its 16-byte id.
void stamp_id(wire::Event& event, std::uint64_t stream, std::uint64_t number);

}  // namespace weir::simulator
