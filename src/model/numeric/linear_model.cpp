#include "model/numeric/linear_model.hpp"

#include <fcntl.h>
#include <simdjson.h>

#include <cerrno>
#include <cmath>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/json.hpp"
#include "model/file/model_file.hpp"
#include "storage/file_ops.hpp"

namespace weir::model {
namespace {

namespace json = simdjson::dom;

constexpr std::uint64_t kFileBytesMax = std::uint64_t{4} << 30;

void write_strings(JsonWriter& json, std::string_view key, const std::vector<std::string>& values) {
  json.key(key).begin_array();
  for (const std::string& value : values) json.string(value);
  json.end_array();
}

std::string parameters_text(const LinearModel& model) {
  std::string text;
  JsonWriter json(text);
  json.begin_object();
  write_strings(json, "columns", model.columns);
  json.key("d").u64(model.width()).key("energy").f64(model.energy);
  json.key("k").u64(model.components()).key("lambda").f64(model.lambda).key("n").u64(model.rows);
  json.key("ops").begin_object();
  for (const auto& [name, version] : model.ops) json.key(name).u64(version);
  json.end_object();
  json.key("retained").f64(model.retained).key("standardised").boolean(model.standardised);
  write_strings(json, "warnings", model.warnings);
  json.key("ybar").f64(model.ybar);
  json.end_object();
  return text;
}

bool read_strings(json::element from, std::string_view key, std::vector<std::string>& to) {
  json::array items;
  if (from[key].get(items) != simdjson::SUCCESS) return false;
  for (const json::element item : items) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) return false;
    to.emplace_back(text);
  }
  return true;
}

bool read_ops(json::element from, std::map<std::string, std::uint32_t>& to) {
  json::object ops;
  if (from["ops"].get(ops) != simdjson::SUCCESS) return false;
  for (const json::key_value_pair op : ops) {
    std::uint64_t version = 0;
    if (op.value.get(version) != simdjson::SUCCESS || version > UINT32_MAX) return false;
    to.emplace(op.key, static_cast<std::uint32_t>(version));
  }
  return true;
}

Status read_parameters(const std::string& text, LinearModel& model) {
  json::parser parser;
  json::element root;
  if (parser.parse(text).get(root) == simdjson::SUCCESS &&
      root["ybar"].get(model.ybar) == simdjson::SUCCESS &&
      root["energy"].get(model.energy) == simdjson::SUCCESS &&
      root["retained"].get(model.retained) == simdjson::SUCCESS &&
      root["lambda"].get(model.lambda) == simdjson::SUCCESS &&
      root["n"].get(model.rows) == simdjson::SUCCESS &&
      root["standardised"].get(model.standardised) == simdjson::SUCCESS &&
      read_ops(root, model.ops) && read_strings(root, "columns", model.columns) &&
      read_strings(root, "warnings", model.warnings)) {
    return Status::ok();
  }
  return invalid_argument("linear_model", "the parameters of the linear model are incomplete");
}

Status check_model(const LinearModel& model) {
  for (const auto* values :
       {&model.weight, &model.mu, &model.scale, &model.v, &model.sigma, &model.beta}) {
    for (const double value : *values) {
      if (!std::isfinite(value)) {
        return invalid_argument("linear_model", "a tensor of the model is not finite");
      }
    }
  }
  if (!std::isfinite(model.bias) || !(model.lambda >= 0)) {
    return invalid_argument("linear_model", "bias or lambda is out of range");
  }
  if (!model.columns.empty() && model.columns.size() != model.width()) {
    return invalid_argument("linear_model", std::to_string(model.columns.size()) +
                                                " column names for " +
                                                std::to_string(model.width()) + " weights");
  }
  return Status::ok();
}

}  // namespace

