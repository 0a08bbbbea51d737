// Snapshot of all profiles. A stream of frames {u32 bytes, u32 0, payload, u64 XXH3-64 of payload}:
//   header   magic "WPRF", version, edge entries, counters, overflow slots
//   entries  16 bytes each, by slot and then id
//   profiles 128 bytes each, by slot
//   edges    {u32 line, 64 bytes} for every line in use, by line
// The order of the index is left out, so the bytes do not depend on how its table grew.
#include <algorithm>
#include <cstring>
#include <string>

#include "base/hash.hpp"
#include "profile/profile_state.hpp"

namespace weir::profile {
namespace {

constexpr std::uint32_t kMagic = 0x46525057;  // "WPRF"
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kFrameBytes = std::size_t{1} << 20;

struct Header {
  std::uint32_t magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint64_t edge_entries = 0;
  std::uint64_t entries = 0;
  std::uint64_t edge_lines = 0;
  std::uint64_t evictions = 0;
  std::uint64_t overflowed = 0;
  std::uint32_t parties = 0;
  std::uint32_t sides = 0;
  std::uint32_t full = 0;
  std::uint32_t reserved = 0;
  std::array<std::uint32_t, 64> overflow_slots{};
};
static_assert(sizeof(Header) == 64 + 256);

template <class T>
Bytes bytes_of(const T* from, std::size_t count) {
  return {reinterpret_cast<const std::uint8_t*>(from), count * sizeof(T)};
}

class FrameWriter {
 public:
  explicit FrameWriter(const Profiles::Writer& write) : write_(write) {
    buffer_.reserve(kFrameBytes);
  }
  Status put(Bytes bytes) {
    while (!bytes.empty()) {
      const std::size_t part = std::min(bytes.size(), kFrameBytes - buffer_.size());
      buffer_.insert(buffer_.end(), bytes.begin(),
                     bytes.begin() + static_cast<std::ptrdiff_t>(part));
      bytes = bytes.subspan(part);
      if (buffer_.size() == kFrameBytes) WEIR_TRY(flush());
    }
    return Status::ok();
  }
  Status flush() {
    if (buffer_.empty()) return Status::ok();
    const std::uint64_t size = buffer_.size();
    const std::uint64_t check = xxh3_64(buffer_);
    WEIR_TRY(write_(bytes_of(&size, 1)));
    WEIR_TRY(write_(buffer_));
    WEIR_TRY(write_(bytes_of(&check, 1)));
    buffer_.clear();
    return Status::ok();
  }

 private:
  const Profiles::Writer& write_;
  std::vector<std::uint8_t> buffer_;
};

class FrameReader {
 public:
  explicit FrameReader(const Profiles::Reader& read) : read_(read) {}
  Status get(void* to, std::size_t size) {
    auto* out = static_cast<std::uint8_t*>(to);
    while (size > 0) {
      if (at_ == buffer_.size()) WEIR_TRY(refill());
      const std::size_t part = std::min(size, buffer_.size() - at_);
      std::memcpy(out, buffer_.data() + at_, part);
      at_ += part;
      out += part;
      size -= part;
    }
    return Status::ok();
  }
  bool at_frame_end() const { return at_ == buffer_.size(); }

 private:
  Status refill() {
    std::uint64_t size = 0;
    WEIR_TRY(read_({reinterpret_cast<std::uint8_t*>(&size), sizeof(size)}));
    if (size == 0 || size > kFrameBytes) {
      return data_loss("snapshot_frame", "profile snapshot has a frame of " + std::to_string(size) +
                                             " bytes; at most 1 MiB is written");
    }
    buffer_.resize(size);
    at_ = 0;
    WEIR_TRY(read_(buffer_));
    std::uint64_t check = 0;
    WEIR_TRY(read_({reinterpret_cast<std::uint8_t*>(&check), sizeof(check)}));
    if (check != xxh3_64(buffer_)) {
      return data_loss("snapshot_checksum", "profile snapshot has a damaged frame");
    }
    return Status::ok();
  }

