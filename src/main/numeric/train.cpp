#include <cstdio>

#include "main/gate_options.hpp"
#include "main/numeric/numeric_options.hpp"
#include "main/verbs.hpp"
#include "model/file/number_table.hpp"
#include "model/numeric/pipeline.hpp"

namespace weir::main {
namespace {

constexpr Option kOptions[] = {
    {"model", "FILE", "the model file to write"},
    {"target", "NAME", "the column to predict; of FILE.f64: a file of f64 values"},
    {"columns", "N", "of FILE.f64: values in a row"},
    {"energy", "SHARE", "of the variance that the components carry, default 0.95"},
    {"components", "N", "so many components, in place of --energy"},
    {"lambda", "X", "ridge penalty, default 0"},
    {"route", "NAME", "auto, gram, randomized or sparse: how the components are found"},
    {"seed", "N", "of the randomized route, default 0"},
    {"standardise", "", "divide the columns by their standard deviations"},
    kThreadsOption,
    kIsaOption,
};

Result<model::TrainOptions> train_options(const Arguments& args) {
  model::TrainOptions options;
  WEIR_ASSIGN(options.energy, args.f64("energy", options.energy));
  WEIR_ASSIGN(const std::uint64_t components, args.u64("components", 0));
  WEIR_ASSIGN(options.lambda, args.f64("lambda", 0));
  options.components = components;
  options.standardise = args.has("standardise");
  WEIR_ASSIGN(options.seed, args.u64("seed", 0));
  const std::string route = args.text("route", "auto");
  if (route == "gram") {
    options.route = model::TrainRoute::kGram;
  } else if (route == "randomized") {
    options.route = model::TrainRoute::kRandomized;
  } else if (route == "sparse") {
    options.route = model::TrainRoute::kSparse;
  } else if (route != "auto") {
    return fail(
        invalid_argument("usage", "--route takes auto, gram, randomized or sparse, not " + route));
  }
  if (args.has("components") && components == 0) {
    return fail(invalid_argument("usage", "--components takes 1 or more"));
  }
  return options;
}

Result<model::LinearModel> train_csv(const Arguments& args, model::Pipeline& pipeline,
                                     model::TrainOptions options) {
  WEIR_ASSIGN(const model::NumberTable table, model::NumberTable::read_csv(args.positional()[0]));
  WEIR_ASSIGN(const std::size_t target, table.column(args.text("target")));
  std::vector<std::size_t> others;
  for (std::size_t c = 0; c < table.columns(); ++c) {
    if (c != target) others.push_back(c);
  }
  const model::NumberTable rows = table.select(others);
  options.columns = rows.names();
  model::MemorySource source(rows.view());
  return pipeline.train(source, table.copy_column(target), options);
}

// Reads the rows block by block: they need not fit into memory, but for the randomized route.
Result<model::LinearModel> train_raw(const Arguments& args, model::Pipeline& pipeline,
                                     const model::TrainOptions& options) {
  WEIR_ASSIGN(const std::uint64_t columns, args.u64("columns", 0));
  if (columns == 0) {
    return fail(invalid_argument("usage", "a file of f64 rows needs --columns N"));
  }
  WEIR_ASSIGN(const model::NumberTable y, model::NumberTable::read_f64(args.text("target"), 1));
  if (options.route == model::TrainRoute::kRandomized) {
    WEIR_ASSIGN(const model::NumberTable rows,
                model::NumberTable::read_f64(args.positional()[0], columns));
    model::MemorySource source(rows.view());
    return pipeline.train(source, y.copy_column(0), options);
  }
  WEIR_ASSIGN(const auto source, model::FileSource::open(args.positional()[0], columns));
  return pipeline.train(*source, y.copy_column(0), options);
}

Result<int> run(const Arguments& args) {
  if (args.positional().size() != 1 || !args.has("target") || !args.has("model")) {
    return fail(invalid_argument("usage", "weir numeric train needs one file, --target and --model")
                    .hint("weir numeric train rows.csv --target price --model price.weir"));
  }
  WEIR_ASSIGN(const model::TrainOptions options, train_options(args));
  WEIR_ASSIGN(auto context, numeric_context(args));
  WEIR_ASSIGN(const auto pipeline, model::Pipeline::create({}, *context));
  WEIR_ASSIGN(const model::LinearModel model, is_raw_file(args.positional()[0])
                                                  ? train_raw(args, *pipeline, options)
                                                  : train_csv(args, *pipeline, options));
  WEIR_TRY(model::save_linear_model(model, args.text("model")));
  std::printf("%s: %llu rows, %zu columns, ", args.text("model").c_str(),
              static_cast<unsigned long long>(model.rows), model.width());
  if (model.components() == 0) {
    // Nothing varied, or the columns were too many for their products.
    std::printf("%s\n", model.retained == 0 ? "a constant, without components"
                                            : "solved by conjugate gradients, without components");
  } else {
    std::printf("%zu components carry %.6f of the variance\n", model.components(), model.retained);
  }
  for (const std::string& warning : model.warnings) {
    std::fprintf(stderr, "warning: %s\n", warning.c_str());
  }
  return kExitOk;
}

}  // namespace

const Command kNumericTrainCommand = {
    "numeric train", "FILE", "fit principal-component ridge regression to rows", kOptions, run};

}  // namespace weir::main
