#include "server/http/load_client.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace weir::server {
namespace {

constexpr std::int64_t kLateNs = 1'000'000;
constexpr std::int64_t kGraceNs = 2'000'000'000;  // for replies after the last send
constexpr std::int64_t kIdleWaitNs = 1'000'000;

double thread_cpu_s() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Lets this thread's sleeps end on time while it lives: by default the kernel may add 50 us.
class ExactSleeps {
 public:
  ExactSleeps() : slack_ns_(::prctl(PR_GET_TIMERSLACK)) { ::prctl(PR_SET_TIMERSLACK, 1); }
  ~ExactSleeps() {
    if (slack_ns_ > 0) ::prctl(PR_SET_TIMERSLACK, slack_ns_);
  }
  ExactSleeps(const ExactSleeps&) = delete;
  ExactSleeps& operator=(const ExactSleeps&) = delete;

 private:
  const int slack_ns_;
};

// One kept-alive connection with at most one request on its way.
struct Connection {
  int fd = -1;
  bool busy = false;
  std::int64_t scheduled_ns = 0;
  std::string out;  // the request
  std::size_t out_sent = 0;
  bool out_waits = false;  // for room in the socket
  std::string in;
};

// Looks for a whole reply at the front: its size and status, or 0.
std::size_t whole_reply(std::string_view in, unsigned& status) {
  const std::size_t head = in.find("\r\n\r\n");
  if (head == std::string_view::npos || in.size() < 12) return 0;
  std::from_chars(in.data() + 9, in.data() + 12, status);
  constexpr std::string_view kLength = "content-length: ";
  const std::size_t at = in.substr(0, head).find(kLength);
  std::size_t length = 0;
  if (at != std::string_view::npos)
    std::from_chars(in.data() + at + kLength.size(), in.data() + head, length);
  return in.size() >= head + 4 + length ? head + 4 + length : 0;
}

class Generator {
 public:
  Generator(const LoadOptions& options, const std::function<std::string(std::uint64_t)>& make)
      : options_(options), make_(make), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}
  ~Generator() {
    for (const Connection& one : connections_)
      if (one.fd >= 0) ::close(one.fd);
    ::close(epoll_);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  Status connect() {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(options_.port);
    if (::inet_pton(AF_INET, options_.address.c_str(), &to.sin_addr) != 1)
      return invalid_argument("address", "'" + options_.address + "' is not an IPv4 address");
    connections_.resize(options_.connections);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      connections_[i].fd = fd;
      if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
        return errno_status("connect to", options_.address, errno);
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
      free_.push_back(i);
    }
    return Status::ok();
  }

  LoadReport run() {
    const ExactSleeps exact;
    Clock& clock = system_clock();
    const double cpu_before = thread_cpu_s();
    const std::int64_t start_ns = clock.mono_ns();
    const bool open_loop = options_.per_s > 0;
    const auto total = open_loop ? static_cast<std::uint64_t>(options_.per_s * options_.seconds)
                                 : std::numeric_limits<std::uint64_t>::max();
    const double gap_ns = open_loop ? 1e9 / options_.per_s : 0;
    const auto due_ns = [&](std::uint64_t i) {
      return open_loop ? start_ns + static_cast<std::int64_t>(static_cast<double>(i) * gap_ns)
                       : clock.mono_ns();
    };
    const std::int64_t last_ns = start_ns + static_cast<std::int64_t>(options_.seconds * 1e9);
    const std::int64_t end_ns = last_ns + kGraceNs;
    std::uint64_t next = 0;
    // An open loop sends all it was to send, late if need be; a closed one stops at its time.
    const auto more = [&] { return next < total && (open_loop || clock.mono_ns() < last_ns); };
    while ((more() || open_ != 0) && clock.mono_ns() < end_ns) {
      while (more() && !free_.empty() && due_ns(next) <= clock.mono_ns()) {
        send(next, due_ns(next), clock.mono_ns());
        ++next;
      }
      const bool may_send = more() && !free_.empty();
      const std::int64_t wait_ns = may_send ? due_ns(next) - clock.mono_ns() : kIdleWaitNs;
      receive(std::clamp<std::int64_t>(wait_ns, 0, kIdleWaitNs));
    }
    report_.lost += open_ + (open_loop ? total - next : 0);
    report_.elapsed_s = static_cast<double>(clock.mono_ns() - start_ns) * 1e-9;
    report_.cpu_s = thread_cpu_s() - cpu_before;
    return std::move(report_);
  }

 private:
  void send(std::uint64_t i, std::int64_t scheduled_ns, std::int64_t now_ns) {
    const std::size_t index = free_.back();
    free_.pop_back();
    Connection& one = connections_[index];
    one.out = make_(i);
    one.out_sent = 0;
    one.busy = true;
    one.scheduled_ns = scheduled_ns;
    ++open_;
    ++report_.sent;
    if (now_ns - scheduled_ns > kLateNs) ++report_.late_sends;
    push(one, index);
  }

  // Sends what the socket takes of the request; the rest goes when it takes more.
  void push(Connection& one, std::size_t index) {
    const std::string_view left = std::string_view(one.out).substr(one.out_sent);
    const ssize_t sent = ::send(one.fd, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return give_up(one);
    one.out_sent += static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
    const bool waits = one.out_sent != one.out.size();
    if (waits != std::exchange(one.out_waits, waits))
      watch(index, waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
  }

  void watch(std::size_t index, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_MOD, connections_[index].fd, &event);
  }

  // The connection is left out from here on.
  void give_up(Connection& one) {
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, one.fd, nullptr);
    if (!std::exchange(one.busy, false)) return;
    --open_;
    ++report_.lost;
  }

  void receive(std::int64_t timeout_ns) {
    std::array<epoll_event, 128> events;
    const timespec timeout{0, timeout_ns};
    const auto room = static_cast<int>(events.size());
    int found = ::epoll_pwait2(epoll_, events.data(), room, &timeout, nullptr);
    if (found < 0 && errno == ENOSYS)  // before Linux 5.11 it spins
      found = ::epoll_wait(epoll_, events.data(), room, 0);
    for (int i = 0; i < found; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      const auto index = static_cast<std::size_t>(event.data.u64);
      Connection& one = connections_[index];
      if ((event.events & EPOLLOUT) != 0 && one.busy) push(one, index);
      if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read(one, index);
    }
  }

  void read(Connection& one, std::size_t index) {
    std::array<char, 64 * 1024> bytes;
    const ssize_t got = ::recv(one.fd, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return give_up(one);
    one.in.append(bytes.data(), static_cast<std::size_t>(got));
    unsigned status = 0;
    const std::size_t size = whole_reply(one.in, status);
    if (size == 0) return;
    one.in.erase(0, size);
    report_.latency_ns.record(system_clock().mono_ns() - one.scheduled_ns);
    ++(status / 100 == 2 ? report_.ok : report_.refused);
    one.busy = false;
    --open_;
    free_.push_back(index);
  }

  const LoadOptions& options_;
  const std::function<std::string(std::uint64_t)>& make_;
  int epoll_;
  std::vector<Connection> connections_;
  std::vector<std::size_t> free_;
  std::uint64_t open_ = 0;
  LoadReport report_;
};

}  // namespace

Result<LoadReport> run_load(const LoadOptions& options,
                            const std::function<std::string(std::uint64_t)>& make_request) {
  Generator generator(options, make_request);
  WEIR_TRY(generator.connect());
  return generator.run();
}

}  // namespace weir::server
