#include "ops/fft/fft_suites.hpp"

#include "ops/fft/convolve/convolve_parity.hpp"
#include "ops/fft/convolve2/convolve2_parity.hpp"
#include "ops/fft/fft/fft_parity.hpp"
#include "ops/fft/fft2/fft2_parity.hpp"
#include "ops/fft/rfft/rfft_parity.hpp"

namespace weir::ops::parity {

std::vector<Suite> fft_suites() {
  return {suite_of<Fft>(),  suite_of<Rfft>(),     suite_of<Irfft>(),
          suite_of<Fft2>(), suite_of<Convolve>(), suite_of<Convolve2>()};
}

}  // namespace weir::ops::parity
