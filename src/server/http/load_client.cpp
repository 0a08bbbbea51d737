#include "server/http/load_client.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace weir::server {
namespace {

constexpr std::int64_t kLateNs = 1'000'000;
constexpr std::int64_t kGraceNs = 2'000'000'000;  // for replies after the last send

double thread_cpu_s() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// One kept-alive connection with at most one request on its way.
struct Connection {
  int fd = -1;
  bool busy = false;
  std::int64_t scheduled_ns = 0;
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
    Clock& clock = system_clock();
    const double cpu_before = thread_cpu_s();
    const std::int64_t start_ns = clock.mono_ns();
    const auto total = static_cast<std::uint64_t>(options_.per_s * options_.seconds);
    const double gap_ns = 1e9 / options_.per_s;
    const auto due_ns = [&](std::uint64_t i) {
      return start_ns + static_cast<std::int64_t>(static_cast<double>(i) * gap_ns);
    };
    const std::int64_t end_ns = due_ns(total) + kGraceNs;
    std::uint64_t next = 0;
    while ((next < total || open_ != 0) && clock.mono_ns() < end_ns) {
      while (next < total && !free_.empty() && due_ns(next) <= clock.mono_ns()) {
        send(next, due_ns(next), clock.mono_ns());
        ++next;
      }
      const std::int64_t wait_ns =
          next < total && !free_.empty() ? due_ns(next) - clock.mono_ns() : 1'000'000;
      receive(wait_ns > 1'000'000 ? 1 : 0);  // below a millisecond it spins
    }
    report_.lost += open_ + (total - next);
    report_.elapsed_s = static_cast<double>(clock.mono_ns() - start_ns) * 1e-9;
    report_.cpu_s = thread_cpu_s() - cpu_before;
    return std::move(report_);
  }

 private:
  void send(std::uint64_t i, std::int64_t scheduled_ns, std::int64_t now_ns) {
    Connection& one = connections_[free_.back()];
    const std::string text = make_(i);
    if (now_ns - scheduled_ns > kLateNs) ++report_.late_sends;
    ++report_.sent;
    const ssize_t sent = ::send(one.fd, text.data(), text.size(), MSG_NOSIGNAL);
    free_.pop_back();
    if (sent != static_cast<ssize_t>(text.size())) {
      ++report_.lost;  // the connection is left out from here on
      return;
    }
    one.busy = true;
    one.scheduled_ns = scheduled_ns;
    ++open_;
  }

  void receive(int timeout_ms) {
    std::array<epoll_event, 128> events;
    const int found =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
    for (int i = 0; i < found; ++i) {
      const std::size_t index = events[static_cast<std::size_t>(i)].data.u64;
      read(connections_[index], index);
    }
  }

  void read(Connection& one, std::size_t index) {
    std::array<char, 16 * 1024> bytes;
    const ssize_t got = ::recv(one.fd, bytes.data(), bytes.size(), 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, one.fd, nullptr);
      if (std::exchange(one.busy, false)) {
        --open_;
        ++report_.lost;
      }
      return;
    }
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
