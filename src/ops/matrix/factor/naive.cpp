#include "ops/matrix/factor/naive.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace weir::ops::factor::naive {
namespace {

constexpr int kSweepsMax = 60;

long double column_norm(const LongMatrix& a, std::size_t col, std::size_t from = 0) {
  long double sum = 0;
  for (std::size_t r = from; r < a.rows; ++r) sum += a(r, col) * a(r, col);
  return std::sqrt(sum);
}

// The rotation that makes [a b; b d] diagonal (Golub and Van Loan, section 8.5).
struct Rotation {
  long double c = 1;
  long double s = 0;
};
Rotation diagonalise(long double a, long double b, long double d) {
  if (b == 0) return {};
  const long double tau = (d - a) / (2 * b);
  const long double t = (tau >= 0 ? 1.0L : -1.0L) / (std::abs(tau) + std::sqrt(1 + tau * tau));
  const long double c = 1 / std::sqrt(1 + t * t);
  return {c, t * c};
}

void rotate_columns(LongMatrix& a, std::size_t p, std::size_t q, Rotation rotation) {
  for (std::size_t r = 0; r < a.rows; ++r) {
    const long double x = a(r, p), y = a(r, q);
    a(r, p) = rotation.c * x - rotation.s * y;
    a(r, q) = rotation.s * x + rotation.c * y;
  }
}

void rotate_rows(LongMatrix& a, std::size_t p, std::size_t q, Rotation rotation) {
  for (std::size_t c = 0; c < a.cols; ++c) {
    const long double x = a(p, c), y = a(q, c);
    a(p, c) = rotation.c * x - rotation.s * y;
    a(q, c) = rotation.s * x + rotation.c * y;
  }
}

// Whether the entry of largest magnitude, the lowest of equals, is negative.
bool largest_is_negative(const LongMatrix& a, std::size_t col) {
  std::size_t best = 0;
  for (std::size_t r = 1; r < a.rows; ++r) {
    if (std::abs(a(r, col)) > std::abs(a(best, col))) best = r;
  }
  return a.rows > 0 && a(best, col) < 0;
}

void negate_column(LongMatrix& a, std::size_t col) {
  for (std::size_t r = 0; r < a.rows; ++r) a(r, col) = -a(r, col);
}

LongMatrix take_columns(const LongMatrix& a, const std::vector<std::size_t>& order) {
  LongMatrix taken(a.rows, order.size());
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < order.size(); ++c) taken(r, c) = a(r, order[c]);
  }
  return taken;
}

// Makes column `col` a unit vector at right angles to those before it: the axis that is furthest
// from them, orthogonalised twice.
void complete_basis(LongMatrix& u, std::size_t col) {
  long double best = -1;
  LongMatrix chosen(u.rows, 1);
  for (std::size_t axis = 0; axis < u.rows; ++axis) {
    LongMatrix x(u.rows, 1);
    x(axis, 0) = 1;
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t c = 0; c < col; ++c) {
        long double dot = 0;
        for (std::size_t r = 0; r < u.rows; ++r) dot += u(r, c) * x(r, 0);
        for (std::size_t r = 0; r < u.rows; ++r) x(r, 0) -= dot * u(r, c);
      }
    }
    if (column_norm(x, 0) > best) {
      best = column_norm(x, 0);
      chosen = x;
    }
  }
  for (std::size_t r = 0; r < u.rows; ++r) u(r, col) = chosen(r, 0) / best;
}

// a = (1 - 2 v v') a, v the row `step` of `vectors`, which is zero before `step`.
void reflect(LongMatrix& a, const LongMatrix& vectors, std::size_t step) {
  for (std::size_t c = 0; c < a.cols; ++c) {
    long double dot = 0;
    for (std::size_t i = step; i < a.rows; ++i) dot += vectors(step, i) * a(i, c);
    for (std::size_t i = step; i < a.rows; ++i) a(i, c) -= 2 * dot * vectors(step, i);
  }
}

}  // namespace

LongMatrix widen(MatrixView<double> a) {
  LongMatrix wide(a.rows, a.cols);
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) wide(r, c) = a(r, c);
  }
  return wide;
}

LongMatrix identity(std::size_t n) {
  LongMatrix one(n, n);
  for (std::size_t i = 0; i < n; ++i) one(i, i) = 1;
  return one;
}

