// RowConverter: a mapping applied to a header; turns the fields of one row into one event.
//
//   WEIR_ASSIGN(RowConverter converter, RowConverter::make(mapping, header, options));
//   RowProblem problem;
//   if (!converter.convert(fields, row, line, batch, problem)) reject(problem);
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "wire/batch.hpp"
#include "wire/csv/mapping.hpp"
#include "wire/text_id.hpp"
#include "wire/verdict.hpp"

namespace weir::wire {

struct RowProblem {
  Refusal code{};
  std::size_t column = ~std::size_t{0};  // in the header; the largest number: the row as a whole
  std::string message;
};

class RowConverter {
 public:
  struct Options {
    TextIds ids{};
    Digest file_head{};  // SHA-256 of the file's first MiB: part of row ids
    bool keep_leaky = false;
    bool keep_personal = false;
  };

  // Errors: invalid_argument/header_unknown for a column that is not there;
  // invalid_argument/mapping for a constant that cannot be read, and for a mapping without time,
  // amount or party.
  static Result<RowConverter> make(const Mapping& mapping, std::span<const std::string> header,
                                   const Options& options);

  // Appends the event of one row; on false the batch is as before (texts apart that nobody refers
  // to). Rows count from 1. No allocation but for the batch and for attributes.
  bool convert(std::span<const std::string_view> fields, std::uint64_t row, std::uint64_t line,
               EventBatch& batch, RowProblem& problem);

 private:
  // One mapped field, ready to use.
  struct Source {
    std::vector<std::size_t> columns;
    FieldMap map;
    bool present = false;
  };
  struct Row;  // the row being converted

  Result<Source> bind(const FieldMap& map, std::span<const std::string> header) const;
  Status bind_constants();
  std::string_view text(const Source& source, const Row& row);
  bool convert_numbers(Row& row);
  bool convert_amount(Row& row, Target target, std::int64_t& units);
  bool convert_type(Row& row);
  bool convert_parties(Row& row);
  bool convert_party(Row& row, Target target, std::uint64_t& word);
  bool convert_small_fields(Row& row);
  void convert_label(Row& row);
  bool convert_side(Row& row);
  bool convert_location(Row& row);
  void set_id(Row& row);
  bool refuse(Row& row, Target target, Refusal code, std::string_view message);
  Source& at(Target target) { return sources_[static_cast<std::size_t>(target)]; }

  Mapping mapping_;
  Options options_;
  std::size_t columns_ = 0;
  std::array<Source, kTargets> sources_;
  Event blank_{};  // what every event starts from
  TimeReader time_;
  char point_ = '.';
  bool constant_currency_ = true;
  std::size_t swap_column_ = ~std::size_t{0};
  std::vector<std::pair<std::size_t, std::string>> attrs_;  // column, name
  std::string joined_;
  std::string json_;
};

}  // namespace weir::wire
