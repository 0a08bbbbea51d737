#include "ops/table/expression.hpp"

#include <algorithm>
#include <atomic>
#include <bit>

namespace weir::ops {
namespace {

// Rows that a task evaluates at a time: whole blocks of a program, and few enough that the texts of
// a dictionary's codes stay in the cache.
constexpr std::size_t kPieceRows = 8 * expr::kBlockRows;

// The columns of a table as inputs of one program.
class Bound {
 public:
  Bound(const Table& table, const expr::Program& program) : table_(table), program_(program) {}

  // out_of_range: a value that the language cannot hold.
  Status check() const {
    for (const expr::InputId input : program_.inputs()) {
      const Table::Named& named = table_.columns()[input];
      if (!named.column->type().is(ColumnKind::kU64)) continue;
      const auto values = named.column->values<std::int64_t>();
      for (std::size_t row = 0; row < values.size(); ++row) {
        if (values[row] >= 0 || !named.column->valid(row)) continue;
        return out_of_range("u64_range",
                            "row " + std::to_string(row) + " of column \"" + named.name + "\" is " +
                                std::to_string(static_cast<std::uint64_t>(values[row])) +
                                ", and expressions end at 9223372036854775807")
            .at(named.name)
            .hint("use the column by its bare name");
      }
    }
    return Status::ok();
  }

  // Evaluates rows [begin, begin + rows), begin a multiple of 64.
  Status run(std::size_t begin, std::size_t rows, expr::Scratch& scratch,
             std::span<const expr::OutputView> outputs) const {
    std::vector<ColumnView> views(table_.columns().size());
    std::vector<std::vector<std::string_view>> texts;
    texts.reserve(program_.inputs().size());
    for (const expr::InputId input : program_.inputs()) {
      const Column& column = *table_.columns()[input].column;
      ColumnView& view = views[input];
      if (column.type().is(ColumnKind::kString) && !column.plain_text()) {
        texts.emplace_back(rows);
        for (std::size_t i = 0; i < rows; ++i) {
          if (column.valid(begin + i)) texts.back()[i] = column.text(begin + i);
        }
        view = ColumnView::packed(texts.back().data());
      } else {
        view = column.view();
        view.data = view.storage == Storage::kBitmap
                        ? static_cast<const std::uint64_t*>(view.data) + begin / 64
                        : view.at(begin);
      }
      view.validity = column.nullable() ? column.validity().data() + begin / 64 : nullptr;
    }
    return program_.evaluate(views, rows, scratch, outputs);
  }

  // The error of a piece that ends at row `end`, with the row counted from the table's first.
  Status explain(std::size_t end) const {
    expr::Scratch scratch(program_);
    const std::vector<expr::OutputView> nowhere(program_.outputs());
    return run(0, end, scratch, nowhere);
  }

