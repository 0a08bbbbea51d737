// GateFixture: a gate in a directory of its own, small, on a clock that stands still, for the tests
// of this folder.
//
//   class MyTest : public GateFixture {};
//   TEST_F(MyTest, Answers) {
//     open();
//     const Reply reply = ask(stream(1, 10));
//   }
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "gate/testing/small_gate.hpp"

namespace weir::gate {

// Returns events [first, first + count) of a stream that depends on `first` and `seed` alone:
// payments among 40 accounts, one a second.
inline wire::EventBatch stream(std::uint64_t first, std::size_t count, std::uint64_t seed = 1) {
  wire::EventBatch batch;
  for (std::uint64_t number = first; number < first + count; ++number) {
    Philox rng(seed, number);
    wire::Event event{};
    store(event.id.data(), number);
    event.id[15] = static_cast<std::uint8_t>(seed);
    event.time_us = 1'700'000'000'000'000 + static_cast<std::int64_t>(number) * 1'000'000;
    event.debtor = wire::EntityId::number(wire::EntityKind::kAccount, rng.next_below(40)).word;
    event.creditor =
        wire::EntityId::number(wire::EntityKind::kAccount, 40 + rng.next_below(40)).word;
    event.amount = static_cast<std::int64_t>(100 + rng.next_below(100'000));
    event.currency = 840;
    event.exponent = 2;
    event.type = static_cast<std::uint8_t>(wire::EventType::kTransfer);
    batch.events.push_back(event);
  }
  return batch;
}

// As stream(), with cards, late events, types and side payloads: something for every stage.
inline wire::EventBatch varied_stream(std::uint64_t first, std::size_t count,
                                      std::uint64_t seed = 1) {
  wire::EventBatch batch = stream(first, count, seed);
  for (std::size_t row = 0; row < count; ++row) {
    Philox rng(seed ^ 0xFACE, first + row);
    wire::Event& event = batch.events[row];
    event.instrument = wire::EntityId::number(wire::EntityKind::kCard, rng.next_below(200)).word;
    if (rng.next_below(20) == 0) event.time_us -= rng.next_below(100'000'000);
    if (rng.next_below(10) == 0) event.amount *= 50;
    event.type = static_cast<std::uint8_t>(rng.next_below(8));
    event.fee = rng.next_below(3);
    if (rng.next_below(4) == 0) batch.add_side(event, wire::SideTag::kMemo, as_bytes("gift card"));
  }
  return batch;
}

class GateFixture : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::UnitTest::GetInstance()->current_test_info()->name();
    // That of a parameter stands behind a slash, and would make a folder that stays.
    std::replace(name.begin(), name.end(), '/', '_');
    dir_ = (std::filesystem::temp_directory_path() /
            ("weir_gate_" + std::to_string(::getpid()) + "_" + name))
               .string();
    ASSERT_EQ(std::filesystem::path(dir_).parent_path(), std::filesystem::temp_directory_path());
    std::filesystem::remove_all(dir_);
    options_ = small_gate(dir_);
    options_.snapshot_events = 0;
    options_.admission.dedup_events = 4096;
    options_.pass.learn.fit_events = 0;
  }
  void TearDown() override {
    gate_.reset();
    std::filesystem::remove_all(dir_);
  }

  void open() {
    auto gate = Gate::open(options_, clock_);
    ASSERT_TRUE(gate) << gate.error().to_string();
    gate_ = std::move(*gate);
  }
  void reopen() {
    gate_.reset();
    open();
  }

  // Submits a batch; `edit` may change the submission first.
  std::future<Reply> send(wire::EventBatch batch,
                          const std::function<void(Submission&)>& edit = {}) {
    Submission submission;
    submission.batch = std::move(batch);
    if (edit) edit(submission);
    auto answered = std::make_shared<std::promise<Reply>>();
    submission.done = [answered](Reply&& reply) { answered->set_value(std::move(reply)); };
    const Status status = gate_->submit(std::move(submission));
    EXPECT_TRUE(status.is_ok()) << status.to_string();
    return answered->get_future();
  }
  Reply ask(wire::EventBatch batch, const std::function<void(Submission&)>& edit = {}) {
    return send(std::move(batch), edit).get();
  }
  // Submits a producer's frame.
  Reply ask_frame(std::uint64_t producer_seq, wire::EventBatch batch, std::uint64_t producer = 7) {
    return ask(std::move(batch), [=](Submission& submission) {
      submission.checkpoint = CheckpointControl{
          .producer_id = producer, .producer_seq = producer_seq, .first_seq = 0, .source = {}};
    });
  }
  // Puts a control record into effect.
  template <class Control>
  void put(ledger::ControlType type, const Control& control) {
    ByteWriter payload;
    encode(control, payload);
    std::promise<Result<ledger::Height>> applied;
    gate_->control(type, std::move(payload.buffer()),
                   [&](const Result<ledger::Height>& at) { applied.set_value(at); });
    const auto at = applied.get_future().get();
    EXPECT_TRUE(at) << at.error().to_string();
  }
  void put_rules(const std::string& text, std::uint32_t version = 1) {
    put(ledger::ControlType::kRules,
        RulesControl{.version = version, .author = "test", .text = text});
  }
  // Runs a function with nothing in flight and waits for it.
  void at_rest(const std::function<void()>& run) {
    std::promise<void> finished;
    ASSERT_TRUE(gate_
                    ->at_rest([&] {
                      run();
                      finished.set_value();
                    })
                    .is_ok());
    finished.get_future().wait();
  }

  std::string dir_;
  ManualClock clock_{1'800'000'000'000'000};
  GateOptions options_;
  std::unique_ptr<Gate> gate_;
};

}  // namespace weir::gate
