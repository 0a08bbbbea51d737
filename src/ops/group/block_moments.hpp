// BlockMoments: count, mean and sum of squared deviations of one group, joined block by block.
//
//   BlockMoments all;
//   all.join({n, mean, m2});      // of the group's values in one block of 4,096 rows, in order
//   all.m2 / all.n;               // population variance
//
// A block's own: m0 = sum / n; with d = x - m0, e the sum of d in row order and a that of d * d,
// mean = m0 + e / n and m2 = a - (e / n)^2 n. (Chan, Golub, LeVeque, 1983.)
#pragma once

namespace weir::ops {

struct BlockMoments {
  double n = 0;
  double mean = 0;
  double m2 = 0;

  void join(const BlockMoments& block) {
    if (block.n == 0) return;
    if (n == 0) {
      *this = block;
      return;
    }
    const double total = n + block.n;
    const double d = block.mean - mean;
    const double r = d / total;
    const double p = n * block.n;
    m2 = (m2 + block.m2) + (d * r) * p;
    mean = mean + r * block.n;
    n = total;
  }
  // The moments of a block from its first mean m0 and the folds of deviations from it.
  static BlockMoments of(double n, double m0, double e, double a) {
    const double shift = e / n;
    return {n, m0 + shift, a - (shift * shift) * n};
  }
};

}  // namespace weir::ops
