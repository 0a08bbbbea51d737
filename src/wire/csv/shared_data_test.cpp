// Public files, read whole: what they hold is known, so nothing may be refused or lost.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "wire/csv/csv_testing.hpp"

namespace weir::wire {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

#define FIND_OR_SKIP(path, name)              \
  const std::string path = shared_data(name); \
  if (path.empty()) GTEST_SKIP() << "no file " << name << " here"

TEST(SharedData, ReadsTheWholeOfBerka) {
  FIND_OR_SKIP(path, "berka/trans.asc.gz");
  const auto outcome = read_stored(StoredBytes::open(path), {}, 8'192);
  ASSERT_TRUE(outcome->status.is_ok()) << outcome->status.to_string();
  EXPECT_EQ(outcome->rejected, 0U) << outcome->reports[0].message;
  ASSERT_EQ(outcome->events.size(), 49'101U);
  EXPECT_EQ(outcome->mapping.preset, "berka");
  EXPECT_EQ(outcome->ids[0], "695247");
  EXPECT_EQ(outcome->creditors[0], "2378");
  EXPECT_EQ(outcome->debtors[0], "cash");
  EXPECT_EQ(outcome->events[0].amount, 70'000);
  EXPECT_EQ(outcome->events[0].currency, 203);
  EXPECT_EQ(format_time(outcome->events[0].time_us), "1993-01-01T00:00:00Z");
  EXPECT_TRUE(outcome->labels.empty());
  std::size_t incoming = 0;
  for (const std::string& debtor : outcome->debtors)
    incoming += debtor.find('/') != std::string::npos;
  EXPECT_EQ(incoming, 3'772U);  // PREVOD Z UCTU
  EXPECT_EQ(outcome->checkpoint.row, 49'101U);
  EXPECT_EQ(outcome->checkpoint.line, 49'102U);
}

TEST(SharedData, ReadsTheWholeOfAmlsim) {
  FIND_OR_SKIP(path, "amlsim/transactions.csv.gz");
  const auto outcome = read_stored(StoredBytes::open(path), {}, 8'192);
  ASSERT_TRUE(outcome->status.is_ok()) << outcome->status.to_string();
  EXPECT_EQ(outcome->rejected, 0U);
  ASSERT_EQ(outcome->events.size(), 120'558U);
  EXPECT_EQ(outcome->mapping.preset, "amlsim");
  EXPECT_EQ(outcome->debtors[0], "216");
  EXPECT_EQ(outcome->creditors[0], "14730");
  EXPECT_EQ(outcome->events[0].amount, 16'330);
  EXPECT_EQ(format_time(outcome->events[0].time_us), "2017-01-02T00:00:00Z");
}

TEST(SharedData, ReadsTheWholeOfDarpaWithItsMapping) {
  FIND_OR_SKIP(path, "darpa/edges.csv.gz");
  auto mapping =
      parse_mapping(read_file(std::string(WEIR_SOURCE_DIR) + "/examples/mappings/darpa.toml"));
  ASSERT_TRUE(mapping.has_value()) << mapping.error().to_string();
  CsvOptions options;
  options.mapping = *mapping;
  const auto outcome = read_stored(StoredBytes::open(path), options, 65'536, false);
  ASSERT_TRUE(outcome->status.is_ok()) << outcome->status.to_string();
  // Ten connections carry a date that does not exist, and are refused for that alone.
  EXPECT_EQ(outcome->rejected, 10U) << outcome->rejected_lines;
  for (const RejectReport& report : outcome->reports) {
    EXPECT_EQ(report.code, Refusal::kDateFormat);
    EXPECT_EQ(report.value.substr(0, 10), "07/32/1998");
    EXPECT_EQ(report.column, "time");
  }
  ASSERT_EQ(outcome->events.size(), 4'554'334U);
  EXPECT_EQ(outcome->dictionary.size(), 0U) << "every address is a number";
  EXPECT_EQ(entity_text({outcome->events[0].debtor}, outcome->dictionary), "172.16.112.20");
  EXPECT_EQ(format_time(outcome->events[0].time_us), "1998-06-01T07:55:00Z");
  std::size_t normal = 0;
  for (const Label& label : outcome->labels) normal += label.fraud ? 0 : 1;
  EXPECT_EQ(outcome->labels.size(), 4'554'334U);
  EXPECT_EQ(normal, 1'817'135U);
}

}  // namespace
}  // namespace weir::wire
