#include "server/sse/hub.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.hpp"

namespace weir::server {
namespace {

constexpr std::array<std::string_view, kTopics> kTopicNames = {
    "verdict", "alert", "incident", "block", "metrics", "notice", "rollout", "config", "device"};
constexpr std::size_t kPullBytes = 64 * 1024;
constexpr std::uint32_t kPassBit = 1U << 31;

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_id(std::string& out, const StreamId& id) {
  append_number(out, id.seq);
  if (id.part == 0) return;
  out += '.';
  append_number(out, id.part);
}

}  // namespace

std::string_view topic_name(Topic topic) {
  return kTopicNames[static_cast<std::size_t>(topic)];
}

std::optional<std::uint32_t> parse_topics(std::string_view names) {
  std::uint32_t topics = 0;
  while (!names.empty()) {
    const std::size_t end = names.find(',');
    const std::string_view name = names.substr(0, end);
    names = end == std::string_view::npos ? std::string_view{} : names.substr(end + 1);
    const auto found = std::find(kTopicNames.begin(), kTopicNames.end(), name);
    if (found == kTopicNames.end()) return std::nullopt;
    topics |= 1U << static_cast<unsigned>(found - kTopicNames.begin());
  }
  return topics;
}

std::optional<StreamId> parse_stream_id(std::string_view text) {
  StreamId id;
  const char* const end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, id.seq);
  if (read.ec != std::errc{}) return std::nullopt;
  if (read.ptr != end && *read.ptr == '.') read = std::from_chars(read.ptr + 1, end, id.part);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return id;
}

struct SseHub::Node {
  StreamMessage message;
  Node* next = nullptr;
};

// One reader. Its members are guarded by the hub's mutex, except `wake_`, set once before use.
class SseHub::Client final : public StreamSource, public std::enable_shared_from_this<Client> {
 public:
  Client(SseHub& hub, const Subscription& subscription) : hub_(hub), subscription_(subscription) {}

  void attached(std::function<void()> wake) override {
    const std::lock_guard lock(hub_.mutex_);
    wake_ = std::move(wake);
  }
  bool pull(std::string& out) override {
    const std::size_t before = out.size();
    hub_.render(*this, out, kPullBytes);
    const std::int64_t now_ns = hub_.clock_.mono_ns();
    if (out.size() == before && now_ns - last_sent_ns_ >= hub_.options_.heartbeat_ms * 1'000'000)
      out += ": still here\n\n";
    if (out.size() != before) last_sent_ns_ = now_ns;
    return true;
  }
  void detached() override { hub_.forget(*this); }

  void wake() const { wake_(); }  // after attached() only

 private:
  friend class SseHub;
  SseHub& hub_;
  const Subscription subscription_;
  std::function<void()> wake_;
  std::uint64_t cursor_ = 0;
  std::uint64_t missed_ = 0;  // before the cursor, still to be told
  bool place_lost_ = false;   // resumed from beyond the ring: how many are missing is not known
  std::atomic<std::int64_t> last_sent_ns_{0};
};

SseHub::SseHub(const SseOptions& options, Clock& clock, MetricRegistry& metrics)
    : options_(options),
      clock_(clock),
      gaps_(metrics.counter(Metric::kSseGapsTotal)),
      clients_gauge_(metrics.gauge(Metric::kSseClients)),
      ring_(options.ring_messages) {
  CHECK_GT(options.ring_messages, std::size_t{0});
}

SseHub::~SseHub() {
  Node* node = inbox_.exchange(nullptr);
  while (node != nullptr) delete std::exchange(node, node->next);
}

void SseHub::attach(std::function<void()> schedule) {
  schedule_ = std::move(schedule);
}

bool SseHub::wanted(Topic topic, bool pass) const {
  const std::uint32_t wanted = wanted_.load(std::memory_order_relaxed);
  return (wanted & topic_bit(topic)) != 0 && (!pass || (wanted & kPassBit) != 0);
}

