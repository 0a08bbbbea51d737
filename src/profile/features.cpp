#include "profile/columns.hpp"
#include "profile/gathered.hpp"
#include "profile/profiles.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "profile/features.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "base/numeric/log2_inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace weir::profile::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// One vector of rows of a block: loads raw columns, stores features.
struct Lanes {
  using D = hn::CappedTag<float, kGatherRows>;
  using V = hn::Vec<D>;
  const GatheredBlock& block;
  float* out;
  std::size_t stride;
  std::size_t at;
  std::size_t row;

  V get(GatheredColumn column) const { return hn::Load(D(), block.values[column] + at); }
  void put(Feature feature, V value) const {
    hn::Store(value, D(), out + static_cast<std::size_t>(feature) * stride + row + at);
  }
  V set(float value) const { return hn::Set(D(), value); }
  V log2(V x) const { return numeric::HWY_NAMESPACE::log2f_vector(D(), x); }
  V log2_plus1(V x) const { return log2(hn::Add(set(1.0F), x)); }
  V clamp16(V x) const { return hn::Max(set(-16.0F), hn::Min(set(16.0F), x)); }
  // a / b where `b` is above zero, else 0.
  V ratio_or_zero(V a, V b) const {
    const auto positive = hn::Gt(b, set(0.0F));
    const V safe = hn::IfThenElse(positive, b, set(1.0F));
    return hn::IfThenElse(positive, hn::Div(a, safe), set(0.0F));
  }
  V flow(V a, V b) const { return hn::Div(hn::Min(a, b), hn::Max(hn::Max(a, b), set(1.0F))); }
  // `value` where the flag column holds 1, else 0.
  V only_if(V flag, V value) const {
    return hn::IfThenElse(hn::Gt(flag, set(0.5F)), value, set(0.0F));
  }
  // log2((a + 1) / (b + 1)).
  V log_ratio(V a, V b) const {
    return log2(hn::Div(hn::Add(a, set(1.0F)), hn::Add(b, set(1.0F))));
  }
};

void amount_features(const Lanes& l) {
  const auto amount = l.get(kGAmount);
  const auto amount_log = l.get(kGAmountLog);
  l.put(Feature::kAmountLog, amount_log);
  const auto spread = hn::Max(hn::Sqrt(l.get(kGVariance)), l.set(0.25F));
  const auto z = l.clamp16(hn::Div(hn::Sub(amount_log, l.get(kGMean)), spread));
  l.put(Feature::kAmountZ, l.only_if(l.get(kGTrained), z));

  const auto usual = l.ratio_or_zero(l.get(kGPreOutSum30d), l.get(kGPreOut30d));
  const auto vs_usual = l.clamp16(l.log_ratio(amount, usual));
  l.put(Feature::kAmountVsUsual, l.only_if(l.get(kGTrained), vs_usual));
  const auto payee_usual = l.ratio_or_zero(l.get(kGPreInSum30d), l.get(kGPreIn30d));
  const auto vs_payee = l.clamp16(l.log_ratio(amount, payee_usual));
  l.put(Feature::kAmountVsPayee, l.only_if(l.get(kGPaidOften), vs_payee));

  l.put(Feature::kAmountRound, l.get(kGRound));
  l.put(Feature::kNearLimit, l.get(kGNearLimit));
}

