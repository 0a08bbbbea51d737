#include "decide/breaker.hpp"

#include <algorithm>
#include <numeric>

namespace weir::decide {

void Breaker::set_limit(const std::optional<BlockLimit>& limit) {
  if (limit == limit_) return;
  *this = Breaker();
  limit_ = limit;
}

void Breaker::advance(std::int64_t tile) {
  const std::int64_t stale = std::min<std::int64_t>(tile - tile_, kTiles);
  for (std::int64_t i = 0; i < stale; ++i) {
    const auto at = static_cast<std::size_t>((tile - i) % kTiles);
    decided_total_ -= decided_[at];
    wished_total_ -= wished_[at];
    decided_[at] = 0;
    wished_[at] = 0;
  }
  tile_ = tile;
}

bool Breaker::step(std::int64_t time_us, bool wants_block) {
  if (!limit_) return false;
  now_us_ = std::max(now_us_, time_us);
  const std::int64_t tile = now_us_ / std::max<std::int64_t>(1, limit_->width_us / kTiles);
  if (tile > tile_) advance(tile);
  const auto at = static_cast<std::size_t>(tile_ % kTiles);
  ++decided_[at];
  ++decided_total_;
  wished_[at] += wants_block;
  wished_total_ += wants_block;
  const bool over = wished_total_ * 1'000'000 > limit_->share_e6 * decided_total_ &&
                    decided_total_ >= limit_->decided_min;
  if (over) open_until_us_ = now_us_ + limit_->width_us;
  return wants_block && open();
}

void Breaker::save(ByteWriter& out) const {
  for (const std::uint32_t count : decided_) out.u32(count);
  for (const std::uint32_t count : wished_) out.u32(count);
  out.i64(now_us_);
  out.i64(tile_);
  out.i64(open_until_us_);
}

Status Breaker::load(ByteReader& in) {
  Breaker fresh;
  fresh.limit_ = limit_;
  for (std::uint32_t& count : fresh.decided_) count = in.u32();
  for (std::uint32_t& count : fresh.wished_) count = in.u32();
  fresh.now_us_ = in.i64();
  fresh.tile_ = in.i64();
  fresh.open_until_us_ = in.i64();
  if (!in.ok() || fresh.tile_ < 0) return data_loss("breaker", "the breaker's snapshot is damaged");
  fresh.decided_total_ =
      std::accumulate(fresh.decided_.begin(), fresh.decided_.end(), std::uint64_t{0});
  fresh.wished_total_ =
      std::accumulate(fresh.wished_.begin(), fresh.wished_.end(), std::uint64_t{0});
  *this = fresh;
  return Status::ok();
}

}  // namespace weir::decide
