#include "server/operations/number_column.hpp"

namespace weir::server {

Result<NumberColumn> NumberColumn::read(const Params& params, ParamNames names) {
  NumberColumn column;
  const auto value = params.find(names);
  simdjson::dom::array items;
  if (!value || value->get_array().get(items) != simdjson::SUCCESS) {
    WEIR_ASSIGN(Vector numbers, params.vector(names));
    column.numbers_ = std::move(numbers.values);
    return column;
  }
  for (const simdjson::dom::element item : items) {
    const std::size_t at = column.numbers_.size();
    if (at % 64 == 0) column.validity_.push_back(0);
    double number = 0;
    if (item.is_null()) {
      ++column.nulls_;
    } else if (item.get_double().get(number) == simdjson::SUCCESS) {
      column.validity_.back() |= std::uint64_t{1} << (at % 64);
    } else {
      return fail(invalid_argument("field_type", std::string(*names.begin()) + "[" +
                                                     std::to_string(at) +
                                                     "] must be a number or null")
                      .at(*names.begin()));
    }
    column.numbers_.push_back(number);
  }
  return column;
}

}  // namespace weir::server
