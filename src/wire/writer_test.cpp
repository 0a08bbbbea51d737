#include "wire/writer.hpp"

#include <gtest/gtest.h>

#include <cstring>

#include "base/rng.hpp"
#include "wire/csv/csv_source.hpp"
#include "wire/ndjson.hpp"

namespace weir::wire {
namespace {

constexpr std::uint64_t kSeed = 20'261'121;

// Payments with every field a text format can say.
EventBatch sample_batch(EntityKind debtor, EntityKind creditor, std::size_t rows) {
  Philox rng(kSeed, static_cast<std::uint64_t>(debtor) << 8 | static_cast<std::uint64_t>(creditor));
  EventBatch batch;
  for (std::uint32_t i = 0; i < rows; ++i) {
    Event event{};
    for (std::uint8_t& byte : event.id) byte = static_cast<std::uint8_t>(rng.next_below(256));
    event.time_us = 1'795'233'600'000'000 + static_cast<std::int64_t>(rng.next_below(1U << 30));
    event.debtor = EntityId::number(debtor, rng.next_below(1'000)).word;
    event.creditor = EntityId::number(creditor, rng.next_below(1'000)).word;
    event.amount = rng.next_below(10'000'000);
    event.fee = rng.next_below(3);
    event.nonce = rng.next_below(5);
    constexpr std::uint16_t kCurrencies[] = {840, 978, 392, 414};  // USD, EUR, JPY, KWD
    constexpr std::uint8_t kExponents[] = {2, 2, 0, 3};
    const std::uint32_t currency = rng.next_below(4);
    event.currency = kCurrencies[currency];
    event.exponent = kExponents[currency];
    event.type = static_cast<std::uint8_t>(rng.next_below(kEventTypes));
    event.category = rng.next_below(2) * 5'411;
    event.country[0] = rng.next_below(2) == 0 ? 0 : 276;
    event.country[1] = 840;
    if (i % 2 == 0) {
      event.merchant = EntityId::number(EntityKind::kMerchant, rng.next_below(50)).word;
      event.device = EntityId::number(EntityKind::kDevice, rng.next_below(50)).word;
      event.instrument = EntityId::number(EntityKind::kCard, rng.next_below(50)).word;
      event.ip = EntityId::number(EntityKind::kIp, 0x0A00'0000U + rng.next_below(70'000)).word;
    }
    batch.events.push_back(event);
    if (i % 3 != 0) batch.labels.push_back({i, i % 5 == 0});
  }
  return batch;
}

std::string written(EventFormat format, const EventWriterOptions& options,
                    const EventBatch& batch) {
  const auto writer = make_event_writer(format, options);
  std::string out;
  writer->begin(out);
  EXPECT_TRUE(writer->write(batch, out).is_ok());
  return out;
}

EventBatch read_csv(const std::string& text) {
  auto stored = StoredBytes::from(memory_stream(as_bytes(text)));
  EXPECT_TRUE(stored.has_value());
  MemoryRejects rejects;
  auto source = CsvSource::from(std::move(*stored), {}, &rejects);
  EXPECT_TRUE(source.has_value()) << source.error().to_string();
  EventBatch batch;
  EXPECT_TRUE((*source)->read(batch, kBatchEventsMax).has_value());
  EXPECT_EQ(rejects.count(), 0U) << reject_json(rejects.reports()[0]);
  return batch;
}

EventBatch read_ndjson(const std::string& text) {
  NdjsonReader reader({});
  EventBatch batch;
  std::vector<JsonItemError> errors;
  EXPECT_TRUE(reader.read(text, batch, errors).is_ok());
  EXPECT_TRUE(errors.empty()) << errors[0].field << " " << errors[0].message;
  return batch;
}

void expect_equal(const EventBatch& a, const EventBatch& b) {
  ASSERT_EQ(a.size(), b.size()) << "seed " << kSeed;
  for (std::size_t row = 0; row < a.size(); ++row) {
    EXPECT_EQ(std::memcmp(&a.events[row], &b.events[row], sizeof(Event)), 0)
        << "row " << row << ", seed " << kSeed;
  }
}

TEST(EventWriter, ReadsBackEqualFromCsv) {
  for (const auto& [debtor, creditor] : {std::pair{EntityKind::kAccount, EntityKind::kAccount},
                                         {EntityKind::kCustomer, EntityKind::kTerminal}}) {
    const EventBatch batch = sample_batch(debtor, creditor, 300);
    const EventBatch again =
        read_csv(written(EventFormat::kCsv, {.debtor = debtor, .creditor = creditor}, batch));
    expect_equal(batch, again);
    ASSERT_EQ(batch.labels.size(), again.labels.size());
    for (std::size_t i = 0; i < batch.labels.size(); ++i) {
      EXPECT_EQ(batch.labels[i].row, again.labels[i].row);
      EXPECT_EQ(batch.labels[i].fraud, again.labels[i].fraud);
    }
  }
}

TEST(EventWriter, ReadsBackEqualFromJsonLines) {
  for (const auto& [debtor, creditor] : {std::pair{EntityKind::kAccount, EntityKind::kExternal},
                                         {EntityKind::kCustomer, EntityKind::kTerminal},
                                         {EntityKind::kCard, EntityKind::kMerchant}}) {
    EventBatch batch = sample_batch(debtor, creditor, 300);
    for (Event& event : batch.events) event.flags = kBackfill;
    batch.events[7].exponent = 5;
    batch.events[8].ref = batch.events[3].id;
    expect_equal(batch, read_ndjson(written(EventFormat::kNdjson, {}, batch)));
  }
}

TEST(EventWriter, ReadsBackEqualFromFramesOfEveryCodec) {
  const EventBatch batch = sample_batch(EntityKind::kAccount, EntityKind::kAccount, 300);
  for (const Codec codec : {Codec::kNone, Codec::kLz4, Codec::kZstd}) {
    const std::string bytes = written(EventFormat::kFrames, {.codec = codec}, batch);
    FrameParser parser({});
    parser.feed(as_bytes(bytes));
    Frame frame;
    ASSERT_TRUE(parser.next(frame).value());
    EventBatch again;
    again.events.assign(frame.events().begin(), frame.events().end());
    expect_equal(batch, again);
  }
}

TEST(EventWriter, KeepsTextsIdsAndSidePayloads) {
  EventBatch batch;
  Event event{};
  set_event_id(batch, event, "pay, \"1\"");
  event.time_us = 1'795'233'600'000'000;
  event.debtor = batch.entity(EntityKind::kAccount, "a \"b\", c");
  event.creditor = batch.entity(EntityKind::kExternal, "17");
  event.currency = kUnknownCurrency;
  event.exponent = 2;
  event.type = static_cast<std::uint8_t>(EventType::kPayment);
  batch.add_side(event, SideTag::kMemo, as_bytes(std::string_view("for\nyou")));
  batch.add_side(event, SideTag::kAttrs, as_bytes(std::string_view(R"({"a":1})")));
  batch.patch(0, PendingField::kChannel, "web");
  batch.events.push_back(event);

  const EventBatch json = read_ndjson(written(EventFormat::kNdjson, {}, batch));
  ASSERT_EQ(json.size(), 1U);
  EXPECT_EQ(json.events[0].id, event.id);
  EXPECT_EQ(json.events[0].creditor, event.creditor);
  EXPECT_EQ(json.text(EntityId{json.events[0].debtor}.value()), "a \"b\", c");
  const Bytes memo = find_side(json.side, SideTag::kMemo);
  EXPECT_EQ(std::string(memo.begin(), memo.end()), "for\nyou");
  const Bytes attrs = find_side(json.side, SideTag::kAttrs);
  EXPECT_EQ(std::string(attrs.begin(), attrs.end()), R"({"a":1})");
  ASSERT_EQ(json.patches.size(), 1U);
  EXPECT_EQ(json.text(json.patches[0].text), "web");

  // A CSV column has one kind; another one is told by name.
  const EventBatch csv = read_csv(written(EventFormat::kCsv, {}, batch));
  ASSERT_EQ(csv.size(), 1U);
  EXPECT_EQ(csv.events[0].id, event.id);
  EXPECT_EQ(csv.text(EntityId{csv.events[0].creditor}.value()), "external/17");
}

TEST(EventWriter, RefusesTextsInFramesAndUnknownFormats) {
  EventBatch batch;
  Event event{};
  event.debtor = batch.entity(EntityKind::kAccount, "a-1");
  batch.events.push_back(event);
  std::string out;
  const auto writer = make_event_writer(EventFormat::kFrames, {});
  EXPECT_EQ(writer->write(batch, out).reason(), "text_pending");
  EXPECT_TRUE(out.empty());
  EXPECT_EQ(parse_event_format("xml").error().reason(), "format_unknown");
  EXPECT_EQ(parse_event_format("ndjson").value(), EventFormat::kNdjson);
}

}  // namespace
}  // namespace weir::wire
