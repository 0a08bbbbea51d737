// The Weir model file: a manifest and tensors under checksums, one layout for every kind of model.
//
//   const TensorView tensors[] = {{"weight", {100}, weight}, {"bias", {}, {&bias, 1}}};
//   const auto bytes = encode_model_file(ModelKind::kLinear, R"({"lambda":0})", tensors);
//   WEIR_ASSIGN(const ModelFile file, ModelFile::parse(bytes));
//   WEIR_ASSIGN(const std::vector<double> weight, file.tensor("weight", {100}));
//
// Little-endian. Header of 128 bytes: "WEIRMDL1", u16 major 1, u16 minor 0, u32 128, u64 bytes of
// the file, u32 sections, u32 kind, u64 offset of the section table, u32 its CRC-32C, u32 0, the
// SHA-256 of the file with this field and the header's CRC zero, zeros, CRC-32C of the header
// before it. A section entry is 64 bytes: u32 type, u32 flags (bit 0: a reader must understand it),
// u64 offset, u64 bytes, u32 CRC-32C, zeros. Sections: 1 the manifest, JSON with sorted keys; 2 the
// data, tensors at multiples of 64 bytes (of 4,096 if they are as large), row-major, zeros between.
// The same model gives the same bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace weir::model {

enum class ModelKind : std::uint32_t {
  kForest = 1,
  kKernelSvm = 2,
  kLinear = 3,
  kMlp = 4,
  kGbdt = 5,
  kEncoder = 6,
};
std::string_view model_kind_name(ModelKind kind);  // "forest", "kernel_svm", "linear", ...

// An f64 tensor; an empty shape is a single number.
struct TensorView {
  std::string_view name;
  std::vector<std::uint64_t> shape;
  std::span<const double> values;
};

// Returns the file of a model. `parameters` is a JSON object with sorted keys; it becomes the
// manifest's member of that name. Tensors are stored in the order given.
std::vector<std::uint8_t> encode_model_file(ModelKind kind, std::string_view parameters,
                                            std::span<const TensorView> tensors);

// Writes the checksums anew, of sections, table, header and whole, into a file whose bytes were
// changed. Does nothing where the bytes it needs are not there.
void seal_model_file(std::span<std::uint8_t> bytes);

// A file that was read and checked as a whole: sizes, checksums, manifest, bounds of every tensor.
class ModelFile {
 public:
  // Errors: invalid_argument (model_file) for what is not a model file, unimplemented
  // (model_file_version) for one of a later format, data_loss (model_file_damaged) where a checksum
  // does not fit, resource_exhausted (model_file_limit) beyond 4 MiB of manifest or 65,536 tensors.
  static Result<ModelFile> parse(Bytes bytes);

  ModelKind kind() const { return kind_; }
  // Returns the manifest's `parameters`, a JSON object.
  const std::string& parameters() const { return parameters_; }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  // Returns a tensor's shape, empty for a number; null if there is none of that name.
  const std::vector<std::uint64_t>* shape(std::string_view name) const;
  // Returns a tensor's values. invalid_argument (model_tensor) if it is missing or has another
  // shape.
  Result<std::vector<double>> tensor(std::string_view name,
                                     const std::vector<std::uint64_t>& shape) const;

 private:
  struct Tensor {
    std::string name;
    std::vector<std::uint64_t> shape;
    std::vector<double> values;
  };
  const Tensor* find(std::string_view name) const;
  Status read_manifest(Bytes manifest, Bytes data);

  ModelKind kind_ = ModelKind::kLinear;
  std::string parameters_;
  std::vector<Tensor> tensors_;
};

}  // namespace weir::model
