// Random columns and random expressions over them, for the parity tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/rng.hpp"
#include "ops/expr/expr.hpp"

namespace weir::expr::testing {

// Columns of every type and storage with nulls and extremes; `schema`, `inputs` match.
class RandomTable {
 public:
  RandomTable(std::uint64_t seed, std::size_t rows);
  const Schema& schema() const { return schema_; }
  std::span<const ColumnView> inputs() const { return inputs_; }
  std::size_t rows() const { return rows_; }

 private:
  struct Record {  // fields read in place, as those of an event
    std::int64_t amount;
    std::uint32_t fee;
    std::uint16_t code;
    std::uint8_t exponent;
    std::uint8_t flag;
  };
  template <class T>
  const T* column(std::vector<std::vector<T>>& store, std::vector<T> values) {
    return store.emplace_back(std::move(values)).data();
  }
  const std::uint64_t* validity(Philox& rng);
  void add_column(std::string_view name, Type type, const ColumnView& view, Philox& rng);
  void add_records(Philox& rng);
  ColumnView coded_texts();

  std::size_t rows_;
  Schema schema_;
  std::vector<ColumnView> inputs_;
  std::vector<Record> records_;
  std::vector<std::vector<std::int64_t>> words_;
  std::vector<std::vector<double>> doubles_;
  std::vector<std::vector<float>> floats_;
  std::vector<std::vector<std::string_view>> texts_;
  std::vector<std::vector<std::uint64_t>> bits_;
  std::vector<std::uint32_t> offsets_;
  std::string bytes_;
  std::vector<std::uint32_t> codes_;
  std::vector<std::uint32_t> dictionary_offsets_;
  std::string dictionary_;
};

// Writes expression texts that mostly have a type.
class RandomExpression {
 public:
  explicit RandomExpression(Philox& rng) : rng_(rng) {}
  std::string any(unsigned depth);
  std::string truth(unsigned depth);
  std::string number(unsigned depth);  // i64, f64 or decimal
  std::string text(unsigned depth);
  std::string time(unsigned depth);

 private:
  std::string pick(std::initializer_list<std::string_view> options);
  std::string number_literal();
  Philox& rng_;
};

}  // namespace weir::expr::testing
