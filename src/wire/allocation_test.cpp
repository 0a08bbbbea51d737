// Warm readers allocate nothing: counted through the global operator new of this test program.
#include <gtest/gtest.h>

#include <string>

#include "base/testing/counted_new.hpp"
#include "wire/check.hpp"
#include "wire/csv/csv_source.hpp"
#include "wire/dictionary.hpp"
#include "wire/frame.hpp"
#include "wire/ndjson.hpp"

namespace weir::wire {
namespace {

using counted_new::allocations;

TEST(Allocation, StopsOnceTheCsvReaderIsWarm) {
  std::string text = "id,time,amount,from,to\n";
  for (int i = 0; i < 40'000; ++i)
    text += "t-" + std::to_string(i) + ",2026-01-01T00:00:00Z,12.50,a-" + std::to_string(i % 100) +
            ",\"b-" + std::to_string(i % 70) + "\"\n";
  CsvOptions options;
  options.chunk_bytes = 65'536;
  auto source =
      CsvSource::from(*StoredBytes::from(memory_stream(as_bytes(text))), options, nullptr);
  ASSERT_TRUE(source.has_value());
  EventBatch batch;
  ASSERT_EQ((*source)->read(batch, 4'096).value(), 4'096U);
  ASSERT_EQ((*source)->read(batch, 4'096).value(), 4'096U);
  const std::uint64_t before = allocations;
  std::size_t rows = 0;
  for (int i = 0; i < 6; ++i) rows += (*source)->read(batch, 4'096).value();
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_EQ(rows, 6U * 4'096U);
}

TEST(Allocation, StopsOnceTheJsonReaderIsWarm) {
  std::string text;
  for (int i = 0; i < 1'000; ++i)
    text += R"({"id":"t-)" + std::to_string(i) +
            R"(","time":"2026-11-21T04:00:00Z","amount":1.5,"debtor":{"account":"a-1"},"x":1})" +
            "\n";
  NdjsonReader reader({});
  EventBatch batch;
  std::vector<JsonItemError> errors;
  ASSERT_TRUE(reader.read(text, batch, errors).is_ok());
  batch.clear();
  ASSERT_TRUE(reader.read(text, batch, errors).is_ok());
  batch.clear();
  const std::uint64_t before = allocations;
  const bool read = reader.read(text, batch, errors).is_ok();
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_TRUE(read);
  EXPECT_EQ(batch.size(), 1'000U);
}

TEST(Allocation, StopsOnceTheFrameParserIsWarm) {
  const std::vector<Event> events(512);
  std::vector<std::uint8_t> bytes;
  FrameWriter writer({.codec = Codec::kLz4});
  ASSERT_TRUE(writer.events(events, {}, {}, bytes).is_ok());
  FrameParser parser({});
  std::vector<std::uint16_t> refusals(events.size());
  Frame frame;
  std::uint64_t before = 0;
  for (int i = 0; i < 10; ++i) {
    if (i == 2) before = allocations;
    parser.feed(bytes);
    ASSERT_TRUE(parser.next(frame).value());
    (void)check_events(frame.events(), frame.side().size(), {}, refusals);
  }
  EXPECT_EQ(allocations - before, 0U);
}

TEST(Allocation, IsNotNeededToLookUpATextOrNumber) {
  Dictionary dictionary;
  ASSERT_TRUE(dictionary.add(0, "a text that is longer than a short string"));
  const std::uint64_t before = allocations;
  const std::uint64_t value = dictionary.find(0, "a text that is longer than a short string");
  const std::string_view text = dictionary.text(0, value);
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_FALSE(text.empty());
}

}  // namespace
}  // namespace weir::wire
