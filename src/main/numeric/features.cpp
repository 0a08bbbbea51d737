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
    {"column", "NAME", "the column of the series, default the first"},
    {"size", "N", "values in a window, 5 to 65536, default 64"},
    {"stride", "N", "values from window to window, default 1"},
    {"out", "FILE", "where the features go, default the standard output"},
    kThreadsOption,
    kIsaOption,
};

Result<int> run(const Arguments& args) {
  if (args.positional().size() != 1) {
    return fail(invalid_argument("usage", "weir numeric features needs one file of numbers")
                    .hint("weir numeric features prices.csv --column close --size 64"));
  }
  WEIR_ASSIGN(const std::uint64_t size, args.u64("size", 64));
  WEIR_ASSIGN(const std::uint64_t stride, args.u64("stride", 1));
  WEIR_ASSIGN(auto context, numeric_context(args));
  WEIR_ASSIGN(const model::NumberTable table, model::NumberTable::read_csv(args.positional()[0]));
  std::size_t column = 0;
  if (args.has("column")) {
    WEIR_ASSIGN(column, table.column(args.text("column")));
  }
  WEIR_ASSIGN(const auto pipeline, model::Pipeline::create({}, *context));
  WEIR_ASSIGN(const model::FeatureMatrix made,
              pipeline->extract_features(table.copy_column(column), {size, stride}));
  WEIR_ASSIGN(auto out, OutputFile::open(args.text("out")));
  out.text() += "first";
  for (const std::string_view name : model::kWindowFeatureNames) {
    out.text() += ',';
    out.text() += name;
  }
  out.text() += '\n';
  const auto view = made.view();
  for (std::size_t i = 0; i < view.rows; ++i) {
    out.text() += std::to_string(i * stride);
    for (const double value : view.row(i)) {
      out.text() += ',';
      model::append_number(out.text(), value);
    }
    out.text() += '\n';
    WEIR_TRY(out.flush_if_large());
  }
  WEIR_TRY(out.close());
  if (args.has("out")) std::printf("%zu windows of %s\n", view.rows, args.positional()[0].c_str());
  return kExitOk;
}

}  // namespace

const Command kNumericFeaturesCommand = {"numeric features", "FILE",
                                         "ten features of every window of a series", kOptions, run};

}  // namespace weir::main
