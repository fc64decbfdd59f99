#include "fake_mongod/driver.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace wellspring::testing {
namespace {

class DriverEnvironment : public ::testing::Environment {
 public:
  void SetUp() override {
    mongoc_init();
    mongoc_log_set_handler(nullptr, nullptr);
  }
  void TearDown() override { mongoc_cleanup(); }
};
[[maybe_unused]] const auto* const kDriver = ::testing::AddGlobalTestEnvironment(new DriverEnvironment);

constexpr std::int32_t kHeartbeatMs = 500;  // the least that libmongoc takes
constexpr std::int32_t kSelectionMs = 1'500;

}  // namespace

DriverPool::DriverPool(const std::string& uri) {
  mongoc_uri_t* parsed = mongoc_uri_new(uri.c_str());
  mongoc_uri_set_option_as_int32(parsed, MONGOC_URI_HEARTBEATFREQUENCYMS, kHeartbeatMs);
  if (!mongoc_uri_has_option(parsed, MONGOC_URI_SERVERSELECTIONTIMEOUTMS)) {
    mongoc_uri_set_option_as_int32(parsed, MONGOC_URI_SERVERSELECTIONTIMEOUTMS, kSelectionMs);
  }
  mongoc_uri_set_appname(parsed, "pool");
  pool_ = mongoc_client_pool_new(parsed);
  mongoc_client_pool_set_error_api(pool_, MONGOC_ERROR_API_VERSION_2);
  mongoc_uri_destroy(parsed);
}

bool DriverPool::warm(std::size_t connections) {
  std::vector<std::unique_ptr<DriverLease>> leases;
  bool all_answered = true;
  for (std::size_t i = 0; i < connections; ++i) {
    leases.push_back(std::make_unique<DriverLease>(*this));
    all_answered = leases.back()->ping() && all_answered;
  }
  return all_answered;
}

std::uint32_t DriverLease::run(const std::string& json) {
  const auto command = Document::from_json(json);
  bson_error_t error{};
  const bool worked = mongoc_client_command_simple(client_, "test", command->get(), nullptr, nullptr, &error);
  return worked ? 0 : error.code;
}

FakeMongodOptions without_topology_version() {
  FakeMongodOptions options;
  options.topology.topology_version = false;
  return options;
}

}  // namespace wellspring::testing
