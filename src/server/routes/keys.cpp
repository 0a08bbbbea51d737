// /v1/keys: API keys. The text of a key is in one reply only: the one that made it.
#include <boost/asio/ip/address.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/time_text.hpp"
#include "server/app/json_value.hpp"
#include "server/app/route.hpp"
#include "server/auth/key_store.hpp"

namespace weir::server {
namespace {

void write_time(JsonWriter& json, std::string_view name, std::int64_t micros) {
  json.key(name);
  if (micros == 0)
    json.null();
  else
    json.string(format_time(micros));
}

void write_key(JsonWriter& json, const ApiKey& key) {
  json.begin_object().key("id").string(key.id).key("label").string(key.label);
  json.key("role").string(role_name(key.role)).key("scopes").string(scope_names(key.scopes));
  json.key("addresses").begin_array();
  for (const std::string& address : key.addresses) json.string(address);
  json.end_array();
  write_time(json, "created_at", key.created_us);
  write_time(json, "last_used_at", key.last_used_us);
  write_time(json, "expires_at", key.expires_us);
  write_time(json, "revoked_at", key.revoked_us);
  json.end_object();
}

Result<Response> get_keys(Call& call) {
  std::string out;
  JsonWriter json(out);
  json.begin_object().key("keys").begin_array();
  for (const ApiKey& key : call.parts.keys.list()) write_key(json, key);
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

// Reads where a key may be used from, as the server writes its peers' addresses. What is no list of
// addresses is refused: a key meant for one machine must not become one for all.
Result<std::vector<std::string>> read_addresses(const JsonValue* list) {
  std::vector<std::string> addresses;
  if (list == nullptr || list->kind == JsonValue::Kind::kNull) return addresses;
  if (!list->is_array())
    return fail(invalid_argument("field_type", "member 'addresses' must be an array")
                    .at("addresses")
                    .hint("write [\"10.0.0.1\"]; [] means any address"));
  for (const JsonValue& item : list->items) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(item.string, error);
    if (error)
      return fail(invalid_argument("address", "'" + item.string + "' is not an IP address")
                      .at("addresses")
                      .hint("write 10.0.0.1 or ::1"));
    addresses.push_back(address.to_string());
  }
  return addresses;
}

Result<Response> post_key(Call& call) {
  WEIR_ASSIGN(const JsonValue body, parse_json(call.request.body));
  ApiKey wanted;
  WEIR_ASSIGN(wanted.label, body.text("label"));
  WEIR_ASSIGN(const std::string role, body.text("role"));
  const auto parsed = parse_role(role);
  if (!parsed)
    return fail(invalid_argument("role", "role '" + role + "' is not known")
                    .at("role")
                    .hint("viewer, analyst, operator or admin"));
  wanted.role = *parsed;
  WEIR_ASSIGN(const std::string scopes, body.text_or("scopes", "all"));
  const auto set = parse_scopes(scopes);
  if (!set)
    return fail(invalid_argument("scopes", "'" + scopes + "' holds an unknown scope")
                    .at("scopes")
                    .hint("all, ingest, read, encode, patterns"));
  wanted.scopes = *set;
  WEIR_ASSIGN(wanted.addresses, read_addresses(body.find("addresses")));
  WEIR_ASSIGN(wanted.expires_us, body.time_or_zero("expires_at"));
  WEIR_ASSIGN(const NewKey made,
              create_key(call.parts.keys, std::move(wanted), call.parts.clock.wall_us()));
  std::string out;
  JsonWriter(out)
      .begin_object()
      .key("id")
      .string(made.id)
      .key("key")
      .string(made.text)
      .end_object();
  return json_response(201, std::move(out)).with("cache-control", "no-store");
}

Result<Response> delete_key(Call& call) {
  WEIR_TRY(call.parts.keys.revoke(call.request.param("id"), call.parts.clock.wall_us()));
  return json_response(204, {});
}

constexpr Route kRoutes[] = {
    {"keys", Method::kGet, "/v1/keys", Access::kAdmin, 0, kOnWorker, Accepts::kNothing, get_keys},
    {"key_create", Method::kPost, "/v1/keys", Access::kAdmin, 0, kChanges | kOnWorker,
     Accepts::kJson, post_key},
    {"key_revoke", Method::kDelete, "/v1/keys/{id}", Access::kAdmin, 0, kChanges | kOnWorker,
     Accepts::kNothing, delete_key},
};

}  // namespace

std::span<const Route> keys_routes() {
  return kRoutes;
}

}  // namespace weir::server
