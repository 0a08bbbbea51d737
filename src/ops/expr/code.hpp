// Code: the instructions of a program, and State: the registers they run on. Private to the folder.
//
// A register holds one block of up to 2,048 rows. Values lie packed; booleans are bitmaps; a bitmap
// of validity stands beside them unless every row has a value. Rows between the last one and the
// next multiple of 64 are computed, too, and never looked at. Invariant: a boolean's bits are 0
// where it is null.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "base/aligned.hpp"
#include "ops/expr/expr.hpp"
#include "ops/expr/typed.hpp"

namespace weir::expr {

inline constexpr std::uint32_t kNoRegister = 0xFFFFFFFFU;
inline constexpr std::size_t kBlockWords = kBlockRows / 64;

enum class RegisterClass : std::uint8_t {
  kBool,
  kWord,    // i64 or f64
  kFloat,   // f32, as loaded
  kText,    // std::string_view
  kScaled,  // i64 and decimals per row
};

enum class Opcode : std::uint8_t {
  kLoad,  // aux: input
  kAnd,   // Kleene, of two
  kOr,
  kNot,
  kIsNull,  // sub: 1 for is not null
  // Masks of the rows that need an operand: b, or all rows if it is kNoRegister, without those
  // where a ...
  kNeedNotFalse,  // ... is false
  kNeedNotTrue,   // ... is true
  kNeedTrue,      // ... is not true
  kSelect,        // a true ? b : c
  kCompareWord,   // sub: Comparison
  kCompareF64,
  kCompareWordTo,  // with imm, likewise
  kCompareF64To,
  kCompareF32To,     // of kFloat with the double imm
  kCompareScaledTo,  // aux: of thresholds
  kInWords,          // aux: of sets; sub: 1 for not in
  kAddF64,
  kSubF64,
  kMulF64,
  kDivF64,  // sub: 1 if zero divisors are faults
  kSqrtF64,
  kAddI64,
  kSubI64,
  kMulI64,     // of a kWord or kScaled by a kWord
  kWordToF64,  // divided by 10^sub
  kFloatToF64,
  kScaledToF64,
  kGeneric,  // aux: of generics; row by row
};
std::string_view opcode_name(Opcode opcode);

// value > units, or with `equals` value == units; the outcome inverted if so said.
struct Threshold {
  std::int64_t units = 0;
  bool equals = false;
  bool inverted = false;
};
// Returns the test on the units of 10^-scale that decides `value COMPARISON literal *
// 10^-literal_scale`.
Threshold threshold_of(Comparison comparison, unsigned scale, std::int64_t literal,
                       unsigned literal_scale);

struct Instruction {
  Opcode op = Opcode::kLoad;
  std::uint8_t sub = 0;
  RegisterClass result = RegisterClass::kBool;
  std::uint32_t dst = kNoRegister;
  std::uint32_t a = kNoRegister;
  std::uint32_t b = kNoRegister;
  std::uint32_t c = kNoRegister;
  std::uint32_t need = kNoRegister;  // faults count only where this boolean is set
  std::uint32_t aux = 0;
  std::uint64_t imm = 0;  // i64 or the bits of a double
  Position at;
};

struct GenericCall {
  ScalarOp op;
  std::vector<std::uint32_t> args;
  std::vector<Type> types;
  std::uint32_t text_set = 0;  // kIn: of text_sets
  bool has_null = false;       // kIn: the list holds a null
};

struct WordSet {
  std::vector<std::uint64_t> words;  // distinct; doubles by their bits, -0.0 as 0.0
  std::vector<std::uint64_t>
      table;                 // open addressing, a power of two; empty where few words are scanned
  std::uint64_t vacant = 0;  // a word that is not in the set
  bool doubles = false;
  bool has_nan = false;  // which no word stands for
  bool has_null = false;
};

struct ConstantRegister {
  std::uint32_t dst = 0;
  RegisterClass kind = RegisterClass::kWord;
  Type type;
  Value value;
};

struct Program::Code {
  Options options;
  std::vector<Instruction> instructions;
  std::vector<GenericCall> generics;
  std::vector<std::array<Threshold, kScaleMax + 1>> thresholds;
  std::vector<WordSet> sets;
  std::vector<std::vector<std::string_view>> text_sets;
  std::vector<ConstantRegister> constants;
  std::vector<RegisterClass> registers;  // by physical register
  std::vector<std::uint32_t> output_registers;
  std::vector<Type> output_types;
  std::vector<InputId> inputs;
  std::vector<Field> fields;        // by input id
  std::deque<std::string> strings;  // what constants point into
  std::size_t generic_args_max = 0;
};

struct Register {
  void* data = nullptr;                  // own_data, or a column in place
  const std::uint64_t* valid = nullptr;  // null: every row has a value
  std::uint8_t* scales = nullptr;        // kScaled
  void* own_data = nullptr;
  std::uint64_t* own_valid = nullptr;
  // kScaled: the decimals that occur, and the rows of each.
  std::uint64_t* scale_rows = nullptr;  // [kScaleMax + 1][kBlockWords]
  std::array<std::uint8_t, kScaleMax + 1> scale_list{};
  unsigned scale_count = 0;
  bool constant = false;  // all rows have the first one's value

