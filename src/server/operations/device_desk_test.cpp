#include "server/operations/device_desk.hpp"

#include <gtest/gtest.h>

#include "device/sim/driver.hpp"
#include "server/app/json_value.hpp"
#include "server/testing/test_server.hpp"

namespace weir::server {
namespace {

constexpr std::size_t kMemory = std::size_t{8} << 20;

class DeviceDeskTest : public testing::Test {
 protected:
  void use_device(const device::sim::FaultPlan& plan) {
    device::DeviceLimits limits;
    limits.memory_bytes_max = kMemory;
    context.use_device(
        *device::Device::create(device::sim::make_driver(plan, kMemory), limits, clock), {});
  }
  DeviceDesk desk() {
    device::DeviceConfig config;
    config.host_memory_bytes_max = kMemory;
    return DeviceDesk(context, config, nullptr, clock);
  }
  static Result<std::string> reserve(DeviceDesk& desk, std::string_view json) {
    WEIR_ASSIGN(const ParamsText text, ParamsText::parse(json));
    return desk.reserve(text.root());
  }
  ManualClock clock{1'700'000'000'000'000};
  ops::Context context{ops::Workers(1), clock};
};

TEST_F(DeviceDeskTest, SaysWhyThereIsNoGpu) {
  context.without_device(ops::Reason::kNoDevice, "no driver here");
  DeviceDesk desk = this->desk();
  const auto body = parse_json(desk.device_json());
  ASSERT_TRUE(body);
  EXPECT_FALSE(body->find("available")->boolean);
  EXPECT_EQ(*body->text("reason"), "no_device");
  EXPECT_EQ(*body->text("sentence"), "no driver here");
  const auto health = desk.gpu_health();
  EXPECT_FALSE(health.ok);
  EXPECT_NE(health.json.find("\"status\":\"unavailable\""), std::string::npos) << health.json;
  EXPECT_NE(health.json.find("\"devices\":[]"), std::string::npos);
  EXPECT_NE(desk.status_json().find("\"memoryUsed\":null"), std::string::npos);
}

TEST_F(DeviceDeskTest, TellsALostDevice) {
  use_device({.lose_at_op = 1});
  DeviceDesk desk = this->desk();
  EXPECT_EQ(desk.unusable_reason(), "");
  EXPECT_TRUE(desk.gpu_health().ok);
  EXPECT_FALSE(context.device()->create_stream());
  EXPECT_EQ(desk.unusable_reason(), "device_lost");
  EXPECT_FALSE(desk.gpu_health().ok);
}

TEST_F(DeviceDeskTest, CallsASimulationUsableAndNoGpu) {
  use_device({});
  DeviceDesk desk = this->desk();
  for (const std::string& text : {desk.device_json(), desk.status_json(), desk.gpu_health().json}) {
    EXPECT_NE(text.find(R"("available":false,"usable":true,"reason":"simulated")"),
              std::string::npos)
        << text;
  }
}

TEST_F(DeviceDeskTest, IsDegradedWhileTheBreakerIsOpen) {
  use_device({});
  DeviceDesk desk = this->desk();
  for (int i = 0; i < 5; ++i) context.breaker()->failed("launch failed");
  const auto health = desk.gpu_health();
  EXPECT_NE(health.json.find(R"("status":"degraded")"), std::string::npos) << health.json;
  EXPECT_NE(health.json.find(R"("usable":false,"reason":"breaker_open")"), std::string::npos)
      << health.json;
}

TEST_F(DeviceDeskTest, FreesWhatIsOverWithoutBeingAsked) {
  use_device({});
  DeviceDesk desk = this->desk();
  EXPECT_EQ(reserve(desk, R"({"memoryRequired":1024,"duration":0})").error().error().field,
            "duration");
  ASSERT_TRUE(reserve(desk, R"({"memoryRequired":4096,"duration":1000})"));
  clock.advance_us(999'999);
  desk.tick();
  EXPECT_EQ(context.device()->budget().reserved(), 4096U);
  clock.advance_us(1);
  int ticks = 0;
  desk.set_on_tick([&] { ++ticks; });
  desk.tick();
  EXPECT_EQ(context.device()->budget().reserved(), 0U);
  EXPECT_EQ(ticks, 1);
}

TEST_F(DeviceDeskTest, ReservesUntilTheTimeIsOver) {
  use_device({});
  DeviceDesk desk = this->desk();
  const auto first = reserve(desk, R"({"memoryRequired":6291456,"duration":1000})");
  ASSERT_TRUE(first) << first.error().to_string();
  EXPECT_NE(first->find("\"memoryAllocated\":6291456"), std::string::npos) << *first;
  const auto second = reserve(desk, R"({"memoryRequired":6291456})");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), Code::kResourceExhausted);
  EXPECT_NE(desk.conflicts_json().find("6291456"), std::string::npos);
  clock.advance_us(1'000'000);
  EXPECT_TRUE(reserve(desk, R"({"memoryRequired":6291456})"));
  EXPECT_FALSE(desk.release("rsv-1").is_ok()) << "its time was over";
  EXPECT_TRUE(desk.release("rsv-2").is_ok());
  EXPECT_EQ(context.device()->budget().reserved(), 0U);
}

TEST_F(DeviceDeskTest, ReservesHostMemoryWhereThereIsNoDevice) {
  DeviceDesk desk = this->desk();
  EXPECT_TRUE(reserve(desk, R"({"memoryRequired":1024})"));
  EXPECT_FALSE(reserve(desk, R"({"memoryRequired":8388608})"));
  EXPECT_EQ(reserve(desk, "{}").error().error().field, "memoryRequired");
  EXPECT_EQ(reserve(desk, R"({"memoryRequired":1,"priority":"urgent"})").error().reason(),
            "choice");
}

TEST(DeviceRoutes, AnswerWithoutADevice) {
  TestServer server;
  TestClient client(server.port());
  const std::string viewer = server.auth(Role::kViewer);
  EXPECT_EQ(client.get("/v1/device", viewer).status, 200U);
  EXPECT_EQ(client.get("/gpu/status", viewer).status, 200U);
  EXPECT_EQ(client.get("/api/v11/gpu/health", viewer).status, 200U);
  EXPECT_EQ(client.get("/api/v11/gpu/health?strict=1", viewer).status, 503U);
  const std::string json = "content-type: application/json\r\n";
  const std::string body = R"({"memoryRequired":1000,"taskType":"test"})";
  EXPECT_EQ(client.request("POST", "/v1/device/reservations", viewer + json, body).status, 403U);
  const std::string operate = server.auth(Role::kOperator);
  EXPECT_EQ(client.request("POST", "/v1/device/reservations", operate + json, body).status, 201U);
  EXPECT_NE(client.get("/v1/device/reservations", viewer).body.find("\"taskType\":\"test\""),
            std::string::npos);
  EXPECT_EQ(client.request("DELETE", "/v1/device/reservations/rsv-1", operate).status, 204U);
  EXPECT_EQ(client.request("DELETE", "/v1/device/reservations/rsv-1", operate).status, 404U);
}

TEST_F(DeviceDeskTest, IsUnreadyOnceTheDeviceIsLostIfAskedTo) {
  use_device({});
  device::DeviceConfig config;
  const DeviceDesk patient(context, config, nullptr, clock);
  config.unready_on_device_loss = true;
  const DeviceDesk strict(context, config, nullptr, clock);
  for (int i = 0; i < 5; ++i) context.breaker()->failed("launch failed");
  EXPECT_FALSE(strict.unready()) << "an open breaker closes again";
  context.breaker()->kill("kernel hung");
  EXPECT_TRUE(strict.unready());
  EXPECT_FALSE(patient.unready());
}

TEST_F(DeviceDeskTest, ShowsAnEmptyDcgmPageWithoutAGpu) {
  EXPECT_EQ(this->desk().dcgm_page(), "");
  use_device({});
  EXPECT_EQ(this->desk().dcgm_page(), "") << "a simulation has no sensors";
}

TEST(DeviceRoutes, ServeTheDcgmPageOnlyIfAskedTo) {
  {
    TestServer server;
    const auto off = TestClient(server.port()).get("/metrics/dcgm", server.auth(Role::kViewer));
    EXPECT_EQ(off.status, 404U);
    EXPECT_NE(off.body.find("metrics.dcgm_page"), std::string::npos) << off.body;
  }
  AppOptions options;
  options.dcgm_page = true;
  TestServer server(options);
  TestClient client(server.port());
  EXPECT_EQ(client.get("/metrics/dcgm").status, 401U);
  EXPECT_EQ(client.get("/metrics/dcgm", server.auth(Role::kViewer)).status, 200U);
}

}  // namespace
}  // namespace weir::server
