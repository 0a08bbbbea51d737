// /v1/lists: named lists of entities and their entries.
#include <utility>

#include "base/json.hpp"
#include "base/time_text.hpp"
#include "server/app/json_value.hpp"
#include "server/app/route.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kEntriesMax = 1'000'000;

Result<ListEntry> read_entry(const JsonValue& value) {
  ListEntry entry;
  if (value.kind == JsonValue::Kind::kText) {
    entry.value = value.string;
    return entry;
  }
  if (!value.is_object())
    return fail(invalid_argument("json_shape", "an entry is an object or a text"));
  WEIR_ASSIGN(entry.value, value.text("value"));
  WEIR_ASSIGN(entry.kind, value.text_or("kind", "account"));
  WEIR_ASSIGN(entry.expires_us, value.time_or_zero("expires_at"));
  WEIR_ASSIGN(entry.note, value.text_or("note", {}));
  return entry;
}

// Takes the next field of a CSV line; quotes as in RFC 4180.
std::string take_field(std::string_view& line) {
  std::string field;
  if (!line.starts_with('"')) {
    const std::size_t comma = line.find(',');
    field = line.substr(0, comma);
    line = comma == std::string_view::npos ? std::string_view{} : line.substr(comma + 1);
    return field;
  }
  std::size_t i = 1;
  for (; i < line.size(); ++i) {
    if (line[i] != '"') {
      field += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == '"') {
      field += line[i++];
    } else {
      break;
    }
  }
  line.remove_prefix(std::min(line.size(), i + 1));
  if (line.starts_with(',')) line.remove_prefix(1);
  return field;
}

// Lines "value,kind,expires_at,note"; the last three may be absent; a header line is skipped.
Result<std::vector<ListEntry>> read_csv(std::string_view text) {
  std::vector<ListEntry> entries;
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (number == 1 && line.starts_with("value"))) continue;
    ListEntry entry;
    entry.value = take_field(line);
    if (entry.value.empty())
      return fail(invalid_argument("field_missing", "a line has no value").at_line(number));
    entry.kind = take_field(line);
    const std::string expires = take_field(line);
    if (!expires.empty() && !parse_time(expires, entry.expires_us))
      return fail(invalid_argument("date_format", "'" + expires + "' is not a time")
                      .at_line(number)
                      .at("expires_at"));
    entry.note = take_field(line);
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<ListEntry>> read_entries(const Request& request) {
  if (request.header("content-type").starts_with("text/csv")) return read_csv(request.body);
  WEIR_ASSIGN(const JsonValue body, parse_json(request.body));
  const JsonValue* list = &body;
  if (body.is_object() && body.find("entries") != nullptr) list = body.find("entries");
  std::vector<ListEntry> entries;
  if (!list->is_array()) {
    WEIR_ASSIGN(ListEntry entry, read_entry(*list));
    entries.push_back(std::move(entry));
    return entries;
  }
  for (const JsonValue& item : list->items) {
    WEIR_ASSIGN(ListEntry entry, read_entry(item));
    entries.push_back(std::move(entry));
  }
  return entries;
}

void append_csv_field(std::string& out, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

Response csv_response(const ListView& view) {
  std::string out = "value,kind,expires_at,note,author,hits\r\n";
  for (const ListEntry& entry : view.entries) {
    append_csv_field(out, entry.value);
    out += ',';
    append_csv_field(out, entry.kind);
    out += ',';
    if (entry.expires_us != 0) out += format_time(entry.expires_us);
    out += ',';
    append_csv_field(out, entry.note);
    out += ',';
    append_csv_field(out, entry.author);
    out += ',' + std::to_string(entry.hits) + "\r\n";
  }
  Response response = json_response(200, std::move(out));
  response.content_type = "text/csv; charset=utf-8";
  return response;
}

Result<Response> get_lists(Call& call) {
  WEIR_ASSIGN(const auto names, call.parts.pass.list_names());
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("lists").begin_array();
  for (const std::string& name : names) json.string(name);
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

Result<Response> get_entries(Call& call) {
  WEIR_ASSIGN(const ListView view, call.parts.pass.list(call.request.param("name")));
  if (call.request.header("accept").starts_with("text/csv")) return csv_response(view);
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("name").string(view.name).key("version").u64(view.version);
  json.key("entries").begin_array();
  for (const ListEntry& entry : view.entries) {
    json.begin_object().key("value").string(entry.value).key("kind").string(entry.kind);
    json.key("expires_at");
    if (entry.expires_us == 0)
      json.null();
    else
      json.string(format_time(entry.expires_us));
    json.key("note").string(entry.note).key("author").string(entry.author);
    json.key("hits").u64(entry.hits).end_object();
  }
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

Result<Response> change(Call& call, ListChange how) {
  WEIR_ASSIGN(auto entries, read_entries(call.request));
  if (entries.size() > kEntriesMax)
    return fail(out_of_range("too_many_items", "a list holds at most a million entries"));
  WEIR_ASSIGN(const Changed changed, call.parts.pass.change_list(call.request.param("name"), how,
                                                                 std::move(entries), call.actor()));
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("version").u64(changed.version);
  json.key("effective_height").u64(changed.effective_height).end_object();
  return json_response(200, std::move(out));
}

Result<Response> put_entries(Call& call) {
  return change(call, ListChange::kReplace);
}
Result<Response> post_entries(Call& call) {
  return change(call, ListChange::kAdd);
}
Result<Response> delete_entries(Call& call) {
  return change(call, ListChange::kRemove);
}

constexpr std::string_view kEntriesPath = "/v1/lists/{name}/entries";

constexpr Route kRoutes[] = {
    {"lists", Method::kGet, "/v1/lists", Access::kViewer, kScopeRead, kOnWorker, Accepts::kNothing,
     get_lists},
    {"list", Method::kGet, "/v1/lists/{name}", Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_entries},
    {"list_entries", Method::kGet, kEntriesPath, Access::kViewer, kScopeRead, kOnWorker,
     Accepts::kNothing, get_entries},
    {"list_replace", Method::kPut, kEntriesPath, Access::kOperator, 0, kChanges | kOnWorker,
     Accepts::kEntries, put_entries},
    {"list_add", Method::kPost, kEntriesPath, Access::kOperator, 0, kChanges | kOnWorker,
     Accepts::kEntries, post_entries},
    {"list_remove", Method::kDelete, kEntriesPath, Access::kOperator, 0, kChanges | kOnWorker,
     Accepts::kEntries, delete_entries},
};

}  // namespace

std::span<const Route> lists_routes() {
  return kRoutes;
}

}  // namespace weir::server
