#include "ops/fft/engine/plan.hpp"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.hpp"
#include "base/numeric/trigonometry.hpp"
#include "ops/fft/engine/engine.hpp"

namespace weir::ops::fft {
namespace {

void put_turn(double* at, std::size_t stride, std::uint64_t k, std::uint64_t n) {
  const numeric::SinCos turn = numeric::turn(k, n);
  at[0] = turn.cos;
  at[stride] = -turn.sin;
}

// The 8s first: the first stage then fills whole vectors for the ones after it. Without a 4 the
// largest factor goes first, for the same reason.
std::vector<std::uint32_t> factors_of(std::size_t n) {
  std::vector<std::uint32_t> odd;
  for (const std::uint32_t prime : {13U, 11U, 7U, 5U, 3U}) {
    for (; n % prime == 0; n /= prime) odd.push_back(prime);
  }
  const auto twos = static_cast<unsigned>(std::countr_zero(n));
  std::vector<std::uint32_t> factors;
  // 16 = 4 * 4 is cheaper than 8 * 2.
  const unsigned fours = twos % 3 == 1 && twos > 1 ? 2 : (twos % 3 == 2 ? 1 : 0);
  factors.assign((twos - 2 * fours) / 3, 8);
  factors.insert(factors.end(), fours, 4);
  factors.insert(factors.end(), odd.begin(), odd.end());
  if (twos == 1) factors.push_back(2);
  return factors;
}

FourStep make_four_step(std::size_t n) {
  // The most nearly square split; columns are read with a stride and should be the shorter side.
  std::size_t best = 1;
  for (std::size_t n1 = 1; n1 * n1 <= n; ++n1) {
    if (n % n1 == 0) best = n1;
  }
  FourStep four{.columns = make_stages(best), .rows = make_stages(n / best), .far = {}, .near = {}};
  const std::size_t n2 = n / best;
  four.far = AlignedBuffer<double>(2 * four.groups() * best);
  four.near = AlignedBuffer<double>(2 * kColumns * best);
  for (std::size_t group = 0; group < four.groups(); ++group) {
    const std::size_t base = std::min(group * kColumns, n2 - kColumns);
    for (std::size_t k = 0; k < best; ++k) {
      put_turn(&four.far[2 * (group * best + k)], 1, base * k, n);
    }
  }
  for (std::size_t k = 0; k < best; ++k) {
    for (std::size_t c = 0; c < kColumns; ++c) {
      put_turn(&four.near[2 * kColumns * k + c], kColumns, c * k, n);
    }
  }
  return four;
}

// exp(-i pi k^2 / n) = a turn of k^2 modulo 2 n parts of 2 n.
void make_bluestein(Plan& plan) {
  const std::size_t n = plan.n;
  const std::size_t m = plan.inner->n;
  plan.chirp = AlignedBuffer<double>(2 * n);
  AlignedBuffer<double> kernel(2 * m);
  for (std::size_t k = 0; k < n; ++k) {
    const numeric::SinCos turn = numeric::turn(k * k % (2 * n), 2 * n);
    plan.chirp[2 * k] = turn.cos;
    plan.chirp[2 * k + 1] = -turn.sin;
    for (const std::size_t at : {k, (m - k) % m}) {
      kernel[2 * at] = turn.cos;
      kernel[2 * at + 1] = turn.sin;
    }
  }
  plan.chirp_bins = AlignedBuffer<double>(2 * m);
  transform_one(*plan.inner, Direction::kForward, 1.0 / static_cast<double>(m), kernel.data(),
                plan.chirp_bins.data());
}

// The two sides of the four-step form must hold a vector of columns each.
bool splits(std::size_t n) {
  for (std::size_t n1 = kColumns; n1 * n1 <= n; ++n1) {
    if (n % n1 == 0 && n / n1 <= kStagesMax) return true;
  }
  return false;
}

}  // namespace

bool is_product(std::size_t n) {
  if (n == 0) return false;
  for (const std::size_t prime : {2U, 3U, 5U, 7U, 11U, 13U}) {
    while (n % prime == 0) n /= prime;
  }
  return n == 1;
}

// Candidates 2^k * {1, 3, 5, 9, 15, 25} / 16 and so on: multiples of 16 keep the stages in whole
// vectors.
std::size_t good_length(std::size_t n) {
  std::size_t best = std::bit_ceil(std::max<std::size_t>(n, 16));
  for (const std::size_t odd : {3U, 5U, 9U, 15U, 25U}) {
    std::size_t candidate = 16 * odd;
    while (candidate < n) candidate *= 2;
    best = std::min(best, candidate);
  }
  return best;
}

Stages make_stages(std::size_t n) {
  Stages result;
  result.n = n;
  std::size_t s = 1;
  std::size_t turns = 0;
  for (const std::uint32_t radix : factors_of(n)) {
    const std::size_t m = n / (s * radix);
    result.stages.push_back({radix, s, m, turns});
    if (m > 1) turns += 2 * m * (radix - 1);
    s *= radix;
  }
  result.turns = AlignedBuffer<double>(turns);
  for (const Stage& stage : result.stages) {
    if (stage.m == 1) continue;
    double* const at = &result.turns[stage.turns_at];
    const std::size_t others = stage.radix - 1;
    for (std::size_t p = 0; p < stage.m; ++p) {
      for (std::size_t j = 1; j <= others; ++j) {
        if (stage.s == 1) {
          put_turn(at + 2 * stage.m * (j - 1) + p, stage.m, p * j, stage.radix * stage.m);
        } else {
          put_turn(at + 2 * (others * p + j - 1), 1, p * j, stage.radix * stage.m);
        }
      }
    }
  }
  return result;
}

std::size_t Plan::bytes() const {
  return stages.bytes() + four.columns.bytes() + four.rows.bytes() +
         sizeof(double) * (four.far.size() + four.near.size() + chirp.size() + chirp_bins.size());
}

std::size_t Plans::size() const {
  const std::scoped_lock lock(mutex_);
  return entries_.size();
}

std::size_t Plans::bytes() const {
  const std::scoped_lock lock(mutex_);
  return held_bytes();
}

std::size_t Plans::held_bytes() const {
  std::size_t bytes = 0;
  std::vector<const Plan*> held;
  for (const Entry& entry : entries_) {
    if (entry.real != nullptr) bytes += entry.real->bytes();
    const Plan* plan = entry.real != nullptr ? entry.real->complex.get() : entry.complex.get();
    for (; plan != nullptr; plan = plan->inner.get()) held.push_back(plan);
  }
  std::sort(held.begin(), held.end());
  held.erase(std::unique(held.begin(), held.end()), held.end());
  for (const Plan* const plan : held) bytes += plan->bytes();
  return bytes;
}

Plans::Entry* Plans::find(std::size_t n, bool real) {
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->n != n || (entry->real != nullptr) != real) continue;
    entries_.splice(entries_.begin(), entries_, entry);
    return &entries_.front();
  }
  return nullptr;
}

