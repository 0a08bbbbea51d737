// SseHub: the live stream. Publishers hand over one message and go on; a ring of the last 10,000 is
// kept on an I/O thread, and each client reads it with a cursor of its own, at its own speed.
//
//   hub.publish({.topic = Topic::kVerdict, .seq = 17, .data = json});   // any thread, never waits
//   responder.stream(SseHub::head(), hub.subscribe({.topics = topic_bit(Topic::kAlert)}));
//
// Ids are "seq", or "seq.n" for the n-th message after it, so that a client resumes exactly where
// it was (Last-Event-ID). A client whose place has left the ring gets a `gap` event with how many
// it missed. publish() costs one node and one exchange, whatever the number of clients.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/metrics.hpp"
#include "server/http/response.hpp"
#include "server/http/stream.hpp"

namespace weir::server {

enum class Topic : std::uint8_t {
  kVerdict,
  kAlert,
  kIncident,
  kBlock,
  kMetrics,
  kNotice,
  kRollout,
  kConfig,
  kDevice
};
inline constexpr unsigned kTopics = 9;
std::string_view topic_name(Topic topic);
constexpr std::uint32_t topic_bit(Topic topic) {
  return 1U << static_cast<unsigned>(topic);
}
inline constexpr std::uint32_t kAllTopics = (1U << kTopics) - 1;
// Parses "alert,metrics"; nullopt for an unknown name.
std::optional<std::uint32_t> parse_topics(std::string_view names);

struct StreamMessage {
  Topic topic = Topic::kNotice;
  bool pass = false;      // a verdict that passed: only for clients that asked for all
  std::uint64_t seq = 0;  // of the event it is about; 0: the last one published
  std::string data;       // one line of JSON
};

// Place of a message in the stream.
struct StreamId {
  std::uint64_t seq = 0;
  std::uint64_t part = 0;
  auto operator<=>(const StreamId&) const = default;
};
std::optional<StreamId> parse_stream_id(std::string_view text);

struct Subscription {
  std::uint32_t topics = kAllTopics;
  bool passes = false;
  std::optional<StreamId> after{};  // resume; absent: from now on
};

struct SseOptions {
  std::size_t ring_messages = 10'000;
  std::size_t inbox_messages = 20'000;  // beyond: dropped and seen as a gap
  std::int64_t heartbeat_ms = 15'000;
  std::size_t clients_max = 256;
};

class SseHub {
 public:
  SseHub(const SseOptions& options, Clock& clock, MetricRegistry& metrics);
  ~SseHub();
  SseHub(const SseHub&) = delete;
  SseHub& operator=(const SseHub&) = delete;

  // Hands over the function that schedules drain() on an I/O thread. Call once, before publishing.
  void attach(std::function<void()> schedule);
  // Publishes a message. Never waits for clients or locks.
  void publish(StreamMessage message);
  // Returns whether anybody would see such a message; publishers ask before they render.
  bool wanted(Topic topic, bool pass) const;

  // Moves published messages into the ring and wakes clients. One thread at a time.
  void drain();
  // Wakes clients that have been silent for a heartbeat. Call about once a second.
  void tick();

  // Reply head of a stream.
  static Response head();
  // Opens a client; null if there are too many.
  std::shared_ptr<StreamSource> subscribe(const Subscription& subscription);
  std::size_t clients() const { return client_count_.load(std::memory_order_relaxed); }

 private:
  class Client;
  struct Node;
  struct Slot {
    StreamId id;
    StreamMessage message;
  };

  void place(StreamMessage&& message);
  // Appends what the client has not seen to `out`, up to about `bytes_max`.
  void render(Client& client, std::string& out, std::size_t bytes_max);
  void forget(Client& client);
  void update_wanted();

  const SseOptions options_;
  Clock& clock_;
  Counter gaps_;
  Gauge clients_gauge_;
  std::function<void()> schedule_;

  std::atomic<Node*> inbox_{nullptr};  // newest first
  std::atomic<std::size_t> inbox_size_{0};
  std::atomic<std::uint64_t> overflow_{0};
  std::atomic<std::uint32_t> wanted_{0};
  std::atomic<std::size_t> client_count_{0};

  // Shared by the I/O threads only; publishers never take it.
  std::mutex mutex_;
  std::vector<Slot> ring_;
  std::uint64_t next_ = 0;   // number of the next message; it lies at next_ % ring_.size()
  std::uint64_t first_ = 0;  // number of the oldest message kept
  StreamId last_id_;
  std::vector<std::weak_ptr<Client>> clients_;
};

}  // namespace weir::server
