#include <numeric>
#include <utility>
#include <vector>

#include "ops/sparse/transpose/transpose.hpp"

namespace weir::ops {
namespace {

// Rows are read in order, so that each column's entries arrive in order of their rows. The places
// where columns go on are what the scattered writes wait for: half as wide, more of them are near.
template <class Place>
void scatter(const CsrView& a, CsrParts& parts) {
  std::vector<Place> next(a.cols() + 2, 0);
  for (const std::uint32_t column : a.columns()) ++next[column + std::size_t{2}];
  std::partial_sum(next.begin(), next.end(), next.begin());
  for (std::size_t r = 0; r < a.rows(); ++r) {
    for (std::size_t e = a.offsets()[r]; e < a.offsets()[r + 1]; ++e) {
      const Place at = next[a.columns()[e] + std::size_t{1}]++;
      parts.columns[at] = static_cast<std::uint32_t>(r);
      parts.values[at] = a.values()[e];
    }
  }
  parts.offsets.assign(next.begin(), next.end() - 1);
}

}  // namespace

Status CsrTranspose::check(const Args& args) {
  return check_csr_cols(args.a.rows());
}

Support CsrTranspose::supports(const Args&, device::Kind kind) {
  if (kind == device::Kind::kCpu) return Support::yes();
  return Support::no(Reason::kUnsupportedType, "matrices are built on the CPU");
}

Footprint CsrTranspose::footprint(const Args& args) {
  return {.rows = args.a.rows(),
          .bytes_in = args.a.bytes(),
          .bytes_out = args.a.entries() * 12 + args.a.cols() * 8,
          .flops = static_cast<double>(args.a.entries()) * 4,
          .chunkable = false};
}

Status CsrTranspose::cpu(CpuRun&, const Args& args, Output& out) {
  const CsrView& a = args.a;
  CsrParts parts = out.matrix.take();
  parts.rows = a.cols();
  parts.cols = a.rows();
  parts.columns.resize(a.entries());
  parts.values.resize(a.entries());
  if (a.entries() >> 32 == 0) {
    scatter<std::uint32_t>(a, parts);
  } else {
    scatter<std::uint64_t>(a, parts);
  }
  out.matrix = Csr(std::move(parts));
  return Status::ok();
}

}  // namespace weir::ops