void Plans::insert(Entry entry) {
  entries_.push_front(std::move(entry));
  while (entries_.size() > 1 && (entries_.size() > plans_max_ || held_bytes() > bytes_max_)) {
    entries_.pop_back();
  }
}

std::shared_ptr<const Plan> Plans::complex_locked(std::size_t n) {
  if (const Entry* found = find(n, false)) return found->complex;
  auto plan = std::make_shared<Plan>();
  plan->n = n;
  if (is_product(n) && n <= kStagesMax) {
    plan->stages = make_stages(n);
  } else if (is_product(n) && splits(n)) {
    plan->form = Form::kFourStep;
    plan->four = make_four_step(n);
  } else {
    plan->form = Form::kBluestein;
    plan->inner = complex_locked(good_length(2 * n - 1));
    make_bluestein(*plan);
  }
  insert({n, plan, nullptr});
  return plan;
}

std::shared_ptr<const Plan> Plans::complex(std::size_t n) {
  CHECK(n >= 1 && n <= kLengthMax);
  const std::scoped_lock lock(mutex_);
  return complex_locked(n);
}

std::shared_ptr<const RealPlan> Plans::real(std::size_t n) {
  CHECK(n >= 1 && n <= kLengthMax);
  const std::scoped_lock lock(mutex_);
  if (const Entry* found = find(n, true)) return found->real;
  auto plan = std::make_shared<RealPlan>();
  plan->n = n;
  plan->complex = complex_locked(n % 2 == 0 ? n / 2 : n);
  if (n % 2 == 0) {
    const std::size_t turns = n / 4 + 1;
    plan->sines_at = (turns + 7) / 8 * 8;
    plan->turns = AlignedBuffer<double>(2 * plan->sines_at);
    for (std::size_t k = 0; k < turns; ++k) put_turn(&plan->turns[k], plan->sines_at, k, n);
  }
  insert({n, nullptr, plan});
  return plan;
}

Plans& plans() {
  static Plans shared;
  return shared;
}

}  // namespace weir::ops::fft
