#include "storage/chained_lines.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "base/check.hpp"

namespace weir::storage {
namespace {

constexpr std::string_view kFormat = "weir-audit-v1";
constexpr std::string_view kSuffix = ".ndjson";
constexpr std::size_t kNumberDigits = 20;
constexpr std::string_view kEntryHead = R"({"entry":)";
constexpr std::string_view kHashHead = R"(,"hash":")";
constexpr std::string_view kLineEnd = "\"}";
constexpr std::size_t kHexDigits = 64;

std::string file_name(std::uint64_t first) {
  std::string number = std::to_string(first);
  return std::string(kNumberDigits - number.size(), '0') + number + std::string(kSuffix);
}

std::string head_line(std::string_view instance, std::uint64_t first, const Digest& previous) {
  return R"({"chain":")" + std::string(kFormat) + R"(","instance":")" + std::string(instance) +
         R"(","first":)" + std::to_string(first) + R"(,"previous":")" + to_hex(previous) + "\"}\n";
}

struct HeadLine {
  std::string instance;
  Digest previous{};
};

// Reads what head_line() writes for `first`, and nothing else.
std::optional<HeadLine> parse_head(std::string_view line, std::uint64_t first) {
  HeadLine head;
  constexpr std::string_view kInstance = R"("instance":")";
  const std::size_t begin = line.find(kInstance);
  if (begin == std::string_view::npos || line.size() < kHexDigits + kLineEnd.size()) return {};
  const std::size_t from = begin + kInstance.size();
  head.instance = line.substr(from, line.find('"', from) - from);
  if (!from_hex(line.substr(line.size() - kLineEnd.size() - kHexDigits, kHexDigits), head.previous))
    return {};
  const std::string wanted = head_line(head.instance, first, head.previous);
  if (line != std::string_view(wanted).substr(0, wanted.size() - 1)) return {};
  return head;
}

struct EntryLine {
  std::string_view entry;
  Digest hash{};
};

std::optional<EntryLine> parse_entry(std::string_view line) {
  constexpr std::size_t kTail = kHashHead.size() + kHexDigits + kLineEnd.size();
  if (line.size() < kEntryHead.size() + kTail || !line.starts_with(kEntryHead) ||
      !line.ends_with(kLineEnd))
    return {};
  const std::size_t tail = line.size() - kTail;
  if (line.substr(tail, kHashHead.size()) != kHashHead) return {};
  EntryLine parsed;
  const std::string_view digits = line.substr(tail + kHashHead.size(), kHexDigits);
  if (!from_hex(digits, parsed.hash) || to_hex(parsed.hash) != digits) return {};
  parsed.entry = line.substr(kEntryHead.size(), tail - kEntryHead.size());
  return parsed;
}

// Returns the chain's files by the number of their first entry.
Result<std::vector<std::uint64_t>> list_files(const std::string& dir) {
  std::vector<std::uint64_t> firsts;
  std::error_code error;
  std::filesystem::directory_iterator entries(dir, error);
  if (error == std::errc::no_such_file_or_directory) return firsts;
  if (error) return fail(errno_status("read", dir, error.value()));
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    std::uint64_t first = 0;
    if (name.size() != kNumberDigits + kSuffix.size() || !name.ends_with(kSuffix)) continue;
    const auto [end, failed] = std::from_chars(name.data(), name.data() + kNumberDigits, first);
    if (failed == std::errc() && end == name.data() + kNumberDigits) firsts.push_back(first);
  }
  std::ranges::sort(firsts);
  return firsts;
}

