#include "device/cuda/launcher.cuh"
#include "ops/stats/covariance/kernel.hpp"
#include "ops/stats/dot/kernel.hpp"
#include "ops/stats/histogram/kernel.hpp"
#include "ops/stats/moments/kernel.hpp"
#include "ops/stats/sum/kernel.hpp"
#include "ops/stats/window_features/kernel.hpp"

namespace weir::ops {

using device::cuda::Launcher;

Status Sum::cuda(DeviceRun& run, const Args& args, Output& out) {
  return sum_on_device<Launcher>(run, args, out);
}

Status Dot::cuda(DeviceRun& run, const Args& args, Output& out) {
  return dot_on_device<Launcher>(run, args, out);
}

Status MomentsOf::cuda(DeviceRun& run, const Args& args, Output& out) {
  return moments_on_device<Launcher>(run, args, out);
}

Status WindowFeatures::cuda(DeviceRun& run, const Args& args, Output& out) {
  return window_features_on_device<Launcher>(run, args, out);
}

Status Histogram::cuda(DeviceRun& run, const Args& args, Output& out) {
  return histogram_on_device<Launcher>(run, args, out);
}

template <bool kNormalised>
Status CovarianceOf<kNormalised>::cuda(DeviceRun& run, const Args& args, Output& out) {
  return covariance_on_device<Launcher, kNormalised>(run, args, out);
}
template Status CovarianceOf<false>::cuda(DeviceRun&, const Args&, Output&);
template Status CovarianceOf<true>::cuda(DeviceRun&, const Args&, Output&);

}  // namespace weir::ops
