// ExactRing: the slot body of an exact window: the last 64 (time, value) of a key, sorted by time.
//
// The state word holds head, size and the saturated mark. An event evicted while inside W sets the
// mark; it goes as soon as a ring entry leaves W, because what was evicted is older than all that
// stayed.
#pragma once

#include <cstdint>

#include "decide/window/tile_bodies.hpp"

namespace weir::decide::window_internal {

class ExactRing {
 public:
  ExactRing(std::uint64_t* state, std::uint64_t* body) : state_(state), body_(body) {}

  unsigned head() const { return static_cast<unsigned>(*state_ & 0xFF); }
  unsigned size() const { return static_cast<unsigned>(*state_ >> 8 & 0xFF); }
  bool saturated() const { return (*state_ >> 16 & 1) != 0; }
  std::int64_t time(unsigned i) const { return static_cast<std::int64_t>(body_[place(i)]); }
  std::uint64_t value(unsigned i) const { return body_[kRing + place(i)]; }
  // Returns the time of the newest entry; the ring must not be empty.
  std::int64_t newest() const { return time(size() - 1); }

  void add(std::int64_t t, std::uint64_t value, std::int64_t width_us) {
    const std::int64_t now = size() != 0 && newest() > t ? newest() : t;
    while (size() != 0 && time(0) <= now - width_us) {
      pop();
      mark(false);
    }
    if (t <= now - width_us) return;
    if (size() == kRing) {
      mark(true);
      if (t < time(0)) return;
      pop();
    }
    unsigned at = size();
    set(head(), size() + 1, saturated());
    for (; at != 0 && time(at - 1) > t; --at) write(at, time(at - 1), this->value(at - 1));
    write(at, t, value);
  }

  // Returns the first entry inside the window that ends at `now`.
  unsigned first_inside(std::int64_t now, std::int64_t width_us) const {
    unsigned i = 0;
    while (i < size() && time(i) <= now - width_us) ++i;
    return i;
  }

  bool sound() const {
    if (head() >= kRing || size() > kRing || *state_ >> 17 != 0) return false;
    for (unsigned i = 1; i < size(); ++i) {
      if (time(i) < time(i - 1)) return false;
    }
    return true;
  }

 private:
  unsigned place(unsigned i) const { return (head() + i) & (kRing - 1); }
  void set(unsigned head, unsigned size, bool saturated) {
    *state_ = head | size << 8 | static_cast<unsigned>(saturated) << 16;
  }
  void mark(bool saturated) { set(head(), size(), saturated); }
  void pop() { set((head() + 1) & (kRing - 1), size() - 1, saturated()); }
  void write(unsigned i, std::int64_t t, std::uint64_t value) {
    body_[place(i)] = static_cast<std::uint64_t>(t);
    body_[kRing + place(i)] = value;
  }

  std::uint64_t* state_;
  std::uint64_t* body_;
};

// Computes the window's function over the entries [first, size); false: null.
template <class V>
bool read_ring(const ExactRing& ring, unsigned first, const WindowSpec& spec, std::uint64_t& out) {
  const unsigned count = ring.size() - first;
  switch (spec.function) {
    case WindowFunction::kCount:
      out = count;
      return true;
    case WindowFunction::kRate:
      out = to_bits(static_cast<double>(count) * static_cast<double>(kHour) /
                    static_cast<double>(spec.width_us));
      return true;
    case WindowFunction::kDistinct: {
      out = 0;
      for (unsigned i = first; i < ring.size(); ++i) {
        bool seen = false;
        for (unsigned j = first; j < i && !seen; ++j) seen = ring.value(j) == ring.value(i);
        out += !seen;
      }
      return true;
    }
    default:
      break;
  }
  if (count == 0) return false;
  V sum = 0;
  V low = from_bits<V>(ring.value(first));
  V high = low;
  for (unsigned i = first; i < ring.size(); ++i) {
    const V value = from_bits<V>(ring.value(i));
    sum = add_values(sum, value);
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  switch (spec.function) {
    case WindowFunction::kMin:
      out = to_bits(low);
      break;
    case WindowFunction::kMax:
      out = to_bits(high);
      break;
    case WindowFunction::kAvg:
      out = to_bits(static_cast<double>(sum) /
                    (static_cast<double>(count) * power_of_ten(spec.scale)));
      break;
    default:
      out = to_bits(sum);
  }
  return true;
}

}  // namespace weir::decide::window_internal
