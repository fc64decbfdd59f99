#include "base/ip_address.hpp"

#include <gtest/gtest.h>

namespace wellspring {
namespace {

IpAddress address(std::string_view text) {
  return IpAddress::parse(text).value();
}

TEST(IpAddress, ReadsAndWritesBothFamilies) {
  for (const char* text : {"0.0.0.0", "192.0.2.7", "255.255.255.255", "::", "::1", "2001:db8::7"}) {
    EXPECT_EQ(address(text).to_string(), text);
  }
  EXPECT_EQ(address("2001:DB8:0:0:0:0:0:7"), address("2001:db8::7"));
  EXPECT_TRUE(address("192.0.2.7").is_v4());
  EXPECT_FALSE(address("2001:db8::7").is_v4());
}

TEST(IpAddress, AMappedAddressIsTheIpv4Address) {
  EXPECT_EQ(address("::ffff:192.0.2.7"), address("192.0.2.7"));
  EXPECT_EQ(IpAddress::v4({192, 0, 2, 7}), address("192.0.2.7"));
}

TEST(IpAddress, RefusesWhatIsNone) {
  for (const std::string& text :
       {std::string(), std::string("1.2.3"), std::string("1.2.3.4.5"), std::string("256.1.1.1"),
        std::string("01.2.3.4x"), std::string("1.2.3.4:80"), std::string("[::1]"),
        std::string("fe80::1%eth0"), std::string("unknown"), std::string("1.2.3.4\0", 8),
        std::string(1'000, '1')}) {
    EXPECT_FALSE(IpAddress::parse(text).has_value()) << text;
  }
}

TEST(IpAddress, CutsAtAnyBit) {
  EXPECT_EQ(address("2001:db8:1:2:3:4:5:6").prefix(64), address("2001:db8:1:2::"));
  EXPECT_EQ(address("2001:db8:1:ffff::").prefix(49), address("2001:db8:1:8000::"));
  EXPECT_EQ(address("2001:db8::1").prefix(0), IpAddress());
  EXPECT_EQ(address("2001:db8::1").prefix(128), address("2001:db8::1"));
}

TEST(IpNetwork, ContainsWhatSharesThePrefix) {
  const auto holds = [](std::string_view network, std::string_view member) {
    return IpNetwork::parse(network).value().contains(address(member));
  };
  EXPECT_TRUE(holds("10.0.0.0/8", "10.255.0.1"));
  EXPECT_FALSE(holds("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(holds("10.0.0.0/9", "10.127.0.1"));
  EXPECT_FALSE(holds("10.0.0.0/9", "10.128.0.1"));
  EXPECT_TRUE(holds("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(holds("192.0.2.7", "192.0.2.8"));
  EXPECT_TRUE(holds("192.0.2.7/32", "::ffff:192.0.2.7"));
  EXPECT_TRUE(holds("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(holds("2001:db8::/32", "2001:db9::1"));
  EXPECT_TRUE(holds("::1", "::1"));
}

TEST(IpNetwork, OneFamilyDoesNotHoldTheOther) {
  EXPECT_TRUE(IpNetwork::parse("0.0.0.0/0").value().contains(address("203.0.113.9")));
  EXPECT_FALSE(IpNetwork::parse("0.0.0.0/0").value().contains(address("2001:db8::1")));
  EXPECT_TRUE(IpNetwork::parse("::/0").value().contains(address("2001:db8::1")));
  EXPECT_FALSE(IpNetwork::parse("::/0").value().contains(address("203.0.113.9")));
}

TEST(IpNetwork, RefusesWhatIsNone) {
  for (const char* text : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0.0/8/8",
                           "::/129", "10.1.2.3/8", "2001:db8::1/32", "localhost", "private"}) {
    const auto parsed = IpNetwork::parse(text);
    ASSERT_TRUE(parsed.has_error()) << text;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalidArgument);
  }
}

}  // namespace
}  // namespace wellspring
