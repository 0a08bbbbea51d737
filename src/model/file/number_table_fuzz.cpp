// No text may crash the reader of numbers, and what it accepts must read back as written.
#include <cstdlib>
#include <cstring>

#include "model/file/number_table.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weir::model::NumberTable;
  const auto table =
      NumberTable::parse_csv({reinterpret_cast<const char*>(data), size}, "fuzz.csv");
  if (!table || table->rows() == 0) return 0;
  std::string text = "c0";
  for (std::size_t c = 1; c < table->columns(); ++c) text += ",c" + std::to_string(c);
  for (std::size_t i = 0; i < table->rows(); ++i) {
    for (std::size_t c = 0; c < table->columns(); ++c) {
      text += c == 0 ? '\n' : ',';
      weir::model::append_number(text, table->view()(i, c));
    }
  }
  const auto again = NumberTable::parse_csv(text, "again.csv");
  if (!again || again->rows() != table->rows() || again->columns() != table->columns()) {
    std::abort();
  }
  for (std::size_t i = 0; i < table->rows(); ++i) {
    for (std::size_t c = 0; c < table->columns(); ++c) {
      const double a = table->view()(i, c);
      const double b = again->view()(i, c);
      if (a == a ? std::memcmp(&a, &b, sizeof(a)) != 0 : b == b) std::abort();
    }
  }
  return 0;
}
