#include "server/operations/params.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/base64.hpp"
#include "base/check.hpp"

namespace weir::server {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;

constexpr std::uint64_t kWholeMax = std::uint64_t{1} << 53;

Status missing(std::string_view name) {
  return invalid_argument("field_missing", "the parameter " + std::string(name) + " is missing")
      .at(name);
}

Status wrong_type(std::string_view name, std::string_view expected) {
  return invalid_argument("field_type", std::string(name) + " must be " + std::string(expected))
      .at(name);
}

bool is_number(const element& value) {
  return value.type() == element_type::DOUBLE || value.type() == element_type::INT64 ||
         value.type() == element_type::UINT64;
}

double number_of(const element& value) {
  double number = 0;
  CHECK(value.get_double().get(number) == simdjson::SUCCESS);
  return number;
}

std::size_t dtype_bytes(std::string_view dtype) {
  if (dtype == "f64" || dtype == "i64") return 8;
  if (dtype == "f32" || dtype == "i32") return 4;
  if (dtype == "i8" || dtype == "u8") return 1;
  return 0;
}

double value_at(const std::uint8_t* bytes, std::string_view dtype) {
  if (dtype == "f64") return load<double>(bytes);
  if (dtype == "f32") return static_cast<double>(load<float>(bytes));
  if (dtype == "i64") return static_cast<double>(load<std::int64_t>(bytes));
  if (dtype == "i32") return static_cast<double>(load<std::int32_t>(bytes));
  if (dtype == "i8") return static_cast<double>(load<std::int8_t>(bytes));
  return static_cast<double>(*bytes);
}

struct Packed {
  std::vector<std::size_t> shape;
  std::vector<double> values;
};

Status check_side(std::size_t side, std::size_t side_max, std::string_view what,
                  std::string_view field) {
  if (side <= side_max) return Status::ok();
  return invalid_argument("number_range", std::string(field) + " says " + std::to_string(side) +
                                              " " + std::string(what) + "; " +
                                              std::to_string(side_max) + " are the most")
      .at(field);
}

// Reads {"shape":[..],"dtype":"f64","data":"..."}.
Result<Packed> read_packed(element value, std::string_view name) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    return fail(wrong_type(name, "an array of numbers or {shape, dtype, data}"));
  }
  const Params params(object, std::string(name) + ".");
  Packed packed;
  WEIR_ASSIGN(const array shape, params.array({"shape"}));
  std::size_t count = 1;
  for (const element side : shape) {
    std::uint64_t n = 0;
    if (side.get_uint64().get(n) != simdjson::SUCCESS || n > kWholeMax ||
        (n != 0 && count > kWholeMax / n)) {
      return fail(wrong_type(std::string(name) + ".shape", "whole numbers of a sensible size"));
    }
    packed.shape.push_back(n);
    count *= n;
  }
  WEIR_ASSIGN(const std::string dtype, params.choice_or({"dtype"}, "f64|f32|i64|i32|i8|u8", "f64"));
  WEIR_ASSIGN(const std::string text, params.text({"data"}));
  auto bytes = parse_base64(text);
  if (!bytes) return fail(Status(bytes.error()).at(std::string(name) + ".data"));
  const std::size_t each = dtype_bytes(dtype);
  if (bytes->size() != count * each) {
    return fail(invalid_argument("shape", std::string(name) + ".data has " +
                                              std::to_string(bytes->size()) + " bytes; shape and " +
                                              dtype + " ask for " + std::to_string(count * each))
                    .at(std::string(name) + ".data"));
  }
  packed.values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    packed.values[i] = value_at(bytes->data() + i * each, dtype);
  }
  return packed;
}

Status append_numbers(array numbers, std::string_view name, std::vector<double>& out) {
  for (const element number : numbers) {
    if (!is_number(number)) {
      return wrong_type(std::string(name) + "[" + std::to_string(out.size()) + "]", "a number");
    }
    out.push_back(number_of(number));
  }
  return Status::ok();
}

}  // namespace

Result<ParamsText> ParamsText::parse(std::string_view json) {
  ParamsText text;
  text.parser_ = std::make_unique<simdjson::dom::parser>();
  element root;
  const auto error = text.parser_->parse(json.data(), json.size()).get(root);
  if (error != simdjson::SUCCESS) {
    return fail(invalid_argument(
        "json_shape", std::string("the body is not JSON: ") + simdjson::error_message(error)));
  }
  if (root.get_object().get(text.root_) != simdjson::SUCCESS) {
    return fail(invalid_argument("json_shape", "the parameters must be a JSON object"));
  }
  return text;
}

