// ByteItems: many byte strings of a request, side by side, as the hash ops take them.
#pragma once

#include <cstdint>
#include <vector>

#include "ops/hash/ragged.hpp"
#include "server/operations/params.hpp"

namespace weir::server {

class ByteItems {
 public:
  // Reads an array of base64 texts.
  static Result<ByteItems> read(const Params& params, ParamNames names) {
    WEIR_ASSIGN(const auto items, params.byte_items(names));
    ByteItems all;
    for (const auto& item : items) all.add(item);
    return all;
  }
  void add(Bytes item) {
    bytes_.insert(bytes_.end(), item.begin(), item.end());
    offsets_.push_back(bytes_.size());
  }
  void clear() {
    bytes_.clear();
    offsets_.resize(1);
  }
  std::size_t size() const { return offsets_.size() - 1; }
  // Bytes of the items and of their places.
  std::size_t held_bytes() const { return bytes_.size() + 8 * size(); }
  ops::Ragged ragged() const { return {bytes_, offsets_}; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::vector<std::uint64_t> offsets_{0};
};

}  // namespace weir::server
