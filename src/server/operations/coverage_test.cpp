// How much of the API a device covers: every operation's example runs on the simulated device
// twice, with the CPU allowed to take over and without. The gap is what a GPU does not do.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "device/sim/driver.hpp"
#include "ops/registry.hpp"
#include "server/app/json_value.hpp"
#include "server/operations/operation_service.hpp"

namespace weir::server {
namespace {

constexpr std::string_view kForced = R"(,"options":{"targetDevice":"gpu","fallback":"warn"}})";
constexpr std::string_view kAlone = R"(,"options":{"targetDevice":"gpu","fallback":"raise"}})";

std::string with_options(std::string_view example, std::string_view options) {
  return std::string(example.substr(0, example.rfind('}'))) + std::string(options);
}

std::string result_of(const std::string& body) {
  const std::size_t begin = body.find("\"result\":");
  return body.substr(begin, body.find(",\"gpu_used\"") - begin);
}

bool number_begins(const char* at) {
  return (*at >= '0' && *at <= '9') || (*at == '-' && at[1] >= '0' && at[1] <= '9');
}

// Whether two texts differ at most in the last digits of their numbers.
bool nearly_equal(const std::string& a, const std::string& b) {
  const char* x = a.c_str();
  const char* y = b.c_str();
  while (*x != '\0' && *y != '\0') {
    if (number_begins(x) && number_begins(y)) {
      char* x_end = nullptr;
      char* y_end = nullptr;
      const double one = std::strtod(x, &x_end);
      const double other = std::strtod(y, &y_end);
      if (std::abs(one - other) > 1e-10 * (1 + std::abs(one))) return false;
      x = x_end;
      y = y_end;
    } else if (*x++ != *y++) {
      return false;
    }
  }
  return *x == *y;
}

struct Coverage : testing::Test {
  Coverage() {
    device::DeviceLimits limits;
    limits.memory_bytes_max = std::size_t{64} << 20;
    limits.staging_bytes = std::size_t{1} << 20;
    with_device.use_device(
        *device::Device::create(device::sim::make_driver({.seed = 7}, std::uint64_t{128} << 20),
                                limits, system_clock()),
        {});
  }
  ops::Context on_cpu{ops::Workers(1), system_clock()};
  ops::Context with_device{ops::Workers(1), system_clock()};
  OperationService plain{on_cpu, {.running_max = 1, .queued_max = 1}};
  OperationService device{with_device, {.running_max = 1, .queued_max = 1}};
};

TEST_F(Coverage, EveryExampleRunsAndWhatNeedsTheCpuIsSaid) {
  std::size_t alone = 0;
  std::string need_cpu;
  for (const Operation* operation : operations()) {
    const std::string expected =
        result_of(plain.answer(operation->name, operation->example, "r").body);
    const OperationReply reply =
        device.answer(operation->name, with_options(operation->example, kForced), "r");
    ASSERT_EQ(reply.http_status, 200U) << operation->name << ": " << reply.body;
    EXPECT_TRUE(nearly_equal(result_of(reply.body), expected)) << operation->name << "\n"
                                                               << result_of(reply.body) << "\n"
                                                               << expected;
    EXPECT_FALSE(reply.gpu_used) << "a simulated device is no GPU";
    const auto body = parse_json(reply.body);
    ASSERT_TRUE(body);
    bool all_on_device = true;
    for (const JsonValue& op : body->find("report")->find("ops")->items) {
      const bool here = *op.text("backend") == "sim";
      EXPECT_EQ((op.find("reason")->kind == JsonValue::Kind::kNull), here) << reply.body;
      all_on_device = all_on_device && here;
    }
    const OperationReply strict =
        device.answer(operation->name, with_options(operation->example, kAlone), "r");
    EXPECT_EQ(strict.http_status, all_on_device ? 200U : 503U)
        << operation->name << ": " << strict.body;
    if (strict.http_status == 200) {
      ++alone;
      EXPECT_EQ(result_of(strict.body), result_of(reply.body)) << operation->name;
    } else {
      need_cpu += (need_cpu.empty() ? "" : ", ") + std::string(operation->name);
    }
  }
  std::printf("%zu of %zu examples run with the CPU's help, %zu without; the others: %s\n",
              operations().size(), operations().size(), alone, need_cpu.c_str());
  EXPECT_GE(alone, 6U);
}

}  // namespace
}  // namespace weir::server
