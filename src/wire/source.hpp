// EventSource: anything that yields events in order: a file reader, a simulator, a log.
//
//   EventBatch batch;
//   while (true) {
//     WEIR_ASSIGN(const std::size_t read, source.read(batch, 8192));
//     if (read == 0) break;
//   }
#pragma once

#include <cstddef>

#include "base/result.hpp"
#include "wire/batch.hpp"

namespace weir::wire {

class EventSource {
 public:
  virtual ~EventSource() = default;
  // Replaces `batch` by the next events, at most `events_max`; returns how many, 0 at the end.
  virtual Result<std::size_t> read(EventBatch& batch, std::size_t events_max) = 0;
};

}  // namespace weir::wire
