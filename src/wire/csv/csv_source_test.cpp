#include "wire/csv/csv_source.hpp"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <fstream>

#include "base/rng.hpp"
#include "wire/csv/csv_testing.hpp"
#include "wire/csv/preset.hpp"

namespace weir::wire {
namespace {

constexpr std::string_view kHead = "id,time,amount,from,to\n";

std::string rows(std::string_view lines) {
  return std::string(kHead) + std::string(lines);
}

std::string many_rows(std::size_t count) {
  Philox rng(21, 0);
  std::string text(kHead);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t dice = rng.next_below(20);
    text += "t-" + std::to_string(i) + ",2026-01-0" + std::to_string(1 + rng.next_below(9)) +
            "T10:00:00Z," + std::to_string(rng.next_below(1'000)) + ".5,";
    if (dice == 0)
      text += "\"a \"\"quoted\"\"\nname, " + std::to_string(i % 50) + "\",";
    else
      text += "a-" + std::to_string(rng.next_below(300)) + ",";
    text += (dice == 1 ? "caf\xc3\xa9" : "b-" + std::to_string(rng.next_below(300))) +
            (dice == 2 ? "\r\n" : "\n");
    if (dice == 3) text += "\n";
    if (dice == 4) text += "bad,2026-01-01,12,3,4,5\n";
    if (dice == 5) text += "x,2026-01-01,1,\xff,c\n";
  }
  return text;
}

void expect_reject(std::string_view text, Refusal code, std::string_view column,
                   CsvOptions options = {}) {
  const auto outcome = read_text(text, std::move(options));
  ASSERT_TRUE(outcome->status.is_ok()) << outcome->status.to_string();
  ASSERT_EQ(outcome->reports.size(), 1U) << text;
  EXPECT_EQ(refusal_name(outcome->reports[0].code), refusal_name(code));
  EXPECT_EQ(outcome->reports[0].column, column);
}

TEST(CsvSource, ReadsAnUnknownHeaderBySynonyms) {
  const auto outcome = read_text(rows("t-1,2026-01-01T00:00:00Z,531.81,a-1,17\n"));
  ASSERT_EQ(outcome->events.size(), 1U) << outcome->status.to_string();
  EXPECT_EQ(outcome->events[0].amount, 53'181);
  EXPECT_EQ(outcome->debtors[0], "a-1");
  EXPECT_EQ(outcome->creditors[0], "17");
  EXPECT_EQ(outcome->ids[0], "t-1");
  EXPECT_EQ(outcome->lines[0], 2U);
}

TEST(CsvSource, KeepsUnknownColumnsAsAttributes) {
  const auto outcome = read_text(
      "id,time,amount,from,Note,n\nx,2026-01-01,1,a,\"say \"\"hi\"\"\",010\n"
      "y,2026-01-01,1,a,,-1.50\n");
  ASSERT_EQ(outcome->events.size(), 2U);
  EXPECT_EQ(outcome->attrs[0], R"({"Note":"say \"hi\"","n":"010"})");
  EXPECT_EQ(outcome->attrs[1], R"({"n":-1.50})");
}

TEST(CsvSource, RefusesAHeaderItCannotPlaceAndNamesCandidates) {
  const auto two = read_text("time,timestamp,amount,from\n1,2,3,4\n");
  EXPECT_EQ(two->status.reason(), "header_unknown");
  EXPECT_NE(two->status.message().find("time, timestamp"), std::string::npos);
  const auto none = read_text("when,how_much,who\n1,2,3\n");
  EXPECT_EQ(none->status.reason(), "header_unknown");
  EXPECT_NE(none->status.message().find("how_much"), std::string::npos);
  EXPECT_EQ(read_text("time,amount,x\n1,2,3\n")->status.reason(), "header_unknown");
  EXPECT_EQ(read_text("")->status.reason(), "header_unknown");
}

TEST(CsvSource, IsTheSameForEveryChunkSize) {
  const std::string text = many_rows(3'000);
  CsvOptions options;
  options.rejects_max = 100'000;
  const auto whole = read_text(text, options, 1'000);
  EXPECT_GT(whole->rejected, 100U);
  EXPECT_GT(whole->events.size(), 2'990U);
  for (const std::size_t chunk : {64U, 100U, 1'000U, 65'536U}) {
    options.chunk_bytes = chunk;
    const auto cut = read_text(text, options, 1'000);
    EXPECT_EQ(cut->digest, whole->digest) << chunk;
    EXPECT_EQ(cut->rejected_lines, whole->rejected_lines) << chunk;
    EXPECT_EQ(cut->checkpoint, whole->checkpoint) << chunk;
  }
}

TEST(CsvSource, GivesTheSameEventsWhereverBatchesAreCut) {
  const std::string text = many_rows(500);
  CsvOptions options;
  options.rejects_max = 100'000;
  const auto whole = read_text(text, options);
  for (const std::size_t size : {1U, 7U, 100U}) {
    const auto cut = read_text(text, options, size);
    ASSERT_EQ(cut->events.size(), whole->events.size());
    EXPECT_EQ(cut->debtors, whole->debtors);
    for (std::size_t i = 0; i < cut->events.size(); ++i) {
      EXPECT_EQ(cut->events[i].debtor, whole->events[i].debtor);
      EXPECT_EQ(cut->events[i].id, whole->events[i].id);
    }
  }
}

TEST(CsvSource, ReadsGzipAndZstdByTheirFirstBytes) {
  const std::string text = many_rows(2'000);
  CsvOptions options;
  options.rejects_max = 100'000;
  const auto plain = read_text(text, options);
  std::vector<std::uint8_t> zstd(ZSTD_compressBound(text.size()));
  zstd.resize(ZSTD_compress(zstd.data(), zstd.size(), text.data(), text.size(), 1));
  const auto from_zstd = read_stored(StoredBytes::from(memory_stream(zstd), zstd.size()), options);
  EXPECT_EQ(from_zstd->debtors, plain->debtors);

  const std::string path = testing::TempDir() + "/csv_source_test.csv.gz";
  // Two members, one behind the other.
  for (const auto& [part, mode] :
       {std::pair{text.substr(0, 50'000), "wb"}, {text.substr(50'000), "ab"}}) {
    gzFile file = gzopen(path.c_str(), mode);
    ASSERT_EQ(gzwrite(file, part.data(), static_cast<unsigned>(part.size())),
              static_cast<int>(part.size()));
    gzclose(file);
  }
  const auto from_gzip = read_stored(StoredBytes::open(path), options);
  EXPECT_EQ(from_gzip->debtors, plain->debtors);
  zstd.resize(zstd.size() / 2);
  const Status cut = read_stored(StoredBytes::from(memory_stream(zstd)), options)->status;
  EXPECT_EQ(cut.reason(), "compressed_data");
  EXPECT_EQ(cut.code(), Code::kInvalidArgument) << "what was sent is at fault, not what is kept";
}

TEST(CsvSource, ReportsWhatIsWrongAndKeepsTheLine) {
  const std::string text = rows(
      "t-1,2026-01-01,\"12,3,4\",a,b\n"
      "t-2,2026-01-01,1.005,a,b\r\n"
      "t-3,2026-13-01,1,a,b\n"
      "t-4,2026-01-01,-1,a,b\n"
      "t-5,2026-01-01,1e30,a,b\n"
      "t-6,2026-01-01,,a,b\n"
      "t-7,2026-01-01,1,,\n"
      "t-8,2026-01-01,1,a\n"
      "t-9,2026-01-01,1,\xff,b\n"
      "good,2026-01-01,1,a,b\ngood,2026-01-01,1,a,b\n");
  const auto outcome = read_text(text);
  ASSERT_EQ(outcome->reports.size(), 9U);
  const Refusal codes[] = {
      Refusal::kNumberFormat,   Refusal::kAmountPrecision, Refusal::kDateFormat,
      Refusal::kAmountNegative, Refusal::kAmountRange,     Refusal::kFieldMissing,
      Refusal::kPartyMissing,   Refusal::kFieldMissing,    Refusal::kEncoding};
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(refusal_name(outcome->reports[i].code), refusal_name(codes[i])) << i;
    EXPECT_EQ(outcome->reports[i].line, i + 2);
  }
  EXPECT_EQ(outcome->ids, (std::vector<std::string>{"good", "good"}));
  EXPECT_EQ(outcome->rejected_lines, text.substr(kHead.size(), text.find("good") - kHead.size()));
  EXPECT_EQ(reject_json(outcome->reports[0]),
            R"({"line":2,"column":"amount","code":"number_format","value":"12,3,4",)"
            R"("message":"amount: not a number"})");
}

TEST(CsvSource, StopsBehindTheAllowedRejectsAndKeepsWhatCameBefore) {
  CsvOptions options;
  options.rejects_max = 1;
  const auto outcome = read_text(
      rows("a,2026-01-01,1,x,y\nb,2026-01-01,?,x,y\nc,2026-01-01,?,x,y\nd,2026-01-01,1,x,y\n"),
      options);
  EXPECT_EQ(outcome->status.reason(), "too_many_rejects");
  EXPECT_EQ(outcome->ids, std::vector<std::string>{"a"});
  EXPECT_EQ(outcome->rejected, 2U);
}

TEST(CsvSource, RefusesOnlyTheLineWhoseQuoteIsNeverClosed) {
  std::string text = rows("a,2026-01-01,1,x,y\nb,2026-01-01,1,\"x,y\n");
  const auto at_end = read_text(text + "c,2026-01-01,1,x,y\n");
  EXPECT_EQ(at_end->ids, (std::vector<std::string>{"a", "c"}));
  ASSERT_EQ(at_end->reports.size(), 1U);
  EXPECT_EQ(at_end->reports[0].code, Refusal::kLineTooLong);
  EXPECT_EQ(at_end->reports[0].line, 3U);
  EXPECT_EQ(at_end->rejected_lines, "b,2026-01-01,1,\"x,y\n");
  for (int i = 0; i < 60'000; ++i) text += "n,2026-01-01,1,x,long-enough-name\n";
  for (const std::size_t chunk : {10'000U, 1U << 20, 1U << 23}) {
    CsvOptions options;
    options.chunk_bytes = chunk;
    const auto far = read_text(text, options);
    EXPECT_EQ(far->events.size(), 60'001U) << chunk;
    EXPECT_EQ(far->rejected, 1U) << chunk;
  }
}

TEST(CsvSource, DropsALineLongerThanAMebibyteAndKeepsItUnchanged) {
  const std::string giant = "b,2026-01-01,1,x," + std::string(3'000'000, 'y') + "\n";
  for (const std::size_t chunk : {10'000U, 1U << 20, 1U << 23}) {
    CsvOptions options;
    options.chunk_bytes = chunk;
    const auto outcome =
        read_text(rows("a,2026-01-01,1,x,y\n" + giant + "c,2026-01-01,1,x,y\n"), options);
    EXPECT_EQ(outcome->ids, (std::vector<std::string>{"a", "c"}));
    ASSERT_EQ(outcome->reports.size(), 1U);
    EXPECT_EQ(outcome->reports[0].code, Refusal::kLineTooLong);
    EXPECT_TRUE(outcome->rejected_lines == giant) << chunk;
    EXPECT_EQ(outcome->lines.back(), 4U);
  }
}

TEST(CsvSource, DecidesDatesOnlyWhenTheRowsDo) {
  const auto first_time = [](std::string_view lines) {
    const auto outcome = read_text(rows(lines));
    if (!outcome->status.is_ok()) return outcome->status.reason();
    return outcome->events.empty() ? std::string("none") : format_time(outcome->events[0].time_us);
  };
  EXPECT_EQ(first_time("a,03/04/2026,1,x,y\nb,13/04/2026,1,x,y\n"), "2026-04-03T00:00:00Z");
  EXPECT_EQ(first_time("a,03/04/2026 10:30,1,x,y\nb,04/13/2026,1,x,y\n"), "2026-03-04T10:30:00Z");
  EXPECT_EQ(first_time("a,03/04/2026,1,x,y\nb,05/06/2026,1,x,y\n"), "date_ambiguous");
  EXPECT_EQ(first_time("a,2026/03/04 10:30,1,x,y\n"), "2026-03-04T10:30:00Z");
  EXPECT_EQ(first_time("a,1767225600,1,x,y\n"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(first_time("a,1767225600000,1,x,y\n"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(first_time("a,1767225600000000,1,x,y\n"), "2026-01-01T00:00:00Z");
  EXPECT_EQ(first_time("a,930101,1,x,y\n"), "1993-01-01T00:00:00Z");
  EXPECT_EQ(first_time("a,7,1,x,y\n"), "date_format");
  EXPECT_EQ(first_time("a,someday,1,x,y\n"), "date_format");
  CsvOptions options;
  options.time = TimeRule{.step_us = 3'600 * kMicrosPerSecond, .start_us = 1'767'225'600'000'000};
  const auto steps = read_text(rows("a,2,1,x,y\n"), options);
  EXPECT_EQ(format_time(steps->events.at(0).time_us), "2026-01-01T02:00:00Z");
  options.time = TimeRule{.zone_s = 3'600};
  EXPECT_EQ(
      format_time(read_text(rows("a,2026-01-01 01:00,1,x,y\n"), options)->events.at(0).time_us),
      "2026-01-01T00:00:00Z");
}

TEST(CsvSource, TakesDecimalCommasOnlyWithSemicolonsOrWhenTold) {
  const auto semicolons = read_text("id;time;amount;from\na;2026-01-01;12,34;x\n");
  EXPECT_EQ(semicolons->events.at(0).amount, 1'234);
  expect_reject(rows("a,2026-01-01,\"12,34\",x,y\n"), Refusal::kNumberFormat, "amount");
  CsvOptions options;
  options.decimal_point = ',';
  EXPECT_EQ(read_text(rows("a,2026-01-01,\"12,34\",x,y\n"), options)->events.at(0).amount, 1'234);
}

TEST(CsvSource, SniffsDelimitersAndSkipsTheByteOrderMark) {
  for (const char delimiter : {',', ';', '|', '\t'}) {
    std::string text = "\xEF\xBB\xBFid,time,amount,from\r\na,2026-01-01,1.5,x y\r\n";
    std::replace(text.begin(), text.end(), ',', delimiter);
    const auto outcome = read_text(text);
    ASSERT_EQ(outcome->events.size(), 1U) << delimiter << outcome->status.to_string();
    EXPECT_EQ(outcome->events[0].amount, 150);
    EXPECT_EQ(outcome->debtors[0], "x y");
  }
}

TEST(CsvSource, NamesRowsWithoutIdByFileAndRow) {
  const std::string text = "time,amount,from\n2026-01-01,1,x\n2026-01-01,1,x\n";
  const auto outcome = read_text(text);
  std::vector<std::uint8_t> seed = {'r', 'o', 'w'};
  const Digest head = sha256(as_bytes(text));
  seed.insert(seed.end(), head.begin(), head.end());
  for (std::uint8_t row = 1; row <= 2; ++row) {
    auto one = seed;
    one.insert(one.end(), {row, 0, 0, 0, 0, 0, 0, 0});
    const Digest digest = sha256(one);
    EXPECT_TRUE(std::equal(outcome->events[row - 1U].id.begin(), outcome->events[row - 1U].id.end(),
                           digest.begin()));
    EXPECT_EQ(outcome->events[row - 1U].flags, 0);
  }
}

TEST(CsvSource, GoesOnExactlyWhereACheckpointWasTaken) {
  const std::string text = many_rows(2'000);
  CsvOptions options;
  options.rejects_max = 100'000;
  const auto whole = read_text(text, options, 100);
  const auto stored = [&] {
    return *StoredBytes::from(memory_stream(as_bytes(text)), text.size());
  };
  for (const int batches : {0, 1, 7}) {
    auto first = CsvSource::from(stored(), options, nullptr);
    EventBatch batch;
    std::vector<EventKey> ids;
    const auto take = [&](CsvSource& source) {
      for (const Event& event : batch.events) ids.push_back(event.id);
      return source.checkpoint();
    };
    ImportCheckpoint checkpoint = (*first)->checkpoint();
    for (int i = 0; i < batches; ++i) {
      ASSERT_GT((*first)->read(batch, 100).value(), 0U);
      checkpoint = take(**first);
    }
    ByteWriter out;
    write_checkpoint(checkpoint, out);
    ByteReader in(out.bytes());
    CsvOptions resumed = options;
    resumed.resume = read_checkpoint(in).value();
    EXPECT_EQ(*resumed.resume, checkpoint);
    auto second = CsvSource::from(stored(), resumed, nullptr);
    ASSERT_TRUE(second.has_value()) << second.error().to_string();
    while ((*second)->read(batch, 100).value() != 0) take(**second);
    ASSERT_EQ(ids.size(), whole->events.size());
    for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], whole->events[i].id);
    EXPECT_EQ((*second)->checkpoint(), whole->checkpoint);
  }
}

TEST(CsvSource, RefusesToResumeAChangedFile) {
  std::string text = many_rows(50);
  CsvOptions options;
  options.rejects_max = 1'000;
  options.resume = read_text(text, options)->checkpoint;
  text[text.size() - 3] ^= 1;
  EXPECT_EQ(read_text(text, options)->status.reason(), "file_changed");
  EXPECT_EQ(read_text(text + "x", options)->status.reason(), "file_changed");
}

TEST(CsvSource, ResolvesKnownTextsByItself) {
  Dictionary dictionary;
  ASSERT_TRUE(dictionary.add(0, "b-1"));
  CsvOptions options;
  options.ids = TextIds(&dictionary, nullptr);
  const std::string text = rows("a,2026-01-01,1,a-1,b-1\nb,2026-01-01,1,a-1,b-1\n");
  auto source =
      CsvSource::from(*StoredBytes::from(memory_stream(as_bytes(text))), options, nullptr);
  EventBatch batch;
  ASSERT_EQ((*source)->read(batch, 10).value(), 2U);
  EXPECT_EQ(batch.texts.size(), 1U);
  EXPECT_EQ(EntityId{batch.events[1].creditor}, EntityId::interned(EntityKind::kAccount, 1));
}

// Balances, alert numbers and scenarios tell the label; people's data is nobody's feature.
TEST(CsvSource, LeavesLeakyAndPersonalColumnsOutUnlessAsked) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/tests/golden/wire/paysim.csv");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto outcome = read_text(text);
  ASSERT_EQ(outcome->events.size(), 30U);
  EXPECT_EQ(outcome->attrs[0], "");
  EXPECT_EQ(outcome->labels.size(), 30U);
  CsvOptions options;
  options.keep_leaky = true;
  EXPECT_NE(read_text(text, options)->attrs[0].find("oldbalanceOrg"), std::string::npos);
}

TEST(CsvSource, RefusesCardNumbersInScientificNotation) {
  const std::string text =
      "trans_date_trans_time,cc_num,merchant,category,amt,trans_num,merch_lat,merch_long,is_fraud\n"
      "2019-01-01 00:00:18,4.18E+15,fraud_A,misc,1.00,x,1,2,0\n"
      "2019-01-01 00:00:18,4180000000000000,fraud_A,misc,1.00,y,1,2,0\n";
  expect_reject(text, Refusal::kNumberFormat, "cc_num");
}

TEST(FindColumn, AddressesRepeatedNamesByPosition) {
  const std::vector<std::string> header = {"Account", "x", "Account", "a#2"};
  EXPECT_EQ(find_column(header, "Account").value(), 0U);
  EXPECT_EQ(find_column(header, "Account#2").value(), 2U);
  EXPECT_EQ(find_column(header, "#2").value(), 1U);
  EXPECT_EQ(find_column(header, "a#2").value(), 3U);
  EXPECT_EQ(find_column(header, "Account#3").error().reason(), "header_unknown");
  EXPECT_EQ(find_column(header, "#0").error().reason(), "header_unknown");
}

TEST(ParseMapping, NamesTheKeyAndLineAtFault) {
  const auto error = [](std::string_view text) { return parse_mapping(text).error(); };
  EXPECT_EQ(error("tiem = {column = \"t\"}").error().field, "tiem");
  EXPECT_EQ(error("\ntime = {column = \"t\", formt = \"iso\"}").error().field, "formt");
  EXPECT_EQ(error("\ntime = {column = \"t\", format = \"fast\"}").error().line, 2U);
  EXPECT_EQ(error("debtor = {column = \"t\", kind = \"person\"}").error().field, "kind");
  EXPECT_EQ(error("debtor = {kind = \"card\"}").error().field, "debtor");
  EXPECT_EQ(error("debtor = 5").error().field, "debtor");
  EXPECT_EQ(error("time = {").reason(), "mapping");
  EXPECT_EQ(error("[ = 1").reason(), "mapping");  // toml++ asserts here
  EXPECT_EQ(error("delimiter = \"x\"").error().field, "delimiter");
}

TEST(PresetMapping, IsSoundForEveryPreset) {
  for (const std::string_view name : preset_names()) {
    const auto mapping = preset_mapping(name);
    ASSERT_TRUE(mapping.has_value()) << name;
    EXPECT_EQ(mapping->preset, name);
  }
  EXPECT_EQ(preset_mapping("visa").error().reason(), "preset_unknown");
}

}  // namespace
}  // namespace weir::wire
