// POST /v1/labels tells the pass what an earlier event turned out to be.
#include <utility>

#include "base/json.hpp"
#include "base/time_text.hpp"
#include "server/app/json_value.hpp"
#include "server/app/route.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kLabelsMax = 100'000;

// One label: {"event_id":"t-1","label":"fraud"|"legit","at":"2026-...","note":"..."}.
Result<LabelInput> read_label(const JsonValue& value) {
  if (!value.is_object()) return fail(invalid_argument("json_shape", "a label is an object"));
  LabelInput label;
  WEIR_ASSIGN(label.event_id, value.text("event_id"));
  WEIR_ASSIGN(const std::string name, value.text("label"));
  if (name != "fraud" && name != "legit")
    return fail(invalid_argument("label", "label '" + name + "' is not known")
                    .at("label")
                    .hint("fraud or legit"));
  label.fraud = name == "fraud";
  WEIR_ASSIGN(label.at_us, value.time_or_zero("at"));
  WEIR_ASSIGN(label.note, value.text_or("note", {}));
  return label;
}

Status read_json(std::string_view text, std::uint64_t line, std::vector<LabelInput>& labels) {
  const auto located = [line](Status status) {
    return line == 0 ? status : std::move(status).at_line(line);
  };
  auto value = parse_json(text);
  if (!value) return located(value.error());
  const auto add = [&](const JsonValue& one) {
    auto label = read_label(one);
    if (!label) return located(label.error());
    labels.push_back(std::move(*label));
    return Status::ok();
  };
  if (!value->is_array()) return add(*value);
  for (const JsonValue& item : value->items) WEIR_TRY(add(item));
  return Status::ok();
}

template <class Use>
Status each_line(std::string_view text, Use use) {
  for (std::uint64_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    std::string_view one = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (one.ends_with('\r')) one.remove_suffix(1);
    if (one.find_first_not_of(" \t") == std::string_view::npos) continue;
    WEIR_TRY(use(one, line));
  }
  return Status::ok();
}

// Lines "event_id,label" with or without that header.
Status read_csv_line(std::string_view one, std::uint64_t line, std::vector<LabelInput>& labels) {
  const std::size_t comma = one.find(',');
  if (comma == std::string_view::npos)
    return invalid_argument("field_missing", "a line is event_id,label").at_line(line);
  const std::string_view id = one.substr(0, comma);
  const std::string_view name = one.substr(comma + 1);
  if (line == 1 && id == "event_id") return Status::ok();
  const bool fraud = name == "fraud" || name == "1";
  if (!fraud && name != "legit" && name != "0")
    return invalid_argument("label", "label '" + std::string(name) + "' is not known")
        .at_line(line)
        .at("label")
        .hint("fraud, legit, 1 or 0");
  labels.push_back({.event_id = std::string(id), .fraud = fraud, .at_us = 0, .note = {}});
  return Status::ok();
}

Result<Response> post_labels(Call& call) {
  std::vector<LabelInput> labels;
  const std::string_view type = call.request.header("content-type");
  const std::string_view body = call.request.body;
  if (type.starts_with("text/csv"))
    WEIR_TRY(each_line(body, [&](std::string_view one, std::uint64_t line) {
      return read_csv_line(one, line, labels);
    }));
  else if (type.find("ndjson") != std::string_view::npos)
    WEIR_TRY(each_line(body, [&](std::string_view one, std::uint64_t line) {
      return read_json(one, line, labels);
    }));
  else
    WEIR_TRY(read_json(body, 0, labels));
  if (labels.empty()) return fail(invalid_argument("body_empty", "the body holds no label"));
  if (labels.size() > kLabelsMax)
    return fail(out_of_range("too_many_items",
                             "at most " + std::to_string(kLabelsMax) + " labels a request"));
  WEIR_ASSIGN(const LabelsTaken taken, call.parts.pass.label(std::move(labels), call.actor()));
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("accepted").u64(taken.accepted).key("unknown").begin_array();
  for (const std::string& id : taken.unknown) json.string(id);
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

constexpr Route kRoutes[] = {
    {"labels", Method::kPost, "/v1/labels", Access::kAnalyst, kScopeIngest, kChanges | kOnWorker,
     Accepts::kEntries, post_labels},
};

}  // namespace

std::span<const Route> labels_routes() {
  return kRoutes;
}

}  // namespace weir::server