std::vector<std::uint8_t> encode_linear_model(const LinearModel& model) {
  const std::uint64_t d = model.width();
  const std::uint64_t k = model.components();
  const TensorView tensors[] = {
      {"weight", {d}, model.weight}, {"bias", {}, {&model.bias, 1}},
      {"pcr.mu", {d}, model.mu},     {"pcr.scale", {d}, model.scale},
      {"pcr.v", {d, k}, model.v},    {"pcr.sigma", {k}, model.sigma},
      {"pcr.beta", {k}, model.beta},
  };
  return encode_model_file(ModelKind::kLinear, parameters_text(model), tensors);
}

Result<LinearModel> decode_linear_model(Bytes bytes) {
  WEIR_ASSIGN(const ModelFile file, ModelFile::parse(bytes));
  if (file.kind() != ModelKind::kLinear) {
    return fail(invalid_argument(
        "linear_model",
        "a model of kind " + std::string(model_kind_name(file.kind())) + ", not linear"));
  }
  const auto* weights = file.shape("weight");
  const auto* betas = file.shape("pcr.beta");
  if (weights == nullptr || weights->size() != 1 || betas == nullptr || betas->size() != 1) {
    return fail(invalid_argument("linear_model", "weight or pcr.beta is missing"));
  }
  const std::uint64_t d = (*weights)[0];
  const std::uint64_t k = (*betas)[0];
  LinearModel model;
  WEIR_TRY(read_parameters(file.parameters(), model));
  WEIR_ASSIGN(model.weight, file.tensor("weight", {d}));
  WEIR_ASSIGN(const std::vector<double> bias, file.tensor("bias", {}));
  model.bias = bias[0];
  WEIR_ASSIGN(model.mu, file.tensor("pcr.mu", {d}));
  WEIR_ASSIGN(model.scale, file.tensor("pcr.scale", {d}));
  WEIR_ASSIGN(model.v, file.tensor("pcr.v", {d, k}));
  WEIR_ASSIGN(model.sigma, file.tensor("pcr.sigma", {k}));
  WEIR_ASSIGN(model.beta, file.tensor("pcr.beta", {k}));
  WEIR_TRY(check_model(model));
  return model;
}

Status save_linear_model(const LinearModel& model, const std::string& path) {
  storage::FileOps& files = storage::system_files();
  const std::vector<std::uint8_t> bytes = encode_linear_model(model);
  const std::string made = path + ".new";
  const int fd = files.open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
  if (fd < 0) return storage::system_status("create", made, fd);
  Status status = storage::write_all(files, fd, bytes, 0, made);
  if (const int synced = status.is_ok() ? files.fdatasync(fd) : 0; synced < 0) {
    status = storage::system_status("sync", made, synced);
  }
  files.close(fd);
  if (const int moved = status.is_ok() ? files.rename(made, path) : 0; moved < 0) {
    status = storage::system_status("rename", made, moved);
  }
  if (!status.is_ok()) {
    files.unlink(made);
    return status;
  }
  const std::string parent = std::filesystem::path(path).parent_path().string();
  const int synced = files.sync_directory(parent.empty() ? "." : parent);
  return synced < 0 ? storage::system_status("sync", parent, synced) : Status::ok();
}

Result<LinearModel> load_linear_model(const std::string& path) {
  storage::FileOps& files = storage::system_files();
  const int fd = files.open(path, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) return fail(storage::system_status("open", path, fd));
  std::vector<std::uint8_t> bytes;
  const std::int64_t size = files.size(fd);
  Status status = size < 0 ? storage::system_status("size", path, size) : Status::ok();
  if (status.is_ok() && static_cast<std::uint64_t>(size) > kFileBytesMax) {
    status = resource_exhausted(
        "model_file_limit", path + " has " + std::to_string(size) + " bytes, 4 GiB are allowed");
  }
  if (status.is_ok()) {
    bytes.resize(static_cast<std::size_t>(size));
    status = storage::read_exactly(files, fd, bytes, 0, path);
  }
  files.close(fd);
  if (!status.is_ok()) return fail(std::move(status));
  auto model = decode_linear_model(bytes);
  if (!model) return fail(std::move(std::move(model.error()).at(path)));
  return model;
}

}  // namespace weir::model
