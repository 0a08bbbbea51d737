#include <algorithm>

#include "simulator/rings.hpp"

namespace weir::simulator {
namespace {

RingStep step(unsigned from, unsigned to, unsigned layer, int parent) {
  return {static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to),
          static_cast<std::uint8_t>(layer), static_cast<std::int8_t>(parent)};
}

// The last step of an earlier layer that paid `account`; -1 if none.
int feeder(const std::vector<RingStep>& steps, unsigned account, unsigned layer) {
  for (std::size_t i = steps.size(); i > 0; --i) {
    if (steps[i - 1].to == account && steps[i - 1].layer < layer) return static_cast<int>(i) - 1;
  }
  return -1;
}

// Accounts split into groups; layer l pays from group l to group l + 1, every account in turn.
std::vector<RingStep> layered(const std::vector<unsigned>& sizes, unsigned steps) {
  std::vector<RingStep> out;
  const auto layers = static_cast<unsigned>(sizes.size()) - 1;
  unsigned first = 0;
  for (unsigned layer = 0; layer < layers; ++layer) {
    const unsigned next = first + sizes[layer];
    const unsigned share = steps / layers + (layer < steps % layers ? 1 : 0);
    for (unsigned i = 0; i < share; ++i) {
      const unsigned round = i / std::max(sizes[layer], sizes[layer + 1]);
      const unsigned from = first + i % sizes[layer];
      const unsigned to = next + (i + round) % sizes[layer + 1];
      out.push_back(step(from, to, layer, feeder(out, from, layer)));
    }
    first = next;
  }
  return out;
}

std::vector<RingStep> chain(unsigned accounts, unsigned steps, bool cycle, Philox& choose) {
  std::vector<RingStep> out;
  unsigned at = 0;
  for (unsigned i = 0; i < steps; ++i) {
    unsigned to = (at + 1) % accounts;
    if (!cycle) {
      to = choose.next_below(accounts - 1);
      if (to >= at) ++to;
    }
    out.push_back(step(at, to, i, static_cast<int>(i) - 1));
    at = to;
  }
  return out;
}

}  // namespace

std::vector<RingStep> ring_shape(RingFamily family, unsigned accounts, unsigned steps,
                                 Philox& choose) {
  const unsigned rest = accounts - 1;
  switch (family) {
    case RingFamily::kFanOut:
      return layered({1, rest}, steps);
    case RingFamily::kFanIn:
      return layered({rest, 1}, steps);
    case RingFamily::kCycle:
      return chain(accounts, steps, true, choose);
    case RingFamily::kBipartite:
      return layered({accounts / 2, accounts - accounts / 2}, steps);
    case RingFamily::kStack: {
      const unsigned third = accounts / 3;
      return layered({third, third, accounts - 2 * third}, steps);
    }
    case RingFamily::kRandom:
      return chain(accounts, steps, false, choose);
    case RingFamily::kScatterGather:
      return layered({1, accounts - 2, 1}, steps);
    case RingFamily::kGatherScatter:
      return layered({rest / 2, 1, rest - rest / 2}, steps);
  }
  return {};
}

}  // namespace weir::simulator
