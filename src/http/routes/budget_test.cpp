#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "http/routes/routes_fixture.hpp"
#include "store/temp_dir.hpp"

namespace wellspring::http {
namespace {

using testing::contains;
using testing::get;

/// What answers cost and how they are kept, on the wire.
class BudgetTest : public testing::RoutesTest {
 protected:
  BudgetTest() {
    // A dollar for a thousand tokens.
    const rag::SpendOptions options{.prices = {.input = 0, .output = 1'000},
                                    .limits = {.daily = 0, .hourly = rag::from_usd(1)},
                                    .output_tokens_max = 200};
    auto opened = rag::SpendGuard::open(options, rag::SpendFile(folder_.path() / "spend.json"),
                                        server_.executors(), clock_, server_.log(), server_.metrics());
    EXPECT_TRUE(opened.has_value());
    guard_ = std::move(*opened);
    services_->spend = guard_.get();
    services_->answer_cache = &cache_;
  }
  ~BudgetTest() override { server_.drain(std::chrono::milliseconds{0}); }

  static testing::asio::awaitable<void> spend(rag::SpendGuard& guard, std::size_t tokens) {
    const llm::ChatRequest request;
    auto hold = co_await guard.reserve(request, "stub", "answer");
    if (hold) hold->ended({.input_tokens = 0, .output_tokens = tokens});
    hold.reset();
    co_await guard.saved();
  }
  void spend(std::size_t tokens) {
    testing::asio::co_spawn(server_.executors().io(), spend(*guard_, tokens), testing::asio::use_future)
        .get();
  }

  store::TempDir folder_;
  std::unique_ptr<rag::SpendGuard> guard_;
  rag::AnswerCache cache_{{.entries_max = 4}, server_.metrics()};
};

TEST_F(BudgetTest, UsageIsThatOfTheContract) {
  spend(250);
  const auto [status, body] = ask(get("/api/v1/admin/usage"));
  EXPECT_EQ(status, 200);
  const auto& hourly = body.at("hourly").as_object();
  EXPECT_DOUBLE_EQ(hourly.at("cost_usd").as_double(), 0.25);
  EXPECT_DOUBLE_EQ(hourly.at("limit_usd").as_double(), 1);
  EXPECT_DOUBLE_EQ(hourly.at("remaining_usd").as_double(), 0.75);
  EXPECT_DOUBLE_EQ(hourly.at("percentage_used").as_double(), 25);
  EXPECT_EQ(hourly.at("input_tokens").to_number<int>(), 0);
  EXPECT_EQ(hourly.at("output_tokens").to_number<int>(), 250);
  EXPECT_EQ(hourly.size(), 6U);
  EXPECT_TRUE(body.at("daily").at("remaining_usd").is_null()) << "no limit";
  EXPECT_EQ(boost::json::serialize(ask(get("/api/v1/admin/usage/status")).second),
            R"({"status":"ok","warning_level":null})");
}

TEST_F(BudgetTest, StreamsTellHowNearTheLimitIs) {
  EXPECT_EQ(statuses(stream(testing::kQuestion)).front(), "thinking");
  spend(600);
  EXPECT_TRUE(contains(stream(testing::kQuestion),
                       "data: {\"status\":\"usage_status\",\"usage_status\":{\"status\":\"info\","
                       "\"warning_level\":\"info\"},\"isComplete\":false}\n\n"
                       "data: {\"status\":\"thinking\""));
  spend(200);
  EXPECT_TRUE(contains(stream(testing::kQuestion), "{\"status\":\"warning\",\"warning_level\":\"warning\"}"));
  EXPECT_EQ(boost::json::serialize(ask(get("/api/v1/admin/usage/status")).second),
            R"({"status":"warning","warning_level":"warning"})");
}

TEST_F(BudgetTest, HealthShowsTheCache) {
  for (const char* key : {"a", "b", "c"}) cache_.put(key, {}, 1, 0, SteadyTime{});
  const auto [status, body] = ask(get("/health"));
  EXPECT_EQ(status, 200);
  const auto& cache = body.at("services").at("cache");
  EXPECT_EQ(cache.at("status"), "healthy");
  EXPECT_EQ(cache.at("cache_size").to_number<int>(), 3);
  EXPECT_EQ(cache.at("cache_max_size").to_number<int>(), 4);
  EXPECT_DOUBLE_EQ(cache.at("cache_utilization").as_double(), 0.75);
}

}  // namespace
}  // namespace wellspring::http
