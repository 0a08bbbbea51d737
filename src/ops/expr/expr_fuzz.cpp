// Any bytes as an expression: no crash; print and JSON read back as the same tree; the program
// gives what the tree walk gives. The first byte chooses text or JSON and the mode, the rest is the
// expression.
#include <array>
#include <bit>
#include <cstdint>
#include <limits>
#include <string>

#include "base/check.hpp"
#include "ops/expr/expr.hpp"

namespace weir::expr {
namespace {

constexpr std::size_t kRows = 70;

class Table {
 public:
  Table() {
    const double inf = std::numeric_limits<double>::infinity();
    const std::array<double, 7> reals = {0, -0.0, 2.5, -1e300, inf, inf - inf, 3};
    const std::array<std::string_view, 5> strings = {"", "abc", "zürich", "2026-01-01", "-12.5"};
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto n = static_cast<std::int64_t>(row);
      integers_[row] =
          row % 9 == 0 ? std::numeric_limits<std::int64_t>::min() + n : n * 37 % 101 - 50;
      times_[row] = n * 90'000'000'000'000;
      reals_[row] = reals[row % reals.size()] + static_cast<double>(n / 14);
      floats_[row] = static_cast<float>(reals_[row]);
      exponents_[row] = static_cast<std::uint8_t>(row % 5 == 0 ? 0 : 2);
      strings_[row] = strings[row % strings.size()];
    }
    validity_ = {0xF7FF'0FF0'AAAA'FFFF, 0x2F};
    const DomainId domain =
        schema_.add_domain("type", [](std::string_view text) -> Result<std::int64_t> {
          if (text.size() == 1) return text[0] - '0';
          return fail(invalid_argument("name_unknown", "no such type"));
        });
    const auto add = [&](std::string_view name, Type type, const ColumnView& view) {
      schema_.add(name, type, view.storage);
      inputs_.push_back(view.with_validity(validity_.data()));
    };
    add("i", Type::i64(), ColumnView::packed(integers_.data()));
    add("d", Type::decimal(3), ColumnView::packed(integers_.data()));
    add("a", Type::decimal_per_row(),
        ColumnView::packed(integers_.data()).with_exponents(exponents_.data(), 1));
    add("t", Type::timestamp(), ColumnView::packed(times_.data()));
    add("x", Type::symbol(domain), ColumnView::packed(exponents_.data()).zero_as_null());
    add("f", Type::f64(), ColumnView::packed(reals_.data()));
    add("h", Type::f64(), ColumnView::packed(floats_.data()));
    add("s", Type::string(), ColumnView::packed(strings_.data()));
    add("b", Type::boolean(), ColumnView::bitmap(validity_.data()));
  }
  const Schema& schema() const { return schema_; }
  std::span<const ColumnView> inputs() const { return inputs_; }

 private:
  std::array<std::int64_t, kRows> integers_{};
  std::array<std::int64_t, kRows> times_{};
  std::array<double, kRows> reals_{};
  std::array<float, kRows> floats_{};
  std::array<std::uint8_t, kRows> exponents_{};
  std::array<std::string_view, kRows> strings_{};
  std::array<std::uint64_t, 2> validity_{};
  Schema schema_;
  std::vector<ColumnView> inputs_;
};

struct Column {
  std::array<std::uint64_t, kRows> words{};
  std::array<std::string_view, kRows> texts{};
  std::array<std::uint64_t, 2> validity{};
  std::array<std::uint8_t, kRows> exponents{};
  OutputView view(Type type) {
    return {type.is(Kind::kString) ? static_cast<void*>(texts.data()) : words.data(),
            validity.data(), exponents.data()};
  }
};

void check_equal(const Column& a, const Column& b, Type type) {
  CHECK(a.validity == b.validity);
  if (type.is(Kind::kBool)) {
    CHECK(a.words[0] == b.words[0] && a.words[1] == b.words[1]);
    return;
  }
  for (std::size_t row = 0; row < kRows; ++row) {
    if ((a.validity[row / 64] >> (row % 64) & 1) == 0) continue;
    const auto x = std::bit_cast<double>(a.words[row]);
    const auto y = std::bit_cast<double>(b.words[row]);
    const bool nans = type.is(Kind::kF64) && x != x && y != y;
    CHECK(nans || a.words[row] == b.words[row]);
    CHECK(a.texts[row] == b.texts[row]);
    CHECK(!type.per_row() || a.exponents[row] == b.exponents[row]);
  }
}

void check_values(const Table& table, const Ast& ast, NodeId root, const Options& options) {
  Compiler compiler(table.schema(), options);
  const Result<OutputId> output = compiler.add(ast, root);
  if (!output) return;
  const Program program = *compiler.finish();
  const Type type = program.output_type(*output);
  if (type.is(Kind::kNull)) return;
  Column fast;
  Column slow;
  Scratch scratch(program);
  std::vector<std::string> strings;
  const OutputView view = fast.view(type);
  const Status got = program.evaluate(table.inputs(), kRows, scratch, std::span(&view, 1));
  const Status want = evaluate_reference(ast, root, table.schema(), options, table.inputs(), kRows,
                                         slow.view(type), strings);
  CHECK_EQ(got.to_string(), want.to_string());
  if (got.is_ok()) check_equal(fast, slow, type);
}

void check_round_trip(const Ast& ast, NodeId root) {
  Ast other;
  const std::string text = print(ast, root);
  const Result<NodeId> again = parse(text, other);
  // A text near the limit of length may print longer than it was.
  if (!again && (again.error().reason() == "too_long" || again.error().reason() == "expr_limit"))
    return;
  CHECK(again.has_value());
  CHECK(equal(ast, root, other, *again));
  const Result<NodeId> from_json = parse_json(print_json(ast, root), other);
  if (!from_json && from_json.error().code() == Code::kOutOfRange) return;
  CHECK(from_json.has_value());
  CHECK(equal(ast, root, other, *from_json));
}

}  // namespace
}  // namespace weir::expr

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::expr;
  static const Table table;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Ast ast;
  const weir::Result<NodeId> root = (data[0] & 1) != 0 ? parse_json(text, ast) : parse(text, ast);
  if (!root) return 0;
  check_round_trip(ast, *root);
  check_values(table, ast, *root, (data[0] & 2) != 0 ? Options::rules() : Options::table());
  return 0;
}
