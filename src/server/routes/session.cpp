// Browser sessions: a one-time token becomes a cookie the page's scripts cannot read.
#include <utility>

#include "base/json.hpp"
#include "server/app/app.hpp"
#include "server/app/json_value.hpp"
#include "server/app/route.hpp"
#include "server/auth/session_store.hpp"

namespace weir::server {
namespace {

std::string session_json(const Principal& who) {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .key("user")
      .string(who.name)
      .key("role")
      .string(role_name(who.role))
      .key("csrf")
      .string(who.csrf)
      .end_object();
  return out;
}

std::string set_cookie(const Call& call, std::string_view value, std::int64_t seconds) {
  std::string text(kSessionCookie);
  text += '=';
  text += value;
  text += "; Path=/; HttpOnly; SameSite=Strict; Max-Age=" + std::to_string(seconds);
  // A proxy in front ends TLS and says so; who lies about it harms only the own session.
  if (call.request.header("x-forwarded-proto") == "https") text += "; Secure";
  return text;
}

Result<Response> post_token(Call& call) {
  WEIR_ASSIGN(const JsonValue body, parse_json(call.request.body));
  WEIR_ASSIGN(const std::string token, body.text("token"));
  SessionStore& sessions = call.parts.sessions;
  WEIR_ASSIGN(const NewSession session, sessions.redeem(token, call.parts.clock.wall_us()));
  call.request.principal = session.principal;  // whom the audit entry names
  return json_response(200, session_json(*session.principal))
      .with("cache-control", "no-store")
      .with("set-cookie", set_cookie(call, session.cookie, sessions.session_us() / 1'000'000));
}

Result<Response> get_session(Call& call) {
  return json_response(200, session_json(call.who())).with("cache-control", "no-store");
}

Result<Response> delete_session(Call& call) {
  call.parts.sessions.end(cookie(call.request, kSessionCookie));
  return json_response(204, {}).with("set-cookie", set_cookie(call, "", 0));
}

constexpr Route kRoutes[] = {
    {"login_token", Method::kPost, "/v1/login/token", Access::kPublic, 0, kChanges | kLogin,
     Accepts::kJson, post_token},
    {"session", Method::kGet, "/v1/session", Access::kViewer, kScopeRead, kNone, Accepts::kNothing,
     get_session},
    {"logout", Method::kDelete, "/v1/session", Access::kViewer, kScopeRead, kChanges,
     Accepts::kNothing, delete_session},
};

}  // namespace

std::span<const Route> session_routes() {
  return kRoutes;
}

}  // namespace weir::server
