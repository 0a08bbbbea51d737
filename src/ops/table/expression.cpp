#include "ops/table/expression.hpp"

#include <algorithm>
#include <bit>

#include "ops/expr/evaluate/expr_evaluate.hpp"

namespace weir::ops {
namespace {

expr::Schema schema_of(const Table& table) {
  expr::Schema schema;
  for (const Table::Named& named : table.columns()) {
    schema.add(named.name, expression_type(named.column->type()), named.column->view().storage);
  }
  return schema;
}

// out_of_range: a value that the language cannot hold.
Status check_range(const Table::Named& named) {
  if (!named.column->type().is(ColumnKind::kU64)) return Status::ok();
  const auto values = named.column->values<std::int64_t>();
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (values[row] >= 0 || !named.column->valid(row)) continue;
    return out_of_range("u64_range", "row " + std::to_string(row) + " of column \"" + named.name +
                                         "\" is " +
                                         std::to_string(static_cast<std::uint64_t>(values[row])) +
                                         ", and expressions end at 9223372036854775807")
        .at(named.name)
        .hint("use the column by its bare name");
  }
  return Status::ok();
}

// Runs a program over all rows of a table.
Status run_program(OpRunner& run, const Table& table, const expr::Schema& schema,
                   const expr::Options& options, const expr::Program& program,
                   std::span<const ExprEvaluate::Tree> trees, ExprEvaluate::Output& out,
                   std::uint64_t* errors) {
  std::vector<ColumnView> inputs(table.columns().size());
  for (const expr::InputId input : program.inputs()) {
    WEIR_TRY(check_range(table.columns()[input]));
    inputs[input] = table.columns()[input].column->view();
  }
  WEIR_TRY(run.run<ExprEvaluate>({&program, trees, &schema, options, inputs, table.rows()}, out));
  if (errors != nullptr) *errors += out.errors;
  return Status::ok();
}

// Where the values of one computed expression go.
struct Target {
  std::size_t place = 0;  // among the expressions
  ColumnType type;
  std::shared_ptr<Column> column;
  Buffer<std::uint64_t> validity;
  Buffer<std::string_view> texts = {};

  expr::OutputView view() {
    if (type.is(ColumnKind::kString)) return {.data = texts.data(), .validity = validity.data()};
    return {.data = column->mutable_values<char>().data(), .validity = validity.data()};
  }
  Result<ColumnPtr> finish() {
    if (type.is(ColumnKind::kString)) {
      WEIR_ASSIGN(Texts all, Texts::of(texts.span(), validity.span()));
      column = Column::of_texts(std::move(all));
    }
    if (column->rows() != 0) column->set_validity(std::move(validity));
    return column;
  }
};

expr::Options options_of(const EvaluateOptions& options) {
  expr::Options out = expr::Options::table();
  out.errors_are_null = options.errors_are_null;
  out.parameters = options.parameters;
  return out;
}

}  // namespace

Result<Expression> Expression::parse(std::string_view text) {
  auto ast = std::make_shared<expr::Ast>();
  WEIR_ASSIGN(const expr::NodeId root, expr::parse(text, *ast));
  return Expression{std::move(ast), root};
}

Result<Expression> Expression::parse_json(std::string_view json) {
  auto ast = std::make_shared<expr::Ast>();
  WEIR_ASSIGN(const expr::NodeId root, expr::parse_json(json, *ast));
  return Expression{std::move(ast), root};
}

Expression Expression::column(std::string_view name) {
  auto ast = std::make_shared<expr::Ast>();
  const expr::NodeId root = ast->add_name(name, {});
  return Expression{std::move(ast), root};
}

std::string_view Expression::column_name() const {
  return ast->node(root).op == expr::Op::kName ? ast->text(root) : std::string_view{};
}

Result<std::vector<ColumnPtr>> evaluate(OpRunner& run, const Table& table,
                                        std::span<const Expression> expressions,
                                        const EvaluateOptions& options, std::uint64_t* errors) {
  std::vector<ColumnPtr> out(expressions.size());
  const expr::Schema schema = schema_of(table);
  expr::Compiler compiler(schema, options_of(options));
  std::vector<Target> targets;
  std::vector<ExprEvaluate::Tree> trees;
  for (std::size_t e = 0; e < expressions.size(); ++e) {
    const std::string_view name = expressions[e].column_name();
    if (!name.empty()) {
      out[e] = table.share(name);
      if (out[e] == nullptr) return fail(unknown_column(table, name));
      continue;
    }
    WEIR_ASSIGN(const expr::Type type, compiler.check(*expressions[e].ast, expressions[e].root));
    const std::optional<ColumnType> kept = column_type(type);
    if (!kept) {
      return fail(invalid_argument("type_mismatch", "\"" + expressions[e].print() + "\" is " +
                                                        expr::type_name(type) +
                                                        ", which no column holds")
                      .hint("cast it"));
    }
    WEIR_TRY(compiler.add(*expressions[e].ast, expressions[e].root));
    trees.push_back({expressions[e].ast.get(), expressions[e].root});
    targets.push_back({e, *kept, std::make_shared<Column>(*kept, table.rows()),
                       Buffer<std::uint64_t>((table.rows() + 63) / 64)});
    if (kept->is(ColumnKind::kString)) targets.back().texts.resize(table.rows());
  }
  if (targets.empty()) return out;
  WEIR_ASSIGN(const expr::Program program, compiler.finish());
  ExprEvaluate::Output values;
  for (Target& target : targets) values.values.push_back(target.view());
  WEIR_TRY(run_program(run, table, schema, options_of(options), program, trees, values, errors));
  for (Target& target : targets) {
    WEIR_ASSIGN(out[target.place], target.finish());
  }
  return out;
}

Result<Selection> select_rows(OpRunner& run, const Table& table, const Expression& where,
                              const EvaluateOptions& options, std::uint64_t* errors) {
  const expr::Schema schema = schema_of(table);
  expr::Compiler compiler(schema, options_of(options));
  WEIR_ASSIGN(const expr::Type type, compiler.check(*where.ast, where.root));
  if (!type.is(expr::Kind::kBool)) {
    return fail(invalid_argument("type_mismatch", "\"" + where.print() + "\" is " +
                                                      expr::type_name(type) + ", not a condition")
                    .hint("compare it with something"));
  }
  WEIR_TRY(compiler.add(*where.ast, where.root));
  WEIR_ASSIGN(const expr::Program program, compiler.finish());
  Selection out{Buffer<std::uint64_t>((table.rows() + 63) / 64), 0};
  const ExprEvaluate::Tree tree{where.ast.get(), where.root};
  ExprEvaluate::Output bits{.values = {{.data = out.bits.data()}}};
  WEIR_TRY(run_program(run, table, schema, options_of(options), program, {&tree, 1}, bits, errors));
  for (const std::uint64_t word : out.bits) {
    out.rows += static_cast<std::size_t>(std::popcount(word));
  }
  return out;
}

}  // namespace weir::ops
