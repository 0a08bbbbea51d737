#include "simulator/handbook.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <set>
#include <vector>

#include "base/time_text.hpp"
#include "main/bench/ranking.hpp"
#include "main/bench/report.hpp"
#include "main/event_feed.hpp"
#include "main/gate_options.hpp"
#include "main/pass_start.hpp"
#include "main/scratch_dir.hpp"
#include "main/simulation.hpp"
#include "main/verbs.hpp"

namespace weir::main {
namespace {

constexpr std::int64_t kTestUs = 1'533'686'400'000'000;  // 2018-08-08
constexpr int kWeek = 7;                                 // days of training, delay and test
constexpr std::size_t kCards = 100;

constexpr Option kOptions[] = {
    {"rules", "FILE", "rules to judge, default rules/handbook.rules"},
    {"test", "DATE", "first day of the test week, default 2018-08-08"},
    {"alone", "", "only the rules given, without the row of the ensemble alone"},
    {"json", "FILE", "write the figures as flat JSON"},
    kSeedOption,
    kThreadsOption,
    kIsaOption,
    kConfigOption,
    kSetOption,
};

// What the Handbook's authors, or others on their stream, report for the same week. Negative: none.
struct PublishedRow {
  const char* name;
  double auc;
  double average_precision;
  double card_precision;
};
constexpr PublishedRow kPublished[] = {
    {"oracle", 1, 1, 0.397},
    {"amount > 220", 0.561, 0.128, 0.069},
    {"terminal risk of 7 days", 0.752, 0.325, 0.241},
    {"logistic regression", 0.871, 0.606, 0.291},
    {"random forest", 0.867, 0.658, 0.287},
    {"XGBoost, default", 0.862, 0.639, 0.273},
    {"XGBoost, tuned", 0.869, 0.687, 0.303},
    {"isolation forest, another week", 0.808, 0.164, 0.190},
};

// One payment of the weeks looked at. Rows are in the order of the stream.
struct Row {
  std::uint64_t card;
  std::int32_t day;  // of the test week: 0..6; training is -14..-8, delay -7..-1
  std::uint8_t fraud;
  std::uint32_t score = 0;
};

// Plays the source and keeps what it played; scores arrive later, in the same order.
class Recorder final : public wire::EventSource {
 public:
  Recorder(wire::EventSource& source, std::int64_t test_us) : source_(source), test_us_(test_us) {}

  Result<std::size_t> read(wire::EventBatch& batch, std::size_t events_max) override {
    WEIR_ASSIGN(const std::size_t read, source_.read(batch, events_max));
    // The stream ends with the test week: nothing later can change a verdict in it.
    std::size_t kept = 0;
    while (kept < read && day_of(batch.events[kept].time_us) < kWeek) ++kept;
    if (kept < read) {
      batch.events.resize(kept);
      std::erase_if(batch.labels, [kept](const wire::Label& label) { return label.row >= kept; });
    }
    std::vector<std::uint8_t> fraud(kept, 0);
    for (const wire::Label& label : batch.labels) fraud[label.row] = label.fraud ? 1 : 0;
    for (std::size_t row = 0; row < kept; ++row) {
      const wire::Event& event = batch.events[row];
      rows_.push_back({event.debtor, day_of(event.time_us), fraud[row]});
    }
    return kept;
  }
  // Takes verdicts in order.
  void score(const gate::Reply& reply) {
    for (const wire::Verdict& verdict : reply.verdicts) scores_.push_back(verdict.core.tail_e6);
  }
  // Returns the rows with their scores, once everything has been played.
  Result<std::vector<Row>> rows() && {
    if (scores_.size() != rows_.size()) {
      return fail(internal_error("rows", "an event of the simulated stream got no verdict"));
    }
    for (std::size_t row = 0; row < rows_.size(); ++row) rows_[row].score = scores_[row];
    return std::move(rows_);
  }

