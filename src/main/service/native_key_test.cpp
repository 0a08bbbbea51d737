// Frames over TCP where the configuration names a key: who has it is served, nobody else.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gate/testing/small_gate.hpp"
#include "main/service/live_server.hpp"
#include "server/testing/test_client.hpp"
#include "wire/frame.hpp"

namespace weir::main {
namespace {

namespace fs = std::filesystem;

const std::string kKey = "0123456789abcdef0123456789abcdef";

wire::FrameKey frame_key(const std::string& text) {
  return {text.begin(), text.end()};
}

class NativeKeyTest : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = (fs::temp_directory_path() /
            ("weir_native_key_" + std::to_string(::getpid()) + "_" +
             testing::UnitTest::GetInstance()->current_test_info()->name()))
               .string();
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(dir_);
  }
  // Starts a server whose key file holds `text`; empty: that names no file.
  Status start(const std::string& text) {
    ConfigInputs inputs;
    if (!text.empty()) {
      const std::string path = dir_ + "/frames.key";
      std::ofstream(path) << text << "\n";
      ::chmod(path.c_str(), 0600);
      inputs.flags.emplace_back("server.native_key_file=" + path);
    }
    ConfigLoad load = load_config(inputs);
    EXPECT_TRUE(load.problems.empty());
    LiveServerSettings settings;
    settings.config = load.config;
    settings.http = "127.0.0.1:0";
    settings.native = "127.0.0.1:0";
    settings.gate = gate::small_gate(dir_ + "/log");
    auto server = LiveServer::start(std::move(settings));
    if (!server) return server.error();
    server_ = std::move(*server);
    return Status::ok();
  }
  // Sends hello and an event as one who has `key`, and returns what comes back until the server
  // closes or both are answered. Answers are read with `answer_key`.
  std::vector<wire::FrameKind> talk(const wire::FrameKey& key, const wire::FrameKey& answer_key) {
    server::TestClient producer(server_->native_port());
    wire::FrameWriter writer({.key = key});
    wire::Event event{};
    event.id[0] = 1;
    event.time_us = 1'767'607'200'000'000;
    event.debtor = wire::EntityId::number(wire::EntityKind::kAccount, 1).word;
    event.currency = wire::kUnknownCurrency;
    std::vector<std::uint8_t> hello;
    std::vector<std::uint8_t> events;
    EXPECT_TRUE(writer.control(wire::FrameKind::kHello, {}, {.producer_id = 7}, hello).is_ok());
    EXPECT_TRUE(
        writer.events({&event, 1}, {}, {.producer_id = 7, .producer_seq = 1}, events).is_ok());
    wire::FrameParser reader({.key = answer_key});
    std::vector<wire::FrameKind> kinds;
    for (const auto& bytes : {hello, events}) {
      producer.send({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      std::string answer = producer.read_exactly(wire::kFrameHeaderBytes);
      if (answer.size() < wire::kFrameHeaderBytes) break;
      answer += producer.read_exactly(
          load<std::uint32_t>(reinterpret_cast<const std::uint8_t*>(answer.data()) +
                              offsetof(wire::FrameHeader, stored_bytes)));
      reader.feed({reinterpret_cast<const std::uint8_t*>(answer.data()), answer.size()});
      wire::Frame frame{};
      const auto found = reader.next(frame);
      if (!found || !*found) {
        ADD_FAILURE() << "an answer that is not signed with the key";
        break;
      }
      kinds.push_back(frame.header.kind);
      if (frame.header.kind != wire::FrameKind::kError) continue;
      const auto error = wire::parse_error(frame);
      EXPECT_TRUE(error);
      if (error) error_ = *error;
      EXPECT_TRUE(producer.at_end());
      break;
    }
    return kinds;
  }
  std::uint64_t events() { return server_->pass().gate().counters().committed_events; }

  using Kinds = std::vector<wire::FrameKind>;
  std::string dir_;
  std::unique_ptr<LiveServer> server_;
  wire::FrameError error_{};
};

TEST_F(NativeKeyTest, TheRightKeyIsServedAndAnsweredWithSignedFrames) {
  ASSERT_TRUE(start(kKey).is_ok());
  EXPECT_EQ(talk(frame_key(kKey), frame_key(kKey)),
            (Kinds{wire::FrameKind::kHelloAck, wire::FrameKind::kVerdicts}));
  EXPECT_EQ(events(), 1U);
}

TEST_F(NativeKeyTest, AWrongKeyAndNoneAreRefusedAtTheFirstFrame) {
  ASSERT_TRUE(start(kKey).is_ok());
  for (const std::string& key : {std::string("another key of thirty-two bytes!"), std::string()}) {
    EXPECT_EQ(talk(frame_key(key), frame_key(kKey)), Kinds{wire::FrameKind::kError});
    EXPECT_EQ(error_.refusal, wire::Refusal::kFrameTag);
    EXPECT_NE(error_.message.find("tag"), std::string::npos) << error_.message;
  }
  EXPECT_EQ(events(), 0U);
}

TEST_F(NativeKeyTest, WithoutAKeyFileFramesAreUnsigned) {
  ASSERT_TRUE(start("").is_ok());
  EXPECT_EQ(talk({}, {}), (Kinds{wire::FrameKind::kHelloAck, wire::FrameKind::kVerdicts}));
}

TEST_F(NativeKeyTest, AShortKeyIsRefusedAtTheStart) {
  const Status status = start(kKey.substr(1));
  EXPECT_EQ(status.reason(), "key_short");
  EXPECT_NE(status.message().find("server.native_key_file"), std::string::npos);
  EXPECT_FALSE(fs::exists(dir_ + "/log")) << "nothing is left behind";
}

}  // namespace
}  // namespace weir::main
