#include "main/verdict_file.hpp"

#include <cerrno>
#include <charconv>

namespace weir::main {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  out.append(digits, end);
}

// Writes millionths as a decimal with six places.
void append_e6(std::string& out, std::uint32_t e6) {
  append_number(out, e6 / 1'000'000);
  out += '.';
  std::uint32_t rest = e6 % 1'000'000;
  char places[6];
  for (int i = 5; i >= 0; --i, rest /= 10) places[i] = static_cast<char>('0' + rest % 10);
  out.append(places, 6);
}

void append_csv(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

void append_verdict(std::string& out, std::string_view id, const wire::Verdict& verdict) {
  const wire::VerdictCore& core = verdict.core;
  append_csv(out, id);
  out += ',';
  append_number(out, verdict.seq);
  out += ',';
  if (verdict.seq == 0) {
    out += "refused,,,,";
    out += wire::refusal_name(static_cast<wire::Refusal>(core.top_rule));
    out += ",,,,\n";
    return;
  }
  out += wire::outcome_name(static_cast<wire::Outcome>(core.outcome));
  out += (core.flags & wire::kAlert) != 0 ? ",1," : ",0,";
  append_e6(out, core.tail_e6);
  out += ',';
  append_e6(out, core.threshold_e6);
  out += ',';
  for (unsigned i = 0; i < core.reason_count && i < 4; ++i) {
    if (i != 0) out += ' ';
    out += wire::reason_name(static_cast<wire::Reason>(core.reasons[i]));
  }
  for (const std::uint64_t value : {std::uint64_t{core.live_hits}, std::uint64_t{core.shadow_hits},
                                    std::uint64_t{core.flags}}) {
    out += ',';
    append_number(out, value);
  }
  out += ',';
  out += wire::ledger_status_name(static_cast<wire::LedgerStatus>(core.ledger_status));
  out += '\n';
}

}  // namespace

IdTexts::IdTexts(const wire::EventBatch& batch) {
  begin_.reserve(batch.size() + 1);
  begin_.push_back(0);
  for (const wire::Event& event : batch.events) {
    const Bytes side(batch.side.data() + event.side_off, event.side_len);
    bytes_ += wire::event_id_text(event, side);
    begin_.push_back(bytes_.size());
  }
}

Result<std::unique_ptr<VerdictFile>> VerdictFile::create(const std::string& path) {
  std::unique_ptr<VerdictFile> file(new VerdictFile(path));
  file->file_ = std::fopen(path.c_str(), "wb");
  if (file->file_ == nullptr) return fail(errno_status("create", path, errno));
  std::fputs("id,seq,outcome,alert,tail,threshold,reasons,live_rules,shadow_rules,flags,ledger\n",
             file->file_);
  return file;
}

VerdictFile::~VerdictFile() {
  close().is_ok();
}

void VerdictFile::write(const IdTexts& ids, const std::vector<wire::Verdict>& verdicts) {
  line_.clear();
  for (std::size_t row = 0; row < verdicts.size(); ++row) {
    append_verdict(line_, ids.text(row), verdicts[row]);
  }
  if (std::fwrite(line_.data(), 1, line_.size(), file_) != line_.size()) failed_ = true;
}

Status VerdictFile::close() {
  if (file_ != nullptr && std::fclose(std::exchange(file_, nullptr)) != 0) failed_ = true;
  if (failed_) return errno_status("write", path_, errno);
  return Status::ok();
}

}  // namespace weir::main
