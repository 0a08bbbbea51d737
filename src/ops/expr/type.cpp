#include "ops/expr/type.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace weir::expr {
namespace {

bool fits(Type type, Storage storage) {
  switch (type.kind) {
    case Kind::kNull:
      return false;
    case Kind::kBool:
      return storage == Storage::kBitmap || storage == Storage::kU8;
    case Kind::kF64:
      return storage == Storage::kF32 || storage == Storage::kF64;
    case Kind::kString:
      return storage == Storage::kText || storage == Storage::kTextOffsets ||
             storage == Storage::kTextCodes;
    default:
      return storage >= Storage::kU8 && storage <= Storage::kI64;
  }
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string type_name(Type type) {
  switch (type.kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "bool";
    case Kind::kI64:
      return "i64";
    case Kind::kF64:
      return "f64";
    case Kind::kDecimal:
      return type.per_row() ? "decimal" : "decimal(" + std::to_string(type.scale) + ")";
    case Kind::kTimestamp:
      return "timestamp";
    case Kind::kDuration:
      return "duration";
    case Kind::kString:
      return "string";
    case Kind::kSymbol:
      return "symbol";
  }
  return "?";
}

InputId Schema::add(std::string_view name, Type type, Storage storage) {
  CHECK(!name.empty() && find(name) == nullptr);
  const InputId input = add_hidden(type, storage);
  fields_[input].name = name;
  by_name_.emplace(name, input);
  return input;
}

InputId Schema::add_hidden(Type type, Storage storage) {
  CHECK(fits(type, storage));
  CHECK(type.kind != Kind::kDecimal || type.per_row() || type.scale <= 18);
  CHECK(type.kind != Kind::kSymbol || type.domain < domains_.size());
  const auto input = static_cast<InputId>(fields_.size());
  fields_.push_back({{}, type, storage, input});
  return input;
}

DomainId Schema::add_domain(std::string_view what, SymbolResolver resolver) {
  domains_.push_back({std::string(what), std::move(resolver)});
  return static_cast<DomainId>(domains_.size() - 1);
}

const Field* Schema::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &fields_[found->second];
}

Result<std::int64_t> Schema::resolve(DomainId domain, std::string_view text) const {
  return domains_[domain].resolver(text);
}

std::string_view nearest_name(std::string_view name, std::span<const std::string_view> candidates) {
  const std::size_t limit = name.size() <= 3 ? 1 : 2;
  std::string_view best;
  std::size_t best_distance = limit + 1;
  for (const std::string_view candidate : candidates) {
    const std::size_t gap = candidate.size() > name.size() ? candidate.size() - name.size()
                                                           : name.size() - candidate.size();
    if (gap >= best_distance) continue;
    const std::size_t distance = edit_distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace weir::expr
