// IndexFeed: the newest small blocks on their way from the log's thread to the index of decisions,
// so that the indexer need not read back from the disk what has just been written to it.
//
//   feed.offer(batch.height, batch.events);         // the log's thread, never waits
//   feed.take(blocks);                              // the indexer, now and then
//   for (const auto& block : blocks.list) index.add(block.height, blocks.events(block));
//
// Large blocks and what finds no room are left out: their heights are missing, and the reader gets
// them from the log, where they are one large read.
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "ledger/block.hpp"

namespace weir::main {

class IndexFeed {
 public:
  static constexpr std::size_t kBlockEventsMax = 1024;
  static constexpr std::size_t kEventsMax = 32'768;  // 4 MiB

  struct Block {
    ledger::Height height = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  // Blocks in order of height, with their events.
  struct Blocks {
    std::vector<Block> list;
    std::vector<wire::Event> all;
    std::span<const wire::Event> events(const Block& block) const {
      return std::span(all).subspan(block.begin, block.end - block.begin);
    }
  };

  // Adds a block, or leaves it out. Heights rise.
  void offer(ledger::Height height, std::span<const wire::Event> events) {
    if (events.size() > kBlockEventsMax) return;
    const std::lock_guard lock(mutex_);
    if (waiting_.all.size() + events.size() > kEventsMax || waiting_.list.size() == kEventsMax)
      return;
    waiting_.list.push_back({height, waiting_.all.size(), waiting_.all.size() + events.size()});
    waiting_.all.insert(waiting_.all.end(), events.begin(), events.end());
  }
  // Replaces `out` by the blocks offered since the last call. Memory goes back and forth.
  void take(Blocks& out) {
    out.list.clear();
    out.all.clear();
    const std::lock_guard lock(mutex_);
    std::swap(out, waiting_);
  }

 private:
  std::mutex mutex_;
  Blocks waiting_;  // guarded by mutex_
};

}  // namespace weir::main
