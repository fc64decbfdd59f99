#include "http/client_address.hpp"

#include <gtest/gtest.h>

namespace wellspring::http {
namespace {

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

ProxyTrust trusting(std::initializer_list<std::string_view> networks) {
  std::vector<IpNetwork> parsed;
  for (const std::string_view network : networks) parsed.push_back(IpNetwork::parse(network).value());
  return ProxyTrust(std::move(parsed));
}

std::string client_of(const ProxyTrust& trust, std::initializer_list<std::string_view> forwarded,
                      std::string_view peer = "10.0.0.1") {
  Request request;
  for (const std::string_view line : forwarded) request.headers.emplace_back("x-forwarded-for", line);
  return trust.client_of(address(peer), request).to_string();
}

TEST(ProxyTrust, TakesTheLastAddressThatIsNoProxy) {
  const ProxyTrust trust = trusting({"10.0.0.0/8", "2001:db8:f::/48"});
  EXPECT_EQ(client_of(trust, {"203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client_of(trust, {"198.51.100.1, 203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client_of(trust, {"198.51.100.1, 203.0.113.9, 10.2.3.4"}), "203.0.113.9");
  EXPECT_EQ(client_of(trust, {"203.0.113.9,2001:db8:f::1,10.2.3.4"}), "203.0.113.9");
  EXPECT_EQ(client_of(trust, {"2001:db8::9"}), "2001:db8::9");
}

TEST(ProxyTrust, ReadsSeveralLinesAsOneList) {
  const ProxyTrust trust = trusting({"10.0.0.0/8"});
  EXPECT_EQ(client_of(trust, {"198.51.100.1", "203.0.113.9"}), "203.0.113.9");
  EXPECT_EQ(client_of(trust, {"203.0.113.9", "10.2.3.4, 10.2.3.5"}), "203.0.113.9");
}

TEST(ProxyTrust, TakesPortsAndBrackets) {
  const ProxyTrust trust = trusting({"10.0.0.0/8"});
  EXPECT_EQ(client_of(trust, {"203.0.113.9:4711"}), "203.0.113.9");
  EXPECT_EQ(client_of(trust, {"[2001:db8::9]"}), "2001:db8::9");
  EXPECT_EQ(client_of(trust, {" [2001:db8::9]:4711 "}), "2001:db8::9");
}

TEST(ProxyTrust, GarbageIsTheProxyThatWroteIt) {
  const ProxyTrust trust = trusting({"10.0.0.0/8"});
  for (const std::string_view garbage :
       {"unknown", "_hidden", "203.0.113.9 evil", "203.0.113", "[2001:db8::9", "[::1]x", "", " ", ","}) {
    EXPECT_EQ(client_of(trust, {garbage}), "10.0.0.1") << garbage;
  }
  EXPECT_EQ(client_of(trust, {"203.0.113.9, unknown, 10.2.3.4"}), "10.2.3.4");
  EXPECT_EQ(client_of(trust, {"203.0.113.9,,"}), "10.0.0.1");
}

TEST(ProxyTrust, WithoutAHeaderTheProxyItselfAsks) {
  const ProxyTrust trust = trusting({"10.0.0.0/8"});
  EXPECT_EQ(client_of(trust, {}), "10.0.0.1");
  EXPECT_EQ(client_of(trust, {"10.9.9.9, 10.2.3.4"}), "10.9.9.9");
}

TEST(ProxyTrust, TrustsOnlyWhatIsNamed) {
  const ProxyTrust trust = trusting({"10.0.0.0/8", "::1"});
  EXPECT_TRUE(trust.trusts(address("10.1.1.1")));
  EXPECT_TRUE(trust.trusts(address("::1")));
  EXPECT_FALSE(trust.trusts(address("127.0.0.1")));
  EXPECT_FALSE(trusting({}).trusts(address("10.1.1.1")));
}

TEST(AccountedAs, Ipv6SubscribersShareTheir64) {
  EXPECT_EQ(accounted_as(address("2001:db8:1:2::1")), accounted_as(address("2001:db8:1:2:ffff::9")));
  EXPECT_NE(accounted_as(address("2001:db8:1:2::1")), accounted_as(address("2001:db8:1:3::1")));
  EXPECT_NE(accounted_as(address("192.0.2.7")), accounted_as(address("192.0.2.8")));
  EXPECT_NE(accounted_as(address("::1")), accounted_as(address("127.0.0.1")));
}

}  // namespace
}  // namespace wellspring::http
