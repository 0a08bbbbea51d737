#include "main/merged_source.hpp"

#include "simulator/simulator.hpp"

namespace weir::main {

MergedSource::MergedSource(std::vector<std::unique_ptr<wire::EventSource>> sources) {
  for (auto& source : sources) {
    streams_.emplace_back();
    streams_.back().source = std::move(source);
  }
}

Status MergedSource::refill(Stream& stream) {
  if (stream.ended || stream.next < stream.batch.size()) return Status::ok();
  WEIR_ASSIGN(const std::size_t read, stream.source->read(stream.batch, 4096));
  stream.next = 0;
  stream.ended = read == 0;
  return Status::ok();
}

Result<std::size_t> MergedSource::read(wire::EventBatch& batch, std::size_t events_max) {
  batch.clear();
  while (batch.size() < events_max) {
    Stream* first = nullptr;
    for (Stream& stream : streams_) {
      WEIR_TRY(refill(stream));
      if (stream.ended) continue;
      if (first == nullptr ||
          stream.batch.events[stream.next].time_us < first->batch.events[first->next].time_us) {
        first = &stream;
      }
    }
    if (first == nullptr) break;
    batch.events.push_back(first->batch.events[first->next++]);
  }
  return batch.size();
}

std::int64_t demo_start_us() {
  return 1'522'540'800'000'000;
}  // 2018-04-01

Result<std::unique_ptr<wire::EventSource>> make_demo_source(std::uint64_t seed) {
  simulator::SimulatorOptions cards;
  cards.seed = seed;
  cards.start_us = demo_start_us();
  WEIR_ASSIGN(auto handbook, simulator::make_simulator("handbook", cards));
  simulator::SimulatorOptions transfers;
  transfers.seed = seed;
  transfers.start_us = demo_start_us();
  transfers.days = 183;
  transfers.events = 600'000;
  WEIR_ASSIGN(auto rings, simulator::make_simulator("rings", transfers));
  std::vector<std::unique_ptr<wire::EventSource>> sources;
  sources.push_back(std::move(handbook));
  sources.push_back(std::move(rings));
  return std::unique_ptr<wire::EventSource>(new MergedSource(std::move(sources)));
}

}  // namespace weir::main
