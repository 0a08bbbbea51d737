// Params: the JSON parameters of a named operation, read with errors that name the member.
//
//   WEIR_ASSIGN(const ParamsText text, ParamsText::parse(body));
//   const Params params = text.root();
//   WEIR_ASSIGN(const Matrix a, params.matrix({"a", "matrixA"}));
//   WEIR_ASSIGN(const double alpha, params.f64_or("alpha", 1.0));
//
// Matrices and vectors come as nested arrays of numbers, or as {"shape":[2,3],"dtype":"f64",
// "data":"<base64, little-endian>"}. A Params lives as long as its ParamsText.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace weir::server {

// Names of one parameter: the others are aliases of the first. Errors use the one that is there.
using ParamNames = std::initializer_list<std::string_view>;

// How long the sides of a matrix may be. What comes out is sized by them, and a matrix without rows
// or columns has no numbers that would bound the others.
inline constexpr std::size_t kMatrixSideMax = 16'384;
struct Sides {
  std::size_t rows_max = kMatrixSideMax;
  std::size_t columns_max = kMatrixSideMax;
};
// Observations or points: as many as a body holds.
inline constexpr Sides kTall{.rows_max = std::size_t{1} << 53, .columns_max = kMatrixSideMax};

// Numbers of an operation, row-major.
struct Matrix {
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::vector<double> values = {};
  bool base64 = false;  // how it came, and how an answer of its kind goes back
};
struct Vector {
  std::vector<double> values = {};
  bool base64 = false;
};

class Params {
 public:
  // Errors name members with `place` before them: "options." or "items[3].".
  explicit Params(simdjson::dom::object object, std::string place = {})
      : object_(object), place_(std::move(place)) {}

  std::optional<simdjson::dom::element> find(ParamNames names) const;
  bool has(std::string_view name) const { return find({name}).has_value(); }
  simdjson::dom::object json() const { return object_; }
  // The members there are, in their order.
  std::vector<std::string_view> names() const;
  // How errors name a parameter: by the name that it has here, with its place.
  std::string named(ParamNames names) const;

  // field_missing, field_type or number_range (invalid_argument), naming the member.
  Result<Matrix> matrix(ParamNames names, const Sides& sides = {}) const;
  Result<Vector> vector(ParamNames names) const;
  Result<std::string> text(ParamNames names) const;
  Result<std::string> text_or(ParamNames names, std::string_view fallback) const;
  // A text that must be one of "a|b|c".
  Result<std::string> choice_or(ParamNames names, std::string_view choices,
                                std::string_view fallback) const;
  Result<double> f64_or(ParamNames names, double fallback) const;
  Result<std::uint64_t> u64_or(ParamNames names, std::uint64_t fallback, std::uint64_t max) const;
  Result<bool> flag_or(ParamNames names, bool fallback) const;
  // An array of base64 texts, decoded.
  Result<std::vector<std::vector<std::uint8_t>>> byte_items(ParamNames names) const;
  // A member object, whose errors name its members by their whole path; none if it is absent.
  Result<std::optional<Params>> object(std::string_view name) const;
  Result<simdjson::dom::array> array(ParamNames names) const;

 private:
  simdjson::dom::object object_;
  std::string place_;
};

// Owns the parsed text.
class ParamsText {
 public:
  // invalid_argument (json_shape) if the text is not one JSON object.
  static Result<ParamsText> parse(std::string_view json);
  Params root() const { return Params(root_); }

 private:
  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::object root_;
};

// The value of an element where it is not a member: errors name it as `where`.
Result<std::vector<std::uint8_t>> read_bytes(simdjson::dom::element value, std::string_view where);
// Whether a value is a matrix, no vector: rows of numbers, or in base64 a shape with two sides.
bool is_matrix(simdjson::dom::element value);
Result<Matrix> read_matrix(simdjson::dom::element value, std::string_view name,
                           const Sides& sides = {});
Result<Vector> read_vector(simdjson::dom::element value, std::string_view name);

// Appends the numbers of a line: one, an array of them, or the base64 form.
Status read_number_line(simdjson::dom::element line, std::vector<double>& out);

// Writes number[][] or number[], or the base64 form. Without base64, NaN and infinities are null;
// returns how many there are.
std::size_t write_matrix(JsonWriter& json, const double* values, std::size_t rows,
                         std::size_t columns, bool base64);
std::size_t write_vector(JsonWriter& json, const double* values, std::size_t size, bool base64);

}  // namespace weir::server
