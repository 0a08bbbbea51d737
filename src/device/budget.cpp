#include "device/budget.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.hpp"

namespace weir::device {

std::string_view tag_name(Tag tag) {
  static constexpr std::string_view kNames[kTags] = {
      "patterns", "index", "weights", "activations", "columns", "staging", "scratch"};
  return kNames[static_cast<std::size_t>(tag)];
}

std::string_view priority_name(Priority priority) {
  static constexpr std::string_view kNames[] = {"low", "normal", "high", "critical"};
  return kNames[static_cast<std::size_t>(priority)];
}

Budget::Budget(std::size_t bytes_max, double soft_limit_ratio) : state_(std::make_shared<State>()) {
  state_->bytes_max = bytes_max;
  state_->soft_max = static_cast<std::size_t>(static_cast<double>(bytes_max) * soft_limit_ratio);
}

std::string Budget::State::holders_locked() const {
  std::array<std::size_t, kTags> order{};
  for (std::size_t i = 0; i < kTags; ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return by_tag[a] > by_tag[b]; });
  std::string text;
  for (const std::size_t tag : order) {
    if (by_tag[tag] == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(tag_name(static_cast<Tag>(tag))) + " " + std::to_string(by_tag[tag]);
  }
  return text.empty() ? "nobody" : text;
}

Result<Reservation> Budget::reserve(std::size_t bytes, Tag tag, Priority priority) {
  const std::lock_guard lock(state_->mutex);
  const std::size_t limit = priority >= Priority::kHigh ? state_->bytes_max : state_->soft_max;
  const std::size_t free = limit > state_->reserved ? limit - state_->reserved : 0;
  if (bytes > free) {
    return fail(
        resource_exhausted("budget", std::to_string(bytes) + " bytes of device memory for " +
                                         std::string(tag_name(tag)) + ", " + std::to_string(free) +
                                         " of " + std::to_string(limit) + " free; held by " +
                                         state_->holders_locked())
            .at("device.memory_bytes_max")
            .hint("raise device.memory_bytes_max or ask for less"));
  }
  state_->reserved += bytes;
  state_->by_tag[static_cast<std::size_t>(tag)] += bytes;
  Reservation reservation;
  reservation.holding_ = std::make_shared<Holding>(state_, bytes, tag);
  return reservation;
}

std::size_t Budget::reserved() const {
  const std::lock_guard lock(state_->mutex);
  return state_->reserved;
}

std::size_t Budget::reserved(Tag tag) const {
  const std::lock_guard lock(state_->mutex);
  return state_->by_tag[static_cast<std::size_t>(tag)];
}

std::size_t Budget::available(Priority priority) const {
  const std::lock_guard lock(state_->mutex);
  const std::size_t limit = priority >= Priority::kHigh ? state_->bytes_max : state_->soft_max;
  return limit > state_->reserved ? limit - state_->reserved : 0;
}

std::string Budget::holders() const {
  const std::lock_guard lock(state_->mutex);
  return state_->holders_locked();
}

Holding::~Holding() {
  const std::lock_guard lock(state->mutex);
  CHECK(drawn == 0);
  state->reserved -= bytes;
  state->by_tag[static_cast<std::size_t>(tag)] -= bytes;
}

std::size_t Reservation::drawn() const {
  if (holding_ == nullptr) return 0;
  const std::lock_guard lock(holding_->state->mutex);
  return holding_->drawn;
}

Result<Reservation::Draw> Reservation::draw(std::size_t bytes) {
  CHECK(holding_ != nullptr);
  const std::lock_guard lock(holding_->state->mutex);
  const std::size_t left = holding_->bytes - holding_->drawn;
  if (bytes > left) {
    return fail(resource_exhausted(
        "reservation", std::to_string(bytes) + " bytes asked, " + std::to_string(left) + " of " +
                           std::to_string(holding_->bytes) + " reserved are left"));
  }
  holding_->drawn += bytes;
  Draw draw;
  draw.holding_ = holding_;
  draw.bytes_ = bytes;
  return draw;
}

Reservation::Draw::Draw(Draw&& other) noexcept
    : holding_(std::move(other.holding_)), bytes_(std::exchange(other.bytes_, 0)) {}

Reservation::Draw& Reservation::Draw::operator=(Draw&& other) noexcept {
  if (this == &other) return *this;
  release();
  holding_ = std::move(other.holding_);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

void Reservation::Draw::release() {
  if (holding_ == nullptr) return;
  {
    const std::lock_guard lock(holding_->state->mutex);
    holding_->drawn -= bytes_;
  }
  holding_.reset();
}

}  // namespace weir::device
