#include "server/operations/known_members.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/config/schema.hpp"

namespace weir::server {
namespace {

using simdjson::dom::element;

constexpr std::string_view kOptions[] = {"targetDevice", "fallback", "precision", "priority",
                                         "timeout_ms",   "explain",  "compare"};
constexpr std::string_view kPacked[] = {"shape", "dtype", "data"};
constexpr std::size_t kNear = 3;  // edits

Status check_names(const simdjson::dom::object& given, std::span<const std::string_view> known,
                   const std::string& place) {
  for (const auto field : given) {
    if (std::find(known.begin(), known.end(), field.key) != known.end()) continue;
    std::string_view nearest;
    std::size_t least = kNear;
    std::string all;
    for (const std::string_view name : known) {
      const std::size_t distance = edit_distance(field.key, name);
      if (distance < least) {
        least = distance;
        nearest = name;
      }
      all += (all.empty() ? "" : ", ") + std::string(name);
    }
    const std::string path = place + std::string(field.key);
    return invalid_argument("field_unknown", "there is no parameter \"" + path + "\"")
        .at(path)
        .hint(nearest.empty() ? "it takes " + all : "did you mean " + std::string(nearest) + "?");
  }
  return Status::ok();
}

Status check_array(const simdjson::dom::array& items, const element& schema,
                   const std::string& place);

Status check_object(const simdjson::dom::object& object, const element& schema,
                    const std::string& place) {
  simdjson::dom::object properties;
  const std::string inside = place.empty() ? "" : place + ".";
  if (schema.at_key("properties").get_object().get(properties) != simdjson::SUCCESS) {
    const bool packed = object.at_key("shape").error() == simdjson::SUCCESS;
    return packed ? check_names(object, kPacked, inside) : Status::ok();
  }
  std::vector<std::string_view> known;
  for (const auto property : properties) known.push_back(property.key);
  if (place.empty()) known.push_back("options");
  WEIR_TRY(check_names(object, known, inside));
  for (const auto property : properties) {
    element member;
    if (place.empty() && property.key == "options") continue;
    if (object.at_key(property.key).get(member) != simdjson::SUCCESS) continue;
    const std::string path = inside + std::string(property.key);
    simdjson::dom::object inner;
    simdjson::dom::array items;
    if (member.get_object().get(inner) == simdjson::SUCCESS) {
      WEIR_TRY(check_object(inner, property.value, path));
    } else if (member.get_array().get(items) == simdjson::SUCCESS) {
      WEIR_TRY(check_array(items, property.value, path));
    }
  }
  return Status::ok();
}

Status check_array(const simdjson::dom::array& items, const element& schema,
                   const std::string& place) {
  element of_items;
  if (schema.at_key("items").get(of_items) != simdjson::SUCCESS ||
      of_items.at_key("properties").error() != simdjson::SUCCESS) {
    return Status::ok();
  }
  std::size_t i = 0;
  for (const element item : items) {
    const std::string path = place + "[" + std::to_string(i++) + "]";
    simdjson::dom::object inner;
    if (item.get_object().get(inner) != simdjson::SUCCESS) continue;
    WEIR_TRY(check_object(inner, of_items, path));
  }
  return Status::ok();
}

// An operation computes in fp64 unless its schema lists more.
Status check_precision(const simdjson::dom::object& options, const element& schema) {
  std::string_view asked;
  if (options.at_key("precision").get_string().get(asked) != simdjson::SUCCESS || asked == "fp64") {
    return Status::ok();
  }
  simdjson::dom::array listed;
  std::string all = "fp64";
  if (schema.at_pointer("/properties/options/properties/precision/enum").get_array().get(listed) ==
      simdjson::SUCCESS) {
    all.clear();
    for (const element one : listed) {
      const std::string_view name = one.get_string().value_unsafe();
      if (name == asked) return Status::ok();
      all += (all.empty() ? "" : ", ") + std::string(name);
    }
  }
  return invalid_argument("precision", "this operation does not compute in " + std::string(asked))
      .at("options.precision")
      .hint("use one of " + all);
}

}  // namespace

KnownMembers::KnownMembers(std::string_view schema)
    : parser_(std::make_unique<simdjson::dom::parser>()) {
  CHECK(parser_->parse(schema.data(), schema.size()).get(schema_) == simdjson::SUCCESS);
}

Status KnownMembers::check(const Params& params) const {
  WEIR_TRY(check_object(params.json(), schema_, ""));
  simdjson::dom::object options;
  const auto given = params.find({"options"});
  if (!given || given->get_object().get(options) != simdjson::SUCCESS) return Status::ok();
  WEIR_TRY(check_names(options, kOptions, "options."));
  return check_precision(options, schema_);
}

}  // namespace weir::server
