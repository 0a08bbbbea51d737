#include "server/auth/session_store.hpp"

#include <utility>

#include "server/auth/secret.hpp"

namespace weir::server {

std::string SessionStore::make_link(std::string user, Role role, std::int64_t now_us) {
  std::string token = random_token();
  const std::lock_guard lock(mutex_);
  links_[secret_digest(token)] = {std::move(user), role, now_us + options_.link_us};
  return token;
}

Result<NewSession> SessionStore::redeem(std::string_view token, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  forget_expired(now_us);
  const auto link = links_.find(secret_digest(token));
  if (link == links_.end())
    return fail(Status(Code::kUnauthenticated, "link_invalid",
                       "the link was used already, is too old, or was never made")
                    .hint("make a new one with `weir auth link`"));
  if (sessions_.size() >= options_.sessions_max)
    return fail(resource_exhausted("sessions_max", "too many open sessions"));
  auto principal = std::make_shared<Principal>();
  principal->name = "user:" + link->second.user;
  principal->role = link->second.role;
  principal->by_cookie = true;
  principal->csrf = random_token();
  links_.erase(link);
  NewSession session{random_token(), principal};
  sessions_[secret_digest(session.cookie)] = {principal, now_us + session_us_};
  return session;
}

std::shared_ptr<const Principal> SessionStore::find(std::string_view cookie, std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  const auto found = sessions_.find(secret_digest(cookie));
  if (found == sessions_.end() || now_us >= found->second.expires_us) return nullptr;
  return found->second.principal;
}

void SessionStore::end(std::string_view cookie) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(secret_digest(cookie));
}

std::size_t SessionStore::count(std::int64_t now_us) {
  const std::lock_guard lock(mutex_);
  forget_expired(now_us);
  return sessions_.size();
}

void SessionStore::forget_expired(std::int64_t now_us) {
  const auto expired = [now_us](const auto& entry) { return now_us >= entry.second.expires_us; };
  std::erase_if(links_, expired);
  std::erase_if(sessions_, expired);
}

}  // namespace weir::server
