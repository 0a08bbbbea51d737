// Events and blocks made up from a seed, for the tests, fuzz targets and benches of this folder.
#pragma once

#include <algorithm>
#include <vector>

#include "base/numeric/elementary.hpp"
#include "base/rng.hpp"
#include "ledger/block.hpp"
#include "ledger/control.hpp"
#include "profile/columns.hpp"

namespace weir::ledger::fixture {

inline wire::EventKey key_of(std::uint64_t number) {
  wire::EventKey key{};
  store(key.data(), number * 0x9E3779B97F4A7C15U);
  store(key.data() + 8, number);
  return key;
}

inline std::uint64_t account(std::uint64_t number) {
  return wire::EntityId::number(wire::EntityKind::kAccount, number).word;
}

// A transfer of `amount` between two numbered accounts.
inline wire::Event transfer(std::uint64_t id, std::uint64_t from, std::uint64_t to,
                            std::int64_t amount) {
  wire::Event event{};
  event.id = key_of(id);
  event.time_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(id) * 1000;
  event.debtor = account(from);
  event.creditor = account(to);
  event.amount = amount;
  event.currency = 840;
  event.exponent = 2;
  event.type = static_cast<std::uint8_t>(wire::EventType::kTransfer);
  return event;
}

// Draws account numbers 0..n-1 with probability proportional to 1 / rank^theta; theta 0 is uniform.
class Zipf {
 public:
  Zipf(std::size_t n, double theta) : cumulative_(n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
      sum += 1.0 / numeric::pow(static_cast<double>(i + 1), theta);
      cumulative_[i] = sum;
    }
  }
  std::uint64_t draw(Philox& rng) const {
    const double at = rng.next_unit() * cumulative_.back();
    return static_cast<std::uint64_t>(std::upper_bound(cumulative_.begin(), cumulative_.end(), at) -
                                      cumulative_.begin());
  }

 private:
  std::vector<double> cumulative_;
};

inline std::vector<wire::Event> transfers(std::size_t count, std::size_t accounts, double theta,
                                          std::uint64_t seed, std::uint64_t first_id = 1) {
  const Zipf zipf(accounts, theta);
  Philox rng(seed, 7);
  std::vector<wire::Event> events;
  events.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t from = zipf.draw(rng);
    std::uint64_t to = zipf.draw(rng);
    while (to == from) to = zipf.draw(rng);
    events.push_back(transfer(first_id + i, from, to, 1 + rng.next_below(1000)));
  }
  return events;
}

// Everything a block of `count` random events needs, kept alive together.
struct Batch {
  std::vector<wire::Event> events;
  std::vector<wire::VerdictCore> verdicts;
  std::vector<std::uint16_t> order;
  std::vector<std::uint8_t> side;
  ControlWriter control;
  profile::FeatureMatrix features;

  BlockContent content(FeatureRowsMode mode) const {
    return {events, verdicts, order, side, control.bytes(), control.count(), mode, &features};
  }
};

inline Batch batch(std::size_t count, std::uint64_t seed, std::uint64_t first_id = 1) {
  Philox rng(seed, 11);
  Batch made;
  made.events = transfers(count, 1000, 0.8, seed, first_id);
  made.verdicts.resize(count);
  made.features.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    wire::VerdictCore& verdict = made.verdicts[i];
    verdict = {};
    verdict.tail_e6 = rng.next_below(9'000'000);
    verdict.threshold_e6 = 4'000'000;
    const std::uint32_t draw = rng.next_below(20);
    verdict.outcome = static_cast<std::uint8_t>(draw == 0 ? 2 : draw == 1 ? 1 : 0);
    verdict.flags = draw < 3 ? wire::kAlert : 0;
    verdict.ledger_status = static_cast<std::uint8_t>(rng.next_below(14));
    if (rng.next_below(4) == 0) {
      const std::size_t bytes = 8 * (1 + rng.next_below(4));
      made.events[i].side_off = static_cast<std::uint32_t>(made.side.size());
      made.events[i].side_len = static_cast<std::uint32_t>(bytes);
      for (std::size_t b = 0; b < bytes; ++b)
        made.side.push_back(static_cast<std::uint8_t>(rng.next_u32()));
    }
    made.order.push_back(static_cast<std::uint16_t>(i));
    for (unsigned f = 0; f < profile::kFeatures; ++f) {
      made.features.column(static_cast<profile::Feature>(f))[i] =
          static_cast<float>(rng.next_below(1000));
    }
  }
  for (std::size_t i = count; i > 1; --i) {
    std::swap(made.order[i - 1], made.order[rng.next_below(static_cast<std::uint32_t>(i))]);
  }
  made.control.add(ControlType::kRules, as_bytes("alert if amount > 5"));
  made.control.add(ControlType::kLabel, as_bytes("fraud"), 3);
  return made;
}

inline BlockMeta meta(Height height, std::uint64_t first_seq) {
  BlockMeta made;
  made.chain_id = 7;
  made.height = height;
  made.first_seq = first_seq;
  made.created_us = 1'700'000'000'000'000;
  made.rules_version = 3;
  return made;
}

}  // namespace weir::ledger::fixture
