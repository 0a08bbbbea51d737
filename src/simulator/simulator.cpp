#include "simulator/simulator.hpp"

#include <cstring>
#include <string>

#include "simulator/handbook.hpp"
#include "simulator/ledger_stream.hpp"
#include "simulator/rings.hpp"
#include "simulator/sampler.hpp"

namespace weir::simulator {

Result<std::unique_ptr<Simulator>> make_simulator(std::string_view profile,
                                                  const SimulatorOptions& options) {
  if (!(options.zipf >= 0.0 && options.zipf <= 4.0)) {
    return fail(invalid_argument("zipf_range", "zipf is an exponent from 0 to 4"));
  }
  if (options.start_us >= wire::kTimeMax / 2) {
    return fail(invalid_argument("start_range", "the stream starts before 2085"));
  }
  if (profile == "handbook") return make_handbook(options);
  if (profile == "rings") return make_rings(options);
  if (profile == "ledger") return make_ledger(options);
  return fail(not_found("profile_unknown", "no simulator profile \"" + std::string(profile) + "\"")
                  .hint("use handbook, rings or ledger"));
}

std::string_view ring_family_name(RingFamily family) {
  switch (family) {
    case RingFamily::kFanOut:
      return "fan_out";
    case RingFamily::kFanIn:
      return "fan_in";
    case RingFamily::kCycle:
      return "cycle";
    case RingFamily::kBipartite:
      return "bipartite";
    case RingFamily::kStack:
      return "stack";
    case RingFamily::kRandom:
      return "random";
    case RingFamily::kScatterGather:
      return "scatter_gather";
    case RingFamily::kGatherScatter:
      return "gather_scatter";
  }
  return "none";
}

void stamp_id(wire::Event& event, std::uint64_t stream, std::uint64_t number) {
  const std::uint64_t words[2] = {scrambled(stream), number + 1};
  std::memcpy(event.id.data(), words, sizeof(words));
}

}  // namespace weir::simulator
