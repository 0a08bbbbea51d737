#include "ops/table/filter_rows.hpp"

#include <bit>

#include "ops/filter/compact/compact.hpp"

namespace weir::ops {
namespace {

// Calls visit(row) for each bit set.
template <class Visit>
void each_row(const Selection& selection, Visit&& visit) {
  for (std::size_t word = 0; word < selection.bits.size(); ++word) {
    for (std::uint64_t rest = selection.bits[word]; rest != 0; rest &= rest - 1) {
      visit(word * 64 + static_cast<std::size_t>(std::countr_zero(rest)));
    }
  }
}

Buffer<std::uint64_t> keep_bits(std::span<const std::uint64_t> bits, const Selection& selection) {
  Buffer<std::uint64_t> out((selection.rows + 63) / 64);
  out.fill(0);
  std::size_t to = 0;
  each_row(selection, [&](std::size_t row) {
    out[to / 64] |= (bits[row / 64] >> (row % 64) & 1) << (to % 64);
    ++to;
  });
  return out;
}

Result<ColumnPtr> keep(OpRunner& run, const Column& column, const Selection& selection) {
  const std::size_t rows = selection.rows;
  auto out = std::make_shared<Column>(column.type(), rows, column.texts());
  if (column.type().is(ColumnKind::kBool)) {
    const Buffer<std::uint64_t> bits = keep_bits(column.values<std::uint64_t>(), selection);
    std::copy(bits.begin(), bits.end(), out->mutable_values<std::uint64_t>().begin());
  } else if (column.plain_text()) {
    std::uint32_t* code = out->mutable_values<std::uint32_t>().data();
    each_row(selection, [&](std::size_t row) { *code++ = static_cast<std::uint32_t>(row); });
  } else {
    Compact::Output kept{out->mutable_values<char>()};
    const auto width = static_cast<std::uint32_t>(column_value_bytes(column.type().kind));
    const Compact::Args args{selection.bits.span(), column.rows(), column.values<char>(), width};
    WEIR_TRY(run.run<Compact>(args, kept));
  }
  if (column.nullable() && rows != 0) out->set_validity(keep_bits(column.validity(), selection));
  return out;
}

}  // namespace

Result<Table> keep_rows(OpRunner& run, const Table& table, const Selection& selection) {
  if (selection.rows == table.rows()) return table;
  Table out;
  out.set_rows(selection.rows);
  for (const Table::Named& named : table.columns()) {
    WEIR_ASSIGN(ColumnPtr kept, keep(run, *named.column, selection));
    WEIR_TRY(out.set(named.name, std::move(kept)));
  }
  return out;
}

}  // namespace weir::ops
