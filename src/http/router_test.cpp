#include "http/router.hpp"

#include <gtest/gtest.h>

namespace wellspring::http {
namespace {

boost::asio::awaitable<Response> nothing(const Request&) {
  co_return Response{};
}

Router table() {
  Router router;
  router.add({Method::kGet, "/jobs", nothing, {}});
  router.add({Method::kPost, "/jobs", nothing, {}});
  router.add({Method::kGet, "/jobs/{id}", nothing, {}});
  router.add({Method::kPost, "/jobs/{id}/retry", nothing, {}});
  router.add({Method::kGet, "/files/{path...}", nothing, {}});
  return router;
}

TEST(Router, FindsExactPathsAndTemplates) {
  const Router router = table();
  EXPECT_EQ(router.match(Method::kPost, "/jobs").route->path, "/jobs");
  const auto job = router.match(Method::kGet, "/jobs/7");
  EXPECT_EQ(job.route->path, "/jobs/{id}");
  ASSERT_EQ(job.parameters.size(), 1U);
  EXPECT_EQ(job.parameters[0].first, "id");
  EXPECT_EQ(job.parameters[0].second, "7");
  EXPECT_EQ(router.match(Method::kPost, "/jobs/7/retry").route->path, "/jobs/{id}/retry");
}

TEST(Router, ARestTakesSlashesAndMayBeEmpty) {
  const Router router = table();
  EXPECT_EQ(router.match(Method::kGet, "/files/a/b.md").parameters[0].second, "a/b.md");
  EXPECT_EQ(router.match(Method::kGet, "/files/").parameters[0].second, "");
  EXPECT_EQ(router.match(Method::kGet, "/files").route, nullptr);
}

TEST(Router, TellsAWrongMethodFromAnUnknownPath) {
  const Router router = table();
  const auto wrong = router.match(Method::kDelete, "/jobs");
  EXPECT_EQ(wrong.route, nullptr);
  EXPECT_EQ(wrong.allowed, "GET, POST");
  for (const char* path : {"", "/", "jobs", "/jobs/", "/jobs//", "/jobs/7/", "/jobs/7/retry/x", "*"}) {
    const auto unknown = router.match(Method::kGet, path);
    EXPECT_EQ(unknown.route, nullptr) << path;
    EXPECT_EQ(unknown.allowed, "") << path;
  }
}

TEST(RouterDeathTest, ARouteCannotBeAddedTwice) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Router router = table();
  EXPECT_DEATH(router.add({Method::kGet, "/jobs/{id}", nothing, {}}), "route added twice: /jobs/\\{id\\}");
}

TEST(Message, DecodesPathsAndQueries) {
  EXPECT_EQ(percent_decode("a%20%C3%a9"), "a \xC3\xA9");
  for (const char* bad : {"%", "%2", "%zz", "%00"}) EXPECT_FALSE(percent_decode(bad).has_value()) << bad;
  Request request;
  request.query = "a=1+2&b&c=%41&a=9&d=%zz";
  EXPECT_EQ(request.query_parameter("a"), "1 2");
  EXPECT_EQ(request.query_parameter("b"), "");
  EXPECT_EQ(request.query_parameter("c"), "A");
  EXPECT_EQ(request.query_parameter("d"), "%zz");
  EXPECT_FALSE(request.query_parameter("e").has_value());
}

TEST(Message, HeadersAreFoundInAnyCase) {
  Request request;
  request.headers = {{"X-Thing", "1"}, {"x-thing", "2"}};
  EXPECT_EQ(request.header("x-THING"), "1");
  EXPECT_EQ(request.header("x-thin"), "");
}

}  // namespace
}  // namespace wellspring::http
