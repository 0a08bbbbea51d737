// Runs the fuzz target over its corpus and seeded mutations of it, so that plain builds do too.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/rng.hpp"

#define LLVMFuzzerTestOneInput fuzz_linear_model
#include "model/numeric/linear_model_fuzz.cpp"
#undef LLVMFuzzerTestOneInput

namespace weir::model {
namespace {

TEST(LinearModelFuzz, CorpusAndMutationsCrashNothing) {
  Philox rng(21, 0);
  std::size_t files = 0;
  std::size_t accepted = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(WEIR_SOURCE_DIR) +
                                                               "/tests/fuzz/linear_model_fuzz")) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<std::uint8_t> whole{std::istreambuf_iterator<char>(file), {}};
    fuzz_linear_model(whole.data(), whole.size());
    accepted += decode_linear_model(whole) ? 1 : 0;
    ++files;
    for (int i = 0; i < 3000; ++i) {
      std::vector<std::uint8_t> changed = whole;
      const std::uint32_t changes = 1 + rng.next_below(4);
      for (std::uint32_t c = 0; c < changes && !changed.empty(); ++c) {
        // Most bytes are padding: mutate the header, the table and the manifest twice as often.
        const auto size = static_cast<std::uint32_t>(changed.size());
        const std::uint32_t reach = rng.next_below(2) == 0 ? size : std::min(size, 1200U);
        changed[rng.next_below(reach)] = static_cast<std::uint8_t>(rng.next_u32());
      }
      if (rng.next_below(8) == 0) changed.resize(rng.next_below(4096));
      fuzz_linear_model(changed.data(), changed.size());
    }
  }
  EXPECT_GE(files, 3U);
  EXPECT_GE(accepted, 2U);
}

}  // namespace
}  // namespace weir::model