  std::int64_t* words() const { return static_cast<std::int64_t*>(data); }
  double* doubles() const { return static_cast<double*>(data); }
  float* floats() const { return static_cast<float*>(data); }
  std::uint64_t* bits() const { return static_cast<std::uint64_t*>(data); }
  std::string_view* texts() const { return static_cast<std::string_view*>(data); }
  bool is_valid(std::size_t row) const {
    return valid == nullptr || (valid[row / 64] >> (row % 64) & 1) != 0;
  }
};

struct Scratch::State {
  std::vector<Register> registers;
  AlignedBuffer<std::uint8_t> memory;
  AlignedBuffer<std::uint64_t> faults;  // [kBlockWords], of the running instruction
  std::vector<Value> args;
  TextArena arena;
  std::uint64_t errors = 0;
  // The first fault of the block, if faults are errors.
  Fault fault = Fault::kNone;
  std::size_t fault_row = 0;
  Position fault_at;
};

// What one block is about.
struct Block {
  const Program::Code& code;
  Scratch::State& state;
  std::span<const ColumnView> inputs;
  std::size_t begin = 0;  // first row, a multiple of 2,048
  std::size_t rows = 0;   // 1..2,048
  std::size_t words = 0;  // rows / 64, rounded up

  Register& reg(std::uint32_t id) const { return state.registers[id]; }
};

// Runs all instructions on the widest unit allowed (kernels.cpp).
void run_block(const Block& block);
// As memcpy; what is written is not in the cache afterwards, and needs hwy::FlushStream() before
// another thread reads it. Meanwhile fetches as many bytes from `next`, what is read after this;
// null: nothing.
void copy_past_cache(const void* from, void* to, std::size_t bytes, const void* next);
// Loads a column (load.cpp).
void load_register(const Block& block, const Instruction& instruction);
// Runs a kGeneric, row by row (generic.cpp).
void run_generic(const Block& block, const Instruction& instruction);
// Notes the rows in state.faults that are needed as faults, and makes the others' values null: to
// be called after dst.valid is set.
void note_faults(const Block& block, const Instruction& instruction, Fault fault);
// Fills scale_list and scale_rows from scales; rows of more than 18 decimals become null
// (kernels.cpp).
void index_scales(const Block& block, Register& reg);
// Sets dst.valid to the rows valid in both; null if all are.
void join_validity(const Block& block, Register& dst, const std::uint64_t* a,
                   const std::uint64_t* b);

// Returns the float next to `value`, above (+1) or below (-1); past the largest comes infinity.
float float_next(float value, int direction);
// Probes the set's table; see WordSet.
inline std::size_t set_slot(std::uint64_t word) {
  return static_cast<std::size_t>(word * 0x9E3779B97F4A7C15ULL >> 32);
}
inline bool set_contains(const WordSet& set, std::uint64_t word) {
  if (word == set.vacant) return false;
  const std::size_t mask = set.table.size() - 1;
  for (std::size_t at = set_slot(word) & mask;; at = (at + 1) & mask) {
    if (set.table[at] == word) return true;
    if (set.table[at] == set.vacant) return false;
  }
}

}  // namespace weir::expr
