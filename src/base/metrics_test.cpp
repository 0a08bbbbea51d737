#include "base/metrics.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace weir {
namespace {

std::string exposed(const MetricRegistry& registry) {
  std::string text;
  registry.write_prometheus(text);
  return text;
}

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(MetricRegistry, ShowsKnownSeriesAtZeroFromTheStart) {
  const std::string text = exposed(MetricRegistry());
  EXPECT_TRUE(has_line(text, "weir_dropped_total 0"));
  EXPECT_TRUE(has_line(text, "# TYPE weir_dropped_total counter"));
  EXPECT_TRUE(has_line(text, "weir_refused_total{reason=\"json_shape\"} 0"));
  EXPECT_TRUE(has_line(text, "weir_decision_seconds_count{ack=\"committed\"} 0"));
  EXPECT_EQ(text.find("weir_rule_hits_total"), std::string::npos);  // no rule is known yet
}

TEST(MetricRegistry, AddsUpWhatAllThreadsCount) {
  MetricRegistry registry;
  const Counter counter = registry.counter(Metric::kEventsTotal);
  const Histogram histogram = registry.histogram(Metric::kBatchEvents);
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        counter.add(2);
        histogram.observe(8192);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(registry.value(Metric::kEventsTotal), 24000);
  EXPECT_EQ(registry.value(Metric::kBatchEvents), 12000);
  const std::string text = exposed(registry);
  EXPECT_TRUE(has_line(text, "weir_batch_events_bucket{le=\"4096\"} 0"));
  EXPECT_TRUE(has_line(text, "weir_batch_events_bucket{le=\"8192\"} 12000"));
  EXPECT_TRUE(has_line(text, "weir_batch_events_sum 98304000"));
}

TEST(MetricRegistry, PutsBoundsIntoTheLowerBucketAndShowsSeconds) {
  MetricRegistry registry;
  const Histogram histogram = registry.histogram(Metric::kCommitSeconds);
  histogram.observe(10'000);
  histogram.observe(10'001);
  histogram.observe(2'000'000'000);
  histogram.observe(-5);
  const std::string text = exposed(registry);
  EXPECT_TRUE(has_line(text, "weir_commit_seconds_bucket{le=\"1e-05\"} 2"));
  EXPECT_TRUE(has_line(text, "weir_commit_seconds_bucket{le=\"2.5e-05\"} 3"));
  EXPECT_TRUE(has_line(text, "weir_commit_seconds_bucket{le=\"1\"} 3"));
  EXPECT_TRUE(has_line(text, "weir_commit_seconds_bucket{le=\"+Inf\"} 4"));
  EXPECT_TRUE(has_line(text, "weir_commit_seconds_count 4"));
  EXPECT_TRUE(has_line(text, "weir_commit_seconds_sum 2.000020001"));
}

TEST(MetricRegistry, ShowsLazyMetricsOnlyWhileTheyAreKnown) {
  MetricRegistry registry;
  EXPECT_EQ(exposed(registry).find("weir_gpu_temperature_celsius"), std::string::npos);
  EXPECT_EQ(exposed(registry).find("weir_gpu_energy_joules_total"), std::string::npos);
  EXPECT_TRUE(has_line(exposed(registry), "weir_gpu_available 0"));
  const Gauge temperature = registry.gauge(Metric::kGpuTemperatureCelsius);
  temperature.set(61);
  registry.counter(Metric::kGpuEnergyJoulesTotal).add(5);
  EXPECT_TRUE(has_line(exposed(registry), "weir_gpu_temperature_celsius 61"));
  EXPECT_TRUE(has_line(exposed(registry), "weir_gpu_energy_joules_total 5"));
  temperature.set(std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(exposed(registry).find("weir_gpu_temperature_celsius"), std::string::npos);
}

TEST(MetricRegistry, ShowsCountersInSecondsAndRatiosAsSuch) {
  MetricRegistry registry;
  registry.counter(Metric::kSpillSecondsTotal).add(1'500'000'000);
  registry.histogram(Metric::kOpPredictedRatio, {"sum"}).observe(1100);
  registry.histogram(Metric::kOpPredictedRatio, {"sum"}).observe(1101);
  EXPECT_EQ(registry.value(Metric::kSpillSecondsTotal), 1.5);
  const std::string text = exposed(registry);
  EXPECT_TRUE(has_line(text, "weir_spill_seconds_total 1.5"));
  EXPECT_TRUE(has_line(text, "weir_op_predicted_ratio_bucket{op=\"sum\",le=\"1.1\"} 1"));
  EXPECT_TRUE(has_line(text, "weir_op_predicted_ratio_bucket{op=\"sum\",le=\"1.25\"} 2"));
  EXPECT_TRUE(has_line(text, "weir_op_predicted_ratio_sum{op=\"sum\"} 2.201"));
}

TEST(MetricRegistry, CountsLabelValuesBeyondTheBoundAsOther) {
  MetricRegistry registry;
  for (int i = 0; i < 1030; ++i) {
    registry.counter(Metric::kRuleHitsTotal, {"rule" + std::to_string(i), "live"}).add();
  }
  registry.counter(Metric::kRuleHitsTotal, {"rule3", "live"}).add();
  EXPECT_EQ(registry.value(Metric::kRuleHitsTotal, {"rule3", "live"}), 2);
  EXPECT_EQ(registry.value(Metric::kRuleHitsTotal, {"rule1024", "live"}), 0);
  EXPECT_EQ(registry.value(Metric::kRuleHitsTotal, {"other", "live"}), 6);
  EXPECT_EQ(registry.total(Metric::kRuleHitsTotal), 1031);
}

TEST(MetricRegistry, EscapesLabelValues) {
  MetricRegistry registry;
  registry.counter(Metric::kRuleHitsTotal, {"a\"b\\c\nd", "live"}).add();
  EXPECT_TRUE(
      has_line(exposed(registry), R"(weir_rule_hits_total{rule="a\"b\\c\nd",mode="live"} 1)"));
}

TEST(MetricRegistry, AsksCollectorsBeforeItShows) {
  MetricRegistry registry;
  const Gauge free = registry.gauge(Metric::kDiskFreeBytes);
  registry.add_collector([free] { free.set(1'000'000'000'000ULL); });
  EXPECT_TRUE(has_line(exposed(registry), "weir_disk_free_bytes 1e+12"));
  free.add(-1);
  EXPECT_EQ(registry.value(Metric::kDiskFreeBytes), 999'999'999'999.0);
}

TEST(MetricRegistryDeath, ChecksTypeLabelsAndValues) {
  MetricRegistry registry;
  EXPECT_DEATH(registry.gauge(Metric::kEventsTotal), "CHECK failed");
  EXPECT_DEATH(registry.counter(Metric::kRefusedTotal), "CHECK failed");
  EXPECT_DEATH(registry.counter(Metric::kRefusedTotal, {"no_such_reason"}), "CHECK failed");
}

TEST(MetricTable, HasEveryRefusalAndUniqueNames) {
  EXPECT_EQ(metric_info(Metric::kRefusedTotal).labels[0].values.size(), 30U);
  std::set<std::string_view> names;
  for (const MetricInfo& info : kMetricTable) names.insert(info.name);
  EXPECT_EQ(names.size(), kMetricTable.size());
}

}  // namespace
}  // namespace weir
