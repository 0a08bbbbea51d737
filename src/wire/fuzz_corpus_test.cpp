// Runs every fuzz target of this folder over its corpus, and over a few thousand seeded mutations
// of it, so that they are exercised where there is no libFuzzer.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/rng.hpp"

#define LLVMFuzzerTestOneInput fuzz_csv
#include "wire/csv/csv_fuzz.cpp"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_map
#include "wire/csv/map_fuzz.cpp"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_ndjson
#include "wire/ndjson_fuzz.cpp"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_frame
#include "wire/frame_fuzz.cpp"
#undef LLVMFuzzerTestOneInput

namespace weir::wire {
namespace {

using Input = std::vector<std::uint8_t>;

std::vector<Input> corpus(const std::string& target) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(WEIR_SOURCE_DIR) + "/tests/fuzz/" + target))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Input> inputs;
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return inputs;
}

// Flips, drops, doubles and swaps in what other formats choke on.
void mutate(Input& input, Philox& rng) {
  static constexpr std::string_view kPieces[] = {"\"", "\"\"", ",",   "\n",   "\r\n", "{",
                                                 "}",  "[",    "]",   ":",    "\\",   "\xff",
                                                 "0",  "-",    "1e9", "null", "="};
  for (std::uint32_t edits = 1 + rng.next_below(4); edits > 0; --edits) {
    const auto at =
        static_cast<std::ptrdiff_t>(rng.next_below(static_cast<std::uint32_t>(input.size() + 1)));
    const auto end = std::min<std::ptrdiff_t>(at + 1 + rng.next_below(16),
                                              static_cast<std::ptrdiff_t>(input.size()));
    const std::string_view piece = kPieces[rng.next_below(std::size(kPieces))];
    switch (rng.next_below(4)) {
      case 0:
        if (at != end)
          input[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1U << rng.next_below(8));
        break;
      case 1:
        input.erase(input.begin() + at, input.begin() + end);
        break;
      case 2: {
        const Input copy(input.begin() + at, input.begin() + end);
        input.insert(input.begin() + at, copy.begin(), copy.end());
        break;
      }
      default:
        input.insert(input.begin() + at, piece.begin(), piece.end());
    }
  }
}

using FuzzTarget = int (*)(const std::uint8_t*, std::size_t);
void run(const std::string& name, FuzzTarget target, std::uint32_t mutations) {
  const char* wanted = std::getenv("WEIR_FUZZ_SEED");
  const std::uint64_t seed = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 1;
  testing::Test::RecordProperty("seed", std::to_string(seed));
  const std::vector<Input> inputs = corpus(name);
  ASSERT_FALSE(inputs.empty()) << name;
  Philox rng(seed, 0);
  for (const Input& input : inputs) {
    EXPECT_EQ(target(input.data(), input.size()), 0);
    for (std::uint32_t i = 0; i < mutations; ++i) {
      Input mutated = input;
      mutate(mutated, rng);
      EXPECT_EQ(target(mutated.data(), mutated.size()), 0) << "seed " << seed;
    }
  }
}

TEST(FuzzCorpus, Csv) {
  run("csv_fuzz", fuzz_csv, 100);
}
TEST(FuzzCorpus, Map) {
  run("map_fuzz", fuzz_map, 500);
}
TEST(FuzzCorpus, Ndjson) {
  run("ndjson_fuzz", fuzz_ndjson, 1'000);
}
TEST(FuzzCorpus, Frame) {
  run("frame_fuzz", fuzz_frame, 1'000);
}

}  // namespace
}  // namespace weir::wire
