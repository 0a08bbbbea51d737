#include <sstream>

#include "base/json.hpp"
#include "base/toml.hpp"
#include "wire/csv/mapping.hpp"

namespace weir::wire {
namespace {

Status wrong(std::string_view key, const toml::node& node, std::string message) {
  const auto& at = node.source().begin;
  return invalid_argument("mapping", std::move(message)).at(key).at_line(at.line, at.column);
}

Status read_text(std::string_view key, const toml::node& node, std::string& out) {
  if (const auto text = node.value_exact<std::string>()) {
    out = *text;
    return Status::ok();
  }
  return wrong(key, node, std::string(key) + " must be a text");
}

Status read_flag(std::string_view key, const toml::node& node, bool& out) {
  if (const auto flag = node.value_exact<bool>()) {
    out = *flag;
    return Status::ok();
  }
  return wrong(key, node, std::string(key) + " must be true or false");
}

Status read_texts(std::string_view key, const toml::node& node, std::vector<std::string>& out) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return wrong(key, node, std::string(key) + " must be a list of texts");
  out.clear();
  for (const toml::node& item : *array) WEIR_TRY(read_text(key, item, out.emplace_back()));
  return Status::ok();
}

Status read_kind(std::string_view key, const toml::node& node, EntityKind& out) {
  std::string name;
  WEIR_TRY(read_text(key, node, name));
  if (!parse_entity_kind(name, out))
    return wrong(key, node, "there is no entity kind '" + name + "'");
  return Status::ok();
}

Status read_type(std::string_view key, const toml::node& node, EventType& out) {
  std::string name;
  WEIR_TRY(read_text(key, node, name));
  if (!parse_event_type(name, out))
    return wrong(key, node, "there is no event type '" + name + "'");
  return Status::ok();
}

Status read_char(std::string_view key, const toml::node& node, std::string_view allowed,
                 char& out) {
  std::string text;
  WEIR_TRY(read_text(key, node, text));
  if (text.size() != 1 || allowed.find(text[0]) == std::string_view::npos)
    return wrong(key, node, std::string(key) + " must be one of " + std::string(allowed));
  out = text[0];
  return Status::ok();
}

Status read_time_key(std::string_view key, const toml::node& node, TimeRule& rule, bool& known) {
  std::string text;
  known = true;
  if (key == "format") {
    WEIR_TRY(read_text(key, node, text));
    if (!parse_time_format(text, rule.format))
      return wrong(key, node, "there is no time format '" + text + "'");
  } else if (key == "zone") {
    WEIR_TRY(read_text(key, node, text));
    if (!parse_zone(text, rule.zone_s))
      return wrong(key, node, "'" + text + "' is no zone (+01:00)");
  } else if (key == "step") {
    WEIR_TRY(read_text(key, node, text));
    if (!parse_duration(text, rule.step_us))
      return wrong(key, node, "'" + text + "' is no duration (1h, 1d)");
  } else if (key == "start") {
    WEIR_TRY(read_text(key, node, text));
    if (!parse_time(text, rule.start_us)) return wrong(key, node, "'" + text + "' is no date");
  } else {
    known = false;
  }
  return Status::ok();
}

Status read_type_key(std::string_view key, const toml::node& node, Mapping& mapping, bool& known) {
  known = true;
  if (key == "otherwise") return read_type(key, node, mapping.type_otherwise);
  if (key != "values") {
    known = false;
    return Status::ok();
  }
  const toml::table* table = node.as_table();
  if (table == nullptr) return wrong(key, node, "values must be a table of texts to event types");
  for (const auto& [value, type] : *table) {
    auto& entry = mapping.types.emplace_back(std::string(value.str()), EventType::kOther);
    WEIR_TRY(read_type(value.str(), type, entry.second));
  }
  return Status::ok();
}

Status read_party_key(std::string_view key, const toml::node& node, FieldMap& field, bool& known) {
  known = true;
  if (key == "kind") return read_kind(key, node, field.kind);
  if (key == "empty") return read_text(key, node, field.empty);
  if (key == "empty_kind") return read_kind(key, node, field.empty_kind);
  if (key == "padded") return read_flag(key, node, field.padded);
  if (key == "digits") return read_flag(key, node, field.digits);
  if (key != "prefixes") {
    known = false;
    return Status::ok();
  }
  const toml::table* table = node.as_table();
  if (table == nullptr) return wrong(key, node, "prefixes must be a table of texts to kinds");
  for (const auto& [prefix, kind] : *table) {
    auto& entry = field.prefix_kinds.emplace_back(std::string(prefix.str()), EntityKind::kAccount);
    WEIR_TRY(read_kind(prefix.str(), kind, entry.second));
  }
  return Status::ok();
}

Status read_field(Target target, const toml::node& node, Mapping& mapping) {
  const std::string_view name = target_name(target);
  const toml::table* table = node.as_table();
  if (table == nullptr) return wrong(name, node, std::string(name) + " must be a table");
  FieldMap& field = mapping[target];
  for (const auto& [toml_key, value] : *table) {
    const std::string_view key = toml_key.str();
    bool known = true;
    if (key == "column") {
      field.columns.resize(1);
      WEIR_TRY(read_text(key, value, field.columns[0]));
    } else if (key == "columns") {
      WEIR_TRY(read_texts(key, value, field.columns));
    } else if (key == "const") {
      WEIR_TRY(read_text(key, value, field.constant));
    } else if (key == "join") {
      WEIR_TRY(read_text(key, value, field.join));
    } else if (target == Target::kTime) {
      WEIR_TRY(read_time_key(key, value, mapping.time, known));
    } else if (target == Target::kType) {
      WEIR_TRY(read_type_key(key, value, mapping, known));
    } else if (target == Target::kLabel && key == "fraud") {
      WEIR_TRY(read_texts(key, value, mapping.fraud_values));
    } else if (target == Target::kLabel && key == "normal") {
      WEIR_TRY(read_texts(key, value, mapping.normal_values));
    } else {
      WEIR_TRY(read_party_key(key, value, field, known));
    }
    if (!known)
      return wrong(key, value,
                   "there is no key '" + std::string(key) + "' in " + std::string(name));
  }
  if (field.columns.empty() == field.constant.empty())
    return wrong(name, node, std::string(name) + " needs either column, columns or const");
  return Status::ok();
}

Status read_swap(const toml::node& node, Mapping& mapping) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return wrong("swap", node, "swap must be a table");
  for (const auto& [key, value] : *table) {
    if (key.str() == "column")
      WEIR_TRY(read_text(key.str(), value, mapping.swap_column));
    else if (key.str() == "values")
      WEIR_TRY(read_texts(key.str(), value, mapping.swap_values));
    else
      return wrong(key.str(), value, "there is no key '" + std::string(key.str()) + "' in swap");
  }
  return Status::ok();
}

