#include "base/config/render.hpp"

#include <cmath>

#include "base/json.hpp"

namespace weir {
namespace {

std::string_view table_of(const ConfigKey& key) {
  return key.name.substr(0, key.name.find('.'));
}
std::string_view leaf_of(const ConfigKey& key) {
  return key.name.substr(key.name.find('.') + 1);
}

// Appends "[table]" where a new one begins.
void begin_table(std::string& out, std::string_view& current, const ConfigKey& key) {
  if (table_of(key) == current) return;
  current = table_of(key);
  if (!out.empty()) out += '\n';
  out.append("[").append(current).append("]\n");
}

void append_line(std::string& out, std::string_view name, const std::string& value) {
  out.append(name).append(" = ").append(value);
}

void write_bound(JsonWriter& json, double bound) {
  if (bound == std::floor(bound)) {
    json.i64(static_cast<std::int64_t>(bound));
  } else {
    json.f64(bound);
  }
}

void write_value(JsonWriter& json, const ConfigValue& value) {
  // TOML's literals for these five types are JSON's.
  json.raw(config_value_toml(value));
}

void write_choices(JsonWriter& json, const ConfigKey& key) {
  if (key.choices.empty()) return;
  json.key("enum").begin_array();
  for (const std::string_view choice : config_choices(key)) {
    if (key.type == ConfigType::kInt) {
      json.raw(choice);
    } else {
      json.string(choice);
    }
  }
  json.end_array();
}

void write_schema_of(JsonWriter& json, const ConfigKey& key) {
  json.begin_object().key("description").string(key.help);
  json.key("default");
  write_value(json, config_default(key));
  switch (key.type) {
    case ConfigType::kBool:
      json.key("type").string("boolean");
      break;
    case ConfigType::kInt:
    case ConfigType::kFloat:
      json.key("type").string(key.type == ConfigType::kInt ? "integer" : "number");
      json.key("minimum");
      write_bound(json, key.min);
      json.key("maximum");
      write_bound(json, key.max);
      write_choices(json, key);
      break;
    case ConfigType::kText:
      json.key("type").string("string");
      write_choices(json, key);
      break;
    case ConfigType::kTextList:
      json.key("type").string("array").key("items").begin_object().key("type").string("string");
      write_choices(json, key);
      json.end_object();
      break;
  }
  json.key("x-reloadable").boolean(key.reloadable).end_object();
}

std::string bound_text(double bound) {
  std::string text;
  JsonWriter json(text);
  write_bound(json, bound);
  return text;
}

std::string allowed_text(const ConfigKey& key) {
  if (!key.choices.empty()) {
    std::string text;
    for (const std::string_view choice : config_choices(key)) {
      text.append(text.empty() ? "" : ", ").append(choice);
    }
    return text;
  }
  if (key.type != ConfigType::kInt && key.type != ConfigType::kFloat) {
    return std::string(config_type_name(key.type));
  }
  return bound_text(key.min) + " to " + bound_text(key.max);
}

}  // namespace

std::string print_config(const Config& config, const ConfigPrintOptions& options) {
  std::string out;
  std::string_view table;
  const auto keys = config_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (options.diff_default && config.is_default(i)) continue;
    begin_table(out, table, keys[i]);
    append_line(out, leaf_of(keys[i]), config_value_toml(config.value(i)));
    if (options.sources) {
      std::string source = config.source(i).to_string();
      for (char& c : source) {
        if (static_cast<unsigned char>(c) < 0x20) c = '?';  // a file name must not end the comment
      }
      out.append("  # ").append(source);
    }
    out += '\n';
  }
  return out;
}

std::string verdict_config_text(const Config& config) {
  std::string out;
  const auto keys = config_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i].verdict) continue;
    append_line(out, keys[i].name, config_value_toml(config.value(i)));
    out += '\n';
  }
  return out;
}

std::string logged_config_text(const Config& config) {
  std::string out;
  const auto keys = config_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i].logged_default && config.is_default(i)) continue;
    const bool hidden = keys[i].secret_file && !config.is_default(i);
    append_line(out, keys[i].name, hidden ? "\"redacted\"" : config_value_toml(config.value(i)));
    out += '\n';
  }
  return out;
}

std::string config_json_schema() {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("$schema").string("https://json-schema.org/draft/2020-12/schema");
  json.key("title").string("Weir configuration").key("type").string("object");
  json.key("additionalProperties").boolean(false).key("properties").begin_object();
  std::string_view table;
  for (const ConfigKey& key : config_keys()) {
    if (table_of(key) != table) {
      if (!table.empty()) json.end_object().end_object();
      table = table_of(key);
      json.key(table).begin_object().key("type").string("object");
      json.key("additionalProperties").boolean(false).key("properties").begin_object();
    }
    json.key(leaf_of(key));
    write_schema_of(json, key);
  }
  json.end_object().end_object().end_object().end_object();
  return out;
}

std::string config_example() {
  std::string out =
      "# Weir configuration. Every key with its default; remove the # to change one.\n"
      "# A flag (--set server.listen=...) goes before the environment (WEIR_SERVER__LISTEN), that "
      "before\n"
      "# this file. Check it with: weir config check FILE\n";
  std::string_view table;
  for (const ConfigKey& key : config_keys()) {
    begin_table(out, table, key);
    out.append("# ").append(key.help).append(" [").append(allowed_text(key));
    out.append(key.reloadable ? "; reloadable]\n# " : "]\n# ");
    append_line(out, leaf_of(key), config_value_toml(config_default(key)));
    out += '\n';
  }
  return out;
}

std::string config_reference() {
  std::string out =
      "# Configuration\n\n"
      "Made from the schema in `src/base/config/schema.cpp`; a test compares. How to check\n"
      "and change it: [configuring](configuring.md).\n"
      "One TOML file; precedence is flag (`--set server.listen=...`), environment\n"
      "(`WEIR_SERVER__LISTEN`), file, default. A key marked \"reload\" takes effect on SIGHUP or\n"
      "`POST /v1/config/reload`; the others need a restart. Verdicts depend on the keys marked "
      "\"yes\",\n"
      "whose values are kept in the log.\n\n"
      "| key | default | allowed | applies | verdicts | meaning |\n|---|---|---|---|---|---|\n";
  for (const ConfigKey& key : config_keys()) {
    out.append("| `").append(key.name).append("` | `");
    out.append(config_value_toml(config_default(key))).append("` | ").append(allowed_text(key));
    out.append(key.reloadable ? " | reload | " : " | restart | ");
    out.append(key.verdict ? "yes" : "").append(" | ").append(key.help).append(" |\n");
  }
  return out;
}

}  // namespace weir
