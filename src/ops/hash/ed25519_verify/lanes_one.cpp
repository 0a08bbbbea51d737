#include "base/isa.hpp"
#include "ops/hash/ed25519_verify/field51.hpp"
#include "ops/hash/ed25519_verify/lanes.hpp"

namespace weir::ops::ed25519 {
namespace {

using G = Group<Field51>;
using Fe = Field51::Fe;

// The base point: y = 4 / 5, x even.
constexpr std::uint64_t kBaseY[5][1] = {
    {0x6666666666658}, {0x4cccccccccccc}, {0x1999999999999}, {0x3333333333333}, {0x6666666666666}};

void put(std::uint64_t* to, const Fe& x) {
  const Fe canonical = Field51::freeze(x);
  for (std::size_t i = 0; i < 5; ++i) to[i] = canonical.v[i];
}

BaseTable make_base_table() {
  G::Extended base;
  G::decompress_negated(base, Field51::load(kBaseY), 1);  // minus the point of odd x
  G::Cached step;
  G::cache(step, base);
  BaseTable table{};
  G::Extended point{Field51::zero(), Field51::one(), Field51::one(), Field51::zero()};
  for (std::size_t i = 0; i < kBaseEntries; ++i) {
    Fe inverse, x, y, out;
    G::invert(inverse, point.z);
    Field51::multiply(x, point.x, inverse);
    Field51::multiply(y, point.y, inverse);
    Field51::add(out, y, x);
    put(table.entries[i], out);
    Field51::subtract(out, y, x);
    put(table.entries[i] + 5, out);
    Field51::multiply(out, x, y);
    Field51::multiply(out, out, Field51::constant(kTwoD));
    put(table.entries[i] + 10, out);
    G::Completed next;
    G::add(next, point, step);
    G::extend(point, next);
  }
  return table;
}

}  // namespace

bool has_ifma() {
  static const bool present = __builtin_cpu_supports("avx512ifma") != 0;
  return present && isa_allowed(Isa::kAvx512);
}

const BaseTable& base_table() {
  static const BaseTable table = make_base_table();
  return table;
}

Decision verify_one(const Batch<1>& batch) {
  return G::verify(batch, base_table());
}

}  // namespace weir::ops::ed25519