Status read_top(std::string_view key, const toml::node& node, Mapping& mapping) {
  Target target{};
  if (parse_target(key, target)) return read_field(target, node, mapping);
  if (key == "preset") return read_text(key, node, mapping.preset);
  if (key == "delimiter") return read_char(key, node, ",;|\t", mapping.delimiter);
  if (key == "decimal") return read_char(key, node, ".,", mapping.decimal_point);
  if (key == "swap") return read_swap(node, mapping);
  if (key == "attrs") return read_texts(key, node, mapping.attrs);
  if (key == "leaky") return read_texts(key, node, mapping.leaky);
  if (key == "personal") return read_texts(key, node, mapping.personal);
  if (key == "exponent") {
    const auto value = node.value_exact<std::int64_t>();
    if (!value || *value < 0 || *value > 12) return wrong(key, node, "exponent must be 0 to 12");
    mapping.exponent = static_cast<int>(*value);
    return Status::ok();
  }
  return wrong(key, node, "there is no key '" + std::string(key) + "' in a mapping");
}

// Writes the keys of one inline table.
class TableText {
 public:
  explicit TableText(std::string& out) : out_(out) {}
  void text(std::string_view key, std::string_view value) {
    name(key);
    append_json_string(out_, value);
  }
  void flag(std::string_view key) {
    name(key);
    out_ += "true";
  }
  void texts(std::string_view key, const std::vector<std::string>& values) {
    name(key);
    append_list(out_, values);
  }
  template <class Pairs, class Name>
  void table(std::string_view key, const Pairs& pairs, Name&& value_name) {
    name(key);
    out_ += '{';
    for (const auto& [from, to] : pairs) {
      if (&from != &pairs.front().first) out_ += ", ";
      append_json_string(out_, from);
      out_ += " = ";
      append_json_string(out_, value_name(to));
    }
    out_ += '}';
  }
  static void append_list(std::string& out, const std::vector<std::string>& values) {
    out += '[';
    for (const std::string& value : values) {
      if (&value != &values.front()) out += ", ";
      append_json_string(out, value);
    }
    out += ']';
  }

 private:
  void name(std::string_view key) {
    if (!first_) out_ += ", ";
    first_ = false;
    out_.append(key).append(" = ");
  }
  std::string& out_;
  bool first_ = true;
};

