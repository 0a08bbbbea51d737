#include "server/operations/column_total.hpp"

#include "server/operations/aligned_runs.hpp"

namespace weir::server {
namespace {

std::size_t first_nan(const ops::Values& x) {
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x.valid(i) && x.at(i) != x.at(i)) return i;
  }
  return x.size();
}

}  // namespace

Status ColumnTotal::add(OperationCall& call, const ops::Values& x) {
  const std::size_t block = numeric::kCanonicalBlock;
  const std::size_t blocks = x.size() / block;
  WEIR_TRY(for_each_aligned(rows_ / block, blocks, [&](std::size_t from, unsigned level) {
    return add_run(call, x.slice(from * block, block << level), level);
  }));
  if (x.size() % block == 0 && blocks != 0) return Status::ok();
  return add_run(call, x.slice(blocks * block, x.size() % block), 0);
}

// Adds the next 2^level blocks, or what is left of one.
Status ColumnTotal::add_run(OperationCall& call, const ops::Values& x, unsigned level) {
  ops::MomentsOf::Args args = args_;
  args.x = x;
  if (args.nan == ops::NanPolicy::kRaise) args.nan = ops::NanPolicy::kPropagate;
  ops::MomentsOf::Output moments;
  WEIR_TRY(call.run<ops::MomentsOf>(args, moments));
  ops::Sum::Output sum;
  WEIR_TRY(call.run<ops::Sum>({x, method_, args.nan}, sum));
  if (call.planned) return Status::ok();
  if (moments.nans != 0 && args_.nan == ops::NanPolicy::kRaise) {
    return ops::nan_found(rows_ + first_nan(x));
  }
  moments_.push_level({moments.partial, {moments.count, moments.nulls, moments.nans}}, level);
  if (method_ == ops::Sum::Method::kCanonical) {
    plain_.push_level(sum.partial.sum, level);
  } else {
    careful_.push_level(sum.partial, level);
  }
  rows_ += x.size();
  return Status::ok();
}

Status ColumnTotal::finish(ops::MomentsOf::Output& moments, double& sum) const {
  sum = numeric::one_nan(method_ == ops::Sum::Method::kCanonical ? plain_.result()
                                                                 : careful_.result().value());
  return ops::MomentsOf::finish(args_, moments_.result(), moments);
}

}  // namespace weir::server
