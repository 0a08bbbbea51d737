// No bytes may crash the loader, and what it accepts must predict and come back as the same model.
// The checksums are put right first: without that nothing behind them would be reached.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "model/file/model_file.hpp"
#include "model/numeric/linear_model.hpp"
#include "model/numeric/predict.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::model;
  if (decode_linear_model({data, size}) && size < 128) std::abort();
  std::vector<std::uint8_t> bytes(data, data + size);
  seal_model_file(bytes);
  const auto model = decode_linear_model(bytes);
  if (!model) return 0;
  const auto again = decode_linear_model(encode_linear_model(*model));
  if (!again || again->weight != model->weight || again->warnings != model->warnings) std::abort();
  const std::vector<double> row(model->width());
  double said = 0;
  predict_rows(model->weight, model->bias, {row.data(), 1, row.size()}, {&said, 1});
  return 0;
}
