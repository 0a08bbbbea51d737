#include "server/app/json_value.hpp"

#include <simdjson.h>

#include "base/time_text.hpp"

namespace weir::server {
namespace {

namespace dom = simdjson::dom;

JsonValue convert(const dom::element& from) {
  JsonValue to;
  switch (from.type()) {
    case dom::element_type::NULL_VALUE:
      break;
    case dom::element_type::BOOL:
      to.kind = JsonValue::Kind::kBool;
      to.boolean = from.get_bool().value_unsafe();
      break;
    case dom::element_type::INT64:
      to.kind = JsonValue::Kind::kInteger;
      to.integer = from.get_int64().value_unsafe();
      to.number = static_cast<double>(to.integer);
      break;
    case dom::element_type::UINT64:  // beyond i64: no field of ours reaches that far
    case dom::element_type::DOUBLE:
      to.kind = JsonValue::Kind::kNumber;
      to.number = from.get_double().value_unsafe();
      break;
    case dom::element_type::STRING:
      to.kind = JsonValue::Kind::kText;
      to.string = std::string(from.get_string().value_unsafe());
      break;
    case dom::element_type::ARRAY:
      to.kind = JsonValue::Kind::kArray;
      for (const dom::array list = from.get_array().value_unsafe(); const dom::element item : list)
        to.items.push_back(convert(item));
      break;
    case dom::element_type::OBJECT:
      to.kind = JsonValue::Kind::kObject;
      for (const dom::object map = from.get_object().value_unsafe(); const auto member : map)
        to.members.push_back({std::string(member.key), convert(member.value)});
      break;
  }
  return to;
}

Status missing(std::string_view name) {
  return invalid_argument("field_missing", "member '" + std::string(name) + "' is missing")
      .at(name);
}
Status wrong_type(std::string_view name, std::string_view wanted) {
  return invalid_argument("field_type",
                          "member '" + std::string(name) + "' must be " + std::string(wanted))
      .at(name);
}
bool absent(const JsonValue* value) {
  return value == nullptr || value->kind == JsonValue::Kind::kNull;
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  return nullptr;
}

Result<std::string> JsonValue::text(std::string_view name) const {
  if (absent(find(name))) return fail(missing(name));
  return text_or(name, {});
}

Result<std::int64_t> JsonValue::whole(std::string_view name) const {
  if (absent(find(name))) return fail(missing(name));
  return whole_or(name, 0);
}

Result<std::string> JsonValue::text_or(std::string_view name, std::string_view fallback) const {
  const JsonValue* value = find(name);
  if (absent(value)) return std::string(fallback);
  if (value->kind != Kind::kText) return fail(wrong_type(name, "a text"));
  return value->string;
}

Result<std::int64_t> JsonValue::whole_or(std::string_view name, std::int64_t fallback) const {
  const JsonValue* value = find(name);
  if (absent(value)) return fallback;
  if (value->kind != Kind::kInteger) return fail(wrong_type(name, "a whole number"));
  return value->integer;
}

Result<std::int64_t> JsonValue::time_or_zero(std::string_view name) const {
  WEIR_ASSIGN(const std::string text, text_or(name, {}));
  std::int64_t micros = 0;
  if (!text.empty() && !parse_time(text, micros))
    return fail(invalid_argument("date_format", "'" + text + "' is not a time")
                    .at(name)
                    .hint("write 2026-11-21T04:00:00Z"));
  return micros;
}

Result<JsonValue> parse_json(std::string_view text) {
  dom::parser parser;
  if (parser.allocate(text.size() + 1, kJsonBodyDepthMax) != simdjson::SUCCESS)
    return fail(internal_error("memory", "no memory to parse a body"));
  dom::element root;
  if (const auto error = parser.parse(text.data(), text.size()).get(root); error)
    return fail(invalid_argument(
        "json_shape", std::string("the body is not JSON: ") + simdjson::error_message(error)));
  return convert(root);
}

}  // namespace weir::server