  const Profiles::Reader& read_;
  std::vector<std::uint8_t> buffer_;
  std::size_t at_ = 0;
};

bool in_use(const EdgeLine& line) {
  return std::any_of(std::begin(line.entries), std::end(line.entries),
                     [](const EdgeEntry& e) { return e.fingerprint != 0; });
}

Header header_of(const ProfileState& s) {
  Header h;
  h.edge_entries = s.edges.entries();
  h.entries = s.index.size();
  const PagedArray<EdgeLine>& lines = s.edges.lines();
  for (std::size_t i = 0; i < lines.size(); ++i) h.edge_lines += in_use(lines[i]) ? 1 : 0;
  h.evictions = s.edges.evictions();
  h.overflowed = s.overflowed;
  h.parties = s.parties;
  h.sides = s.sides;
  h.full = s.full.load(std::memory_order_relaxed) ? 1 : 0;
  for (unsigned kind = 0; kind < 64; ++kind) {
    h.overflow_slots[kind] = s.overflow_slots[kind].load(std::memory_order_relaxed);
  }
  return h;
}

Status check_header(const Header& h, const ProfileState& s) {
  if (h.magic != kMagic || h.version != kVersion) {
    return data_loss("snapshot_version", "these bytes are no profile snapshot of version 1");
  }
  if (h.edge_entries != s.edges.entries()) {
    return data_loss("snapshot_options", "the snapshot has " + std::to_string(h.edge_entries) +
                                             " edge entries, the configuration " +
                                             std::to_string(s.edges.entries()))
        .hint("start with the edge table size the snapshot was taken with");
  }
  bool sound = h.parties < kSideSlotFirst && h.sides < kSideSlotFirst &&
               h.entries <= std::uint64_t{h.parties} + h.sides &&
               h.edge_lines <= s.edges.lines().size();
  for (const std::uint32_t slot : h.overflow_slots) {
    sound = sound && (slot == kNoSlot || slot < h.parties);
  }
  if (!sound) return data_loss("snapshot_counts", "the snapshot's counts contradict each other");
  return Status::ok();
}

Status load_entries(FrameReader& in, const Header& h, ProfileState& s) {
  for (std::uint64_t i = 0; i < h.entries; ++i) {
    IndexEntry entry;
    WEIR_TRY(in.get(&entry, sizeof(entry)));
    const bool side = entry.slot >= kSideSlotFirst;
    const bool sound =
        entry.id != 0 && (side ? entry.slot - kSideSlotFirst < h.sides : entry.slot < h.parties);
    IndexEntry* bucket = s.index.probe(entry.id, EntityIndex::hash(entry.id));
    if (!sound || bucket->id != 0) {
      return data_loss("snapshot_entry",
                       "the snapshot's index entry " + std::to_string(i) + " is damaged");
    }
    s.index.add(bucket, entry);
  }
  return Status::ok();
}

Status load_profiles(FrameReader& in, const Header& h, ProfileState& s) {
  for (std::uint32_t slot = 0; slot < h.parties; ++slot) {
    s.profiles.reserve(slot);
    Profile& p = s.profiles[slot];
    WEIR_TRY(in.get(&p, sizeof(p)));
    if (p.last_us < 0 || p.seen > 1) {
      return data_loss("snapshot_profile",
                       "the snapshot's profile " + std::to_string(slot) + " is damaged");
    }
  }
  return Status::ok();
}

Status load_edges(FrameReader& in, const Header& h, ProfileState& s) {
  for (std::uint64_t i = 0; i < h.edge_lines; ++i) {
    std::uint32_t line = 0;
    WEIR_TRY(in.get(&line, sizeof(line)));
    if (line >= s.edges.lines().size()) {
      return data_loss("snapshot_edge", "the snapshot names edge line " + std::to_string(line));
    }
    WEIR_TRY(in.get(&s.edges.lines()[line], sizeof(EdgeLine)));
  }
  if (!in.at_frame_end()) {
    return data_loss("snapshot_length", "the snapshot is longer than its counts say");
  }
  return Status::ok();
}

Status load_into(const Profiles::Reader& read, ProfileState& s) {
  FrameReader in(read);
  Header h;
  WEIR_TRY(in.get(&h, sizeof(h)));
  WEIR_TRY(check_header(h, s));
  WEIR_TRY(load_entries(in, h, s));
  WEIR_TRY(load_profiles(in, h, s));
  WEIR_TRY(load_edges(in, h, s));
  s.edges.set_evictions(h.evictions);
  s.overflowed = h.overflowed;
  s.parties = h.parties;
  s.sides = h.sides;
  s.full.store(h.full != 0, std::memory_order_relaxed);
  for (unsigned kind = 0; kind < 64; ++kind) {
    s.overflow_slots[kind].store(h.overflow_slots[kind], std::memory_order_relaxed);
  }
  return Status::ok();
}

}  // namespace

Status Profiles::save(const Writer& write) const {
  const ProfileState& s = *state_;
  FrameWriter out(write);
  const Header header = header_of(s);
  WEIR_TRY(out.put(bytes_of(&header, 1)));
  std::vector<IndexEntry> entries;
  entries.reserve(s.index.size());
  s.index.each([&](const IndexEntry& entry) { entries.push_back(entry); });
  std::sort(entries.begin(), entries.end(), [](const IndexEntry& a, const IndexEntry& b) {
    return a.slot != b.slot ? a.slot < b.slot : a.id < b.id;
  });
  WEIR_TRY(out.put(bytes_of(entries.data(), entries.size())));
  for (std::uint32_t slot = 0; slot < s.parties; ++slot) {
    WEIR_TRY(out.put(bytes_of(&s.profiles[slot], 1)));
  }
  const PagedArray<EdgeLine>& lines = s.edges.lines();
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!in_use(lines[i])) continue;
    const auto line = static_cast<std::uint32_t>(i);
    WEIR_TRY(out.put(bytes_of(&line, 1)));
    WEIR_TRY(out.put(bytes_of(&lines[i], 1)));
  }
  return out.flush();
}

Status Profiles::load(const Reader& read) {
  auto fresh = std::make_unique<ProfileState>(state_->options);
  const Status status = load_into(read, *fresh);
  state_ = status.is_ok() ? std::move(fresh) : std::make_unique<ProfileState>(state_->options);
  return status;
}

}  // namespace weir::profile