std::optional<element> Params::find(ParamNames names) const {
  for (const std::string_view name : names) {
    element value;
    if (object_.at_key(name).get(value) == simdjson::SUCCESS &&
        value.type() != element_type::NULL_VALUE) {
      return value;
    }
  }
  return std::nullopt;
}

std::string Params::named(ParamNames names) const {
  const auto* const here =
      std::find_if(names.begin(), names.end(), [&](std::string_view name) { return has(name); });
  return place_ + std::string(here == names.end() ? *names.begin() : *here);
}

Result<std::vector<std::uint8_t>> read_bytes(element value, std::string_view where) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) {
    return fail(wrong_type(where, "a base64 text"));
  }
  auto bytes = parse_base64(text);
  if (!bytes) return fail(Status(bytes.error()).at(where));
  return std::move(*bytes);
}

bool is_matrix(element value) {
  simdjson::dom::array items;
  if (value.get_array().get(items) == simdjson::SUCCESS) {
    return items.size() != 0 && items.at(0).is_array();
  }
  return value.at_key("shape").get_array().get(items) == simdjson::SUCCESS && items.size() == 2;
}

Result<Matrix> read_matrix(element value, std::string_view name, const Sides& sides) {
  Matrix matrix;
  array rows;
  if (value.get_array().get(rows) != simdjson::SUCCESS) {
    WEIR_ASSIGN(Packed packed, read_packed(value, name));
    const std::string shape = std::string(name) + ".shape";
    if (packed.shape.size() != 2) {
      return fail(wrong_type(shape, "that of a matrix: [rows, columns]"));
    }
    WEIR_TRY(check_side(packed.shape[0], sides.rows_max, "rows", shape));
    WEIR_TRY(check_side(packed.shape[1], sides.columns_max, "columns", shape));
    return Matrix{packed.shape[0], packed.shape[1], std::move(packed.values), true};
  }
  for (const element row : rows) {
    array numbers;
    const std::string where = std::string(name) + "[" + std::to_string(matrix.rows) + "]";
    if (row.get_array().get(numbers) != simdjson::SUCCESS) {
      return fail(wrong_type(where, "a row of numbers"));
    }
    const std::size_t before = matrix.values.size();
    for (const element number : numbers) {
      if (!is_number(number)) {
        return fail(wrong_type(where + "[" + std::to_string(matrix.values.size() - before) + "]",
                               "a number"));
      }
      matrix.values.push_back(number_of(number));
    }
    const std::size_t width = matrix.values.size() - before;
    if (matrix.rows == 0) matrix.columns = width;
    if (width != matrix.columns) {
      return fail(invalid_argument("shape", where + " has " + std::to_string(width) +
                                                " numbers, the first row " +
                                                std::to_string(matrix.columns))
                      .at(name));
    }
    ++matrix.rows;
  }
  WEIR_TRY(check_side(matrix.rows, sides.rows_max, "rows", name));
  WEIR_TRY(check_side(matrix.columns, sides.columns_max, "columns", name));
  return matrix;
}

Result<Vector> read_vector(element value, std::string_view name) {
  array numbers;
  if (value.get_array().get(numbers) != simdjson::SUCCESS) {
    WEIR_ASSIGN(Packed packed, read_packed(value, name));
    if (packed.shape.size() != 1) {
      return fail(wrong_type(std::string(name) + ".shape", "that of a vector: [n]"));
    }
    return Vector{std::move(packed.values), true};
  }
  Vector vector;
  WEIR_TRY(append_numbers(numbers, name, vector.values));
  return vector;
}

Status read_number_line(element line, std::vector<double>& out) {
  if (is_number(line)) {
    out.push_back(number_of(line));
    return Status::ok();
  }
  if (!line.is_array() && !line.is_object()) {
    return wrong_type("the line", "a number or an array of numbers");
  }
  WEIR_ASSIGN(const Vector numbers, read_vector(line, "the line"));
  out.insert(out.end(), numbers.values.begin(), numbers.values.end());
  return Status::ok();
}

Result<Matrix> Params::matrix(ParamNames names, const Sides& sides) const {
  const auto value = find(names);
  if (!value) return fail(missing(named(names)));
  return read_matrix(*value, named(names), sides);
}

Result<Vector> Params::vector(ParamNames names) const {
  const auto value = find(names);
  if (!value) return fail(missing(named(names)));
  return read_vector(*value, named(names));
}

Result<std::string> Params::text(ParamNames names) const {
  const auto value = find(names);
  if (!value) return fail(missing(named(names)));
  std::string_view text;
  if (value->get_string().get(text) != simdjson::SUCCESS) {
    return fail(wrong_type(named(names), "a text"));
  }
  return std::string(text);
}