 private:
  const Table& table_;
  const expr::Program& program_;
};

expr::Schema schema_of(const Table& table) {
  expr::Schema schema;
  for (const Table::Named& named : table.columns()) {
    const ColumnType type = named.column->type();
    Storage storage = Storage::kText;
    if (!type.is(ColumnKind::kString) || named.column->plain_text()) {
      storage = named.column->view().storage;
    }
    schema.add(named.name, expression_type(type), storage);
  }
  return schema;
}

// Where the values of one computed expression go.
struct Target {
  std::size_t place = 0;  // among the expressions
  ColumnType type;
  std::shared_ptr<Column> column;
  Buffer<std::uint64_t> validity;
  std::vector<Texts> texts;  // of each task
};

expr::OutputView view_of(Target& target, std::size_t begin, std::string_view* texts) {
  expr::OutputView view{.validity = target.validity.data() + begin / 64};
  if (target.type.is(ColumnKind::kString)) {
    view.data = texts;
  } else if (target.type.is(ColumnKind::kBool)) {
    view.data = target.column->mutable_values<std::uint64_t>().data() + begin / 64;
  } else {
    view.data = target.column->mutable_values<std::int64_t>().data() + begin;
  }
  return view;
}

// Evaluates all rows in pieces, several a task; the status is that of the first row at fault.
template <class Piece>
Status run_pieces(Workers& workers, std::size_t rows, const Bound& bound, Piece&& piece) {
  const std::size_t pieces = (rows + kPieceRows - 1) / kPieceRows;
  const std::size_t tasks = std::min<std::size_t>(
      pieces, workers.threads() == 1 ? 1 : std::size_t{workers.threads()} * 4);
  std::atomic<std::size_t> failed = pieces;
  std::vector<Status> others(tasks);
  workers.run(tasks, [&](std::size_t task) {
    for (std::size_t p = pieces * task / tasks; p < pieces * (task + 1) / tasks; ++p) {
      const std::size_t begin = p * kPieceRows;
      Status status = piece(task, begin, std::min(kPieceRows, rows - begin));
      if (status.is_ok()) continue;
      if (status.code() != Code::kInvalidArgument) {
        others[task] = std::move(status);
        return;
      }
      std::size_t least = failed.load();
      while (p < least && !failed.compare_exchange_weak(least, p)) {
      }
      return;
    }
  });
  if (failed < pieces) return bound.explain(std::min(rows, (failed + 1) * kPieceRows));
  for (Status& status : others) WEIR_TRY(std::move(status));
  return Status::ok();
}

std::size_t tasks_of(const Workers& workers) {
  return workers.threads() == 1 ? 1 : std::size_t{workers.threads()} * 4;
}

Status keep_texts(std::span<const std::string_view> texts, const Buffer<std::uint64_t>& validity,
                  std::size_t begin, Texts& to) {
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::size_t row = begin + i;
    const bool valid = (validity[row / 64] >> (row % 64) & 1) != 0;
    WEIR_TRY(to.append(valid ? texts[i] : std::string_view{}));
  }
  return Status::ok();
}

Status compute(Workers& workers, const Table& table, const expr::Program& program,
               std::vector<Target>& targets, std::uint64_t* errors) {
  const Bound bound(table, program);
  WEIR_TRY(bound.check());
  std::vector<expr::Scratch> scratches;
  std::vector<std::vector<std::string_view>> texts(tasks_of(workers) * targets.size());
  for (std::size_t task = 0; task < tasks_of(workers); ++task) scratches.emplace_back(program);
  const auto piece = [&](std::size_t task, std::size_t begin, std::size_t rows) -> Status {
    std::vector<expr::OutputView> outputs;
    for (std::size_t t = 0; t < targets.size(); ++t) {
      auto& out = texts[task * targets.size() + t];
      if (targets[t].type.is(ColumnKind::kString)) out.resize(rows);
      outputs.push_back(view_of(targets[t], begin, out.data()));
    }
    WEIR_TRY(bound.run(begin, rows, scratches[task], outputs));
    for (std::size_t t = 0; t < targets.size(); ++t) {
      if (!targets[t].type.is(ColumnKind::kString)) continue;
      WEIR_TRY(keep_texts(texts[task * targets.size() + t], targets[t].validity, begin,
                          targets[t].texts[task]));
    }
    return Status::ok();
  };
  WEIR_TRY(run_pieces(workers, table.rows(), bound, piece));
  if (errors != nullptr) {
    for (const expr::Scratch& scratch : scratches) *errors += scratch.errors();
  }
  return Status::ok();
}

Result<ColumnPtr> finish(Target& target, std::size_t rows) {
  if (target.type.is(ColumnKind::kString)) {
    Texts all = std::move(target.texts.front());
    for (std::size_t task = 1; task < target.texts.size(); ++task) {
      WEIR_TRY(all.append_all(target.texts[task]));
    }
    target.column = Column::of_texts(std::move(all));
  }
  if (rows != 0) target.column->set_validity(std::move(target.validity));
  return target.column;
}

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

Result<std::vector<ColumnPtr>> evaluate(Workers& workers, const Table& table,
                                        std::span<const Expression> expressions,
                                        const EvaluateOptions& options, std::uint64_t* errors) {
  std::vector<ColumnPtr> out(expressions.size());
  const expr::Schema schema = schema_of(table);
  expr::Compiler compiler(schema, options_of(options));
  std::vector<Target> targets;
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
    Target target{e, *kept, std::make_shared<Column>(*kept, table.rows()),
                  Buffer<std::uint64_t>((table.rows() + 63) / 64),
                  std::vector<Texts>(tasks_of(workers))};
    targets.push_back(std::move(target));
  }
  if (targets.empty()) return out;
  WEIR_ASSIGN(const expr::Program program, compiler.finish());
  WEIR_TRY(compute(workers, table, program, targets, errors));
  for (Target& target : targets) {
    WEIR_ASSIGN(out[target.place], finish(target, table.rows()));
  }
  return out;
}

Result<Selection> select_rows(Workers& workers, const Table& table, const Expression& where,
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
  const Bound bound(table, program);
  WEIR_TRY(bound.check());
  Selection out{Buffer<std::uint64_t>((table.rows() + 63) / 64), 0};
  std::vector<expr::Scratch> scratches;
  for (std::size_t task = 0; task < tasks_of(workers); ++task) scratches.emplace_back(program);
  WEIR_TRY(run_pieces(workers, table.rows(), bound,
                      [&](std::size_t task, std::size_t begin, std::size_t rows) {
                        const expr::OutputView view{.data = out.bits.data() + begin / 64};
                        return bound.run(begin, rows, scratches[task], {&view, 1});
                      }));
  for (const std::uint64_t word : out.bits)
    out.rows += static_cast<std::size_t>(std::popcount(word));
  if (errors != nullptr) {
    for (const expr::Scratch& scratch : scratches) *errors += scratch.errors();
  }
  return out;
}

}  // namespace weir::ops
