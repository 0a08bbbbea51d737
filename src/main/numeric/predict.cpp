#include <cstdio>

#include "main/gate_options.hpp"
#include "main/numeric/numeric_options.hpp"
#include "main/numeric/output_file.hpp"
#include "main/verbs.hpp"
#include "model/file/number_table.hpp"
#include "model/numeric/pipeline.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"model", "FILE", "the model file"},
    {"out", "FILE", "where the predictions go, default the standard output"},
    kIsaOption,
};

// Returns the rows in the model's order of columns. Columns it does not know are left aside.
Result<model::NumberTable> rows_for(const model::LinearModel& model, const std::string& path) {
  if (is_raw_file(path)) return model::NumberTable::read_f64(path, model.width());
  WEIR_ASSIGN(model::NumberTable table, model::NumberTable::read_csv(path));
  if (model.columns.empty()) {
    if (table.columns() == model.width()) return table;
    return fail(invalid_argument("predict_shape", path + " has " + std::to_string(table.columns()) +
                                                      " columns, the model " +
                                                      std::to_string(model.width())));
  }
  std::vector<std::size_t> chosen;
  for (const std::string& name : model.columns) {
    WEIR_ASSIGN(const std::size_t at, table.column(name));
    chosen.push_back(at);
  }
  return table.select(chosen);
}

Result<int> run(const Arguments& args) {
  if (args.positional().size() != 1 || !args.has("model")) {
    return fail(invalid_argument("usage", "weir numeric predict needs one file and --model")
                    .hint("weir numeric predict rows.csv --model price.weir"));
  }
  WEIR_ASSIGN(auto context, numeric_context(args));
  WEIR_ASSIGN(const model::LinearModel model, model::load_linear_model(args.text("model")));
  WEIR_ASSIGN(const model::NumberTable rows, rows_for(model, args.positional()[0]));
  WEIR_ASSIGN(const auto pipeline, model::Pipeline::create({}, *context));
  std::vector<double> said(rows.rows());
  WEIR_TRY(pipeline->predict(model, rows.view(), said));
  WEIR_ASSIGN(auto out, OutputFile::open(args.text("out")));
  out.text() += "prediction\n";
  for (const double value : said) {
    model::append_number(out.text(), value);
    out.text() += '\n';
    WEIR_TRY(out.flush_if_large());
  }
  WEIR_TRY(out.close());
  return kExitOk;
}

}  // namespace

const Command kNumericPredictCommand = {"numeric predict", "FILE", "what a model says of each row",
                                        kOptions, run};

}  // namespace weir::main
