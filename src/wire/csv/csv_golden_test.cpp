// Files of our own for every preset, and the fields Python's csv module cuts; tests/golden/wire
// makes both.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "wire/csv/csv_testing.hpp"

namespace weir::wire {
namespace {

std::string golden(const std::string& name) {
  std::ifstream in(std::string(WEIR_SOURCE_DIR) + "/tests/golden/wire/" + name, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, at);) parts.push_back(part);
  return parts;
}

std::string summary(const CsvOutcome& outcome, std::size_t row, bool has_id) {
  const Event& event = outcome.events[row];
  std::string label = "-";
  for (const Label& known : outcome.labels)
    if (known.row == row) label = known.fraud ? "1" : "0";
  const auto party = [&](std::uint64_t word, const std::string& text) {
    return entity_kind_name(EntityId{word}.kind()) + ":" + text;
  };
  return (has_id ? outcome.ids[row] : "-") + "|" + format_time(event.time_us) + "|" +
         party(event.debtor, outcome.debtors[row]) + "|" +
         party(event.creditor, outcome.creditors[row]) + "|" + std::to_string(event.amount) + "|" +
         std::to_string(event.currency) + "|" + std::to_string(event.exponent) + "|" +
         std::string(event_type_name(event.event_type())) + "|" + label;
}

class PresetGolden : public testing::TestWithParam<const char*> {};

TEST_P(PresetGolden, GivesTheExpectedEvents) {
  const std::string name = GetParam();
  const auto outcome = read_text(golden(name + ".csv"));
  ASSERT_TRUE(outcome->status.is_ok()) << outcome->status.to_string();
  EXPECT_EQ(outcome->rejected, 0U) << outcome->reports[0].message;
  EXPECT_EQ(outcome->mapping.preset, name.substr(0, name.find('_')));
  const auto expected = split(golden(name + ".expected"), '\n');
  ASSERT_EQ(outcome->events.size(), 30U);
  ASSERT_EQ(expected.size(), 30U);
  for (std::size_t row = 0; row < expected.size(); ++row)
    EXPECT_EQ(summary(*outcome, row, expected[row][0] != '-'), expected[row]) << "row " << row;
}

TEST_P(PresetGolden, NamesItselfAndPrintsAMappingThatReadsTheSame) {
  const std::string text = golden(std::string(GetParam()) + ".csv");
  const auto first = read_text(text);
  CsvOptions options;
  const auto again = parse_mapping(print_mapping(first->mapping));
  ASSERT_TRUE(again.has_value()) << again.error().to_string() << print_mapping(first->mapping);
  EXPECT_EQ(print_mapping(*again), print_mapping(first->mapping));
  options.mapping = *again;
  EXPECT_EQ(read_text(text, options)->digest, first->digest);
  CsvOptions by_name;
  by_name.preset = first->mapping.preset;
  EXPECT_EQ(read_text(text, by_name)->digest, first->digest);
}

INSTANTIATE_TEST_SUITE_P(Wire, PresetGolden,
                         testing::Values("handbook", "berka", "amlsim_steps", "amlsim_times",
                                         "amlsim_nodes", "paysim", "amlworld", "sparkov",
                                         "sparkov_raw"),
                         [](const auto& preset) { return std::string(preset.param); });

TEST(Tokenizer, CutsFieldsLikePythonsCsvModule) {
  std::string text = golden("fields.csv");
  const auto expected = split(golden("fields.expected"), '\n');
  ASSERT_GT(expected.size(), 150U);
  const std::size_t size = text.size();
  text.resize(size + Tokenizer::kSlack);
  Tokenizer tokenizer(',');
  tokenizer.reset(reinterpret_cast<const std::uint8_t*>(text.data()), size, true);
  std::size_t row = 0;
  for (; tokenizer.next() == Tokenizer::Found::kRow; ++row) {
    std::string fields;
    for (std::size_t i = 0; i < tokenizer.fields().size(); ++i)
      fields += (i == 0 ? "" : ",") + to_hex(as_bytes(tokenizer.fields()[i]));
    ASSERT_LT(row, expected.size());
    EXPECT_EQ(fields, expected[row]) << "row " << row;
  }
  EXPECT_EQ(row, expected.size());
}

}  // namespace
}  // namespace weir::wire
