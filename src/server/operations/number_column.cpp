#include "server/operations/number_column.hpp"

#include <bit>
#include <string>

#include "base/check.hpp"

namespace weir::server {
namespace {

Status no_number(std::string_view where) {
  return invalid_argument("field_type", std::string(where) + " must be a number or null").at(where);
}

}  // namespace

void NumberColumn::add(double number, bool valid) {
  const std::size_t at = numbers_.size();
  if (at % 64 == 0) validity_.push_back(0);
  if (valid) {
    validity_.back() |= std::uint64_t{1} << (at % 64);
  } else {
    ++nulls_;
  }
  numbers_.push_back(number);
}

void NumberColumn::drop(std::size_t count) {
  if (count == numbers_.size()) return clear();
  CHECK_EQ(count % 64, std::size_t{0});
  for (std::size_t i = 0; i < count / 64; ++i) {
    nulls_ -= 64 - static_cast<std::size_t>(std::popcount(validity_[i]));
  }
  numbers_.erase(numbers_.begin(), numbers_.begin() + static_cast<std::ptrdiff_t>(count));
  validity_.erase(validity_.begin(), validity_.begin() + static_cast<std::ptrdiff_t>(count / 64));
}

bool NumberColumn::add_item(simdjson::dom::element item) {
  double number = 0;
  const bool null = item.is_null();
  if (!null && item.get_double().get(number) != simdjson::SUCCESS) return false;
  add(number, !null);
  return true;
}

Status NumberColumn::add_line(simdjson::dom::element line) {
  simdjson::dom::array items;
  if (line.get_array().get(items) == simdjson::SUCCESS) {
    std::size_t at = 0;
    for (const simdjson::dom::element item : items) {
      if (!add_item(item)) return no_number("[" + std::to_string(at) + "]");
      ++at;
    }
    return Status::ok();
  }
  if (line.is_object()) {
    WEIR_ASSIGN(const Vector packed, read_vector(line, "the line"));
    for (const double number : packed.values) add(number, true);
    return Status::ok();
  }
  return add_item(line) ? Status::ok() : no_number("the line");
}

Result<NumberColumn> NumberColumn::read(const Params& params, ParamNames names) {
  NumberColumn column;
  const auto value = params.find(names);
  simdjson::dom::array items;
  if (!value || value->get_array().get(items) != simdjson::SUCCESS) {
    WEIR_ASSIGN(Vector numbers, params.vector(names));
    column.numbers_ = std::move(numbers.values);
    column.validity_.assign((column.numbers_.size() + 63) / 64, ~std::uint64_t{0});
    return column;
  }
  for (const simdjson::dom::element item : items) {
    if (column.add_item(item)) continue;
    return fail(no_number(params.named(names) + "[" + std::to_string(column.size()) + "]"));
  }
  return column;
}

}  // namespace weir::server
