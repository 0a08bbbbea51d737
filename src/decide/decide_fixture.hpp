// DecideFixture: a small stream of events and the batch columns around it, for the tests of this
// folder.
//
//   DecideFixture f;
//   f.rules("alert if amount > 500");
//   f.add({.amount = 60000});
//   f.run();
//   EXPECT_TRUE(f.alerted(0));
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "decide/decider.hpp"
#include "decide/window_bank.hpp"
#include "wire/batch.hpp"

namespace weir::decide {

struct EventSpec {
  std::int64_t t_s = 0;       // seconds after the start
  std::int64_t amount = 100;  // minor units
  std::uint64_t debtor = 1;   // account number; 0: none
  std::uint64_t creditor = 2;
  std::uint64_t card = 0;
  wire::EventType type = wire::EventType::kPayment;
  std::uint16_t currency = 840;
  std::uint8_t exponent = 2;
  std::uint32_t tail_e6 = 0;
  std::uint16_t entity_flags = 0;
  std::uint16_t flags = 0;
  std::string memo = {};
  std::string attrs = {};
};

class DecideFixture {
 public:
  static constexpr std::int64_t kStart = 1'767'571'200LL * kSecond;  // 2026-01-05, a Monday

  void rules(std::string_view text, const CompileContext& context = {}) {
    auto compiled = compile_rules(text, context);
    ASSERT_TRUE(compiled.has_value()) << compiled.error().to_string();
    rules_ = *compiled;
    ASSERT_TRUE(decider().set_rules(++version_, rules_).is_ok());
  }
  void options(const DeciderOptions& options) { decider().set_options(options); }
  Decider& decider() {
    if (!decider_) decider_ = std::make_unique<Decider>(DeciderOptions{});
    return *decider_;
  }

  void add(const EventSpec& spec) {
    wire::Event event{};
    event.id[0] = 1;
    event.time_us = kStart + spec.t_s * kSecond;
    const auto account = [](std::uint64_t n) {
      return n == 0 ? 0 : wire::EntityId::number(wire::EntityKind::kAccount, n).word;
    };
    event.debtor = account(spec.debtor);
    event.creditor = account(spec.creditor);
    if (spec.card != 0) {
      event.instrument = wire::EntityId::number(wire::EntityKind::kCard, spec.card).word;
    }
    event.amount = spec.amount;
    event.currency = spec.currency;
    event.exponent = spec.exponent;
    event.type = static_cast<std::uint8_t>(spec.type);
    event.flags = spec.flags;
    if (!spec.memo.empty()) {
      batch_.add_side(event, wire::SideTag::kMemo, as_bytes(spec.memo));
    }
    if (!spec.attrs.empty()) {
      batch_.add_side(event, wire::SideTag::kAttrs, as_bytes(spec.attrs));
    }
    batch_.events.push_back(event);
    tails_.push_back(spec.tail_e6);
    flags_.push_back(spec.entity_flags);
  }

  DecideInput input() {
    columns_.events = batch_.events;
    columns_.entity_flags = flags_;
    DecideInput in;
    in.columns = &columns_;
    in.tail_e6 = tails_;
    in.side = batch_.side;
    in.dictionary = dictionary;
    features_.resize(batch_.events.size());
    for (std::size_t i = 0; i < batch_.events.size(); ++i) {
      for (unsigned f = 0; f < profile::kFeatures; ++f) {
        features_.column(static_cast<profile::Feature>(f))[i] = 0;
      }
      features_.column(profile::Feature::kHour)[i] =
          static_cast<float>(batch_.events[i].time_us % kDay / 1000) / 3'600'000.0F;
    }
    in.features = &features_;
    return in;
  }

  // Decides what was added since the last run.
  void run() {
    verdicts.assign(batch_.events.size(), {});
    const DecideInput in = input();
    ASSERT_TRUE(decider().decide(in, {verdicts, &hits, &sides}).is_ok());
  }
  void clear() {
    batch_.clear();
    tails_.clear();
    flags_.clear();
  }
  // Decides one event alone and returns its verdict.
  wire::VerdictCore one(const EventSpec& spec) {
    clear();
    add(spec);
    run();
    return verdicts.at(0);
  }
  bool fires(const EventSpec& spec) { return one(spec).live_hits != 0; }

  // The whole state: progress, then what the windows hold.
  void save(ByteWriter& out) {
    decider().save(out);
    save_pieces(WindowPieces(decider().windows()), out);
  }
  Status load(ByteReader& in) {
    WEIR_TRY(decider().load(in));
    return decider().load_windows(in);
  }

  std::vector<wire::VerdictCore> verdicts;
  std::vector<RuleHit> hits;
  std::vector<HitSides> sides;
  const wire::Dictionary* dictionary = nullptr;

 private:
  std::unique_ptr<Decider> decider_;
  std::shared_ptr<const RuleSet> rules_;
  std::uint32_t version_ = 0;
  wire::EventBatch batch_;
  std::vector<std::uint32_t> tails_;
  std::vector<std::uint16_t> flags_;
  profile::EventColumns columns_{};
  profile::FeatureMatrix features_;
};

}  // namespace weir::decide