 private:
  std::int32_t day_of(std::int64_t time_us) const {
    const std::int64_t since_us = time_us - test_us_;
    const std::int64_t day = since_us / kMicrosPerDay - (since_us % kMicrosPerDay < 0 ? 1 : 0);
    return static_cast<std::int32_t>(day);
  }
  wire::EventSource& source_;
  std::int64_t test_us_;
  std::vector<Row> rows_;
  std::vector<std::uint32_t> scores_;
};

struct Figures {
  std::size_t rows = 0;
  std::size_t frauds = 0;
  double auc = 0;
  double average_precision = 0;
  double card_precision = 0;
  double oracle_card_precision = 0;
};

// Judges the test week as the Handbook does: cards known to be compromised before a day are left
// out of it: those of the training week, and of each day whose labels have arrived since.
Figures judge(const std::vector<Row>& rows) {
  std::set<std::uint64_t> known;
  std::array<std::vector<const Row*>, 3 * kWeek> days;  // from the first day of training
  for (const Row& row : rows) {
    if (row.day < -2 * kWeek || row.day >= kWeek) continue;
    days[static_cast<std::size_t>(row.day + 2 * kWeek)].push_back(&row);
    if (row.day < -kWeek && row.fraud != 0) known.insert(row.card);
  }
  Figures figures;
  std::vector<std::uint32_t> scores;
  std::vector<std::uint8_t> frauds;
  CardReview review(kCards);
  CardReview oracle(kCards);
  for (std::size_t day = 0; day < kWeek; ++day) {
    if (day > 0) {
      for (const Row* row : days[kWeek + day - 1]) {
        if (row->fraud != 0) known.insert(row->card);
      }
    }
    std::vector<std::uint64_t> cards;
    std::vector<std::uint32_t> truth;
    const std::size_t begin = scores.size();
    for (const Row* row : days[2 * kWeek + day]) {
      if (known.contains(row->card)) continue;
      cards.push_back(row->card);
      scores.push_back(row->score);
      frauds.push_back(row->fraud);
      truth.push_back(row->fraud);
    }
    const std::span<const std::uint8_t> fraud_of_day = std::span(frauds).subspan(begin);
    review.day(cards, std::span(scores).subspan(begin), fraud_of_day);
    oracle.day(cards, truth, fraud_of_day);
  }
  figures.rows = scores.size();
  figures.frauds = static_cast<std::size_t>(std::count(frauds.begin(), frauds.end(), 1));
  figures.auc = ranking_auc(scores, frauds);
  figures.average_precision = average_precision(scores, frauds);
  figures.card_precision = review.precision();
  figures.oracle_card_precision = oracle.precision();
  return figures;
}

// Plays the stream through a pass with these rules; labels come back seven days late.
Result<Figures> evaluate(const Arguments& args, const std::string& rules, std::int64_t test_us) {
  WEIR_ASSIGN(const auto config, load_configuration(args));
  WEIR_ASSIGN(const auto scratch, ScratchDir::create());
  WEIR_ASSIGN(gate::GateOptions options, gate_options(*config, args, scratch->path()));
  keep_nothing(options);
  WEIR_ASSIGN(const auto gate, start_pass(std::move(options), *config, rules, "bench"));
  WEIR_ASSIGN(const simulator::SimulatorOptions stream, simulation_options(args));
  WEIR_ASSIGN(const auto source, simulator::make_simulator("handbook", stream));
  Recorder recorder(*source, test_us);
  EventFeed feed(*gate, {.batch_events = 1024},
                 [&](const FedRows&, const gate::Reply& reply) { recorder.score(reply); });
  WEIR_TRY(feed.play(recorder));
  WEIR_TRY(gate->close());
  WEIR_ASSIGN(const std::vector<Row> rows, std::move(recorder).rows());
  return judge(rows);
}

void print_row(const char* name, double auc, double average_precision, double card_precision,
               double oracle, const char* origin) {
  std::printf("  %-34s %6.3f %6.3f %8.3f %9.0f %%  %s\n", name, auc, average_precision,
              card_precision, 100 * card_precision / oracle, origin);
}

void print_table(const Figures* ensemble, const Figures& figures) {
  std::printf("  %-34s %6s %6s %8s %11s\n", "", "AUC", "AP", "CP@100", "of oracle");
  print_row("oracle", 1, 1, figures.oracle_card_precision, figures.oracle_card_precision,
            "measured, this stream");
  if (ensemble != nullptr) {
    print_row("weir, ensemble alone", ensemble->auc, ensemble->average_precision,
              ensemble->card_precision, ensemble->oracle_card_precision, "measured, this stream");
  }
  print_row("weir, ensemble and rules", figures.auc, figures.average_precision,
            figures.card_precision, figures.oracle_card_precision, "measured, this stream");
  for (const PublishedRow& row : kPublished) {
    print_row(row.name, row.auc, row.average_precision, row.card_precision,
              kPublished[0].card_precision, "published, the authors' stream");
  }
}

void report_figures(const std::string& prefix, const Figures& figures, BenchReport& report) {
  report.set(prefix + "auc", figures.auc);
  report.set(prefix + "average_precision", figures.average_precision);
  report.set(prefix + "card_precision_100", figures.card_precision);
  report.set(prefix + "share_of_oracle", figures.card_precision / figures.oracle_card_precision);
}

Result<int> run(const Arguments& args) {
  std::int64_t test_us = kTestUs;
  if (args.has("test") && !parse_time(args.text("test"), test_us)) {
    return fail(invalid_argument(
        "usage", "--test takes a date such as 2018-08-08, not \"" + args.text("test") + "\""));
  }
  std::string rules = handbook_rules();
  if (args.has("rules")) {
    WEIR_ASSIGN(rules, read_text_file(args.text("rules")));
  }
  std::optional<Figures> ensemble;
  if (!args.has("alone")) {
    WEIR_ASSIGN(ensemble, evaluate(args, "", test_us));
  }
  WEIR_ASSIGN(const Figures figures, evaluate(args, rules, test_us));
  if (figures.frauds == 0) {
    return fail(invalid_argument("usage", "the stream has no fraud in the week of --test"));
  }
  std::printf("handbook, seed %s: test week %s, %zu payments, %zu frauds\n",
              args.text("seed", "1").c_str(), format_time(test_us).substr(0, 10).c_str(),
              figures.rows, figures.frauds);
  print_table(ensemble ? &*ensemble : nullptr, figures);
  if (!args.has("rules") && test_us == kTestUs) {
    std::printf("The rules were written on the stream of seed 1 up to 2018-07-31.\n");
  }
  std::printf(
      "No detector of Weir is trained on labels; labels reach profiles seven days late.\n"
      "Published rows are others' figures for 2018-08-08 to 14 on another sample of the same\n"
      "distributions, the supervised ones trained on 2018-07-25 to 31.\n");
  BenchReport report("handbook");
  report.set("test_week", format_time(test_us).substr(0, 10));
  report.set("rows", std::uint64_t{figures.rows});
  report.set("frauds", std::uint64_t{figures.frauds});
  report.set("oracle_card_precision_100", figures.oracle_card_precision);
  report_figures("", figures, report);
  if (ensemble) report_figures("ensemble_", *ensemble, report);
  WEIR_TRY(report.write(args.text("json")));
  return kExitOk;
}

}  // namespace

const Command kBenchHandbookCommand = {
    "bench handbook", "", "how well the pass ranks frauds on the Handbook's stream", kOptions, run};

}  // namespace weir::main
