#include "storage/segment_dir.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/log.hpp"

namespace weir::storage {
namespace {

constexpr std::string_view kSuffix = ".seg";
constexpr std::string_view kNewSuffix = ".seg.new";

std::string segment_name(std::uint64_t number) {
  std::array<char, 32> text;
  const int n =
      std::snprintf(text.data(), text.size(), "%020llu", static_cast<unsigned long long>(number));
  return std::string(text.data(), static_cast<std::size_t>(n)) + std::string(kSuffix);
}

// Returns the number in a segment's name, or nothing if it is no segment.
std::optional<std::uint64_t> parse_segment_name(std::string_view name) {
  constexpr std::size_t kDigits = 20;
  if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + kDigits;
  const auto [at, error] = std::from_chars(name.data(), end, number);
  if (error != std::errc() || at != end) return std::nullopt;
  return number;
}

}  // namespace

Result<std::vector<std::uint64_t>> SegmentDir::list() const {
  std::error_code error;
  std::filesystem::create_directories(path_, error);
  if (error) return fail(errno_status("create", path_, error.value()));
  std::vector<std::uint64_t> numbers;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    const auto number = parse_segment_name(entry.path().filename().string());
    if (number) numbers.push_back(*number);
  }
  if (error) return fail(errno_status("list", path_, error.value()));
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Status SegmentDir::remove_unfinished() const {
  std::error_code error;
  std::vector<std::string> unfinished;
  for (const auto& entry : std::filesystem::directory_iterator(path_, error)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(kNewSuffix)) unfinished.push_back(path_ + "/" + name);
  }
  if (error) return errno_status("list", path_, error.value());
  for (const std::string& path : unfinished) {
    WEIR_TRY(system_status("remove", path, files_.unlink(path)));
  }
  return Status::ok();
}

Result<int> SegmentDir::open_file(const std::string& path, int flags) const {
  const int fd = files_.open(path, flags, 0640);
  WEIR_TRY(system_status("open", path, fd));
  return fd;
}

// Opens for writing past the page cache where durability asks for it and the file system can.
Result<int> SegmentDir::open_direct(const std::string& path) const {
  if (options_.durability == Durability::kPower) {
    const int fd = files_.open(path, O_RDWR | O_DIRECT, 0640);
    if (fd != -EINVAL) {
      WEIR_TRY(system_status("open", path, fd));
      return fd;
    }
    log_warning("storage", "direct_io_unsupported",
                "the file system has no O_DIRECT; writes go through the page cache",
                {{"path", path}});
  }
  return open_file(path, O_RDWR);
}

Result<SegmentPtr> SegmentDir::open(std::uint64_t number) const {
  auto segment = std::make_shared<Segment>(files_, path_ + "/" + segment_name(number), number);
  if (!options_.read_only) {
    WEIR_ASSIGN(segment->write_fd, open_direct(segment->path));
    WEIR_ASSIGN(segment->zero_fd, open_direct(segment->path));
  }
  WEIR_ASSIGN(segment->read_fd, open_file(segment->path, O_RDONLY));
  const std::int64_t bytes = files_.size(segment->read_fd);
  WEIR_TRY(system_status("stat", segment->path, bytes));
  segment->bytes = static_cast<std::uint64_t>(bytes) / kLogAlignment * kLogAlignment;
  return segment;
}

Status SegmentDir::allocate(int fd, const std::string& path, std::uint64_t from, std::uint64_t to,
                            int mode) const {
  const int result = files_.fallocate(fd, mode, from, to - from);
  if (result != -EOPNOTSUPP && result != -EINVAL) return system_status("allocate", path, result);
  for (std::uint64_t at = from; at < to; at += kZeroChunk) {
    const Bytes chunk = zeros_.bytes().first(std::min(kZeroChunk, to - at));
    WEIR_TRY(write_all(files_, fd, chunk, at, path));
  }
  return Status::ok();
}

Result<SegmentPtr> SegmentDir::create(std::uint64_t number) const {
  const std::string path = path_ + "/" + segment_name(number);
  const std::string fresh = path.substr(0, path.size() - kSuffix.size()) + std::string(kNewSuffix);
  WEIR_ASSIGN(const int fd, open_file(fresh, O_RDWR | O_CREAT | O_TRUNC));
  Status status = allocate(fd, fresh, 0, options_.segment_bytes, 0);
  if (status) status = system_status("sync", fresh, files_.fdatasync(fd));
  files_.close(fd);
  if (status) status = system_status("rename", fresh, files_.rename(fresh, path));
  if (!status) {
    files_.unlink(fresh);
    return fail(std::move(status));
  }
  WEIR_TRY(system_status("sync", path_, files_.sync_directory(path_)));
  return open(number);
}

}  // namespace weir::storage
