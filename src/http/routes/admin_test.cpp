#include "http/routes/routes_fixture.hpp"

namespace wellspring::http {
namespace {

using testing::contains;
using testing::get;

class AdminTest : public testing::RoutesTest {
 protected:
  AdminTest() {
    mongo::PoolsReport::One app;
    app.pool.options = {.name = "app", .min_size = 5, .max_size = 50};
    app.pool.counts = {.idle = 4, .in_use = 1};
    app.pool.phase = mongo::PoolState::Phase::kReady;
    app.pool.holders.push_back(
        {.tag = {.request = "r-1", .thread = 17}, .since = clock_.steady(), .overdue = true});
    app.sockets.opened = 7;
    app.sockets.closed = 2;
    pools_.pools.push_back(app);
    pools_.topologies.push_back({.app_name = "wellspring", .reachable = true, .monitor_sockets_expected = 2});
  }
};

TEST_F(AdminTest, ShowsPoolsHoldersAndAdvice) {
  const auto [status, body] = ask(get("/api/v1/admin/pools"));
  EXPECT_EQ(status, 200);
  EXPECT_EQ(body.at("layout"), "shared");
  EXPECT_EQ(body.at("budget").at("open").to_number<int>(), 5);
  EXPECT_EQ(body.at("budget").at("monitor_sockets_expected").to_number<int>(), 2);
  const auto& pool = body.at("pools").at(0);
  EXPECT_EQ(pool.at("name"), "app");
  EXPECT_EQ(pool.at("state"), "ready");
  EXPECT_EQ(pool.at("connections").at("in_use").to_number<int>(), 1);
  EXPECT_EQ(pool.at("sockets").at("open").to_number<int>(), 5);
  const auto& lease = pool.at("leases").at(0);
  EXPECT_EQ(lease.at("request"), "r-1");
  EXPECT_EQ(lease.at("thread").to_number<int>(), 17);
  EXPECT_TRUE(lease.at("site").as_string().starts_with("admin_test.cpp:"));
  EXPECT_EQ(lease.at("overdue"), true);
  EXPECT_EQ(pool.at("advice").at("min").to_number<int>(), 5);
  EXPECT_TRUE(contains(std::string(pool.at("advice").at("why").as_string()), "too few"));
}

TEST_F(AdminTest, WithoutMongoDbThereAreNone) {
  pools_ = {};
  const auto [status, body] = ask(get("/api/v1/admin/pools"));
  EXPECT_EQ(status, 404);
  EXPECT_TRUE(contains(boost::json::serialize(body), "mongo.uri"));
}

}  // namespace
}  // namespace wellspring::http
