// Snapshot of all profiles, piece by piece:
//   index    header {magic "WPRF", version, edge entries, counters, overflow slots}, then entries,
//            16 bytes each, by slot and then id
//   profiles 128 bytes each, by slot, kPieceSlots a piece
//   edges    kPieceLines lines a piece: u32 lines in use, then {u32 line, 64 bytes} for each
// The order of the index is left out, so the bytes do not depend on how its table grew. Whoever
// keeps the bytes keeps a checksum of them.
#include <algorithm>
#include <cstring>
#include <string>

#include "profile/pair_hash.hpp"
#include "profile/profile_pieces.hpp"
#include "profile/profile_state.hpp"

namespace weir::profile {
namespace {

constexpr std::uint32_t kMagic = 0x46525057;  // "WPRF"
constexpr std::uint32_t kVersion = 2;

struct Header {
  std::uint32_t magic = kMagic;
  std::uint32_t version = kVersion;
  std::uint64_t edge_entries = 0;
  std::uint64_t entries = 0;
  std::uint64_t evictions = 0;
  std::uint64_t overflowed = 0;
  std::uint32_t parties = 0;
  std::uint32_t sides = 0;
  std::uint32_t full = 0;
  std::uint32_t reserved = 0;
  std::array<std::uint32_t, 64> overflow_slots{};
};
static_assert(sizeof(Header) == 56 + 256);
static_assert(sizeof(Header) % alignof(IndexEntry) == 0);
static_assert(sizeof(Profile) * kPieceSlots == StatePiece::kBytes);
static_assert(sizeof(EdgeLine) * kPieceLines == StatePiece::kBytes);
static_assert(ProfileSlabs::kPerSlab % kPieceSlots == 0);  // a piece lies in one slab

template <class T>
Bytes bytes_of(const T* from, std::size_t count) {
  return {reinterpret_cast<const std::uint8_t*>(from), count * sizeof(T)};
}

bool in_use(const EdgeLine& line) {
  return std::any_of(std::begin(line.entries), std::end(line.entries),
                     [](const EdgeEntry& e) { return e.fingerprint != 0; });
}

Header header_of(const ProfileState& s) {
  Header h;
  h.edge_entries = s.edges.entries();
  h.entries = s.index.size();
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

Status cut_short() {
  return data_loss("snapshot_end", "the profile snapshot ends early");
}

Status check_header(const Header& h, const ProfileState& s) {
  if (h.magic != kMagic || h.version != kVersion) {
    return data_loss("snapshot_version", "these bytes are no profile snapshot of version 2");
  }
  if (h.edge_entries != s.edges.entries()) {
    return data_loss("snapshot_options", "the snapshot has " + std::to_string(h.edge_entries) +
                                             " edge entries, the configuration " +
                                             std::to_string(s.edges.entries()))
        .hint("start with the edge table size the snapshot was taken with");
  }
  bool sound = h.parties < kSideSlotFirst && h.sides < kSideSlotFirst &&
               h.entries <= std::uint64_t{h.parties} + h.sides;
  for (const std::uint32_t slot : h.overflow_slots) {
    sound = sound && (slot == kNoSlot || slot < h.parties);
  }
  if (!sound) return data_loss("snapshot_counts", "the snapshot's counts contradict each other");
  return Status::ok();
}

Status load_entries(ByteReader& in, const Header& h, ProfileState& s) {
  if (h.entries > in.left() / sizeof(IndexEntry)) return cut_short();
  for (std::uint64_t i = 0; i < h.entries; ++i) {
    const auto entry = in.get<IndexEntry>();
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

Status load_profiles(ByteReader& in, const Header& h, ProfileState& s) {
  if (h.parties > in.left() / sizeof(Profile)) return cut_short();
  for (std::uint32_t slot = 0; slot < h.parties; ++slot) {
    s.profiles.reserve(slot);
    Profile& p = s.profiles[slot];
    p = in.get<Profile>();
    if (p.last_us < 0 || p.seen > 1) {
      return data_loss("snapshot_profile",
                       "the snapshot's profile " + std::to_string(slot) + " is damaged");
    }
  }
  return Status::ok();
}

Status load_edges(ByteReader& in, ProfileState& s) {
  const std::size_t lines = s.edges.lines().size();
  for (std::size_t begin = 0; begin < lines; begin += kPieceLines) {
    const std::size_t end = std::min(begin + kPieceLines, lines);
    for (std::uint32_t left = in.u32(); left != 0; --left) {
      const std::uint32_t line = in.u32();
      const auto edges = in.get<EdgeLine>();
      if (!in.ok()) return cut_short();
      if (line < begin || line >= end) {
        return data_loss("snapshot_edge", "the snapshot names edge line " + std::to_string(line));
      }
      s.edges.lines()[line] = edges;
    }
  }
  return in.ok() ? Status::ok() : cut_short();
}

Status load_into(ByteReader& in, ProfileState& s) {
  const auto h = in.get<Header>();
  if (!in.ok()) return cut_short();
  WEIR_TRY(check_header(h, s));
  WEIR_TRY(load_entries(in, h, s));
  WEIR_TRY(load_profiles(in, h, s));
  WEIR_TRY(load_edges(in, s));
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

// Puts back, at the end of its life, what had been as it is now.
class Unchanged {
 public:
  Unchanged(ProfileState& state, const PiecesAhead& ahead, std::uint64_t height)
      : state_(state), ahead_(ahead), height_(height) {}
  Unchanged(const Unchanged&) = delete;
  Unchanged& operator=(const Unchanged&) = delete;
  ~Unchanged() {
    for (const auto& [slot, profile] : profiles_) state_.profiles[slot] = profile;
    for (const auto& [line, edges] : lines_) state_.edges.lines()[line] = edges;
  }

  void keep_profile(std::uint32_t slot) {
    if (slot == kNoSlot || !ahead_.slot(slot, height_)) return;
    profiles_.emplace_back(slot, state_.profiles[slot]);
  }
  void keep_edges(std::uint32_t debtor, std::uint32_t creditor) {
    if (debtor == kNoSlot || creditor == kNoSlot) return;
    const std::size_t line = pair_hash(debtor, creditor) & (state_.edges.lines().size() - 1);
    if (ahead_.line(line, height_)) lines_.emplace_back(line, state_.edges.lines()[line]);
  }

 private:
  ProfileState& state_;
  const PiecesAhead& ahead_;
  std::uint64_t height_;
  std::vector<std::pair<std::uint32_t, Profile>> profiles_;
  std::vector<std::pair<std::size_t, EdgeLine>> lines_;
};

}  // namespace

ProfilePieces::ProfilePieces(const Profiles& profiles) : state_(*profiles.state_) {}

std::size_t ProfilePieces::index_bytes(const Profiles& profiles) {
  return sizeof(Header) + profiles.state_->index.size() * sizeof(IndexEntry);
}

bool ProfilePieces::next(StatePiece& piece) {
  piece.clear();
  if (made_ == 0) {
    layout_.parties = state_.parties;
    put_index(piece);
  } else if (made_ < layout_.first_edge_piece()) {
    const auto begin = static_cast<std::uint32_t>((made_ - 1) * kPieceSlots);
    const std::uint32_t count = std::min(kPieceSlots, layout_.parties - begin);
    piece.out.raw(bytes_of(&state_.profiles[begin], count));
  } else {
    const std::size_t begin = (made_ - layout_.first_edge_piece()) * kPieceLines;
    if (begin >= state_.edges.lines().size()) return false;
    put_edges(begin, piece);
  }
  ++made_;
  return true;
}

void ProfilePieces::put_index(StatePiece& piece) const {
  piece.out.buffer().reserve(sizeof(Header) + state_.index.size() * sizeof(IndexEntry));
  piece.out.put(header_of(state_));
  state_.index.each([&](const IndexEntry& entry) { piece.out.put(entry); });
  piece.complete = [](std::vector<std::uint8_t>& bytes) {
    auto* const first = reinterpret_cast<IndexEntry*>(bytes.data() + sizeof(Header));
    auto* const last = first + (bytes.size() - sizeof(Header)) / sizeof(IndexEntry);
    std::sort(first, last, [](const IndexEntry& a, const IndexEntry& b) {
      return a.slot != b.slot ? a.slot < b.slot : a.id < b.id;
    });
  };
}

void ProfilePieces::put_edges(std::size_t begin, StatePiece& piece) const {
  const PagedArray<EdgeLine>& lines = state_.edges.lines();
  const std::size_t end = std::min(begin + kPieceLines, lines.size());
  std::uint32_t count = 0;
  piece.out.u32(count);
  for (std::size_t i = begin; i < end; ++i) {
    if (!in_use(lines[i])) continue;
    piece.out.u32(static_cast<std::uint32_t>(i));
    piece.out.put(lines[i]);
    ++count;
  }
  store(piece.out.buffer().data(), count);
}

void Profiles::save(ByteWriter& out) const {
  save_pieces(ProfilePieces(*this), out);
}

Status Profiles::load(ByteReader& in) {
  auto fresh = std::make_unique<ProfileState>(state_->options);
  const Status status = load_into(in, *fresh);
  state_ = status.is_ok() ? std::move(fresh) : std::make_unique<ProfileState>(state_->options);
  return status;
}

PieceLayout Profiles::piece_layout() const {
  return {state_->parties};
}

Status Profiles::gather_behind(const EventColumns& columns, Gathered& gathered, TouchOut& out,
                               const PiecesAhead& ahead, std::uint64_t height) {
  Unchanged unchanged(*state_, ahead, height);
  for (std::size_t row = 0; row < columns.rows(); ++row) {
    unchanged.keep_profile(columns.debtor_slot[row]);
    unchanged.keep_profile(columns.creditor_slot[row]);
    unchanged.keep_edges(columns.debtor_slot[row], columns.creditor_slot[row]);
  }
  return gather(columns, gathered, out);
}

void Profiles::apply_label_behind(const LabelUpdate& label, const PiecesAhead& ahead,
                                  std::uint64_t height) {
  Unchanged unchanged(*state_, ahead, height);
  unchanged.keep_profile(state_->profile_slot_of(label.debtor));
  unchanged.keep_profile(state_->profile_slot_of(label.creditor));
  apply_label(label);
}

}  // namespace weir::profile
