// The `handbook` profile: customers and terminals on a square, card payments day by day, three
// fraud scenarios; and what no detector can beat on it.
//
// 5,000 customers and 10,000 terminals lie uniformly on 100 x 100. A customer pays Poisson(U(0, 4))
// times a day, at second N(43,200; 20,000) (outside the day: dropped), at a terminal within 5, an
// amount of N(m, m/2) with m ~ U(5, 100) (negative: U(0, 2m)). Fraud: 1 an amount over 220; 2 two
// terminals a day turn bad for 28 days, everything there is fraud; 3 three customers a day leak for
// 14 days, a third of their payments are fraud of five times the amount. A later scenario overrides
// an earlier one.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "simulator/simulator.hpp"

namespace weir::simulator {

Result<std::unique_ptr<Simulator>> make_handbook(const SimulatorOptions& options);

// Counts of a whole stream, and bounds that even perfect knowledge of the labels leaves.
struct HandbookFacts {
  std::uint64_t events = 0;
  std::uint64_t frauds = 0;
  std::array<std::uint64_t, 4> by_scenario{};
  double terminals_per_customer = 0;
  // Share of scenario 2 frauds at terminals without a fraud label of the last 30 days, which come 7
  // days late: no risk figure of the terminal can see them.
  double unlabelled_terminal_share = 0;
  // Best possible mean precision of 100 cards a day over 2018-08-08..14: fewer than 100 fresh
  // compromised cards pay on a day, known and caught ones left out. Negative if the stream does not
  // reach that week.
  double card_precision_100 = -1;

  std::string to_text() const;
};

// Plays the whole stream once (about a second for the default options).
Result<HandbookFacts> measure_handbook(const SimulatorOptions& options);

// Appends one line of the Handbook's CSV, columns of kHandbookCsvHeader, newline included.
inline constexpr std::string_view kHandbookCsvHeader =
    "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_TIME_SECONDS,TX_TIME_DAYS,"
    "TX_FRAUD,TX_FRAUD_SCENARIO\n";
void append_handbook_csv(std::string& out, std::uint64_t number, const wire::Event& event,
                         std::int64_t start_us, unsigned scenario);

}  // namespace weir::simulator
