// Columns into registers: in place where they lie right, else widened and packed.
#include <algorithm>
#include <cstring>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "ops/expr/code.hpp"

namespace weir::expr {
namespace {

template <class From, class To>
void gather(const ColumnView& column, std::size_t begin, std::size_t rows, To* to) {
  const auto* from = static_cast<const char*>(column.at(begin));
  for (std::size_t i = 0; i < rows; ++i, from += column.stride)
    to[i] = static_cast<To>(load<From>(from));
}

void gather_integers(const ColumnView& column, std::size_t begin, std::size_t rows,
                     std::int64_t* to) {
  switch (column.storage) {
    case Storage::kU8:
      return gather<std::uint8_t>(column, begin, rows, to);
    case Storage::kU16:
      return gather<std::uint16_t>(column, begin, rows, to);
    case Storage::kU32:
      return gather<std::uint32_t>(column, begin, rows, to);
    case Storage::kI32:
      return gather<std::int32_t>(column, begin, rows, to);
    default:
      return gather<std::int64_t>(column, begin, rows, to);
  }
}

// Calls keep(i) for every row and clears the validity of those for which it is false.
template <class Keep>
void restrict_validity(const Block& block, Register& reg, const Keep& keep) {
  std::uint64_t all = ~std::uint64_t{0};
  for (std::size_t word = 0; word < block.words; ++word) {
    const std::size_t rows = std::min<std::size_t>(64, block.rows - word * 64);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < rows; ++i)
      bits |= static_cast<std::uint64_t>(keep(word * 64 + i) ? 1 : 0) << i;
    if (rows < 64) bits |= ~std::uint64_t{0} << rows;
    if (reg.valid != nullptr) bits &= reg.valid[word];
    reg.own_valid[word] = bits;
    all &= bits;
  }
  reg.valid = ~all == 0 ? nullptr : reg.own_valid;
}

void load_bool(const Block& block, const ColumnView& column, Register& reg) {
  std::uint64_t* bits = reg.bits();
  if (column.storage == Storage::kBitmap) {
    std::memcpy(bits, static_cast<const std::uint64_t*>(column.data) + block.begin / 64,
                block.words * sizeof(std::uint64_t));
  } else {
    std::fill_n(bits, block.words, 0);
    const auto* from = static_cast<const std::uint8_t*>(column.at(block.begin));
    for (std::size_t i = 0; i < block.rows; ++i)
      bits[i / 64] |= static_cast<std::uint64_t>(from[i * column.stride] != 0 ? 1 : 0) << (i % 64);
    if (column.zero_is_null) {
      join_validity(block, reg, reg.valid, bits);
      return;
    }
  }
  if (reg.valid == nullptr) return;
  for (std::size_t word = 0; word < block.words; ++word) bits[word] &= reg.valid[word];
}

void load_text(const Block& block, const ColumnView& column, Register& reg) {
  std::string_view* to = reg.texts();
  if (column.storage == Storage::kText) {
    const auto* from = static_cast<const char*>(column.at(block.begin));
    for (std::size_t i = 0; i < block.rows; ++i, from += column.stride)
      to[i] = load<std::string_view>(from);
  } else if (column.storage == Storage::kTextCodes) {
    for (std::size_t i = 0; i < block.rows; ++i) {
      if (!column.valid(block.begin + i)) {
        to[i] = {};
        continue;
      }
      const std::uint32_t* const text =
          column.offsets + load<std::uint32_t>(column.at(block.begin + i));
      to[i] = {column.bytes + text[0], text[1] - text[0]};
    }
  } else {
    for (std::size_t i = 0; i < block.rows; ++i) {
      const auto* at = static_cast<const char*>(column.at(block.begin + i));
      const auto begin = load<std::uint32_t>(at);
      to[i] = {column.bytes + begin, load<std::uint32_t>(at + sizeof(std::uint32_t)) - begin};
    }
  }
}

void load_scaled(const Block& block, const ColumnView& column, Register& reg) {
  gather_integers(column, block.begin, block.rows, reg.words());
  if (column.exponents == nullptr) {
    std::fill_n(reg.scales, block.words * 64, std::uint8_t{0});
  } else {
    const std::uint8_t* from = column.exponents + block.begin * column.exponent_stride;
    for (std::size_t i = 0; i < block.rows; ++i) reg.scales[i] = from[i * column.exponent_stride];
  }
  std::fill(reg.scales + block.rows, reg.scales + block.words * 64, reg.scales[0]);
  index_scales(block, reg);
}

void load_word(const Block& block, const ColumnView& column, Register& reg) {
  const bool whole = block.rows % 64 == 0 && column.stride == sizeof(std::int64_t);
  const bool wide = column.storage == Storage::kF64 || column.storage == Storage::kI64 ||
                    column.storage == Storage::kU64;
  if (whole && wide) {
    reg.data =
        const_cast<void*>(column.at(block.begin));  // registers that are loaded are only read
  } else if (column.storage == Storage::kF64) {
    gather<double>(column, block.begin, block.rows, reg.doubles());
  } else {
    gather_integers(column, block.begin, block.rows, reg.words());
  }
}

}  // namespace

void load_register(const Block& block, const Instruction& instruction) {
  const ColumnView& column = block.inputs[instruction.aux];
  const Field& field = block.code.fields[instruction.aux];
  CHECK(column.data != nullptr && column.storage == field.storage);
  Register& reg = block.reg(instruction.dst);
  reg.data = reg.own_data;
  reg.valid = column.validity == nullptr ? nullptr : column.validity + block.begin / 64;
  switch (instruction.result) {
    case RegisterClass::kBool:
      return load_bool(block, column, reg);
    case RegisterClass::kText:
      return load_text(block, column, reg);
    case RegisterClass::kFloat:
      if (block.rows % 64 == 0 && column.stride == sizeof(float))
        reg.data = const_cast<void*>(column.at(block.begin));
      else
        gather<float>(column, block.begin, block.rows, reg.floats());
      return;
    case RegisterClass::kScaled:
      load_scaled(block, column, reg);
      break;
    case RegisterClass::kWord:
      load_word(block, column, reg);
      break;
  }
  if (column.zero_is_null && !field.type.is(Kind::kF64))
    restrict_validity(block, reg, [&](std::size_t i) { return reg.words()[i] != 0; });
}

}  // namespace weir::expr
