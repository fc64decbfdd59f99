#include "store_mongo/server.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <iostream>

#include "mongo/driver/library.hpp"
#include "mongo/driver/uri.hpp"

namespace wellspring::store::mongo::testing {
namespace {

using ::wellspring::mongo::PoolOptions;
using ::wellspring::mongo::driver::Library;
using ::wellspring::mongo::driver::MongoPool;
using ::wellspring::mongo::driver::Topology;

constexpr std::chrono::seconds kServerAnswersWithin{20};
constexpr std::chrono::seconds kCloseLimit{1};

SystemClock& test_clock() {
  static SystemClock clock;
  return clock;
}

std::unique_ptr<TestPool>& shared() {
  static std::unique_ptr<TestPool> pool;
  return pool;
}

}  // namespace

obs::Log& test_log() {
  static obs::Log log(obs::LogLevel::kError, obs::LogFormat::kText);
  return log;
}

TestPool::TestPool(const std::string& uri, const std::string& app_name) {
  auto connection = ::wellspring::mongo::driver::read_connection_string(uri).value();
  PoolOptions options;
  options.name = "test";
  options.min_size = 1;
  options.max_size = 8;
  options.wait_limit = kServerAnswersWithin;
  options.lost_limit = kServerAnswersWithin;
  topology_ = std::make_unique<Topology>(connection.uri.get(), app_name, options.max_size);
  pool_ = std::make_unique<MongoPool>(*topology_, options,
                                      MongoPool::Parts{.clock = clock_, .keeper = keeper_, .on_overdue = {}});
  topology_->start();
  const auto first = pool_->acquire({}, clock_.steady() + kServerAnswersWithin);
  if (!first) throw Failure(first.error());
}

TestPool::~TestPool() {
  pool_->close(kCloseLimit, kCloseLimit);
  topology_->shut_down();
}

MongoPool& shared_pool() {
  return shared()->get();
}

void set_shared_pool(std::unique_ptr<TestPool> pool) {
  shared() = std::move(pool);
}

std::string fresh_database() {
  static std::atomic<int> number = 0;
  return "wellspring_test_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
}

std::unique_ptr<MongoStore> open_store(const std::string& database, MongoPool& pool) {
  MongoStoreOptions options;
  options.database = database;
  return make_mongo_store({pool, pool, pool}, std::move(options), test_clock(), test_log());
}

}  // namespace wellspring::store::mongo::testing

namespace {
constexpr int kSkipped = 77;  // CTest: SKIP_RETURN_CODE
}

int main(int argc, char** argv) {
  namespace testing = wellspring::store::mongo::testing;
  ::testing::InitGoogleTest(&argc, argv);
  const wellspring::mongo::driver::Library library(testing::test_log());
  if (const auto why_not = testing::Server::start()) {
    std::cout << "skipped: " << *why_not << std::endl;
    return kSkipped;
  }
  const int failed = RUN_ALL_TESTS();
  testing::set_shared_pool(nullptr);
  testing::Server::stop();
  return failed;
}