Result<std::string> read_file(FileOps& files, const std::string& path) {
  const int fd = files.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fail(errno_status("open", path, -fd));
  const std::int64_t size = files.size(fd);
  std::string text(static_cast<std::size_t>(std::max<std::int64_t>(size, 0)), '\0');
  Status status = size < 0 ? errno_status("stat", path, static_cast<int>(-size)) : Status::ok();
  const std::span out(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  if (status) status = read_exactly(files, fd, out, 0, path);
  files.close(fd);
  if (!status) return fail(std::move(status));
  return text;
}

// Takes the next line, without its end, from a text; nothing at the end or if the end is missing.
std::optional<std::string_view> take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

Digest chain_start(std::string_view instance) {
  std::string text(kFormat);
  text += '\0';
  text += instance;
  return sha256(as_bytes(text));
}

Digest chain_next(const Digest& hash, std::string_view entry) {
  const Digest inner = sha256(as_bytes(entry));
  std::array<std::uint8_t, 2 * std::tuple_size_v<Digest>> both{};
  std::ranges::copy(inner, std::ranges::copy(hash, both.begin()).out);
  return sha256(both);
}

ChainedLines::ChainedLines(std::string dir, ChainedLinesOptions options)
    : dir_(std::move(dir)),
      options_(std::move(options)),
      files_(options_.files != nullptr ? *options_.files : system_files()),
      head_(chain_start(options_.instance)) {}

ChainedLines::~ChainedLines() {
  close_file();
}

void ChainedLines::close_file() {
  if (fd_ >= 0) files_.close(fd_);
  fd_ = -1;
}

Result<std::unique_ptr<ChainedLines>> ChainedLines::open(const std::string& dir,
                                                         ChainedLinesOptions options) {
  if (::mkdir(dir.c_str(), 0750) != 0 && errno != EEXIST) {
    return fail(errno_status("create", dir, errno));
  }
  std::unique_ptr<ChainedLines> lines(new ChainedLines(dir, std::move(options)));
  WEIR_TRY(lines->find_end());
  return lines;
}

Status ChainedLines::find_end() {
  WEIR_ASSIGN(std::vector<std::uint64_t> firsts, list_files(dir_));
  // A crash may have left the newest file without its first line.
  while (!firsts.empty()) {
    const std::uint64_t first = firsts.back();
    const std::string path = dir_ + "/" + file_name(first);
    WEIR_ASSIGN(const std::string text, read_file(files_, path));
    if (text.find('\n') != std::string::npos) return resume(path, first, text);
    torn_bytes_ += text.size();
    if (const int rc = files_.unlink(path); rc < 0) return errno_status("remove", path, -rc);
    firsts.pop_back();
  }
  return Status::ok();
}

// The end is taken as it stands: whether it is right is for verify_chain() to say.
Status ChainedLines::resume(const std::string& path, std::uint64_t first, std::string_view text) {
  std::string_view rest = text;
  next_ = first;
  const std::string_view head = *take_line(rest);
  head_ = sha256(as_bytes(head));  // of a line that cannot be read: nothing will follow on it
  if (const auto parsed = parse_head(head, first)) head_ = parsed->previous;
  while (const auto line = take_line(rest)) {
    const auto parsed = parse_entry(*line);
    head_ = parsed ? parsed->hash : sha256(as_bytes(*line));
    ++next_;
  }
  torn_bytes_ += rest.size();
  size_ = text.size() - rest.size();
  fd_ = files_.open(path, O_RDWR | O_CLOEXEC, 0640);
  if (fd_ < 0) return errno_status("open", path, -fd_);
  path_ = path;
  if (rest.empty()) return Status::ok();
  std::error_code error;
  std::filesystem::resize_file(path, size_, error);
  return error ? errno_status("truncate", path, error.value()) : Status::ok();
}

Status ChainedLines::begin_file() {
  const std::string path = dir_ + "/" + file_name(next_);
  const int fd = files_.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return errno_status("create", path, -fd);
  const std::string head = head_line(options_.instance, next_, head_);
  Status status = write_all(files_, fd, as_bytes(head), 0, path);
  const int synced = status ? files_.sync_directory(dir_) : 0;
  if (synced < 0) status = errno_status("sync", dir_, -synced);
  if (!status) {
    files_.close(fd);
    return status;
  }
  close_file();
  fd_ = fd;
  path_ = path;
  size_ = head.size();
  return Status::ok();
}

Status ChainedLines::append(std::string_view entry) {
  CHECK(entry.find('\n') == std::string_view::npos);
  const Digest hash = chain_next(head_, entry);
  std::string line(kEntryHead);
  line.append(entry).append(kHashHead).append(to_hex(hash)).append(kLineEnd).append("\n");
  if (fd_ >= 0 && size_ + line.size() > options_.file_bytes_max) {
    WEIR_TRY(sync());
    close_file();
  }
  if (fd_ < 0) WEIR_TRY(begin_file());
  // A write that failed half way is overwritten by the next one.
  WEIR_TRY(write_all(files_, fd_, as_bytes(line), size_, path_));
  size_ += line.size();
  head_ = hash;
  ++next_;
  return Status::ok();
}

Status ChainedLines::sync() {
  if (fd_ < 0) return Status::ok();
  const int rc = files_.fdatasync(fd_);
  return rc < 0 ? errno_status("sync", path_, -rc) : Status::ok();
}

namespace {

// Follows a chain from file to file.
class Verifier {
 public:
  Verifier(ChainReport& report, const std::optional<Digest>& since)
      : report_(report), since_(since) {}

  // Reads the next file; false at the first fault.
  bool read(const std::string& name, std::uint64_t first, std::string_view text) {
    file_ = name;
    line_ = 1;
    const auto head = take_line(text);
    if (!head) return fault("the file's first line is missing");
    const auto parsed = parse_head(*head, first);
    if (!parsed) return fault("is not the first line of a file that begins with this entry");
    if (!begin(*parsed, first)) return false;
    while (const auto line = take_line(text)) {
      ++line_;
      if (!take(*line)) return false;
    }
    ++line_;
    return text.empty() || fault("the line is cut off");
  }

 private:
  bool begin(const HeadLine& head, std::uint64_t first) {
    if (report_.files++ == 0) {
      report_.first = first;
      report_.instance = head.instance;
      report_.head = head.previous;
      if (first == 1 && head.previous != chain_start(head.instance))
        return fault("does not begin with the hash of its instance");
      note();
      return true;
    }
    if (first != next()) {
      return fault("the file begins with entry " + std::to_string(first) +
                   ": entries before it are missing or too many");
    }
    if (head.instance != report_.instance) return fault("belongs to another instance");
    if (head.previous != report_.head) return fault("does not follow on the file before");
    return true;
  }
  bool take(std::string_view line) {
    const auto parsed = parse_entry(line);
    if (!parsed) return fault("is not a line of this chain");
    if (parsed->hash != chain_next(report_.head, parsed->entry)) {
      return fault(
          "does not follow on the line before: it was changed, or lines are missing, "
          "added or out of place");
    }
    report_.head = parsed->hash;
    ++report_.entries;
    note();
    return true;
  }
  std::uint64_t next() const { return report_.first + report_.entries; }
  void note() { report_.since_found = report_.since_found || since_ == report_.head; }
  bool fault(std::string message) {
    report_.fault = ChainFault{file_, line_, next(), std::move(message)};
    return false;
  }

  ChainReport& report_;
  const std::optional<Digest>& since_;
  std::string file_;
  std::uint64_t line_ = 0;
};

}  // namespace

Result<ChainReport> verify_chain(const std::string& dir, const std::optional<Digest>& since) {
  WEIR_ASSIGN(const std::vector<std::uint64_t> firsts, list_files(dir));
  if (firsts.empty()) return fail(not_found("chain_missing", "no chain of lines in " + dir));
  ChainReport report;
  Verifier verifier(report, since);
  for (const std::uint64_t first : firsts) {
    const std::string name = file_name(first);
    WEIR_ASSIGN(const std::string text, read_file(system_files(), dir + "/" + name));
    if (!verifier.read(name, first, text)) break;
  }
  return report;
}

}  // namespace weir::storage
