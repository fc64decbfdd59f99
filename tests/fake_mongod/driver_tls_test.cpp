#include <gtest/gtest.h>

#include <boost/system/system_error.hpp>
#include <string>

#include "fake_mongod/driver.hpp"
#include "fake_mongod/self_signed.hpp"

namespace wellspring::testing {
namespace {

using namespace std::chrono_literals;

FakeMongodOptions over_tls() {
  FakeMongodOptions options;
  options.tls = self_signed();
  return options;
}

const std::string kTrusting = "tls=true&tlsAllowInvalidCertificates=true";
const std::string kQuick = "serverSelectionTimeoutMS=300";

TEST(DriverTlsTest, CountsAndDeathOfConnectionsAreAsOverPlainTcp) {
  FakeMongod server(over_tls());
  {
    DriverPool pool(server.uri(kTrusting));
    ASSERT_TRUE(pool.warm(3));
    EXPECT_TRUE(server.wait_until(
        [](const Ledger& ledger) { return ledger.total().current == 5 && ledger.current(Role::kRtt) == 1; },
        5s))
        << server.snapshot().json();
    EXPECT_EQ(server.kill({.role = Role::kApp, .first = 1}), 1U);
    EXPECT_EQ(server.snapshot().current(Role::kApp), 2U);
  }
  EXPECT_TRUE(server.wait_until([](const Ledger& ledger) { return ledger.total().current == 0; }, 5s));
}

TEST(DriverTlsTest, PlainClientIsTurnedAway) {
  FakeMongod server(over_tls());
  DriverPool pool(server.uri(kQuick));
  EXPECT_FALSE(pool.warm(1));
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 0U);
}

TEST(DriverTlsTest, TlsClientOfAPlainServerIsTurnedAway) {
  FakeMongod server(without_topology_version());
  DriverPool pool(server.uri(kTrusting + "&" + kQuick));
  EXPECT_FALSE(pool.warm(1));
  EXPECT_EQ(server.snapshot().total_created(Role::kApp), 0U);
}

TEST(DriverTlsTest, WrongIdentityIsRefusedAtStart) {
  FakeMongodOptions options;
  options.tls = TlsIdentity{"no certificate", "no key"};
  EXPECT_THROW(FakeMongod{options}, boost::system::system_error);
}

}  // namespace
}  // namespace wellspring::testing
