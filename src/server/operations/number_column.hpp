// NumberColumn: the numbers of an operation, where null says that one is missing.
//
//   WEIR_ASSIGN(const NumberColumn data, NumberColumn::read(call.params, {"data", "values"}));
//   WEIR_TRY(call.run<ops::Sum>({.x = data.values()}, out));
#pragma once

#include <vector>

#include "ops/stats/values.hpp"
#include "server/operations/params.hpp"

namespace weir::server {

class NumberColumn {
 public:
  // Takes an array of numbers and nulls, or the base64 form. field_missing and field_type
  // (invalid_argument) name the member and its place.
  static Result<NumberColumn> read(const Params& params, ParamNames names);

  // Appends the numbers of a line: one or null, an array of such, or the base64 form.
  // invalid_argument (field_type) names what is none.
  Status add_line(simdjson::dom::element line);
  void add(double number, bool valid);
  // Forgets the first `count` numbers: all of them, or a multiple of 64 (CHECKed).
  void drop(std::size_t count);
  void clear() { *this = {}; }

  // A view, valid until the column changes.
  ops::Values values() const {
    const ops::Values all = ops::Values::of(std::span<const double>(numbers_));
    return nulls_ == 0 ? all : all.with_validity(validity_.data());
  }
  std::size_t size() const { return numbers_.size(); }
  std::size_t held_bytes() const { return sizeof(double) * numbers_.size() + numbers_.size() / 8; }

 private:
  // Appends a number or null; false if it is neither.
  bool add_item(simdjson::dom::element item);

  std::vector<double> numbers_;
  std::vector<std::uint64_t> validity_;  // a bit a number
  std::size_t nulls_ = 0;
};

}  // namespace weir::server