void debtor_features(const Lanes& l) {
  const auto out1h = l.get(kGOut1h);
  const auto sum1d = l.get(kGOutSum1d);
  l.put(Feature::kOutCount1m, l.log2_plus1(l.get(kGOut1m)));
  l.put(Feature::kOutCount1h, l.log2_plus1(out1h));
  l.put(Feature::kOutCount1d, l.log2_plus1(l.get(kGOut1d)));
  l.put(Feature::kOutBurst, l.log_ratio(out1h, hn::Div(l.get(kGPreOut30d), l.set(720.0F))));
  const auto week = hn::Div(hn::Mul(l.get(kGOut30d), l.set(7.0F)), l.set(30.0F));
  l.put(Feature::kOutWeek, l.log_ratio(l.get(kGOut7d), week));
  l.put(Feature::kOutSum1d, l.log2_plus1(sum1d));
  const auto day = hn::Div(l.get(kGPreOutSum30d), l.set(30.0F));
  l.put(Feature::kOutSumVsUsual, l.log_ratio(sum1d, day));
  l.put(Feature::kOutGap, l.log2_plus1(l.get(kGOutGap)));
  l.put(Feature::kDwell, l.log2_plus1(l.get(kGInGap)));
  l.put(Feature::kFlow1h, l.flow(l.get(kGInSum1h), l.get(kGOutSum1h)));
  const auto both = hn::Add(hn::Add(sum1d, l.get(kGInSum1d)), l.set(1.0F));
  l.put(Feature::kOutShare1d, hn::Div(sum1d, both));
  const auto share =
      hn::Div(hn::Add(l.get(kGHourCount), l.set(0.5F)), hn::Add(l.get(kGHourTotal), l.set(12.0F)));
  const auto surprise = hn::Sub(l.set(0.0F), l.log2(share));
  l.put(Feature::kHourSurprise, l.only_if(l.get(kGTrained), surprise));
  l.put(Feature::kHour, l.get(kGHour));
  l.put(Feature::kWeekday, l.get(kGWeekday));
  l.put(Feature::kDebtorAge, l.log2_plus1(l.get(kGDebtorDays)));
  l.put(Feature::kFanOut, l.log2_plus1(l.get(kGDistinctOut)));
  const auto paid = hn::Add(l.get(kGPreOut30d), l.set(8.0F));
  l.put(Feature::kDebtorRisk, hn::Div(l.get(kGFraudOut), paid));
}

void creditor_features(const Lanes& l) {
  const auto in1d = l.get(kGPayeeIn1d);
  l.put(Feature::kCreditorAge, l.log2_plus1(l.get(kGCreditorDays)));
  l.put(Feature::kFanIn, l.log2_plus1(l.get(kGDistinctIn)));
  l.put(Feature::kInCount1h, l.log2_plus1(l.get(kGPayeeIn1h)));
  const auto day = hn::Div(l.get(kGPreInSum30d), l.set(30.0F));
  l.put(Feature::kInSumVsUsual, l.log_ratio(in1d, day));
  l.put(Feature::kPayeeFlow1d, l.flow(in1d, l.get(kGPayeeOut1d)));
  const auto received = hn::Add(l.get(kGPreIn7d), l.set(8.0F));
  l.put(Feature::kPayeeRisk, hn::Div(l.get(kGFraudIn), received));
  l.put(Feature::kNewEdge, l.get(kGNewEdge));
  l.put(Feature::kEdgeCount, l.log2_plus1(l.get(kGForward)));
  l.put(Feature::kReciprocal, l.log2_plus1(l.get(kGBackward)));
}

void compute_block(const GatheredBlock& block, float* features, std::size_t stride,
                   std::size_t row) {
  const std::size_t lanes = hn::Lanes(Lanes::D());
  for (std::size_t at = 0; at < kGatherRows; at += lanes) {
    const Lanes l{block, features, stride, at, row};
    amount_features(l);
    debtor_features(l);
    creditor_features(l);
  }
}

}  // namespace weir::profile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weir::profile {

HWY_EXPORT(compute_block);

void compute_block(const GatheredBlock& block, float* features, std::size_t stride,
                   std::size_t row) {
  HWY_DYNAMIC_DISPATCH(compute_block)(block, features, stride, row);
}

void compute_features(const Gathered& gathered, FeatureMatrix& features, std::size_t row_begin,
                      std::size_t row_end) {
  CHECK_EQ(row_begin % kGatherRows, 0U);
  for (std::size_t row = row_begin; row < row_end; row += kGatherRows) {
    compute_block(gathered.block(row / kGatherRows), features.column(Feature{0}), features.stride(),
                  row);
  }
}

}  // namespace weir::profile
#endif
