#include "ledger/decision_run.hpp"

#include <fcntl.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

#include "base/check.hpp"
#include "storage/file_ops.hpp"

namespace weir::ledger {
namespace {

constexpr std::uint64_t kMagic = 0x31304E5552444957U;  // "WIDRUN01"

struct Head {
  std::uint64_t magic;
  std::uint64_t entries;
  std::uint64_t first;
  std::uint64_t last;
  std::uint32_t zero;
  std::uint32_t crc;  // of the 36 bytes before it
};
static_assert(sizeof(Head) == 40);

std::uint32_t head_crc(const Head& head) {
  return crc32c({reinterpret_cast<const std::uint8_t*>(&head), offsetof(Head, crc)});
}

std::string run_path(const std::string& dir, Height first, Height last) {
  char name[80];
  std::snprintf(name, sizeof(name), "/decisions-%020" PRIu64 "-%020" PRIu64 ".run", first, last);
  return dir + name;
}

}  // namespace

void sort_entries(std::vector<DecisionEntry>& entries, std::vector<DecisionEntry>& scratch) {
  constexpr unsigned kBits = 11;
  constexpr std::uint64_t kMask = (1U << kBits) - 1;
  scratch.resize(entries.size());
  for (unsigned pass = 0; pass < 3; ++pass) {
    std::array<std::uint32_t, kMask + 1> at{};
    const auto digit = [&](const DecisionEntry& e) {
      return run_key(e.fingerprint) >> (pass * kBits) & kMask;
    };
    for (const DecisionEntry& entry : entries) ++at[digit(entry)];
    std::uint32_t sum = 0;
    for (std::uint32_t& count : at) sum += std::exchange(count, sum);
    for (const DecisionEntry& entry : entries) scratch[at[digit(entry)]++] = entry;
    entries.swap(scratch);
  }
}

Result<std::shared_ptr<const DecisionRun>> DecisionRun::open(const std::string& path) {
  storage::FileOps& files = storage::system_files();
  const int fd = files.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fail(errno_status("open", path, -fd));
  const std::int64_t size = files.size(fd);
  void* const bytes =
      size < static_cast<std::int64_t>(sizeof(Head))
          ? MAP_FAILED
          : ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ, MAP_SHARED, fd, 0);
  files.close(fd);
  if (bytes == MAP_FAILED) return fail(data_loss("run_damaged", path + " cannot be mapped"));
  std::shared_ptr<DecisionRun> run(new DecisionRun());
  run->path_ = path;
  run->bytes_ = static_cast<const std::uint8_t*>(bytes);
  run->size_ = static_cast<std::size_t>(size);
  const auto head = load<Head>(run->bytes_);
  const bool sound = head.magic == kMagic && head.crc == head_crc(head) &&
                     head.first <= head.last &&
                     head.entries == (run->size_ - sizeof(Head)) / sizeof(DecisionEntry) &&
                     (run->size_ - sizeof(Head)) % sizeof(DecisionEntry) == 0;
  if (!sound) return fail(data_loss("run_damaged", path + " has a damaged header or was cut"));
  run->first_ = head.first;
  run->last_ = head.last;
  return std::shared_ptr<const DecisionRun>(std::move(run));
}

Result<std::shared_ptr<const DecisionRun>> DecisionRun::write(
    const std::string& dir, Height first, Height last, std::uint64_t entries,
    const std::function<std::span<const DecisionEntry>()>& next) {
  storage::FileOps& files = storage::system_files();
  const std::string path = run_path(dir, first, last);
  const std::string fresh = path + ".new";
  const int fd = files.open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return fail(errno_status("create", fresh, -fd));
  Head head{kMagic, entries, first, last, 0, 0};
  head.crc = head_crc(head);
  Status status = storage::write_all(
      files, fd, {reinterpret_cast<const std::uint8_t*>(&head), sizeof(head)}, 0, fresh);
  std::uint64_t at = sizeof(head);
  for (std::span<const DecisionEntry> piece = next(); status && !piece.empty(); piece = next()) {
    status = storage::write_all(
        files, fd, {reinterpret_cast<const std::uint8_t*>(piece.data()), piece.size_bytes()}, at,
        fresh);
    at += piece.size_bytes();
  }
  const int synced = status ? files.fdatasync(fd) : 0;
  files.close(fd);
  if (!status) return fail(std::move(status));
  if (synced < 0) return fail(errno_status("sync", fresh, -synced));
  CHECK_EQ(at, sizeof(head) + entries * sizeof(DecisionEntry));
  if (const int rc = files.rename(fresh, path); rc < 0)
    return fail(errno_status("rename", fresh, -rc));
  if (const int rc = files.sync_directory(dir); rc < 0) return fail(errno_status("sync", dir, -rc));
  return open(path);
}

DecisionRun::~DecisionRun() {
  if (bytes_ != nullptr) ::munmap(const_cast<std::uint8_t*>(bytes_), size_);
}

std::span<const DecisionEntry> DecisionRun::entries() const {
  return {reinterpret_cast<const DecisionEntry*>(bytes_ + sizeof(Head)),
          (size_ - sizeof(Head)) / sizeof(DecisionEntry)};
}

void DecisionRun::find(std::uint64_t fingerprint, std::vector<std::uint64_t>& places) const {
  const auto all = entries();
  const std::uint64_t key = run_key(fingerprint);
  auto at = std::partition_point(
      all.begin(), all.end(), [&](const DecisionEntry& e) { return run_key(e.fingerprint) < key; });
  for (; at != all.end() && run_key(at->fingerprint) == key; ++at) {
    if (at->fingerprint == fingerprint) places.push_back(at->place);
  }
}

}  // namespace weir::ledger
