// MergedSource: several streams as one, in order of event time; and the world of the demo.
#pragma once

#include <memory>
#include <vector>

#include "wire/source.hpp"

namespace weir::main {

class MergedSource final : public wire::EventSource {
 public:
  explicit MergedSource(std::vector<std::unique_ptr<wire::EventSource>> sources);
  // Events of equal time keep the order of the sources. Events must carry no texts and no side
  // payload.
  Result<std::size_t> read(wire::EventBatch& batch, std::size_t events_max) override;

 private:
  struct Stream {
    std::unique_ptr<wire::EventSource> source;
    wire::EventBatch batch;
    std::size_t next = 0;
    bool ended = false;
  };
  Status refill(Stream& stream);
  std::vector<Stream> streams_;
};

// Returns card payments with fraud beside transfers with money-laundering rings.
Result<std::unique_ptr<wire::EventSource>> make_demo_source(std::uint64_t seed);
// Returns the event time at which the demo's world begins.
std::int64_t demo_start_us();

}  // namespace weir::main
