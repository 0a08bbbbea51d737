#include "ops/fft/convolve/stream.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "ops/fft/convolve/direct.hpp"

namespace weir::ops::fft {

ConvolveStream::ConvolveStream(std::span<const double> kernel, Method method)
    : kernel_(kernel.begin(), kernel.end()) {
  CHECK(!kernel.empty() && kernel.size() <= kKernelMax);
  if (choose(method, kernel.size()) == Method::kDirect) return;
  blocks_.emplace(kernel);
  held_.assign(blocks_->length(), 0.0);
}

void ConvolveStream::emit_block(std::size_t results, std::vector<double>& y) {
  const auto before = static_cast<std::ptrdiff_t>(kernel_.size() - 1);
  work_ = held_;
  const std::size_t at = y.size();
  y.resize(at + blocks_->hop());
  blocks_->run_held(work_.data(), y.data() + at);
  y.resize(at + results);
  // The last values of this block come before the next one.
  std::copy(held_.end() - before, held_.end(), held_.begin());
  std::fill(held_.begin() + before, held_.end(), 0.0);
  filled_ = 0;
}

// held_ keeps the last kernel - 1 values, fewer at the start: places before the first value are
// left out, as at the ends of a whole series.
void ConvolveStream::emit_sums(std::span<const double> x, std::vector<double>& y) {
  const std::size_t old = held_.size();
  held_.insert(held_.end(), x.begin(), x.end());
  const std::size_t at = y.size();
  y.resize(at + x.size());
  direct_row({held_.data(), 1, held_.size(), held_.size()},
             {kernel_.data(), 1, kernel_.size(), kernel_.size()}, 0, old, std::span(y).subspan(at));
  const std::size_t keep = std::min(held_.size(), kernel_.size() - 1);
  held_.erase(held_.begin(), held_.end() - static_cast<std::ptrdiff_t>(keep));
}

void ConvolveStream::push(std::span<const double> x, std::vector<double>& y) {
  if (x.empty()) return;
  begun_ = true;
  if (!blocks_) return emit_sums(x, y);
  while (!x.empty()) {
    const std::size_t now = std::min(x.size(), blocks_->hop() - filled_);
    std::copy_n(x.begin(), now,
                held_.begin() + static_cast<std::ptrdiff_t>(kernel_.size() - 1 + filled_));
    filled_ += now;
    x = x.subspan(now);
    if (filled_ == blocks_->hop()) emit_block(filled_, y);
  }
}

void ConvolveStream::finish(std::vector<double>& y) {
  std::size_t rest = begun_ ? kernel_.size() - 1 : 0;  // results behind the last value
  if (!blocks_) {
    const std::size_t at = y.size();
    y.resize(at + rest);
    direct_row({held_.data(), 1, held_.size(), held_.size()},
               {kernel_.data(), 1, kernel_.size(), kernel_.size()}, 0, held_.size(),
               std::span(y).subspan(at));
    held_.clear();
  } else {
    rest += filled_;
    while (rest > 0) {
      const std::size_t now = std::min(rest, blocks_->hop());
      emit_block(now, y);
      rest -= now;
    }
    std::fill(held_.begin(), held_.end(), 0.0);
  }
  begun_ = false;
}

}  // namespace weir::ops::fft
