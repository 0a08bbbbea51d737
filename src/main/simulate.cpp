#include <cerrno>
#include <csignal>
#include <cstdio>
#include <memory>

#include "base/time_text.hpp"
#include "main/simulation.hpp"
#include "main/verbs.hpp"
#include "simulator/handbook.hpp"
#include "wire/writer.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    kSeedOption,
    kEventsOption,
    kAccountsOption,
    kDaysOption,
    {"out", "FORMAT", "csv (default), ndjson or frames"},
    {"to", "FILE", "where to write, default standard output"},
    {"facts", "", "handbook: print counts and ceilings of the whole stream instead"},
};

// The file or standard output. Nobody reading any more is the end, not an error.
class Output {
 public:
  static Result<std::unique_ptr<Output>> open(const std::string& path) {
    std::FILE* file = path.empty() ? stdout : std::fopen(path.c_str(), "wb");
    if (file == nullptr) return fail(errno_status("create", path, errno));
    return std::make_unique<Output>(file, path);
  }
  Output(std::FILE* file, std::string path) : file_(file), path_(std::move(path)) {}
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output() {
    if (file_ != stdout && file_ != nullptr) std::fclose(file_);
  }

  // Returns false when nobody reads any more.
  Result<bool> write(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()) return true;
    return stopped();
  }
  Result<bool> finish() {
    const bool written = std::fflush(file_) == 0;
    if (!written) return stopped();
    if (file_ != stdout && std::fclose(std::exchange(file_, nullptr)) != 0) return stopped();
    return true;
  }

 private:
  Result<bool> stopped() const {
    if (errno == EPIPE) return false;
    return fail(errno_status("write", path_.empty() ? "standard output" : path_, errno));
  }
  std::FILE* file_;
  std::string path_;
};

// The Handbook's own columns: ids are numbers, and the scenario tells what kind of fraud it is.
void append_handbook(const simulator::Simulator& source, const wire::EventBatch& batch,
                     std::int64_t start_us, std::uint64_t first, std::string& text) {
  auto mark = source.marks().begin();
  for (std::uint32_t row = 0; row < batch.size(); ++row) {
    while (mark != source.marks().end() && mark->row < row) ++mark;
    const bool marked = mark != source.marks().end() && mark->row == row;
    simulator::append_handbook_csv(text, first + row, batch.events[row], start_us,
                                   marked ? mark->scenario : 0);
  }
}

Result<int> print_facts(const std::string& profile, const Arguments& args) {
  if (profile != "handbook") {
    return fail(invalid_argument("usage", "--facts is for the handbook profile"));
  }
  WEIR_ASSIGN(const simulator::SimulatorOptions options, simulation_options(args));
  WEIR_ASSIGN(const simulator::HandbookFacts facts, simulator::measure_handbook(options));
  std::fputs(facts.to_text().c_str(), stdout);
  return kExitOk;
}

Result<int> run(const Arguments& args) {
  if (args.positional().size() != 1) {
    return fail(invalid_argument("usage", "weir simulate needs a profile")
                    .hint("use handbook, rings or ledger"));
  }
  const std::string& profile = args.positional()[0];
  if (args.has("facts")) return print_facts(profile, args);
  WEIR_ASSIGN(const wire::EventFormat format, wire::parse_event_format(args.text("out", "csv")));
  WEIR_ASSIGN(const simulator::SimulatorOptions options, simulation_options(args));
  WEIR_ASSIGN(const auto source, simulator::make_simulator(profile, options));
  std::signal(SIGPIPE, SIG_IGN);
  WEIR_ASSIGN(const auto output, Output::open(args.text("to")));
  const bool handbook_csv = profile == "handbook" && format == wire::EventFormat::kCsv;
  const auto writer = wire::make_event_writer(format, {});
  std::string text;
  if (handbook_csv) {
    text = simulator::kHandbookCsvHeader;
  } else {
    writer->begin(text);
  }
  wire::EventBatch batch;
  std::uint64_t written = 0;
  std::int64_t start_us = options.start_us;
  while (true) {
    WEIR_ASSIGN(const std::size_t rows, source->read(batch, 8192));
    if (rows == 0) break;
    if (start_us < 0) start_us = batch.events[0].time_us / kMicrosPerDay * kMicrosPerDay;
    if (handbook_csv) {
      append_handbook(*source, batch, start_us, written, text);
    } else {
      WEIR_TRY(writer->write(batch, text));
    }
    written += rows;
    WEIR_ASSIGN(const bool read_on, output->write(text));
    if (!read_on) return kExitOk;
    text.clear();
  }
  WEIR_ASSIGN(const bool read_on, output->write(text));
  if (!read_on) return kExitOk;
  WEIR_TRY(output->finish());
  return kExitOk;
}

}  // namespace

const Command kSimulateCommand = {
    "simulate", "PROFILE", "write a made-up stream: handbook, rings or ledger", kOptions, run};

}  // namespace weir::main