LongMatrix transpose(const LongMatrix& a) {
  LongMatrix turned(a.cols, a.rows);
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) turned(c, r) = a(r, c);
  }
  return turned;
}

LongMatrix multiply(const LongMatrix& a, const LongMatrix& b) {
  LongMatrix product(a.rows, b.cols);
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t k = 0; k < a.cols; ++k) {
      for (std::size_t c = 0; c < b.cols; ++c) product(r, c) += a(r, k) * b(k, c);
    }
  }
  return product;
}

void round(const LongMatrix& a, MutableMatrixView<double> to) {
  for (std::size_t r = 0; r < a.rows; ++r) {
    for (std::size_t c = 0; c < a.cols; ++c) to(r, c) = static_cast<double>(a(r, c));
  }
}

long double norm_one(const LongMatrix& a) {
  long double largest = 0;
  for (std::size_t c = 0; c < a.cols; ++c) {
    long double sum = 0;
    for (std::size_t r = 0; r < a.rows; ++r) sum += std::abs(a(r, c));
    largest = std::max(largest, sum);
  }
  return largest;
}

long double norm_frobenius(const LongMatrix& a) {
  long double sum = 0;
  for (const long double x : a.values) sum += x * x;
  return std::sqrt(sum);
}

bool eliminate(LongMatrix a, LongMatrix& x) {
  const std::size_t n = a.rows;
  for (std::size_t k = 0; k < n; ++k) {
    std::size_t pivot = k;
    for (std::size_t r = k + 1; r < n; ++r) {
      if (std::abs(a(r, k)) > std::abs(a(pivot, k))) pivot = r;
    }
    if (a(pivot, k) == 0) return false;
    for (std::size_t c = 0; c < n; ++c) std::swap(a(k, c), a(pivot, c));
    for (std::size_t c = 0; c < x.cols; ++c) std::swap(x(k, c), x(pivot, c));
    for (std::size_t r = k + 1; r < n; ++r) {
      const long double factor = a(r, k) / a(k, k);
      for (std::size_t c = k; c < n; ++c) a(r, c) -= factor * a(k, c);
      for (std::size_t c = 0; c < x.cols; ++c) x(r, c) -= factor * x(k, c);
    }
  }
  for (std::size_t k = n; k-- > 0;) {
    for (std::size_t c = 0; c < x.cols; ++c) {
      for (std::size_t j = k + 1; j < n; ++j) x(k, c) -= a(k, j) * x(j, c);
      x(k, c) /= a(k, k);
    }
  }
  return true;
}

Inverted invert(const LongMatrix& a) {
  Inverted result{identity(a.rows), 0};
  if (!eliminate(a, result.inverse)) return result;
  result.rcond =
      a.rows == 0 ? 1 : static_cast<double>(1 / (norm_one(a) * norm_one(result.inverse)));
  return result;
}

std::size_t cholesky(const LongMatrix& a, LongMatrix& l) {
  for (std::size_t j = 0; j < a.rows; ++j) {
    for (std::size_t i = j; i < a.rows; ++i) {
      long double sum = a(i, j);
      for (std::size_t k = 0; k < j; ++k) sum -= l(i, k) * l(j, k);
      if (i == j && !(sum > 0)) return j + 1;
      l(i, j) = i == j ? std::sqrt(sum) : sum / l(j, j);
    }
  }
  return 0;
}

