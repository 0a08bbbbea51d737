// ColumnTotal: moments and sum of a column that comes in pieces, with the bits of the whole.
//
//   ColumnTotal total(args, ops::Sum::Method::kCanonical);
//   WEIR_TRY(total.add(call, first_2048_values));
//   WEIR_TRY(total.add(call, the_rest));
//   WEIR_TRY(total.finish(moments, sum));
#pragma once

#include "base/numeric/canonical.hpp"
#include "ops/stats/moments/moments.hpp"
#include "ops/stats/sum/sum.hpp"
#include "server/operations/operation.hpp"

namespace weir::server {

class ColumnTotal {
 public:
  // Of `args` everything but the values.
  ColumnTotal(const ops::MomentsOf::Args& args, ops::Sum::Method method)
      : args_(args), method_(method) {}

  // Runs the ops over the values that follow; all but the last call have a multiple of 1,024.
  // Errors: those of the ops; NaN with kRaise names the row of the whole column. Only plans with
  // explain.
  Status add(OperationCall& call, const ops::Values& x);
  // Works out the moments and the sum of all.
  Status finish(ops::MomentsOf::Output& moments, double& sum) const;
  std::uint64_t rows() const { return rows_; }

 private:
  Status add_run(OperationCall& call, const ops::Values& x, unsigned level);

  ops::MomentsOf::Args args_;
  const ops::Sum::Method method_;
  std::uint64_t rows_ = 0;
  ops::PieceCounter<ops::MomentsPartial, ops::MomentsJoin> moments_;
  numeric::CanonicalCounter<double> plain_;
  numeric::CanonicalCounter<numeric::Compensated> careful_;
};

}  // namespace weir::server
