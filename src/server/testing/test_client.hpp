// TestClient: a blocking HTTP client over a plain socket, for tests: it can send bytes as it likes.
//
//   TestClient client(port);
//   const Reply reply = client.get("/healthz");
//   client.send("GET / HTTP/1.1\r\n"); client.read_reply();
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace weir::server {

struct Reply {
  unsigned status = 0;  // 0: the connection ended first
  std::map<std::string, std::string> headers;
  std::string body;
};

class TestClient {
 public:
  explicit TestClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{10, 0};  // a hung server fails the test instead of hanging it
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  }
  ~TestClient() { close(); }
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // Ends both directions while another thread may be sending.
  void shutdown() { ::shutdown(fd_, SHUT_RDWR); }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Sends as many bytes as the sockets take without waiting; returns how many.
  std::size_t send_now(std::string_view bytes) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
  }
  // Reads until `mark` has come; returns all up to its end, or what there was.
  std::string read_until(std::string_view mark) {
    while (buffer_.find(mark) == std::string::npos)
      if (!more()) break;
    const std::size_t found = buffer_.find(mark);
    const std::size_t size = found == std::string::npos ? buffer_.size() : found + mark.size();
    std::string text = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return text;
  }
  // Reads `size` bytes, or what there was.
  std::string read_exactly(std::size_t size) {
    while (buffer_.size() < size)
      if (!more()) break;
    std::string bytes = buffer_.substr(0, size);
    buffer_.erase(0, bytes.size());
    return bytes;
  }
  bool at_end() {
    while (buffer_.empty())
      if (!more()) return true;
    return false;
  }
  Reply read_head() {
    Reply reply;
    const std::string head = read_until("\r\n\r\n");
    if (!head.starts_with("HTTP/1.1 ")) return reply;
    reply.status = static_cast<unsigned>(std::atoi(head.c_str() + 9));
    std::size_t at = head.find("\r\n") + 2;
    while (at < head.size()) {
      const std::size_t end = head.find("\r\n", at);
      const std::string line = head.substr(at, end - at);
      at = end + 2;
      const std::size_t colon = line.find(": ");
      if (colon != std::string::npos) reply.headers[line.substr(0, colon)] = line.substr(colon + 2);
    }
    return reply;
  }
  Reply read_reply(bool body = true) {
    Reply reply = read_head();
    const auto length = reply.headers.find("content-length");
    if (!body || length == reply.headers.end()) return reply;
    const auto wanted = static_cast<std::size_t>(std::atoll(length->second.c_str()));
    while (buffer_.size() < wanted)
      if (!more()) break;
    reply.body = buffer_.substr(0, wanted);
    buffer_.erase(0, wanted);
    return reply;
  }
  Reply request(std::string_view method, std::string_view target, std::string_view headers = {},
                std::string_view body = {}) {
    std::string text(method);
    text.append(" ").append(target).append(" HTTP/1.1\r\nhost: test\r\n").append(headers);
    if (!body.empty() || method == "POST" || method == "PUT")
      text += "content-length: " + std::to_string(body.size()) + "\r\n";
    text.append("\r\n").append(body);
    send(text);
    return read_reply(method != "HEAD");
  }
  Reply get(std::string_view target, std::string_view headers = {}) {
    return request("GET", target, headers);
  }

 private:
  bool more() {
    char bytes[16 * 1024];
    const ssize_t got = ::recv(fd_, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(got));
    return true;
  }
  int fd_;
  std::string buffer_;
};

}  // namespace weir::server
