#include "wire/csv/structure.hpp"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <vector>

#include "base/rng.hpp"

namespace weir::wire {
namespace {

// Runs the check on every instruction set this CPU has, then restores the choice.
template <class Check>
void on_every_target(Check&& check) {
  const auto all = hwy::SupportedTargets();
  for (auto left = all; left != 0; left &= left - 1) {
    const auto target = left & -left;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    SCOPED_TRACE(hwy::TargetName(target));
    check();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(FindStructure, AgreesWithALoopOnEveryInstructionSet) {
  for (const std::size_t blocks : {1U, 2U, 3U, 17U, 512U}) {
    Philox rng(blocks, 0);
    std::vector<std::uint8_t> data(blocks * 64);
    for (auto& byte : data) {
      const std::uint32_t dice = rng.next_below(8);
      byte = static_cast<std::uint8_t>(dice == 0   ? ';'
                                       : dice == 1 ? '"'
                                       : dice == 2 ? '\n'
                                                   : rng.next_below(127));
    }
    std::vector<std::uint64_t> expected(blocks, 0);
    for (std::size_t i = 0; i < data.size(); ++i)
      if (data[i] == ';' || data[i] == '"' || data[i] == '\n')
        expected[i / 64] |= std::uint64_t{1} << i % 64;
    on_every_target([&] {
      std::vector<std::uint64_t> masks(blocks, 7);
      EXPECT_TRUE(find_structure(data.data(), blocks, ';', masks.data()));
      EXPECT_EQ(masks, expected);
    });
    data[rng.next_below(static_cast<std::uint32_t>(data.size()))] = 0x80;
    on_every_target([&] {
      std::vector<std::uint64_t> masks(blocks);
      EXPECT_FALSE(find_structure(data.data(), blocks, ';', masks.data()));
    });
  }
}

}  // namespace
}  // namespace weir::wire
