#include "simulator/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.hpp"
#include "base/numeric/elementary.hpp"

namespace weir::simulator {

double standard_normal(Philox& rng) {
  while (true) {
    const double u = 2.0 * rng.next_unit() - 1.0;
    const double v = 2.0 * rng.next_unit() - 1.0;
    const double s = u * u + v * v;
    if (s >= 1.0 || s == 0.0) continue;
    return u * std::sqrt(-2.0 * numeric::ln(s) / s);  // IEEE sqrt is exact everywhere
  }
}

Poisson::Poisson(double mean) : mean_(mean), none_(numeric::exp(-mean)) {
  CHECK(mean >= 0.0 && mean <= 100.0);
}

unsigned Poisson::draw(Philox& rng) const {
  const double u = rng.next_unit();
  double p = none_;
  double sum = p;
  unsigned k = 0;
  while (u >= sum && k < 1000) {
    ++k;
    p *= mean_ / k;
    sum += p;
  }
  return k;
}

AliasTable::AliasTable(std::span<const double> weights) : cells_(weights.size()) {
  CHECK(!weights.empty());
  double sum = 0;
  for (const double w : weights) sum += w;
  CHECK_GT(sum, 0.0);
  const double scale = static_cast<double>(weights.size()) / sum;
  std::vector<double> share(weights.size());
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    share[i] = weights[i] * scale;
    (share[i] < 1.0 ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t poor = small.back();
    const std::uint32_t rich = large.back();
    small.pop_back();
    cells_[poor] = {static_cast<std::uint32_t>(std::min(share[poor] * 0x1p32, 0x1p32 - 1)), rich};
    share[rich] -= 1.0 - share[poor];
    if (share[rich] < 1.0) {
      large.pop_back();
      small.push_back(rich);
    }
  }
  for (const auto* rest : {&small, &large}) {
    for (const std::uint32_t i : *rest) cells_[i] = {UINT32_MAX, i};
  }
}

AliasTable AliasTable::zipf(std::uint32_t n, double theta) {
  std::vector<double> weights(n, 1.0);
  if (theta != 0.0) {
    for (std::uint32_t i = 0; i < n; ++i) {
      weights[i] = numeric::exp(-theta * numeric::ln(static_cast<double>(i) + 1.0));
    }
  }
  return AliasTable(weights);
}

}  // namespace weir::simulator
