#include "storage/snapshot_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <thread>

#include "base/check.hpp"
#include "base/clock.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"

namespace weir::storage {
namespace {

// Written from the sections on; the front, whose size follows from the names, comes last.
// File: "WSNP", u16 version, u16 0, u64 height, u32 sections, u32 crc32c of the table, u64 file
// bytes; the table, per section {u64 offset, u64 bytes, u32 crc32c, u16 name bytes, name, pad to
// 8}; the sections at multiples of 64.
constexpr std::uint32_t kMagic = 0x504E5357;  // "WSNP"
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kHeaderBytes =
    40;  // with u32 table bytes and u32 crc32c of the 36 bytes before
constexpr std::size_t kSectionAlignment = 64;
constexpr std::size_t kKept = 2;
constexpr std::string_view kSuffix = ".snap";
constexpr std::size_t kDigits = 20;

Status damaged(const std::string& path, const std::string& what) {
  return data_loss("snapshot_damaged", path + ": " + what);
}

std::string snapshot_name(std::uint64_t height) {
  std::array<char, 32> text;
  const int n =
      std::snprintf(text.data(), text.size(), "%020llu", static_cast<unsigned long long>(height));
  return std::string(text.data(), static_cast<std::size_t>(n)) + std::string(kSuffix);
}

struct Piece {
  std::string_view name;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t crc = 0;
};

std::size_t front_bytes(const std::vector<std::string_view>& names) {
  std::size_t table_bytes = 0;
  for (const std::string_view name : names) table_bytes += align_up(22 + name.size(), 8);
  return align_up(kHeaderBytes + table_bytes, kSectionAlignment);
}

// Returns header and table.
std::vector<std::uint8_t> make_front(std::uint64_t height, const std::vector<Piece>& pieces,
                                     std::uint64_t file_bytes) {
  ByteWriter table;
  for (const Piece& piece : pieces) {
    table.u64(piece.offset);
    table.u64(piece.bytes);
    table.u32(piece.crc);
    table.u16(static_cast<std::uint16_t>(piece.name.size()));
    table.raw(as_bytes(piece.name));
    table.pad_to(8);
  }
  ByteWriter front;
  front.u32(kMagic);
  front.u16(kVersion);
  front.u16(0);
  front.u64(height);
  front.u32(static_cast<std::uint32_t>(pieces.size()));
  front.u32(crc32c(table.bytes()));
  front.u64(file_bytes);
  front.u32(static_cast<std::uint32_t>(table.bytes().size()));
  front.u32(crc32c(front.bytes()));
  CHECK_EQ(front.bytes().size(), kHeaderBytes);
  front.raw(table.bytes());
  front.pad_to(kSectionAlignment);
  return std::move(front.buffer());
}

// Writes a file from front to back and syncs it piece by piece; the first failure stays.
class PacedFile {
 public:
  PacedFile(FileOps& files, int fd, std::string path, std::uint64_t offset, bool gently)
      : files_(files), fd_(fd), path_(std::move(path)), offset_(offset), gently_(gently) {}

  void append(Bytes bytes) {
    while (status_ && !bytes.empty()) {
      const std::int64_t started_ns = system_clock().mono_ns();
      const Bytes step = bytes.first(std::min(bytes.size(), kStepBytes));
      bytes = bytes.subspan(step.size());
      status_ = write_all(files_, fd_, step, offset_, path_);
      offset_ += step.size();
      unsynced_ += step.size();
      if (unsynced_ >= kStepBytes) sync();
      if (gently_) rest(system_clock().mono_ns() - started_ns);
    }
  }
  void sync() {
    if (!status_) return;
    status_ = system_status("sync", path_, files_.fdatasync(fd_));
    unsynced_ = 0;
  }
  void pad_to(std::size_t alignment) {
    constexpr std::array<std::uint8_t, kSectionAlignment> kZeros{};
    append(Bytes(kZeros).first(align_up(offset_, alignment) - offset_));
  }
  std::uint64_t offset() const { return offset_; }
  const Status& status() const { return status_; }

 private:
  static constexpr std::size_t kStepBytes = std::size_t{1} << 20;

  static void rest(std::int64_t worked_ns) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(3 * worked_ns));
  }

  FileOps& files_;
  int fd_;
  std::string path_;
  std::uint64_t offset_;
  bool gently_;
  std::size_t unsynced_ = 0;
  Status status_;
};

Piece write_section(PacedFile& file, std::string_view name, const SnapshotWriter::Write& write) {
  Piece piece{name, file.offset(), 0, 0};
  ByteWriter out([&](Bytes bytes) {
    piece.crc = crc32c(bytes, piece.crc);
    file.append(bytes);
  });
  write(out);
  out.flush();
  piece.bytes = file.offset() - piece.offset;
  file.pad_to(kSectionAlignment);
  return piece;
}

}  // namespace

Result<std::vector<std::uint64_t>> snapshot_heights(const std::string& dir) {
  std::vector<std::uint64_t> heights;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const std::string name = entry.path().filename().string();
    if (name.size() != kDigits + kSuffix.size() || !name.ends_with(kSuffix)) continue;
    std::uint64_t height = 0;
    const char* const end = name.data() + kDigits;
    const auto [at, wrong] = std::from_chars(name.data(), end, height);
    if (wrong == std::errc() && at == end) heights.push_back(height);
  }
  if (error) return fail(errno_status("list", dir, error.value()));
  std::sort(heights.rbegin(), heights.rend());
  return heights;
}

