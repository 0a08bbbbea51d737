#include "main/file_run.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>

#include "base/time_text.hpp"
#include "main/event_feed.hpp"
#include "main/import_place.hpp"
#include "main/pass_start.hpp"
#include "main/run_directory.hpp"
#include "main/run_report.hpp"
#include "main/verdict_file.hpp"
#include "wire/csv/csv_source.hpp"

namespace weir::main {
namespace {

Status wrong_value(const Arguments& args, std::string_view option, std::string_view wanted) {
  return invalid_argument("usage", "--" + std::string(option) + " takes " + std::string(wanted) +
                                       ", not \"" + args.text(option) + "\"");
}

Result<wire::CsvOptions> csv_options(const Arguments& args) {
  wire::CsvOptions csv;
  csv.preset = args.text("preset");
  if (args.has("map")) {
    WEIR_ASSIGN(const std::string text, read_text_file(args.text("map")));
    WEIR_ASSIGN(csv.mapping, wire::parse_mapping(text));
  }
  wire::TimeRule time{};
  if (args.has("step") && !parse_duration(args.text("step"), time.step_us)) {
    return fail(wrong_value(args, "step", "a duration such as 1h or 1d"));
  }
  if (args.has("start") && !parse_time(args.text("start"), time.start_us)) {
    return fail(wrong_value(args, "start", "a date such as 2024-01-31"));
  }
  if (args.has("tz") && !parse_zone(args.text("tz"), time.zone_s)) {
    return fail(wrong_value(args, "tz", "UTC or an offset such as +01:00"));
  }
  if (args.has("step") || args.has("start") || args.has("tz")) csv.time = time;
  if (args.has("decimal")) {
    const std::string mark = args.text("decimal");
    if (mark != "." && mark != "," && mark != "comma") {
      return fail(wrong_value(args, "decimal", ". or comma"));
    }
    csv.decimal_point = mark == "." ? '.' : ',';
  }
  WEIR_ASSIGN(csv.rejects_max, args.u64("max-errors", 100));
  return csv;
}

// Takes up the labels of committed rows that had not become known when the import was cut off.
Status recall_labels(const std::string& path, wire::CsvOptions csv, EventFeed& feed) {
  const std::uint64_t rows = csv.resume->row;
  csv.resume.reset();
  csv.rejects_max = UINT64_MAX;
  WEIR_ASSIGN(const auto again, wire::CsvSource::open(path, std::move(csv), nullptr));
  if (!again->mapping()[wire::Target::kLabel].present()) return Status::ok();
  return feed.recall(*again, [&] { return again->checkpoint().row < rows; });
}

void print_lines(const wire::ImportCheckpoint& begin, const wire::ImportCheckpoint& end,
                 const RunReport& report, const wire::FileRejects& rejects) {
  std::printf("  lines %llu", static_cast<unsigned long long>(end.line));
  if (begin.line > 1) {
    std::printf(" (%llu before this run)", static_cast<unsigned long long>(begin.line));
  }
  std::printf(": header 1, accepted %llu, repeated %llu, refused %llu, rejected %llu\n",
              static_cast<unsigned long long>(report.accepted()),
              static_cast<unsigned long long>(report.duplicates()),
              static_cast<unsigned long long>(report.refused()),
              static_cast<unsigned long long>(rejects.count()));
  if (rejects.count() != 0 && rejects.ok()) {
    std::printf("  rejected lines: %s\n", rejects.path().c_str());
  } else if (rejects.count() != 0) {
    std::printf("  rejected lines: could not be written to %s\n", rejects.path().c_str());
  }
  for (const wire::RejectReport& problem : rejects.reports()) {
    std::fprintf(stderr, "%s\n", wire::reject_json(problem).c_str());
  }
}

// Returns --batch within its limits.
Result<std::uint32_t> batch_option(const Arguments& args, std::uint32_t fallback) {
  WEIR_ASSIGN(const std::uint64_t batch, args.u64("batch", fallback));
  if (batch < 1 || batch > wire::kBatchEventsMax) {
    return fail(wrong_value(args, "batch", "1 to 65536"));
  }
  return static_cast<std::uint32_t>(batch);
}

Result<std::int64_t> label_delay_option(const Arguments& args) {
  std::int64_t delay_us = 0;
  if (parse_duration(args.text("label-delay", "7d"), delay_us)) return delay_us;
  return fail(wrong_value(args, "label-delay", "a duration such as 7d"));
}

// Returns the text of --rules, of the shipped rules, or nothing for --no-rules.
Result<std::string> rules_option(const Arguments& args) {
  if (args.has("no-rules")) return std::string();
  if (args.has("rules")) return read_text_file(args.text("rules"));
  return shipped_rules();
}

struct FileRunOptions {
  VerdictFile* out = nullptr;  // may be null
  std::uint32_t batch_events = 8192;
  std::int64_t label_delay_us = 0;
  bool resume = false;
};

// Returns the status with the file's name in its message.
Status of_file(const std::string& path, const Status& status) {
  const Status::Error& error = status.error();
  if (error.message.find(path) != std::string::npos) return status;
  return Status(error.code, error.reason, path + ": " + error.message)
      .at(error.field)
      .at_line(error.line, error.column)
      .hint(error.hint);
}

// Opens every file, so that nothing is made or written for one that cannot be read.
Status check_files(std::span<const std::string> paths, const Arguments& args) {
  for (const std::string& path : paths) {
    WEIR_ASSIGN(wire::CsvOptions csv, csv_options(args));
    std::error_code error;  // what a pipe holds can be read once only
    if (std::filesystem::is_fifo(path, error) || std::filesystem::is_character_file(path, error)) {
      continue;
    }
    const auto source = wire::CsvSource::open(path, std::move(csv), nullptr);
    if (!source) return of_file(path, source.error());
  }
  return Status::ok();
}

Status run_file(gate::Gate& gate, const std::string& path, const Arguments& args,
                const FileRunOptions& options) {
  WEIR_ASSIGN(wire::CsvOptions csv, csv_options(args));
  csv.ids = wire::TextIds(&gate.pass().dictionary(), gate.options().pass.masking.get());
  const std::string name = std::filesystem::path(path).filename().string();
  if (options.resume) {
    WEIR_ASSIGN(csv.resume, find_import_place(gate, path, name));
  }
  // A file may lie where nothing can be written.
  wire::FileRejects rejects(path + ".rejected", name + ".rejected");
  const auto opened = wire::CsvSource::open(path, csv, &rejects);
  if (!opened) return of_file(path, opened.error());
  const auto& source = *opened;
  std::printf("%s: mapping\n%s\n", path.c_str(), wire::print_mapping(source->mapping()).c_str());
  FeedOptions feed_options;
  feed_options.batch_events = options.batch_events;
  feed_options.keep_ids = options.out != nullptr;
  feed_options.checkpoint = [&] { return import_checkpoint(source->checkpoint(), name); };
  feed_options.label_delay_us = options.label_delay_us;
  RunReport report;
  EventFeed feed(gate, std::move(feed_options), [&](const FedRows& rows, const gate::Reply& reply) {
    report.add(reply.verdicts, reply.duplicate, rows.fraud);
    if (options.out != nullptr) options.out->write(*rows.ids, reply.verdicts);
  });
  const wire::ImportCheckpoint begin = source->checkpoint();
  if (csv.resume) {
    std::printf("going on behind row %llu, line %llu\n", static_cast<unsigned long long>(begin.row),
                static_cast<unsigned long long>(begin.line));
    WEIR_TRY(recall_labels(path, csv, feed));
  }
  const std::int64_t started_ns = system_clock().mono_ns();
  const Status status = feed.play(*source);
  const double seconds = static_cast<double>(system_clock().mono_ns() - started_ns) * 1e-9;
  report.print(gate.pass().decider().rules(), seconds);
  print_lines(begin, source->checkpoint(), report, rejects);
  return status;
}

}  // namespace

Status run_files(std::span<const std::string> paths, const Arguments& args, const FilesRun& run) {
  WEIR_ASSIGN(const auto config, load_configuration(args));
  WEIR_ASSIGN(gate::GateOptions options, gate_options(*config, args, run.dir));
  options.merge_submissions = false;
  WEIR_ASSIGN(options.admission.batch_events, batch_option(args, options.admission.batch_events));
  FileRunOptions file;
  file.batch_events = options.admission.batch_events;
  file.resume = run.resume;
  WEIR_ASSIGN(file.label_delay_us, label_delay_option(args));
  WEIR_ASSIGN(const std::string rules, rules_option(args));
  WEIR_TRY(check_files(paths, args));
  UnusedDirectory unused(options.dir);
  WEIR_ASSIGN(const auto gate, start_pass(std::move(options), *config, rules, run.author));
  std::unique_ptr<VerdictFile> out;
  if (args.has("out")) {
    WEIR_ASSIGN(out, VerdictFile::create(args.text("out")));
    file.out = out.get();
  }
  for (const std::string& path : paths) {
    const Status status = run_file(*gate, path, args, file);
    if (gate->counters().committed_events != 0) unused.keep();
    WEIR_TRY(status);
  }
  unused.keep();
  if (out != nullptr) WEIR_TRY(out->close());
  return gate->close();
}

}  // namespace weir::main
