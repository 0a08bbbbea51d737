#include "simulator/ledger_stream.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "base/aligned.hpp"
#include "base/numeric/elementary.hpp"
#include "simulator/sampler.hpp"

namespace weir::simulator {
namespace {

constexpr std::int64_t kStartUs = 1'767'571'200'000'000;  // 2026-01-05
constexpr std::uint64_t kEpochEvents = 100'000;
constexpr std::uint32_t kAccountsMax = 1U << 27;
constexpr std::int64_t kMeanAmount = 8'000;  // minor units, about
constexpr std::uint8_t kPurpose = 16;
constexpr std::uint16_t kEuro = 978;

// How far a block has been rotated, in turns of one community. Whole numbers: drift is in 2^-32 per
// epoch.
std::uint32_t rotation(std::uint32_t block, std::uint64_t epoch, std::uint64_t drift) {
  const std::uint64_t phase = scrambled(block) >> 32;
  return static_cast<std::uint32_t>((epoch * drift + phase) >> 32);
}

std::uint64_t drift_steps(double drift) {
  return static_cast<std::uint64_t>(drift * 0x1p32);
}

std::uint32_t community_of(std::uint32_t rank, std::uint64_t epoch, std::uint32_t k,
                           std::uint64_t drift) {
  const std::uint32_t block = rank / k;
  return (rank % k + k - rotation(block, epoch, drift) % k) % k;
}

class LedgerStream final : public Simulator {
 public:
  explicit LedgerStream(const SimulatorOptions& options)
      : options_(options),
        accounts_(options.accounts == 0 ? 1'000'000 : options.accounts),
        communities_(std::min(options.communities, accounts_)),
        total_(options.events == 0 ? 1'000'000 : options.events),
        start_us_(options.start_us < 0 ? kStartUs : options.start_us),
        drift_(drift_steps(options.drift)),
        locality_(static_cast<std::uint32_t>(options.locality * 65'536.0)),
        step_us_(1e6 / options.rate),
        popularity_(AliasTable::zipf(accounts_, options.zipf)),
        nonces_(accounts_),
        deposits_left_(options.funding ? accounts_ : 0) {
    Philox rng(options.seed, stream_of(kPurpose, 1));
    for (std::uint32_t& amount : amounts_) {
      const double scale = static_cast<double>(kMeanAmount) * 0.6;  // e^(sd^2/2) = 1.65 for sd 1
      amount = 1 + static_cast<std::uint32_t>(scale * numeric::exp(standard_normal(rng)));
    }
  }

  Result<std::size_t> read(wire::EventBatch& batch, std::size_t events_max) override {
    batch.clear();
    const std::size_t deposits =
        static_cast<std::size_t>(std::min<std::uint64_t>(events_max, deposits_left_));
    const std::size_t rows =
        deposits != 0
            ? deposits
            : static_cast<std::size_t>(std::min<std::uint64_t>(events_max, total_ - done_));
    batch.events.resize(rows);  // after clear(): all zero
    if (deposits != 0) {
      for (wire::Event& event : batch.events) deposit(event);
    } else {
      pay(batch.events);
    }
    return rows;
  }

  std::span<const Mark> marks() const override { return {}; }

 private:
  // One generator block feeds one payment: 64 bits pick each party, and a hash of all of them
  // decides the rest, which is half the price of a second block.
  struct Draw {
    std::uint64_t debtor;  // bits, then the rank
    std::uint64_t creditor;
    std::uint64_t rest;
  };

  Draw draw(std::uint64_t number) const {
    const auto block =
        philox4x32({static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32), 0,
                    std::uint32_t{kPurpose} << 24},
                   {static_cast<std::uint32_t>(options_.seed),
                    static_cast<std::uint32_t>(options_.seed >> 32)});
    const std::uint64_t a = block[0] | std::uint64_t{block[1]} << 32;
    const std::uint64_t b = block[2] | std::uint64_t{block[3]} << 32;
    return {a, b, scrambled(a ^ std::rotl(b, 29))};
  }

  // Draws a burst of events, then picks their debtors, then fills them in: each step asks for the
  // memory of the next.
  void pay(std::span<wire::Event> events) {
    std::array<Draw, 3 * kPrefetchBurst> ring;
    const auto burst = [&](std::size_t from, const auto& step) {
      const std::size_t to = std::min(from + kPrefetchBurst, events.size());
      for (std::size_t i = from; i < to; ++i) step(i, ring[i % ring.size()]);
    };
    const auto draw_parties = [&](std::size_t i, Draw& d) {
      d = draw(done_ + i);
      popularity_.prefetch(d.debtor);
      popularity_.prefetch(d.creditor);
    };
    const auto pick_debtor = [&](std::size_t, Draw& d) {
      d.debtor = popularity_.pick(d.debtor);
      prefetch(&nonces_[d.debtor]);
    };
    burst(0, draw_parties);
    burst(kPrefetchBurst, draw_parties);
    burst(0, pick_debtor);
    for (std::size_t from = 0; from < events.size(); from += kPrefetchBurst) {
      burst(from + 2 * kPrefetchBurst, draw_parties);
      burst(from + kPrefetchBurst, pick_debtor);
      burst(from, [&](std::size_t i, const Draw& d) { fill(events[i], d, done_ + i); });
    }
    done_ += events.size();
  }

  std::uint32_t creditor_of(const Draw& d, std::uint32_t debtor, std::uint64_t epoch) const {
    std::uint32_t rank = popularity_.pick(d.creditor);
    const std::uint32_t k = communities_;
    if ((d.rest & 0xFFFFU) < locality_ && k > 1) {
      const std::uint32_t home = community_of(debtor, epoch, k, drift_);
      std::uint32_t block = rank / k;
      if (block == debtor / k)
        block = block == 0 ? 1 : block - 1;  // there is only the debtor itself
      const std::uint32_t member = block * k + (home + rotation(block, epoch, drift_)) % k;
      if (member < accounts_) rank = member;
    }
    if (rank != debtor) return rank;
    return debtor + 1 == accounts_ ? 0 : debtor + 1;
  }

  void fill(wire::Event& event, const Draw& d, std::uint64_t number) {
    const auto debtor = static_cast<std::uint32_t>(d.debtor);
    const std::uint32_t creditor = creditor_of(d, debtor, number / kEpochEvents);
    const auto r = static_cast<std::uint32_t>(d.rest >> 16);
    stamp_id(event, stream_of(kPurpose, 0) ^ options_.seed, number + accounts_);
    event.time_us = start_us_ + static_cast<std::int64_t>(static_cast<double>(number) * step_us_);
    event.debtor = account(debtor);
    event.creditor = account(creditor);
    event.amount = amounts_[r & (amounts_.size() - 1)];
    event.fee = 10 + (r >> 17 & 63);
    event.nonce = ++nonces_[debtor];
    event.currency = kEuro;
    event.exponent = 2;
    const bool payment = (r >> 12 & 7) < 3;
    event.type =
        static_cast<std::uint8_t>(payment ? wire::EventType::kPayment : wire::EventType::kTransfer);
    event.channel = static_cast<std::uint16_t>(1 + (r >> 15 & 3));
    event.category = 5'400 + (creditor & 15);
    event.country[0] = country_of(debtor);
    event.country[1] = country_of(creditor);
    if (options_.side_entities)
      fill_sides(event, debtor, creditor, payment, static_cast<std::uint32_t>(d.rest >> 40));
  }

  // Devices and addresses stay with the debtor, except now and then; cards and shops belong to
  // payments.
  static void fill_sides(wire::Event& event, std::uint32_t debtor, std::uint32_t creditor,
                         bool payment, std::uint32_t r) {
    using wire::EntityId;
    using wire::EntityKind;
    const std::uint32_t moved = (r & 15) == 0 ? r >> 8 & 3 : 0;
    event.device = EntityId::number(EntityKind::kDevice, debtor / 8 + moved).word;
    event.ip = EntityId::number(EntityKind::kIp, 0x0A000000U + (debtor / 16 + moved) % 65'536).word;
    if (!payment) return;
    event.merchant = EntityId::number(EntityKind::kMerchant, creditor % 5'000).word;
    event.instrument = EntityId::number(EntityKind::kCard, debtor).word;
  }

  void deposit(wire::Event& event) {
    const std::uint32_t rank = accounts_ - deposits_left_--;
    stamp_id(event, stream_of(kPurpose, 0) ^ options_.seed, rank);
    event.time_us = start_us_;
    event.debtor = wire::EntityId::number(wire::EntityKind::kExternal, 1).word;
    event.creditor = account(rank);
    event.amount = options_.tight ? 20 * kMeanAmount : std::int64_t{1'000'000'000'000};
    event.currency = kEuro;
    event.exponent = 2;
    event.type = static_cast<std::uint8_t>(wire::EventType::kCashIn);
    event.channel = 5;
    event.country[1] = country_of(rank);
  }

  static std::uint64_t account(std::uint32_t rank) {
    return wire::EntityId::number(wire::EntityKind::kAccount, std::uint64_t{rank} + 1).word;
  }
  static std::uint16_t country_of(std::uint32_t rank) {
    constexpr std::uint16_t kCountries[] = {276, 250, 380, 528, 724, 40, 56, 616};
    return kCountries[rank & 7];
  }

  SimulatorOptions options_;
  std::uint32_t accounts_;
  std::uint32_t communities_;
  std::uint64_t total_;
  std::int64_t start_us_;
  std::uint64_t drift_;
  std::uint32_t locality_;  // of 65,536
  double step_us_;
  AliasTable popularity_;
  AlignedBuffer<std::uint32_t> nonces_;
  std::uint32_t deposits_left_;
  std::uint64_t done_ = 0;
  std::array<std::uint32_t, 4096> amounts_{};
};

}  // namespace

std::uint32_t ledger_community(std::uint32_t rank, std::uint64_t epoch, std::uint32_t communities,
                               double drift) {
  return community_of(rank, epoch, communities, drift_steps(drift));
}

Result<std::unique_ptr<Simulator>> make_ledger(const SimulatorOptions& options) {
  if (options.accounts == 1 || options.accounts > kAccountsMax) {
    return fail(invalid_argument("accounts_range", "ledger plays 2 to 2^27 accounts, not " +
                                                       std::to_string(options.accounts)));
  }
  if (!(options.rate > 0.0 && options.rate <= 1e9)) {
    return fail(invalid_argument("rate_range", "rate is above 0 and at most 1e9 events a second"));
  }
  const bool shares = options.locality >= 0.0 && options.locality <= 1.0 && options.drift >= 0.0 &&
                      options.drift <= 1.0;
  if (!shares || options.communities == 0) {
    return fail(invalid_argument("communities_range",
                                 "locality and drift are shares, communities at least 1"));
  }
  return std::make_unique<LedgerStream>(options);
}

}  // namespace weir::simulator