Result<std::string> Params::text_or(ParamNames names, std::string_view fallback) const {
  return find(names) ? text(names) : std::string(fallback);
}

std::vector<std::string_view> Params::names() const {
  std::vector<std::string_view> names;
  for (const auto field : object_) names.push_back(field.key);
  return names;
}

Result<std::string> Params::choice_or(ParamNames names, std::string_view choices,
                                      std::string_view fallback) const {
  WEIR_ASSIGN(std::string chosen, text_or(names, fallback));
  std::string listed;
  for (std::size_t begin = 0; begin <= choices.size();) {
    const std::size_t end = std::min(choices.find('|', begin), choices.size());
    const std::string_view choice = choices.substr(begin, end - begin);
    if (choice == chosen) return chosen;
    listed += (listed.empty() ? "" : ", ") + std::string(choice);
    begin = end + 1;
  }
  return fail(invalid_argument("choice", named(names) + " is \"" + chosen + "\"")
                  .at(named(names))
                  .hint("use one of " + listed));
}

Result<double> Params::f64_or(ParamNames names, double fallback) const {
  const auto value = find(names);
  if (!value) return fallback;
  if (!is_number(*value)) return fail(wrong_type(named(names), "a number"));
  return number_of(*value);
}

Result<std::uint64_t> Params::u64_or(ParamNames names, std::uint64_t fallback,
                                     std::uint64_t max) const {
  const auto value = find(names);
  if (!value) return fallback;
  std::uint64_t number = 0;
  if (value->get_uint64().get(number) != simdjson::SUCCESS || number > max) {
    return fail(
        invalid_argument("number_range",
                         named(names) + " must be a whole number from 0 to " + std::to_string(max))
            .at(named(names)));
  }
  return number;
}

Result<bool> Params::flag_or(ParamNames names, bool fallback) const {
  const auto value = find(names);
  if (!value) return fallback;
  bool flag = false;
  if (value->get_bool().get(flag) != simdjson::SUCCESS) {
    return fail(wrong_type(named(names), "true or false"));
  }
  return flag;
}

Result<std::vector<std::vector<std::uint8_t>>> Params::byte_items(ParamNames names) const {
  WEIR_ASSIGN(const simdjson::dom::array values, array(names));
  std::vector<std::vector<std::uint8_t>> items;
  for (const element value : values) {
    const std::string where = named(names) + "[" + std::to_string(items.size()) + "]";
    WEIR_ASSIGN(auto bytes, read_bytes(value, where));
    items.push_back(std::move(bytes));
  }
  return items;
}

Result<std::optional<Params>> Params::object(std::string_view name) const {
  const auto value = find({name});
  if (!value) return std::optional<Params>{};
  simdjson::dom::object object;
  if (value->get_object().get(object) != simdjson::SUCCESS) {
    return fail(wrong_type(place_ + std::string(name), "an object"));
  }
  return std::optional<Params>(Params(object, place_ + std::string(name) + "."));
}

Result<array> Params::array(ParamNames names) const {
  const auto value = find(names);
  if (!value) return fail(missing(named(names)));
  simdjson::dom::array values;
  if (value->get_array().get(values) != simdjson::SUCCESS) {
    return fail(wrong_type(named(names), "an array"));
  }
  return values;
}

std::size_t write_vector(JsonWriter& json, const double* values, std::size_t size, bool base64) {
  if (base64) {
    json.begin_object().key("shape").begin_array().u64(size).end_array();
    json.key("dtype").string("f64").key("data");
    json.string(weir::base64({reinterpret_cast<const std::uint8_t*>(values), size * 8}));
    json.end_object();
    return 0;
  }
  std::size_t nulls = 0;
  json.begin_array();
  for (std::size_t i = 0; i < size; ++i) {
    json.f64(values[i]);
    nulls += std::isfinite(values[i]) ? 0 : 1;
  }
  json.end_array();
  return nulls;
}

std::size_t write_matrix(JsonWriter& json, const double* values, std::size_t rows,
                         std::size_t columns, bool base64) {
  if (base64) {
    json.begin_object().key("shape").begin_array().u64(rows).u64(columns).end_array();
    json.key("dtype").string("f64").key("data");
    json.string(weir::base64({reinterpret_cast<const std::uint8_t*>(values), rows * columns * 8}));
    json.end_object();
    return 0;
  }
  std::size_t nulls = 0;
  json.begin_array();
  for (std::size_t r = 0; r < rows; ++r) {
    nulls += write_vector(json, values + r * columns, columns, false);
  }
  json.end_array();
  return nulls;
}

}  // namespace weir::server
