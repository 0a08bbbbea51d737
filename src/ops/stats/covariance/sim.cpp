#include "device/sim/launcher.hpp"
#include "ops/stats/covariance/kernel.hpp"

namespace weir::ops {

template <bool kNormalised>
Status CovarianceOf<kNormalised>::sim(DeviceRun& run, const Args& args, Output& out) {
  return covariance_on_device<device::sim::Launcher, kNormalised>(run, args, out);
}
template Status CovarianceOf<false>::sim(DeviceRun&, const Args&, Output&);
template Status CovarianceOf<true>::sim(DeviceRun&, const Args&, Output&);

}  // namespace weir::ops
