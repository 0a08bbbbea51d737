// ItemStream: a stream whose rows are items that are answered chunk by chunk, each by itself.
//
//   class HashStream final : public ItemStream {
//     Status take(simdjson::dom::element line) override { ... }
//     std::size_t rows_ready() const override { return items_.size(); }
//     std::size_t held_bytes() const override { return items_.held_bytes(); }
//
//    private:
//     Status answer(JsonWriter& result) override { ... }
//   };
//
// The last line of such a stream says how many items there were.
#pragma once

#include <cstdint>

#include "server/operations/operation_stream.hpp"

namespace weir::server {

class ItemStream : public OperationStream {
 public:
  // All items that were taken; of a stream without any there is one chunk, which is empty.
  Result<std::size_t> chunk(bool, JsonWriter& result) final {
    const std::size_t rows = rows_ready();
    if (rows == 0 && total_ != 0) return rows;
    WEIR_TRY(answer(result));
    total_ += rows;
    return rows;
  }
  Status finish(JsonWriter& result) final {
    result.begin_object().key("items").u64(total_).end_object();
    return Status::ok();
  }

 private:
  // Runs the ops over the items that were taken, writes one JSON value and forgets them.
  virtual Status answer(JsonWriter& result) = 0;

  std::uint64_t total_ = 0;
};

}  // namespace weir::server
