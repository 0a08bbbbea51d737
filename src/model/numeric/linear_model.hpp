// LinearModel: what principal-component ridge regression learned, in one piece with the weights
// that all its parts fold into.
//
//   predict(x) = bias + x . weight                        = ybar + ((x - mu) / scale V) . beta
//
//   WEIR_TRY(save_linear_model(model, "model.weir"));
//   WEIR_ASSIGN(const LinearModel model, load_linear_model("model.weir"));
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace weir::model {

struct LinearModel {
  std::vector<double> weight;  // [columns]
  double bias = 0;

  std::vector<double> mu;     // [columns] means of the training rows
  std::vector<double> scale;  // [columns] population standard deviations, or ones
  std::vector<double> v;      // [columns, components] row-major
  std::vector<double> sigma;  // [components] falling
  std::vector<double> beta;   // [components]
  double ybar = 0;

  double energy = 0;    // asked for; 0 if the number of components was given
  double retained = 0;  // share of the centred rows' squared norm that the components carry
  double lambda = 0;
  std::uint64_t rows = 0;     // it was trained on
  bool standardised = false;  // `scale` was asked for
  // What to know before relying on it; empty: nothing. One sentence each.
  std::vector<std::string> warnings;
  std::vector<std::string> columns;          // their names, or none
  std::map<std::string, std::uint32_t> ops;  // versions of the operations it was trained with

  std::size_t width() const { return weight.size(); }
  std::size_t components() const { return beta.size(); }
};

// A model as a file of kind `linear`, and back. Same model, same bytes. decode refuses what is not
// such a file, is damaged, or has shapes that do not fit: invalid_argument or data_loss, saying
// what is wrong.
std::vector<std::uint8_t> encode_linear_model(const LinearModel& model);
Result<LinearModel> decode_linear_model(Bytes bytes);

// The same on disk: written to a temporary name, synced, renamed. Errors: those of the disk.
Status save_linear_model(const LinearModel& model, const std::string& path);
Result<LinearModel> load_linear_model(const std::string& path);

}  // namespace weir::model
