// What is wrong with a line, and where refused lines go.
//
//   FileRejects rejects("payments.csv.rejected");
//   rejects.reject({.line = 17, .column = "AMOUNT", .code = Refusal::kNumberFormat, ...}, line);
//   reject_json(report);   // {"line":17,"column":"AMOUNT","code":"number_format", ...}
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "wire/verdict.hpp"

namespace weir::wire {

struct RejectReport {
  std::uint64_t line = 0;  // physical, from 1
  std::string column;
  Refusal code{};
  std::string value;  // at most 200 bytes of it
  std::string message;
};

// Returns the report as one JSON object.
std::string reject_json(const RejectReport& report);

class RejectSink {
 public:
  virtual ~RejectSink() = default;
  // Takes a report and the line as it stood in the file, line end included.
  virtual void reject(const RejectReport& report, Bytes line) = 0;
  // Takes more of the line given last: it was too long to be held as a whole.
  virtual void continue_line(Bytes bytes) = 0;
};

// Keeps the first reports and counts the rest.
class MemoryRejects final : public RejectSink {
 public:
  explicit MemoryRejects(std::size_t reports_max = 100) : reports_max_(reports_max) {}
  void reject(const RejectReport& report, Bytes line) override;
  void continue_line(Bytes bytes) override;
  const std::vector<RejectReport>& reports() const { return reports_; }
  const std::string& lines() const { return lines_; }
  std::uint64_t count() const { return count_; }

 private:
  std::size_t reports_max_;
  std::vector<RejectReport> reports_;
  std::string lines_;
  std::uint64_t count_ = 0;
};

// Appends refused lines unchanged to a file that is made with the first of them, and keeps the
// reports.
class FileRejects final : public RejectSink {
 public:
  // `fallback`: where lines go if no file can be made at `path`; empty: nowhere.
  explicit FileRejects(std::string path, std::string fallback = "")
      : path_(std::move(path)), fallback_(std::move(fallback)) {}
  FileRejects(const FileRejects&) = delete;
  FileRejects& operator=(const FileRejects&) = delete;
  ~FileRejects() override;
  void reject(const RejectReport& report, Bytes line) override;
  void continue_line(Bytes bytes) override;
  const std::vector<RejectReport>& reports() const { return memory_.reports(); }
  std::uint64_t count() const { return memory_.count(); }
  // Returns the file the lines went to: `path` or the fallback.
  const std::string& path() const { return path_; }
  // Returns false if a line could not be written.
  bool ok() const { return ok_; }

 private:
  void write(Bytes bytes);
  std::string path_;
  std::string fallback_;
  std::FILE* file_ = nullptr;
  bool ok_ = true;
  MemoryRejects memory_;
};

}  // namespace weir::wire
