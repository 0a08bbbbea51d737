// Budget: who may use how much device memory. Nothing is allocated without a reservation.
//
//   Budget budget(512 << 20);
//   WEIR_ASSIGN(Reservation mine, budget.reserve(64 << 20, Tag::kIndex, Priority::kNormal));
//   // gives the bytes back when it goes out of scope
//
// Thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace weir::device {

enum class Tag : std::uint8_t {
  kPatterns,
  kIndex,
  kWeights,
  kActivations,
  kColumns,
  kStaging,
  kScratch,
};
inline constexpr std::size_t kTags = 7;
std::string_view tag_name(Tag tag);  // "patterns", ...

enum class Priority : std::uint8_t { kLow, kNormal, kHigh, kCritical };
std::string_view priority_name(Priority priority);  // "low", "normal", "high", "critical"

class Reservation;
struct Holding;

class Budget {
 public:
  // Low and normal priorities may fill the budget up to soft_limit_ratio; high and critical all.
  explicit Budget(std::size_t bytes_max, double soft_limit_ratio = 1.0);

  // resource_exhausted (budget): names what is asked, what is free, and the holders by tag.
  Result<Reservation> reserve(std::size_t bytes, Tag tag, Priority priority = Priority::kNormal);

  std::size_t bytes_max() const { return state_->bytes_max; }
  std::size_t reserved() const;
  std::size_t reserved(Tag tag) const;
  std::size_t available(Priority priority = Priority::kNormal) const;
  // Returns "patterns 1048576, scratch 67108864", largest first, or "nobody".
  std::string holders() const;

 private:
  friend struct Holding;
  struct State {
    mutable std::mutex mutex;
    std::size_t bytes_max = 0;
    std::size_t soft_max = 0;
    std::size_t reserved = 0;
    std::array<std::size_t, kTags> by_tag{};
    std::string holders_locked() const;
  };
  std::shared_ptr<State> state_;
};

// What one reservation holds; shared with the buffers drawn from it.
struct Holding {
  Holding(std::shared_ptr<Budget::State> of, std::size_t size, Tag what)
      : state(std::move(of)), bytes(size), tag(what) {}
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;
  ~Holding();

  std::shared_ptr<Budget::State> state;
  const std::size_t bytes;
  const Tag tag;
  std::size_t drawn = 0;  // under state->mutex
};

// Bytes of a budget, given back once it and all buffers drawn from it are gone. Move-only.
// Thread-safe.
class Reservation {
 public:
  Reservation() = default;
  Reservation(Reservation&&) noexcept = default;
  Reservation& operator=(Reservation&&) noexcept = default;

  std::size_t bytes() const { return holding_ == nullptr ? 0 : holding_->bytes; }
  std::size_t drawn() const;
  Tag tag() const { return holding_->tag; }

  // Bytes of a reservation that are in use, until it goes out of scope. Move-only.
  class Draw {
   public:
    Draw() = default;
    Draw(Draw&& other) noexcept;
    Draw& operator=(Draw&& other) noexcept;
    ~Draw() { release(); }

   private:
    friend class Reservation;
    void release();
    std::shared_ptr<Holding> holding_;
    std::size_t bytes_ = 0;
  };
  // resource_exhausted (reservation) if fewer bytes than that are left.
  Result<Draw> draw(std::size_t bytes);

 private:
  friend class Budget;
  std::shared_ptr<Holding> holding_;
};

}  // namespace weir::device