Qr householder(const LongMatrix& a, std::vector<std::size_t>* order) {
  const std::size_t m = a.rows, n = a.cols, k = std::min(m, n);
  LongMatrix r = a;
  LongMatrix vectors(k, m);  // of the reflections, unit length or zero, in the rows
  if (order != nullptr) {
    order->resize(n);
    std::iota(order->begin(), order->end(), std::size_t{0});
  }
  for (std::size_t step = 0; step < k; ++step) {
    if (order != nullptr) {
      std::size_t best = step;
      for (std::size_t c = step + 1; c < n; ++c) {
        if (column_norm(r, c, step) > column_norm(r, best, step)) best = c;
      }
      for (std::size_t i = 0; i < m; ++i) std::swap(r(i, step), r(i, best));
      std::swap((*order)[step], (*order)[best]);
    }
    const long double norm = column_norm(r, step, step);
    if (norm == 0) continue;
    long double square = 0;
    for (std::size_t i = step; i < m; ++i) {
      vectors(step, i) = r(i, step);
      if (i == step) vectors(step, i) += r(i, step) >= 0 ? norm : -norm;
      square += vectors(step, i) * vectors(step, i);
    }
    for (std::size_t i = step; i < m; ++i) vectors(step, i) /= std::sqrt(square);
    reflect(r, vectors, step);
  }
  LongMatrix q(m, k);
  for (std::size_t i = 0; i < k; ++i) q(i, i) = 1;
  for (std::size_t step = k; step-- > 0;) reflect(q, vectors, step);
  Qr result{.q = q, .r = LongMatrix(k, n)};
  for (std::size_t i = 0; i < k; ++i) {
    const long double sign = r(i, i) < 0 ? -1 : 1;
    for (std::size_t c = i; c < n; ++c) result.r(i, c) = sign * r(i, c);
    for (std::size_t row = 0; row < m; ++row) result.q(row, i) = sign * q(row, i);
  }
  return result;
}

Eigen jacobi_eigen(LongMatrix a) {
  const std::size_t n = a.rows;
  LongMatrix vectors = identity(n);
  const long double negligible = 1e-19L * norm_frobenius(a);
  bool rotated = true;
  for (int sweep = 0; sweep < kSweepsMax && rotated; ++sweep) {
    rotated = false;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        if (std::abs(a(p, q)) <= negligible) continue;
        rotated = true;
        const Rotation rotation = diagonalise(a(p, p), a(p, q), a(q, q));
        rotate_columns(a, p, q, rotation);
        rotate_rows(a, p, q, rotation);
        rotate_columns(vectors, p, q, rotation);
      }
    }
  }
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return a(i, i) < a(j, j); });
  Eigen result{.values = {}, .vectors = take_columns(vectors, order)};
  for (std::size_t i = 0; i < n; ++i) {
    result.values.push_back(a(order[i], order[i]));
    if (largest_is_negative(result.vectors, i)) negate_column(result.vectors, i);
  }
  return result;
}

Svd jacobi_svd(const LongMatrix& a) {
  if (a.rows < a.cols) {  // the rotations work on columns: few of them
    Svd turned = jacobi_svd(transpose(a));
    std::swap(turned.u, turned.v);
    for (std::size_t i = 0; i < turned.s.size(); ++i) {
      if (!largest_is_negative(turned.v, i)) continue;
      negate_column(turned.u, i);
      negate_column(turned.v, i);
    }
    return turned;
  }
  LongMatrix u = a;
  LongMatrix v = identity(a.cols);
  for (int sweep = 0; sweep < kSweepsMax; ++sweep) {
    bool rotated = false;
    for (std::size_t p = 0; p < a.cols; ++p) {
      for (std::size_t q = p + 1; q < a.cols; ++q) {
        long double pp = 0, pq = 0, qq = 0;
        for (std::size_t r = 0; r < a.rows; ++r) {
          pp += u(r, p) * u(r, p);
          pq += u(r, p) * u(r, q);
          qq += u(r, q) * u(r, q);
        }
        if (std::abs(pq) <= 1e-18L * std::sqrt(pp * qq)) continue;
        rotated = true;
        const Rotation rotation = diagonalise(pp, pq, qq);
        rotate_columns(u, p, q, rotation);
        rotate_columns(v, p, q, rotation);
      }
    }
    if (!rotated) break;
  }
  std::vector<long double> norms;
  for (std::size_t c = 0; c < a.cols; ++c) norms.push_back(column_norm(u, c));
  std::vector<std::size_t> order(a.cols);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return norms[i] > norms[j]; });
  Svd result{.u = take_columns(u, order), .s = {}, .v = take_columns(v, order)};
  for (std::size_t i = 0; i < a.cols; ++i) {
    const long double s = norms[order[i]];
    result.s.push_back(s);
    if (s > 1e-18L * norms[order[0]]) {
      for (std::size_t r = 0; r < a.rows; ++r) result.u(r, i) /= s;
    } else {
      complete_basis(result.u, i);
    }
    if (!largest_is_negative(result.v, i)) continue;
    negate_column(result.u, i);
    negate_column(result.v, i);
  }
  return result;
}

}  // namespace weir::ops::factor::naive