namespace {

Status remove_old(FileOps& files, const std::string& dir) {
  WEIR_ASSIGN(const std::vector<std::uint64_t> heights, snapshot_heights(dir));
  for (std::size_t i = kKept; i < heights.size(); ++i) {
    const std::string path = dir + "/" + snapshot_name(heights[i]);
    WEIR_TRY(system_status("remove", path, files.unlink(path)));
  }
  return Status::ok();
}

}  // namespace

void SnapshotWriter::add(std::string_view name, Write write) {
  CHECK(!name.empty() && name.size() <= 255);
  for (const Section& section : sections_) CHECK(section.name != name);
  sections_.push_back({std::string(name), std::move(write)});
}

void SnapshotWriter::add(std::string_view name, Bytes bytes) {
  add(name, [bytes](ByteWriter& out) { out.raw(bytes); });
}

Status write_snapshot(FileOps& files, const std::string& dir, std::uint64_t height,
                      const SnapshotWriter& sections) {
  const std::string path = dir + "/" + snapshot_name(height);
  const std::string fresh = path + ".new";
  const int fd = files.open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0640);
  WEIR_TRY(system_status("open", fresh, fd));
  std::vector<std::string_view> names;
  for (const auto& section : sections.sections_) names.emplace_back(section.name);
  PacedFile file(files, fd, fresh, front_bytes(names), sections.gently_);
  std::vector<Piece> pieces;
  for (const auto& section : sections.sections_) {
    pieces.push_back(write_section(file, section.name, section.write));
  }
  Status status = file.status();
  if (status && sections.check_) status = sections.check_();
  if (status) {
    status = write_all(files, fd, make_front(height, pieces, file.offset()), 0, fresh);
  }
  if (status) status = system_status("sync", fresh, files.fdatasync(fd));
  files.close(fd);
  if (status) status = system_status("rename", fresh, files.rename(fresh, path));
  if (!status) {
    files.unlink(fresh);
    return status;
  }
  WEIR_TRY(system_status("sync", dir, files.sync_directory(dir)));
  return remove_old(files, dir);
}

Result<Snapshot> load_snapshot(FileOps& files, const std::string& path) {
  const int fd = files.open(path, O_RDONLY, 0);
  WEIR_TRY(system_status("open", path, fd));
  const std::int64_t size = files.size(fd);
  Snapshot snapshot;
  Status status = system_status("stat", path, size);
  if (status) {
    snapshot.file_.resize(static_cast<std::size_t>(size));
    status = read_exactly(files, fd, snapshot.file_, 0, path);
  }
  files.close(fd);
  WEIR_TRY(status);
  WEIR_TRY(snapshot.parse(path));
  return snapshot;
}

Status Snapshot::parse(const std::string& path) {
  const Bytes file(file_);
  if (file.size() < kHeaderBytes) return damaged(path, "shorter than its header");
  ByteReader header(file.first(kHeaderBytes));
  const std::uint32_t magic = header.u32();
  const std::uint16_t version = header.u16();
  header.u16();
  height_ = header.u64();
  const std::uint32_t count = header.u32();
  const std::uint32_t table_crc = header.u32();
  const std::uint64_t file_bytes = header.u64();
  const std::uint32_t table_bytes = header.u32();
  if (magic != kMagic) return damaged(path, "no snapshot: wrong magic");
  if (header.u32() != crc32c(file.first(kHeaderBytes - 4))) return damaged(path, "header checksum");
  if (version != kVersion) {
    return failed_precondition("snapshot_newer", path + ": version " + std::to_string(version) +
                                                     ", this build reads " +
                                                     std::to_string(kVersion));
  }
  if (file_bytes != file.size()) return damaged(path, "wrong size");
  if (table_bytes > file.size() - kHeaderBytes) return damaged(path, "table beyond the file");
  const Bytes table = file.subspan(kHeaderBytes, table_bytes);
  if (crc32c(table) != table_crc) return damaged(path, "table checksum");
  ByteReader rows(table);
  for (std::uint32_t i = 0; i < count; ++i) {
    Section section;
    section.offset = rows.u64();
    section.bytes = rows.u64();
    const std::uint32_t crc = rows.u32();
    const Bytes name = rows.raw(rows.u16());
    section.name.assign(name.begin(), name.end());
    rows.raw(align_up(22 + name.size(), 8) - 22 - name.size());
    if (!rows.ok()) return damaged(path, "table cut");
    if (section.offset > file.size() || section.bytes > file.size() - section.offset) {
      return damaged(path, "section " + section.name + " beyond the file");
    }
    if (crc32c(file.subspan(section.offset, section.bytes)) != crc) {
      return damaged(path, "checksum of section " + section.name);
    }
    sections_.push_back(std::move(section));
  }
  return Status::ok();
}

std::optional<Bytes> Snapshot::section(std::string_view name) const {
  for (const Section& section : sections_) {
    if (section.name == name) return Bytes(file_).subspan(section.offset, section.bytes);
  }
  return std::nullopt;
}

std::vector<std::string_view> Snapshot::names() const {
  std::vector<std::string_view> names;
  for (const Section& section : sections_) names.push_back(section.name);
  return names;
}

Result<std::optional<Snapshot>> load_newest_snapshot(FileOps& files, const std::string& dir,
                                                     std::uint64_t height_max) {
  WEIR_ASSIGN(const std::vector<std::uint64_t> heights, snapshot_heights(dir));
  for (const std::uint64_t height : heights) {
    if (height > height_max) continue;
    auto snapshot = load_snapshot(files, dir + "/" + snapshot_name(height));
    if (snapshot && snapshot->height() == height) {
      return std::optional<Snapshot>(std::move(*snapshot));
    }
    log_warning("storage", snapshot ? damaged(snapshot_name(height), "holds another height")
                                    : snapshot.error());
  }
  return std::optional<Snapshot>();
}

}  // namespace weir::storage
