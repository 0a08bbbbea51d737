#include "model/numeric/linear_model.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "base/hash.hpp"
#include "model/file/model_file.hpp"

namespace weir::model {
namespace {

LinearModel sample() {
  LinearModel model;
  model.weight = {0.1, -2.5, 1e-300};
  model.bias = 7.25;
  model.mu = {1, 2, 3};
  model.scale = {1, 1, 0.5};
  model.v = {1, 0, 0, 1, 0.25, -0.25};
  model.sigma = {9, 3};
  model.beta = {0.1, 0.2};
  model.ybar = 1.0 / 3;
  model.energy = 0.95;
  model.retained = 0.97;
  model.lambda = 0.5;
  model.rows = 1'000'000;
  model.warnings = {"1 constant columns have weight 0"};
  model.columns = {"amount", "hour", "a \"quoted\" name"};
  model.ops = {{"matrix.gram", 1}, {"matrix.eigen_symmetric", 2}};
  return model;
}

TEST(LinearModel, ComesBackAsItWas) {
  const LinearModel model = sample();
  const auto bytes = encode_linear_model(model);
  const auto back = decode_linear_model(bytes);
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->weight, model.weight);
  EXPECT_EQ(back->bias, model.bias);
  EXPECT_EQ(back->v, model.v);
  EXPECT_EQ(back->ybar, model.ybar);
  EXPECT_EQ(back->rows, model.rows);
  EXPECT_EQ(back->columns, model.columns);
  EXPECT_EQ(back->warnings, model.warnings);
  EXPECT_EQ(back->ops, model.ops);
  EXPECT_EQ(encode_linear_model(*back), bytes);
}

TEST(LinearModel, KeepsOneWithoutComponents) {
  LinearModel model;
  model.weight = model.mu = {0, 0};
  model.scale = {1, 1};
  model.bias = model.ybar = 4;
  const auto back = decode_linear_model(encode_linear_model(model));
  ASSERT_TRUE(back) << back.error().to_string();
  EXPECT_EQ(back->components(), 0U);
  EXPECT_EQ(back->bias, 4);
}

TEST(LinearModel, IsFoundDamagedWhereverAByteChanges) {
  const auto whole = encode_linear_model(sample());
  for (std::size_t i = 0; i < whole.size(); i += i < 256 ? 1 : 37) {
    auto bytes = whole;
    bytes[i] ^= 0x10;
    EXPECT_FALSE(decode_linear_model(bytes)) << i;
  }
  for (std::size_t size = 0; size < whole.size(); size += 61) {
    EXPECT_FALSE(decode_linear_model(Bytes(whole).first(size))) << size;
  }
}

TEST(LinearModel, RefusesOtherKindsAndShapes) {
  const double one = 1;
  const TensorView tensors[] = {{"weight", {1}, {&one, 1}}};
  EXPECT_FALSE(decode_linear_model(encode_model_file(ModelKind::kMlp, "{}", tensors)));
  EXPECT_FALSE(decode_linear_model(encode_model_file(ModelKind::kLinear, "{}", tensors)));
  LinearModel model = sample();
  model.columns.pop_back();
  EXPECT_FALSE(decode_linear_model(encode_linear_model(model)));
  model = sample();
  model.mu[1] = 1.0 / 0.0;
  EXPECT_FALSE(decode_linear_model(encode_linear_model(model)));
}

TEST(LinearModel, RefusesALaterFormat) {
  auto bytes = encode_linear_model(sample());
  bytes[8] = 2;
  store(bytes.data() + 124, crc32c(Bytes(bytes).first(124)));
  const auto model = decode_linear_model(bytes);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), Code::kUnimplemented);
  EXPECT_NE(model.error().message().find("file format 2.0"), std::string::npos);
}

TEST(LinearModel, IsSavedAndLoaded) {
  const std::string path = ::testing::TempDir() + "/weir_linear_model_test.weir";
  ASSERT_TRUE(save_linear_model(sample(), path).is_ok());
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
  const auto model = load_linear_model(path);
  ASSERT_TRUE(model) << model.error().to_string();
  EXPECT_EQ(model->weight, sample().weight);
  std::remove(path.c_str());
  EXPECT_FALSE(load_linear_model(path));
  EXPECT_FALSE(save_linear_model(sample(), "/no/such/folder/m.weir").is_ok());
}

TEST(ModelFile, PlacesTensorsAtBoundaries) {
  const std::vector<double> large(600, 1.5);
  const double small = 2;
  const TensorView tensors[] = {
      {"a", {}, {&small, 1}}, {"b", {600}, large}, {"c", {1}, {&small, 1}}};
  const auto bytes = encode_model_file(ModelKind::kLinear, R"({"x":1})", tensors);
  EXPECT_EQ(load<double>(bytes.data() + 4096), 2.0);
  EXPECT_EQ(load<double>(bytes.data() + 8192), 1.5);
  const auto file = ModelFile::parse(bytes);
  ASSERT_TRUE(file) << file.error().to_string();
  EXPECT_EQ(file->parameters(), R"({"x":1})");
  EXPECT_EQ(*file->tensor("b", {600}), large);
  EXPECT_FALSE(file->tensor("b", {20, 30}));
  EXPECT_FALSE(file->tensor("d", {}));
}

}  // namespace
}  // namespace weir::model
