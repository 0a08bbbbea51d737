// measure_device: the copies that operations make, as they make them.
#include <algorithm>
#include <chrono>
#include <vector>

#include "device/calibration.hpp"

namespace weir::device {
namespace {

using Now = std::chrono::steady_clock;

double seconds_since(Now::time_point began) {
  return std::chrono::duration<double>(Now::now() - began).count();
}

// Returns the shortest time that `work` and the wait for it took, of as many as fit into `seconds`.
template <class Work>
Result<double> best_of(double seconds, Stream& stream, Work&& work) {
  double best = 0;
  const auto began = Now::now();
  do {
    const auto pass = Now::now();
    WEIR_TRY(work());
    WEIR_TRY(stream.synchronize());
    const double took = seconds_since(pass);
    best = best == 0 ? took : std::min(best, took);
  } while (seconds_since(began) < seconds);
  return std::max(best, 1e-9);
}

}  // namespace

Status measure_device(Device& device, Rates& rates, const MeasureOptions& options) {
  constexpr std::size_t kBytesMin = std::size_t{8} << 20;
  constexpr std::size_t kSmall = 4;
  const std::size_t room = device.budget().available() / 2 / 4096 * 4096;
  const std::size_t bytes =
      std::min<std::size_t>(std::max<std::size_t>(room, kBytesMin), options.buffer_bytes);
  const double part = options.seconds_max / 8;
  std::vector<std::uint8_t> host(bytes, 1);
  WEIR_ASSIGN(Stream stream, device.create_stream());
  WEIR_ASSIGN(Reservation reservation, device.reserve(2 * bytes, Tag::kScratch));
  WEIR_ASSIGN(const Buffer from, device.allocate(bytes, reservation, stream));
  WEIR_ASSIGN(const Buffer to, device.allocate(bytes, reservation, stream));
  const auto size = static_cast<double>(bytes);
  Rates measured = rates;
  WEIR_ASSIGN(const double up, best_of(2 * part, stream, [&] {
                return stream.upload(from.data(), host.data(), bytes);
              }));
  WEIR_ASSIGN(const double down, best_of(2 * part, stream, [&] {
                return stream.download(host.data(), from.data(), bytes);
              }));
  WEIR_ASSIGN(const double within, best_of(part, stream, [&] {
                return stream.copy_on_device(to.data(), from.data(), bytes);
              }));
  WEIR_ASSIGN(measured.launch_s, best_of(part, stream, [&]() -> Status {
                WEIR_TRY(stream.upload(from.data(), host.data(), kSmall));
                WEIR_TRY(stream.fill(to.data(), 0, kSmall));
                return stream.download(host.data(), to.data(), kSmall);
              }));
  measured.link_up_bytes_per_s = size / up;
  measured.link_down_bytes_per_s = size / down;
  measured.device_bytes_per_s = 2 * size / within;  // read and written
  rates = measured;
  return Status::ok();
}

}  // namespace weir::device
