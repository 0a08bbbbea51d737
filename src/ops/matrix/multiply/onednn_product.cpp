#include "ops/matrix/multiply/onednn_product.hpp"

#include <array>
#include <oneapi/dnnl/dnnl.hpp>
#include <optional>
#include <unordered_map>

#include "base/aligned.hpp"
#include "base/isa.hpp"

// Of the OpenMP runtime that oneDNN uses. Declared here because <omp.h> belongs to one compiler.
extern "C" void omp_set_num_threads(int threads);

namespace weir::ops {
namespace {

using Dim = dnnl::memory::dim;
using Type = dnnl::memory::data_type;

bool has(dnnl_cpu_isa_t wanted) {
  return isa_allowed(Isa::kAvx512) && (dnnl_get_effective_cpu_isa() & wanted) == wanted;
}

struct Key {
  ProductShape shape;
  std::size_t steps[5];
  float alpha;
  float beta;
  friend bool operator==(const Key& x, const Key& y) {
    return x.shape.m == y.shape.m && x.shape.n == y.shape.n && x.shape.k == y.shape.k &&
           std::equal(x.steps, x.steps + 5, y.steps) && x.alpha == y.alpha && x.beta == y.beta;
  }
};

// A built product of one shape, with memory objects that are pointed at a call's matrices.
struct Product {
  Key key;
  dnnl::matmul primitive;
  dnnl::memory a, b, c;
  AlignedBuffer<std::uint8_t> scratch;
  std::unordered_map<int, dnnl::memory> args;
};

// The products of one thread. Throws what oneDNN throws.
class Products {
 public:
  void run(const Key& key, const BFloat16* a, const BFloat16* b, float* c) {
    Product& product = find(key);
    product.a.set_data_handle(const_cast<BFloat16*>(a));
    product.b.set_data_handle(const_cast<BFloat16*>(b));
    product.c.set_data_handle(c);
    product.primitive.execute(stream_, product.args);
    stream_.wait();
  }

 private:
  Product& find(const Key& key) {
    for (auto& product : products_) {
      if (product && product->key == key) return *product;
    }
    std::optional<Product>& slot = products_[next_++ % products_.size()];
    slot.reset();
    slot = build(key);
    return *slot;
  }

  Product build(const Key& key) {
    const auto dim = [](std::size_t n) { return static_cast<Dim>(n); };
    const Dim m = dim(key.shape.m), n = dim(key.shape.n), k = dim(key.shape.k);
    const auto& steps = key.steps;
    const dnnl::memory::desc a({m, k}, Type::bf16, {dim(steps[0]), dim(steps[1])});
    const dnnl::memory::desc b({k, n}, Type::bf16, {dim(steps[2]), dim(steps[3])});
    const dnnl::memory::desc c({m, n}, Type::f32, {dim(steps[4]), 1});
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (key.alpha != 1) attributes.set_output_scales(0, {key.alpha});
    if (key.beta != 0) {
      dnnl::post_ops after;
      after.append_sum(key.beta);
      attributes.set_post_ops(after);
    }
    const dnnl::matmul::primitive_desc form({a, b, c}, attributes, engine_);
    Product product{key,
                    dnnl::matmul(form),
                    dnnl::memory(a, engine_, DNNL_MEMORY_NONE),
                    dnnl::memory(b, engine_, DNNL_MEMORY_NONE),
                    dnnl::memory(c, engine_, DNNL_MEMORY_NONE),
                    AlignedBuffer<std::uint8_t>(form.scratchpad_desc().get_size()),
                    {}};
    const dnnl::memory scratch(form.scratchpad_desc(), engine_, product.scratch.data());
    product.args = {{DNNL_ARG_SRC, product.a},
                    {DNNL_ARG_WEIGHTS, product.b},
                    {DNNL_ARG_DST, product.c},
                    {DNNL_ARG_SCRATCHPAD, scratch}};
    return product;
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  std::array<std::optional<Product>, 16> products_;
  std::size_t next_ = 0;
};

// oneDNN's gemm takes a letter for the form and the step between lines.
struct Letter {
  char form;
  dnnl_dim_t step;
};
template <class T>
Letter letter_of(const Strided2d<T>& matrix) {
  if (matrix.col_step == 1) return {'N', static_cast<dnnl_dim_t>(matrix.row_step)};
  return {'T', static_cast<dnnl_dim_t>(matrix.col_step)};
}

template <class A, class Gemm>
bool byte_product(const ProductShape& shape, Strided2d<A> a, Strided2d<std::int8_t> b,
                  RowMajorOut<std::int32_t> c, Gemm gemm) {
  if (shape.k == 0 || !has(dnnl_cpu_isa_avx512_core_vnni)) return false;
  omp_set_num_threads(1);
  const Letter left = letter_of(a);
  const Letter right = letter_of(b);
  const std::int32_t no_offset = 0;
  return gemm(left.form, right.form, 'F', static_cast<dnnl_dim_t>(shape.m),
              static_cast<dnnl_dim_t>(shape.n), static_cast<dnnl_dim_t>(shape.k), 1.0F, a.data,
              left.step, A{0}, b.data, right.step, std::int8_t{0}, 0.0F, c.data,
              static_cast<dnnl_dim_t>(c.row_step), &no_offset) == dnnl_success;
}

}  // namespace

bool onednn_product(const ProductShape& shape, float alpha, Strided2d<BFloat16> a,
                    Strided2d<BFloat16> b, float beta, RowMajorOut<float> c) {
  if (shape.k == 0 || alpha == 0 || !has(dnnl_cpu_isa_avx512_core_bf16)) return false;
  omp_set_num_threads(1);
  const Key key{shape, {a.row_step, a.col_step, b.row_step, b.col_step, c.row_step}, alpha, beta};
  try {
    thread_local Products products;
    products.run(key, a.data, b.data, c.data);
    return true;
  } catch (const dnnl::error&) {  // no such primitive: it runs nothing, so C is as it was
    return false;
  }
}

bool onednn_product(const ProductShape& shape, Strided2d<std::uint8_t> a, Strided2d<std::int8_t> b,
                    RowMajorOut<std::int32_t> c) {
  return byte_product(shape, a, b, c, dnnl_gemm_u8s8s32);
}

bool onednn_product(const ProductShape& shape, Strided2d<std::int8_t> a, Strided2d<std::int8_t> b,
                    RowMajorOut<std::int32_t> c) {
  return byte_product(shape, a, b, c, dnnl_gemm_s8s8s32);
}

}  // namespace weir::ops
