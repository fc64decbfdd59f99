#include "obs/metrics.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/error.hpp"
#include "obs/exposition.hpp"
#include "obs/metric_families.hpp"
#include "obs/process_usage.hpp"

namespace wellspring::obs {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(Metrics, EveryFamilyIsThereFromTheFirstScrape) {
  const Metrics metrics;
  const std::string text = metrics.render(MetricsFormat::kText);
  std::set<std::string_view> names;
  for (const FamilySpec& family : metric_families()) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name << " is declared twice";
    EXPECT_TRUE(contains(text, "# TYPE " + std::string(family.name) + " ")) << family.name;
  }
}

TEST(Metrics, KnownLabelSetsStartAtZero) {
  const Metrics metrics;
  const std::string text = metrics.render(MetricsFormat::kText);
  EXPECT_TRUE(contains(
      text, "webhook_processing_total{operation=\"unpublish\",source=\"payload_cms\",status=\"error\"} 0\n"));
  EXPECT_TRUE(
      contains(text, "rag_query_duration_seconds_count{cache_hit=\"true\",query_type=\"async\"} 0\n"));
  EXPECT_TRUE(contains(text, "wellspring_chunks_embedded_total 0\n"));
  EXPECT_TRUE(contains(text, "wellspring_jobs_total{state=\"dead\"} 0\n"));
}

TEST(Metrics, ErrorKindsOfTheLabelAreThoseOfTheEnum) {
  const Metrics metrics;
  const std::string text = metrics.render(MetricsFormat::kText);
  for (const ErrorKindInfo& kind : kErrorKinds) {
    EXPECT_TRUE(contains(text, "wellspring_errors_total{kind=\"" + std::string(kind.name) + "\"} 0\n"));
  }
}

TEST(Metrics, CountsSetsAndObserves) {
  Metrics metrics;
  metrics.count("rag_cache_hits_total", {{"cache_type", "query"}});
  metrics.counter("rag_cache_hits_total", {{"cache_type", "query"}}).add(2);
  EXPECT_EQ(metrics.value("rag_cache_hits_total", {{"cache_type", "query"}}), 3);
  metrics.set("vector_store_health", {}, 1);
  EXPECT_EQ(metrics.value("vector_store_health"), 1);
  EXPECT_EQ(
      metrics.value("http_requests_total", {{"method", "GET"}, {"endpoint", "/"}, {"status_code", "200"}}),
      0);
  metrics.observe("rag_documents_retrieved_total", {}, 7);
  const std::string text = metrics.render(MetricsFormat::kText);
  EXPECT_TRUE(contains(text, "rag_documents_retrieved_total_bucket{le=\"5.0\"} 0\n"));
  EXPECT_TRUE(contains(text, "rag_documents_retrieved_total_bucket{le=\"10.0\"} 1\n"));
  EXPECT_TRUE(contains(text, "rag_documents_retrieved_total_bucket{le=\"+Inf\"} 1\n"));
  EXPECT_TRUE(contains(text, "rag_documents_retrieved_total_sum 7\n"));
}

TEST(Metrics, OpenMetricsNamesCountersWithoutTotalAndEnds) {
  const Metrics metrics;
  const std::string text = metrics.render(MetricsFormat::kOpenMetrics);
  EXPECT_TRUE(contains(text, "# TYPE rag_cache_hits counter\nrag_cache_hits_total{"));
  EXPECT_TRUE(contains(text, "# TYPE rag_documents_retrieved_total histogram\n"));
  EXPECT_TRUE(contains(text, "# TYPE vector_store_documents_total gauge\n"));
  EXPECT_TRUE(text.ends_with("\n# EOF\n"));
  EXPECT_FALSE(contains(metrics.render(MetricsFormat::kText), "# EOF"));
}

TEST(Metrics, LabelValuesAreEscaped) {
  Metrics metrics;
  metrics.count("llm_requests_total",
                {{"model", "a\"b\\c\nd"}, {"operation", "answer"}, {"status", "success"}});
  EXPECT_TRUE(contains(metrics.render(MetricsFormat::kText), R"(model="a\"b\\c\nd")"));
}

TEST(Metrics, RefreshersRunBeforeEachRendering) {
  Metrics metrics;
  int runs = 0;
  metrics.before_render([&] { metrics.set("wellspring_index_chunks", {}, ++runs); });
  EXPECT_TRUE(contains(metrics.render(MetricsFormat::kText), "wellspring_index_chunks 1\n"));
  EXPECT_TRUE(contains(metrics.render(MetricsFormat::kText), "wellspring_index_chunks 2\n"));
}

TEST(Metrics, CountingWhileRenderingLosesNothing) {
  Metrics metrics;
  std::thread writer([&] {
    for (int i = 0; i < 1'000; ++i) metrics.count("rag_cache_hits_total", {{"cache_type", "query"}});
  });
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(metrics.render(MetricsFormat::kOpenMetrics).empty());
  writer.join();
  EXPECT_EQ(metrics.value("rag_cache_hits_total", {{"cache_type", "query"}}), 1'000);
}

TEST(MetricsDeathTest, MisuseNamesTheFamily) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Metrics metrics;
  EXPECT_DEATH(metrics.count("no_such_family"), "no_such_family");
  EXPECT_DEATH(metrics.count("vector_store_health"), "another type: vector_store_health");
  EXPECT_DEATH(metrics.count("rag_cache_hits_total", {{"kind", "query"}}),
               "labels differ.*rag_cache_hits_total");
}

TEST(ProcessUsage, ReadsThisProcess) {
  const ProcessUsage usage = read_process_usage();
  EXPECT_GT(usage.resident_bytes, 1e6);
  EXPECT_GE(usage.open_fds, 3);
  EXPECT_GE(usage.cpu_seconds, 0);
  EXPECT_GT(usage.start_seconds, 1.6e9);
}

TEST(Metrics, RaiseFollowsATotalAndNeverFalls) {
  Metrics metrics;
  const Labels pool{{"pool", "app"}};
  for (const double total : {5.0, 7.0, 6.0}) metrics.raise("mongo_pool_cleared_total", pool, total);
  EXPECT_EQ(metrics.value("mongo_pool_cleared_total", pool), 7);

  std::vector<std::uint64_t> counts(12, 0);
  counts[0] = 3;
  metrics.raise("mongo_pool_connect_seconds", pool, counts, 0.5);
  counts[2] = 1;
  counts[11] = 1;
  metrics.raise("mongo_pool_connect_seconds", pool, counts, 40.5);
  const std::string text = metrics.render(MetricsFormat::kText);
  EXPECT_NE(text.find("mongo_pool_connect_seconds_bucket{pool=\"app\",le=\"0.0001\"} 3"), std::string::npos);
  EXPECT_NE(text.find("mongo_pool_connect_seconds_bucket{pool=\"app\",le=\"0.001\"} 4"), std::string::npos);
  EXPECT_NE(text.find("mongo_pool_connect_seconds_count{pool=\"app\"} 5"), std::string::npos) << text;
  EXPECT_NE(text.find("mongo_pool_connect_seconds_sum{pool=\"app\"} 40.5"), std::string::npos);
}

}  // namespace
}  // namespace wellspring::obs
