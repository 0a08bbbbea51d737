// The kernel of hash.merkle_root and what drives it: a block hashes the leaves of a group and folds
// them to its root; the host joins the roots of the groups.
#pragma once

#include <array>

#include "ops/hash/merkle.hpp"
#include "ops/hash/merkle_root/merkle_root.hpp"
#include "ops/hash/sha256_batch/kernel.hpp"

namespace weir::ops {

struct MerkleGroupKernel {
  static constexpr std::uint32_t kThreads = kMerkleGroup / 2;
  static constexpr unsigned kThreadsMax = kThreads;
  static constexpr std::size_t kSharedBytes = device::shared_size<std::uint32_t>(8 * kMerkleGroup);

  struct Node {
    std::uint32_t words[8];
  };

  template <class Block>
  WEIR_HD void operator()(Block& block, DeviceRagged messages, std::uint8_t* roots) const {
    auto* const nodes = block.template shared<std::uint32_t>(8 * kMerkleGroup);
    auto parents = block.template per_thread<Node>();
    const std::size_t first = std::size_t{block.index()} * kMerkleGroup;
    const std::size_t left = messages.count - first;
    std::size_t size = left < kMerkleGroup ? left : kMerkleGroup;
    block.each_thread([&](unsigned t) {
      for (std::size_t i = t; i < size; i += kThreads) {
        sha256_message(0, 1, messages.begin(first + i), messages.size(first + i), nodes + 8 * i);
      }
    });
    // A level is read by all before any of it is overwritten.
    for (; size > 1; size = (size + 1) / 2) {
      const std::size_t pairs = size / 2;
      block.each_thread([&](unsigned t) {
        if (t < pairs) {
          sha256_node(nodes + 16 * t, nodes + 16 * t + 8, parents[t].words);
        } else if (t == pairs && size % 2 != 0) {
          for (unsigned i = 0; i < 8; ++i) parents[t].words[i] = nodes[16 * t + i];
        }
      });
      block.each_thread([&](unsigned t) {
        if (t >= (size + 1) / 2) return;
        for (unsigned i = 0; i < 8; ++i) nodes[8 * t + i] = parents[t].words[i];
      });
    }
    block.each_thread([&](unsigned t) {
      if (t == 0) store_digest(nodes, roots + 32 * std::size_t{block.index()});
    });
  }
};

template <class Launcher>
Status merkle_root_on_device(DeviceRun& run, const MerkleRoot::Args& args,
                             MerkleRoot::Output& out) {
  using Kernel = MerkleGroupKernel;
  out.nodes.resize((args.messages.size() + kMerkleGroup - 1) / kMerkleGroup);
  const Status hashed = run_chunks<Launcher>(
      run, args.messages.size(),
      [&](const Chunk& chunk, Lane<Launcher>& lane) -> Status {
        const std::size_t groups = (chunk.rows() + kMerkleGroup - 1) / kMerkleGroup;
        WEIR_ASSIGN(const DeviceRagged messages, upload_ragged(lane, args.messages, chunk));
        WEIR_ASSIGN(const auto roots, lane.template scratch<std::uint8_t>(32 * groups));
        WEIR_TRY(lane.launch(device::Grid{static_cast<std::uint32_t>(groups), Kernel::kThreads,
                                          Kernel::kSharedBytes},
                             Kernel{}, messages, roots.data));
        return lane.download(
            roots, bytes_of(std::span(out.nodes).subspan(chunk.begin / kMerkleGroup, groups)));
      },
      [](const Chunk&) { return Status::ok(); });
  if (!hashed) return hashed;
  out.root = merkle_root_in_place(out.nodes);
  return Status::ok();
}

}  // namespace weir::ops
