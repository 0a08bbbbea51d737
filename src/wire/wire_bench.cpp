// Decoding, in bytes of input a second, beside a memcpy of the same bytes. One core decodes 3.5 M
// events/s of 60 to 350 bytes only if a format runs at several hundred MB/s.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "base/rng.hpp"
#include "base/time_text.hpp"
#include "wire/check.hpp"
#include "wire/csv/csv_source.hpp"
#include "wire/dictionary.hpp"
#include "wire/frame.hpp"
#include "wire/ndjson.hpp"

namespace weir::wire {
namespace {

constexpr std::size_t kRows = 100'000;

std::string csv_text() {
  Philox rng(1, 0);
  std::string text = "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD\n";
  std::int64_t time_us = 1'522'540'800'000'000;
  for (std::size_t i = 0; i < kRows; ++i) {
    time_us += rng.next_below(10'000'000);
    std::string when = format_time(time_us / kMicrosPerSecond * kMicrosPerSecond);
    when[10] = ' ';
    when.pop_back();
    text += std::to_string(i) + ',' + when + ',' + std::to_string(rng.next_below(5'000)) + ',' +
            std::to_string(rng.next_below(10'000)) + ',' + std::to_string(rng.next_below(300)) +
            '.' + std::to_string(10 + rng.next_below(90)) + ",0\n";
  }
  return text;
}

std::string json_text() {
  Philox rng(1, 0);
  std::string text;
  for (std::size_t i = 0; i < kRows; ++i)
    text += "{\"id\":\"t-" + std::to_string(i) +
            "\",\"time\":\"2026-11-21T04:00:00Z\",\"type\":\"transfer\",\"amount\":" +
            std::to_string(rng.next_below(1'000)) +
            ".81,\"currency\":\"USD\",\"fee\":0,\"nonce\":7," +
            "\"debtor\":{\"id\":\"c-9\",\"account\":\"a-" + std::to_string(rng.next_below(5'000)) +
            "\",\"name\":\"A "
            "Grant\",\"country\":\"DE\"},\"creditor\":{\"id\":\"c-3\",\"account\":\"a-" +
            std::to_string(rng.next_below(5'000)) +
            "\"},\"merchant\":{\"id\":\"m-4\",\"mcc\":\"5411\"},\"card\":\"tok_8\",\"device\":{"
            "\"id\":" +
            "\"d-2\",\"ip\":\"203.0.113.9\"},\"channel\":\"web\",\"memo\":\"text\",\"attrs\":{}}\n";
  return text;
}

EventBatch event_batch() {
  EventBatch batch;
  Philox rng(2, 0);
  for (std::size_t i = 0; i < 8'192; ++i) {
    Event event{};
    event.id[0] = 1;
    event.time_us = static_cast<std::int64_t>(i);
    event.debtor = EntityId::number(EntityKind::kAccount, rng.next_below(100'000)).word;
    event.creditor = EntityId::number(EntityKind::kAccount, rng.next_below(100'000)).word;
    event.amount = rng.next_below(100'000);
    event.currency = 840;
    batch.events.push_back(event);
  }
  return batch;
}

void report(benchmark::State& state, std::size_t bytes, std::size_t events) {
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
  state.SetItemsProcessed(static_cast<std::int64_t>(events) * state.iterations());
}

void memcpy_csv(benchmark::State& state) {
  const std::string text = csv_text();
  std::string copy(text.size(), 0);
  for (auto _ : state) {
    std::memcpy(copy.data(), text.data(), text.size());
    benchmark::DoNotOptimize(copy.data());
    benchmark::ClobberMemory();
  }
  report(state, text.size(), kRows);
}
BENCHMARK(memcpy_csv);

void csv_tokens(benchmark::State& state) {
  std::string text = csv_text();
  const std::size_t size = text.size();
  text.resize(size + Tokenizer::kSlack);
  for (auto _ : state) {
    Tokenizer tokenizer(',');
    tokenizer.reset(reinterpret_cast<const std::uint8_t*>(text.data()), size, true);
    std::size_t fields = 0;
    while (tokenizer.next() == Tokenizer::Found::kRow) fields += tokenizer.fields().size();
    benchmark::DoNotOptimize(fields);
  }
  report(state, size, kRows);
}
BENCHMARK(csv_tokens);

void csv_events(benchmark::State& state) {
  const std::string text = csv_text();
  EventBatch batch;
  for (auto _ : state) {
    auto source = CsvSource::from(*StoredBytes::from(memory_stream(as_bytes(text)), text.size()),
                                  {}, nullptr);
    std::size_t events = 0;
    while (const std::size_t read = (*source)->read(batch, 8'192).value()) events += read;
    if (events != kRows) state.SkipWithError("rows were lost");
  }
  report(state, text.size(), kRows);
}
BENCHMARK(csv_events);

void json_events(benchmark::State& state) {
  const std::string text = json_text();
  Dictionary dictionary;
  for (int i = 0; i < 5'000; ++i) (void)dictionary.add(0, "a-" + std::to_string(i)).has_value();
  NdjsonOptions options;
  options.items_max = kRows;
  options.ids = TextIds(&dictionary, nullptr);
  NdjsonReader reader(options);
  EventBatch batch;
  std::vector<JsonItemError> errors;
  for (auto _ : state) {
    batch.clear();
    if (!reader.read(text, batch, errors).is_ok() || batch.size() != kRows)
      state.SkipWithError("events were lost");
  }
  report(state, text.size(), kRows);
}
BENCHMARK(json_events);

void frame_events(benchmark::State& state) {
  const EventBatch batch = event_batch();
  const bool keyed = state.range(1) != 0;
  FrameKey key(keyed ? 32 : 0, 7);
  std::vector<std::uint8_t> bytes;
  FrameWriter writer({.codec = static_cast<Codec>(state.range(0)), .key = key});
  if (!writer.events(batch.events, batch.side, {}, bytes).is_ok()) state.SkipWithError("no frame");
  FrameParser parser({.key = key});
  for (auto _ : state) {
    Frame frame;
    parser.feed(bytes);
    if (!parser.next(frame).value_or(false)) state.SkipWithError("no frame");
    benchmark::DoNotOptimize(frame.events().data());
  }
  report(state, batch.size() * sizeof(Event), batch.size());
  state.counters["ratio"] =
      static_cast<double>(batch.size() * sizeof(Event)) / static_cast<double>(bytes.size());
}
BENCHMARK(frame_events)->ArgNames({"codec", "tag"})->ArgsProduct({{0, 1, 2}, {0}})->Args({0, 1});

void check_records(benchmark::State& state) {
  const EventBatch batch = event_batch();
  std::vector<std::uint16_t> refusals(batch.size());
  for (auto _ : state) {
    const std::size_t refused = check_events(batch.events, 0, {.wall_us = 1}, refusals);
    benchmark::DoNotOptimize(refused);
  }
  report(state, batch.size() * sizeof(Event), batch.size());
}
BENCHMARK(check_records);

void dictionary_find(benchmark::State& state) {
  Dictionary dictionary;
  const auto entries = static_cast<std::uint32_t>(state.range(0));
  std::vector<std::string> names;
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::string name = "account-" + std::to_string(i);
    (void)dictionary.add(0, name).has_value();
  }
  Philox rng(3, 0);
  for (int i = 0; i < 65'536; ++i)
    names.push_back("account-" + std::to_string(rng.next_below(entries)));
  std::size_t at = 0;
  for (auto _ : state) benchmark::DoNotOptimize(dictionary.find(0, names[at++ & 65'535]));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(dictionary_find)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace weir::wire
