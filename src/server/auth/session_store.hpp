// SessionStore: one-time links and the browser sessions they open. Only digests are kept.
//
//   const std::string token = sessions.make_link("admin", Role::kAdmin, now_us);   // .../ui/#token
//   WEIR_ASSIGN(const NewSession session, sessions.redeem(token, now_us));         // works once
//   sessions.find(cookie, now_us);
//
// Thread-safe. Sessions and links live in memory: a restart ends them.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "server/auth/principal.hpp"

namespace weir::server {

struct SessionOptions {
  std::int64_t session_us = 12LL * 3'600 * 1'000'000;
  std::int64_t link_us = 60LL * 60 * 1'000'000;
  std::size_t sessions_max = 10'000;
};

struct NewSession {
  std::string cookie;  // the value of the session cookie
  std::shared_ptr<const Principal> principal;
};

class SessionStore {
 public:
  explicit SessionStore(const SessionOptions& options = {})
      : options_(options), session_us_(options.session_us) {}

  // Makes a one-time token that opens a session for `user`.
  std::string make_link(std::string user, Role role, std::int64_t now_us);
  // Uses a token up; unauthenticated (link_invalid) if unknown, used or too old.
  Result<NewSession> redeem(std::string_view token, std::int64_t now_us);
  // Returns the session's principal, or null.
  std::shared_ptr<const Principal> find(std::string_view cookie, std::int64_t now_us);
  void end(std::string_view cookie);
  std::size_t count(std::int64_t now_us);
  std::int64_t session_us() const { return session_us_; }
  // Holds for sessions begun from now on.
  void set_session_us(std::int64_t micros) { session_us_ = micros; }

 private:
  struct Link {
    std::string user;
    Role role;
    std::int64_t expires_us;
  };
  struct Session {
    std::shared_ptr<const Principal> principal;
    std::int64_t expires_us;
  };
  void forget_expired(std::int64_t now_us);

  const SessionOptions options_;
  std::atomic<std::int64_t> session_us_;
  std::mutex mutex_;
  std::map<Digest, Link> links_;
  std::map<Digest, Session> sessions_;
};

}  // namespace weir::server
