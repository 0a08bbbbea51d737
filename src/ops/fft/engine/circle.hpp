// The points of a circle that the butterflies of odd radices turn by.
//
//   circle_cos<5>(7)   // cos(2 pi 7 / 5) = cos(2 pi 2 / 5)
#pragma once

namespace weir::ops::fft {

// cos and sin of 2 pi k / R for k = 1..(R - 1) / 2.
template <unsigned R>
struct Circle;
template <>
struct Circle<3> {
  static constexpr double kCos[] = {-0x1p-1};
  static constexpr double kSin[] = {0x1.bb67ae8584caap-1};
};
template <>
struct Circle<5> {
  static constexpr double kCos[] = {0x1.3c6ef372fe950p-2, -0x1.9e3779b97f4a8p-1};
  static constexpr double kSin[] = {0x1.e6f0e134454ffp-1, 0x1.2cf2304755a5ep-1};
};
template <>
struct Circle<7> {
  static constexpr double kCos[] = {0x1.3f3a0e28bedd1p-1, -0x1.c7b90e3024582p-3,
                                    -0x1.cd4bca9cb5c71p-1};
  static constexpr double kSin[] = {0x1.904c37505de4bp-1, 0x1.f329c0558e969p-1,
                                    0x1.bc4c04d71abc1p-2};
};
template <>
struct Circle<11> {
  static constexpr double kCos[] = {0x1.aeb8c8764f0bap-1, 0x1.a9628d9c712b6p-2,
                                    -0x1.2375f640f44dbp-3, -0x1.4f49e7f775887p-1,
                                    -0x1.eb42a9bcd5057p-1};
  static constexpr double kSin[] = {0x1.14cedf8bb580bp-1, 0x1.d1bb48eee2c13p-1,
                                    0x1.fac9e043842efp-1, 0x1.82f19bb3a28a1p-1,
                                    0x1.207e7fd768dbfp-2};
};
template <>
struct Circle<13> {
  static constexpr double kCos[] = {0x1.c55a7e00740e9p-1,  0x1.22d961ea71119p-1,
                                    0x1.edb7debaa3ed8p-4,  -0x1.6b1d8b2365da1p-2,
                                    -0x1.7f3ccd0032e0cp-1, -0x1.f11f493053d00p-1};
  static constexpr double kSin[] = {0x1.dbe064267c47cp-2, 0x1.a55e242a4c3d2p-1,
                                    0x1.fc44566966769p-1, 0x1.deba72ef20147p-1,
                                    0x1.5384d024c2f84p-1, 0x1.ea1e54bc48dbfp-3};
};
template <unsigned R>
constexpr double circle_cos(unsigned k) {
  k %= R;
  return Circle<R>::kCos[(k <= R / 2 ? k : R - k) - 1];
}
template <unsigned R>
constexpr double circle_sin(unsigned k) {
  k %= R;
  return k <= R / 2 ? Circle<R>::kSin[k - 1] : -Circle<R>::kSin[R - k - 1];
}

}  // namespace weir::ops::fft
