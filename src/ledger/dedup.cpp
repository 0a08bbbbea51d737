#include "ledger/dedup.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "base/check.hpp"

namespace weir::ledger {

DedupTable::DedupTable(std::size_t events_max)
    : events_max_(events_max),
      ring_mask_(std::bit_ceil(events_max) - 1),
      head_mask_(2 * std::bit_ceil(events_max) - 1),
      ring_(ring_mask_ + 1),
      heads_(head_mask_ + 1) {
  CHECK(events_max >= 1 && events_max <= std::size_t{1} << 30);
}

void DedupTable::start_at(std::uint64_t next_seq) {
  CHECK_EQ(first_seq_, next_seq_);  // only before the first insert
  CHECK_GE(next_seq, 1U);
  first_seq_ = next_seq_ = next_seq;
}

void DedupTable::insert(std::uint64_t fingerprint, std::uint64_t seq) {
  CHECK_EQ(seq, next_seq_);
  std::uint32_t& head = heads_[fingerprint & head_mask_];
  ring_[seq & ring_mask_] = {
      {static_cast<std::uint32_t>(fingerprint), static_cast<std::uint32_t>(fingerprint >> 32)},
      head};
  head = static_cast<std::uint32_t>(seq);
  ++next_seq_;
}

std::size_t DedupTable::bytes() const {
  return ring_.size() * sizeof(Entry) + heads_.size() * sizeof(std::uint32_t);
}

void DedupTable::save(ByteWriter& out) const {
  const std::uint64_t count = std::min<std::uint64_t>(next_seq_ - first_seq_, events_max_);
  out.u64(next_seq_);
  out.u64(count);
  out.buffer().reserve(out.buffer().size() + count * sizeof(std::uint64_t));
  std::array<std::uint64_t, 4096> some;
  for (std::uint64_t seq = next_seq_ - count; seq < next_seq_;) {
    const std::size_t take = std::min<std::uint64_t>(some.size(), next_seq_ - seq);
    for (std::size_t i = 0; i < take; ++i) some[i] = ring_[seq++ & ring_mask_].fingerprint();
    out.raw({reinterpret_cast<const std::uint8_t*>(some.data()), take * 8});
  }
}

Status DedupTable::restore(ByteReader& in) {
  *this = DedupTable(events_max_);
  const std::uint64_t next_seq = in.u64();
  const std::uint64_t count = in.u64();
  if (!in.ok() || count > in.left() / sizeof(std::uint64_t) || count >= next_seq) {
    return data_loss("snapshot_damaged", "dedup table: cut short");
  }
  // A smaller table than the one saved keeps the newest.
  const std::uint64_t dropped = count > events_max_ ? count - events_max_ : 0;
  in.raw(dropped * sizeof(std::uint64_t));
  start_at(next_seq - (count - dropped));
  while (next_seq_ < next_seq) insert(in.u64(), next_seq_);
  return Status::ok();
}

}  // namespace weir::ledger
