#include "wire/reject.hpp"

#include "base/json.hpp"

namespace weir::wire {

std::string reject_json(const RejectReport& report) {
  std::string text;
  JsonWriter json(text);
  json.begin_object().key("line").u64(report.line).key("column").string(report.column);
  json.key("code").string(refusal_name(report.code)).key("value").string(report.value);
  json.key("message").string(report.message).end_object();
  return text;
}

void MemoryRejects::reject(const RejectReport& report, Bytes line) {
  ++count_;
  if (reports_.size() >= reports_max_) return;
  reports_.push_back(report);
  lines_.append(reinterpret_cast<const char*>(line.data()), line.size());
}

void MemoryRejects::continue_line(Bytes bytes) {
  if (count_ <= reports_max_)
    lines_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

FileRejects::~FileRejects() {
  if (file_ != nullptr) std::fclose(file_);
}

void FileRejects::reject(const RejectReport& report, Bytes line) {
  memory_.reject(report, {});
  if (file_ == nullptr && ok_) {
    file_ = std::fopen(path_.c_str(), "abe");
    if (file_ == nullptr && !fallback_.empty()) {
      path_ = fallback_;
      file_ = std::fopen(path_.c_str(), "abe");
    }
  }
  write(line);
}

void FileRejects::continue_line(Bytes bytes) {
  write(bytes);
}

void FileRejects::write(Bytes bytes) {
  if (file_ == nullptr || std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
    ok_ = false;
}

}  // namespace weir::wire