std::string zone_text(std::int64_t zone_s) {
  const std::int64_t minutes = (zone_s < 0 ? -zone_s : zone_s) / 60;
  char text[32];
  std::snprintf(text, sizeof text, "%c%02d:%02d", zone_s < 0 ? '-' : '+',
                static_cast<int>(minutes / 60), static_cast<int>(minutes % 60));
  return text;
}

std::string duration_text(std::int64_t micros) {
  for (const auto& [unit, size] : {std::pair{"d", kMicrosPerDay},
                                   {"h", 3'600 * kMicrosPerSecond},
                                   {"m", 60 * kMicrosPerSecond},
                                   {"s", kMicrosPerSecond}})
    if (micros % size == 0) return std::to_string(micros / size) + unit;
  return std::to_string(micros) + "us";
}

void print_time(TableText& table, const TimeRule& rule) {
  table.text("format", time_format_name(rule.format));
  if (rule.zone_s != 0) table.text("zone", zone_text(rule.zone_s));
  if (rule.step_us != 0) table.text("step", duration_text(rule.step_us));
  if (rule.format == TimeFormat::kStep) table.text("start", format_time(rule.start_us));
}

void print_field(std::string& out, const Mapping& mapping, Target target) {
  const FieldMap& field = mapping[target];
  out.append(target_name(target)).append(" = {");
  TableText table(out);
  if (field.columns.size() == 1) table.text("column", field.columns[0]);
  if (field.columns.size() > 1) table.texts("columns", field.columns);
  if (field.columns.empty()) table.text("const", field.constant);
  if (field.columns.size() > 1 && field.join != "/") table.text("join", field.join);
  if (target >= Target::kDebtor && target <= Target::kIp) {
    table.text("kind", entity_kind_name(field.kind));
    if (!field.prefix_kinds.empty()) table.table("prefixes", field.prefix_kinds, entity_kind_name);
  }
  if (!field.empty.empty()) {
    table.text("empty", field.empty);
    table.text("empty_kind", entity_kind_name(field.empty_kind));
  }
  if (field.padded) table.flag("padded");
  if (field.digits) table.flag("digits");
  if (target == Target::kTime) print_time(table, mapping.time);
  if (target == Target::kType && !field.columns.empty()) {
    table.table("values", mapping.types, event_type_name);
    table.text("otherwise", event_type_name(mapping.type_otherwise));
  }
  if (target == Target::kLabel && !mapping.fraud_values.empty())
    table.texts("fraud", mapping.fraud_values);
  if (target == Target::kLabel && !mapping.normal_values.empty())
    table.texts("normal", mapping.normal_values);
  out += "}\n";
}

}  // namespace

Result<Mapping> parse_mapping(std::string_view text) {
  toml::table parsed;
  try {
    parsed = toml::parse(text);
  } catch (const TomlAssertion&) {
    return fail(invalid_argument("mapping", "the text is no TOML: a key is missing or broken"));
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    return fail(
        invalid_argument("mapping", std::string(error.description())).at_line(at.line, at.column));
  }
  Mapping mapping;
  for (const auto& [key, node] : parsed) WEIR_TRY(read_top(key.str(), node, mapping));
  return mapping;
}

std::string print_mapping(const Mapping& mapping) {
  std::string out;
  const auto text = [&](std::string_view key, std::string_view value) {
    out.append(key).append(" = ");
    append_json_string(out, value);
    out += '\n';
  };
  const auto list = [&](std::string_view key, const std::vector<std::string>& values) {
    if (values.empty()) return;
    out.append(key).append(" = ");
    TableText::append_list(out, values);
    out += '\n';
  };
  if (!mapping.preset.empty()) text("preset", mapping.preset);
  if (mapping.delimiter != 0) text("delimiter", std::string_view(&mapping.delimiter, 1));
  if (mapping.decimal_point != 0) text("decimal", std::string_view(&mapping.decimal_point, 1));
  if (mapping.exponent >= 0) out += "exponent = " + std::to_string(mapping.exponent) + '\n';
  for (std::size_t i = 0; i < kTargets; ++i)
    if (mapping.fields[i].present()) print_field(out, mapping, static_cast<Target>(i));
  if (!mapping.swap_column.empty()) {
    out += "swap = {column = ";
    append_json_string(out, mapping.swap_column);
    out += ", values = ";
    TableText::append_list(out, mapping.swap_values);
    out += "}\n";
  }
  list("attrs", mapping.attrs);
  list("leaky", mapping.leaky);
  list("personal", mapping.personal);
  return out;
}

}  // namespace weir::wire