void SseHub::publish(StreamMessage message) {
  if (inbox_size_.fetch_add(1, std::memory_order_relaxed) >= options_.inbox_messages) {
    inbox_size_.fetch_sub(1, std::memory_order_relaxed);
    overflow_.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  Node* const node = new Node{std::move(message)};
  Node* before = inbox_.load(std::memory_order_relaxed);
  do {
    node->next = before;
  } while (!inbox_.compare_exchange_weak(before, node, std::memory_order_release,
                                         std::memory_order_relaxed));
  // From here on the node belongs to the drain. Only the message that ends an empty inbox schedules
  // one: a drain takes all.
  if (before == nullptr && schedule_) schedule_();
}

void SseHub::drain() {
  Node* node = inbox_.exchange(nullptr, std::memory_order_acquire);
  Node* oldest = nullptr;
  std::size_t count = 0;
  for (; node != nullptr; ++count) {  // reverses: the inbox is newest first
    Node* const next = node->next;
    node->next = oldest;
    oldest = node;
    node = next;
  }
  inbox_size_.fetch_sub(count, std::memory_order_relaxed);
  std::vector<std::shared_ptr<Client>> awake;
  {
    const std::lock_guard lock(mutex_);
    // What the inbox refused leaves a hole in the numbering, which every client sees as a gap.
    if (const std::uint64_t lost = overflow_.exchange(0, std::memory_order_relaxed); lost != 0) {
      next_ += lost;
      first_ = next_;
    }
    while (oldest != nullptr) {
      const std::unique_ptr<Node> taken(std::exchange(oldest, oldest->next));
      place(std::move(taken->message));
    }
    for (const auto& client : clients_)
      if (auto alive = client.lock(); alive && alive->wake_) awake.push_back(std::move(alive));
  }
  for (const auto& client : awake) client->wake();
}

void SseHub::place(StreamMessage&& message) {
  if (message.seq > last_id_.seq)
    last_id_ = {message.seq, 0};
  else
    ++last_id_.part;
  Slot& slot = ring_[next_ % ring_.size()];
  slot.id = last_id_;
  slot.message = std::move(message);
  ++next_;
  if (next_ - first_ > ring_.size()) first_ = next_ - ring_.size();
}

void SseHub::render(Client& client, std::string& out, std::size_t bytes_max) {
  const std::lock_guard lock(mutex_);
  if (client.cursor_ < first_) {
    client.missed_ += first_ - client.cursor_;
    client.cursor_ = first_;
  }
  if (client.missed_ != 0 || client.place_lost_) {
    out += "event: gap\ndata: {\"missed\":";
    if (client.place_lost_) {
      out += "null}\n\n";
    } else {
      out += '"';
      append_number(out, client.missed_);
      out += "\"}\n\n";
    }
    client.missed_ = 0;
    client.place_lost_ = false;
    gaps_.add();
  }
  const std::size_t end = out.size() + bytes_max;
  for (; client.cursor_ < next_ && out.size() < end; ++client.cursor_) {
    const Slot& slot = ring_[client.cursor_ % ring_.size()];
    const Subscription& wanted = client.subscription_;
    if ((wanted.topics & topic_bit(slot.message.topic)) == 0) continue;
    if (slot.message.pass && !wanted.passes) continue;
    out += "event: ";
    out += topic_name(slot.message.topic);
    out += "\nid: ";
    append_id(out, slot.id);
    out += "\ndata: ";
    out += slot.message.data;
    out += "\n\n";
  }
}

void SseHub::tick() {
  const std::int64_t now_ns = clock_.mono_ns();
  std::vector<std::shared_ptr<Client>> silent;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& client : clients_) {
      auto alive = client.lock();
      if (alive && alive->wake_ &&
          now_ns - alive->last_sent_ns_ >= options_.heartbeat_ms * 1'000'000)
        silent.push_back(std::move(alive));
    }
  }
  for (const auto& client : silent) client->wake();
}

Response SseHub::head() {
  Response response;
  response.content_type = "text/event-stream";
  response.headers = {{"cache-control", "no-store"}, {"x-accel-buffering", "no"}};
  return response;
}

std::shared_ptr<StreamSource> SseHub::subscribe(const Subscription& subscription) {
  auto client = std::make_shared<Client>(*this, subscription);
  client->last_sent_ns_ = clock_.mono_ns() - options_.heartbeat_ms * 1'000'000;  // greet at once
  const std::lock_guard lock(mutex_);
  if (clients_.size() >= options_.clients_max) return nullptr;
  client->cursor_ = next_;
  if (subscription.after) {
    const StreamId after = *subscription.after;
    client->cursor_ = first_;
    // The oldest kept message must directly follow what the client has seen, or something is
    // missing.
    const bool from_before =
        first_ != 0 && first_ < next_ && ring_[first_ % ring_.size()].id > after;
    const bool from_elsewhere = after > last_id_;
    while (client->cursor_ < next_ && !from_elsewhere &&
           ring_[client->cursor_ % ring_.size()].id <= after)
      ++client->cursor_;
    client->place_lost_ = from_before || from_elsewhere;
    if (from_elsewhere) client->cursor_ = next_;
  }
  clients_.push_back(client);
  update_wanted();
  return client;
}

void SseHub::forget(Client& client) {
  const std::lock_guard lock(mutex_);
  std::erase_if(clients_, [&](const std::weak_ptr<Client>& one) {
    const auto alive = one.lock();
    return alive == nullptr || alive.get() == &client;
  });
  update_wanted();
}

void SseHub::update_wanted() {
  std::uint32_t wanted = 0;
  for (const auto& one : clients_) {
    const auto client = one.lock();
    if (client == nullptr) continue;
    wanted |= client->subscription_.topics;
    if (client->subscription_.passes) wanted |= kPassBit;
  }
  wanted_.store(wanted, std::memory_order_relaxed);
  client_count_.store(clients_.size(), std::memory_order_relaxed);
  clients_gauge_.set(clients_.size());
}

}  // namespace weir::server
