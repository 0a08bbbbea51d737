// The messages that the hash ops are tried on.
//
//   for (const ParityMessages& messages : parity_messages(seed)) use(messages.view);
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/rng.hpp"
#include "ops/hash/ragged.hpp"

namespace weir::ops {

struct ParityMessages {
  std::string name;
  Ragged view;
  std::shared_ptr<const void> data;
};

// Counts about every boundary, every length to 130, slices that start anywhere, several blocks of
// every kernel, and eight random shapes.
inline std::vector<ParityMessages> parity_messages(std::uint64_t seed) {
  struct Data {
    std::vector<std::uint8_t> bytes;
    std::vector<std::uint64_t> offsets;
  };
  Philox rng(seed, 41);
  std::vector<ParityMessages> all;
  const auto add = [&](const std::string& name, std::size_t count, auto length,
                       std::uint64_t before = 0) {
    const auto data = std::make_shared<Data>();
    data->offsets.push_back(before);
    for (std::size_t i = 0; i < count; ++i) {
      data->offsets.push_back(data->offsets.back() + length(i));
    }
    data->bytes.resize(data->offsets.back() + 5);
    for (std::uint8_t& byte : data->bytes) byte = static_cast<std::uint8_t>(rng.next_u32());
    all.push_back({name, {data->bytes, data->offsets}, data});
  };
  const auto any = [&](std::size_t) { return rng.next_below(150); };
  for (const std::size_t count : {0U, 1U, 31U, 32U, 33U, 65U, 300U}) {
    add("rows=" + std::to_string(count), count, any);
  }
  add("every length", 131, [](std::size_t i) { return i; });
  add("empty messages", 70, [](std::size_t) { return 0U; });
  add("two groups and a few", 2051, [](std::size_t i) { return i % 5; });
  add("offset=13", 100, any, 13);
  for (std::size_t shape = 0; shape < 8; ++shape) {
    const std::uint32_t longest = 1 + rng.next_below(400);
    add(
        "random shape " + std::to_string(shape), rng.next_below(200),
        [&](std::size_t) { return rng.next_below(longest); }, rng.next_below(9));
  }
  return all;
}

}  // namespace weir::ops
