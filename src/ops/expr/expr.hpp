// The expression language: text or JSON to tree to a typed register program over columns.
//
//   Schema schema;
//   schema.add("amount", Type::decimal_per_row(), Storage::kI64);
//   schema.add("feature.amount_z", Type::f64(), Storage::kF32);
//   Ast ast;
//   WEIR_ASSIGN(const NodeId root, parse("amount > 500 and feature.amount_z > 3", ast));
//   Compiler compiler(schema, Options::rules());
//   WEIR_ASSIGN(const OutputId fires, compiler.add(ast, root));   // many may share one program
//   WEIR_ASSIGN(const Program program, compiler.finish());
//
//   Scratch scratch(program);                                     // one per thread
//   std::vector<ColumnView> inputs(schema.fields().size());
//   inputs[0] = ColumnView::strided(&e[0].amount, 128).with_exponents(&e[0].exponent, 128);
//   inputs[1] = ColumnView::packed(z);
//   outputs[fires] = {.data = bits.data()};
//   WEIR_TRY(program.evaluate(inputs, rows, scratch, outputs));   // bit i of bits: row i fires
//
// Values. f64 arithmetic is that of one row at a time, so results do not depend on blocks, threads
// or the instruction set. Comparisons use one total order: NaN equals NaN and exceeds every number,
// -0.0 equals 0.0, strings by bytes, false < true. A decimal compares exactly with any integer or
// decimal. Functions of null are null, except coalesce and is null.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/aligned.hpp"
#include "base/column.hpp"
#include "base/result.hpp"
#include "ops/expr/ast.hpp"
#include "ops/expr/parser.hpp"
#include "ops/expr/type.hpp"

namespace weir::expr {

inline constexpr std::size_t kBlockRows = 2048;

struct Options {
  // Overflow, division by zero and casts that fail give null instead of an error that names the
  // row.
  bool errors_are_null = false;
  // A comparison, in, like or between with a null is false rather than null (so `not (x > 5)` is
  // true).
  bool null_compares_false = false;
  // NaN and infinities are null, in inputs and after every operation.
  bool non_finite_is_null = false;
  // Values of $1, $2, ...
  std::span<const Literal> parameters = {};

  static Options table() { return {}; }
  static Options rules() { return {true, true, true, {}}; }
};

using OutputId = std::uint32_t;

// Where evaluate() puts one output. A null `data` skips the output. Sizes are in rows; bitmaps are
// whole words of 64 rows, and bits beyond the last row are zero.
struct OutputView {
  // bool: u64 words; i64, decimal, timestamp, duration, symbol: i64; f64: double; string:
  // std::string_view, which points into inputs, the program or the scratch and lives until its next
  // evaluate().
  void* data = nullptr;
  std::uint64_t* validity =
      nullptr;  // bit set: the row has a value; may be null for bool: null reads as 0
  std::uint8_t* exponents = nullptr;  // decimals per row of Type::decimal_per_row()
};

class Program;

// The registers of one evaluation. Sized by its program; reused without allocation: strings that
// functions build may grow an arena in the first calls, and only casts between strings and
// decimals, times or numbers may go to the heap later. Not thread-safe: one per thread.
class Scratch {
 public:
  explicit Scratch(const Program& program);
  Scratch(Scratch&&) noexcept;
  Scratch& operator=(Scratch&&) noexcept;
  ~Scratch();
  // Returns how many values became null because of an error, since the start. Counted only where
  // errors_are_null is set without null_compares_false (rows that nobody needs are not counted).
  std::uint64_t errors() const;

  struct State;

 private:
  friend class Program;
  std::unique_ptr<State> state_;
};

// An immutable compiled program. Cheap to copy; evaluate() is thread-safe with a Scratch per
// thread.
class Program {
 public:
  struct Code;
  explicit Program(std::shared_ptr<const Code> code) : code_(std::move(code)) {}

  std::size_t outputs() const;
  Type output_type(OutputId output) const;
  // Returns the inputs that the program reads, ascending: only their columns need to be set.
  std::span<const InputId> inputs() const;
  // Returns the number of instructions, after folding and sharing.
  std::size_t instructions() const;
  // Returns one line per instruction, for tests and `--explain`.
  std::string to_string() const;

  // Evaluates rows 0..rows-1. `inputs[i]` is the column of input i; `outputs[o]` of output o; both
  // may be longer than needed. Errors (never with errors_are_null): invalid_argument naming the
  // first row at fault and the place in the expression; what lies in the outputs is then
  // unspecified.
  Status evaluate(std::span<const ColumnView> inputs, std::size_t rows, Scratch& scratch,
                  std::span<const OutputView> outputs) const;

  const Code& code() const { return *code_; }

 private:
  std::shared_ptr<const Code> code_;
};

// Compiles expressions of one or several trees into one program; equal parts are computed once.
// Keeps a reference to the schema. Errors: name_unknown (with the nearest name), type_mismatch,
// literal_range, parameter_missing, argument_count, each with line and column.
class Compiler {
 public:
  Compiler(const Schema& schema, const Options& options);
  Compiler(Compiler&&) noexcept;
  ~Compiler();

  // Adds an expression; its values are output `result`. With `as`, converts them to that type as
  // cast does.
  Result<OutputId> add(const Ast& ast, NodeId root, std::optional<Type> as = std::nullopt);
  // Returns the type that add() would give the expression, or its error, without adding it.
  Result<Type> check(const Ast& ast, NodeId root) const;
  Result<Program> finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Evaluates one expression row by row on the tree: the slow, plain reading of the language that
// programs are tested and measured against. Same contract as Program::evaluate with one output.
Status evaluate_reference(const Ast& ast, NodeId root, const Schema& schema, const Options& options,
                          std::span<const ColumnView> inputs, std::size_t rows,
                          const OutputView& output, std::vector<std::string>& strings);

}  // namespace weir::expr
