// Snapshot files: named sections of bytes, each with its checksum, under one height. A snapshot is
// written to a temporary name, synced, renamed, and its directory synced, so that a crash leaves
// the old or the new, never half.
//
//   SnapshotWriter writer;
//   writer.add("profiles", [&](ByteWriter& out) { profiles.save(out); });
//   writer.add("ledger", bytes);
//   WEIR_TRY(write_snapshot(files, dir, height, writer));           // keeps the newest two
//   WEIR_ASSIGN(auto snapshot, load_newest_snapshot(files, dir));   // or the older, and logs why
//   if (snapshot) restore(snapshot->height(), snapshot->section("profiles"));
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "storage/file_ops.hpp"

namespace weir::storage {

// Gathers the sections. Whatever they refer to is borrowed until write_snapshot() returns.
class SnapshotWriter {
 public:
  using Write = std::function<void(ByteWriter&)>;
  // Adds a section that is written by a function, straight to the file, never whole in memory;
  // names are unique, 1 to 255 bytes.
  void add(std::string_view name, Write write);
  void add(std::string_view name, Bytes bytes);
  // Has it written in small steps with pauses, so that others have the disk three quarters of the
  // time.
  void write_gently() { gently_ = true; }
  // Has the file dropped, with the status that `check` returns, if it is not ok once the sections
  // are written.
  void check_at_end(std::function<Status()> check) { check_ = std::move(check); }

 private:
  friend Status write_snapshot(FileOps& files, const std::string& dir, std::uint64_t height,
                               const SnapshotWriter& sections);
  struct Section {
    std::string name;
    Write write;
  };
  std::vector<Section> sections_;
  std::function<Status()> check_;
  bool gently_ = false;
};

// A snapshot in memory, every checksum verified.
class Snapshot {
 public:
  std::uint64_t height() const { return height_; }
  // Returns the section's bytes, or nothing if there is none of that name.
  std::optional<Bytes> section(std::string_view name) const;
  std::vector<std::string_view> names() const;

 private:
  friend Result<Snapshot> load_snapshot(FileOps& files, const std::string& path);
  Status parse(const std::string& path);
  struct Section {
    std::string name;
    std::size_t offset = 0;
    std::size_t bytes = 0;
  };
  std::uint64_t height_ = 0;
  std::vector<std::uint8_t> file_;
  std::vector<Section> sections_;
};

// Writes dir/%020u.snap for `height` and removes all but the newest two. Every megabyte is synced
// before the next, so that the log beside it never waits for a flood. Errors from the system.
Status write_snapshot(FileOps& files, const std::string& dir, std::uint64_t height,
                      const SnapshotWriter& sections);

// Returns the heights of the snapshots in `dir`, newest first.
Result<std::vector<std::uint64_t>> snapshot_heights(const std::string& dir);

// Reads and verifies one file. data_loss with the reason and section if it is damaged.
Result<Snapshot> load_snapshot(FileOps& files, const std::string& path);

// Returns the newest snapshot of height <= height_max that verifies; nothing if none does. Each one
// that is passed over is logged with its reason.
Result<std::optional<Snapshot>> load_newest_snapshot(FileOps& files, const std::string& dir,
                                                     std::uint64_t height_max = UINT64_MAX);

}  // namespace weir::storage
