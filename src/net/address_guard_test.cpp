#include "net/address_guard.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace wellspring::net {
namespace {

IpAddress ip(std::string_view text) {
  const auto address = parse_ip(text);
  EXPECT_TRUE(address.has_value()) << text;
  return address.value_or(IpAddress{});
}

std::uint32_t number(const IpAddress& address) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | address.bytes[i];
  return value;
}

IpAddress from_number(std::uint32_t value) {
  IpAddress address;
  for (std::size_t i = 0; i < 4; ++i) address.bytes[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
  return address;
}

/// First and last address of what is not public, by hand and in order; the model that the table is compared
/// with.
const std::map<std::string, std::string>& not_public() {
  static const std::map<std::string, std::string> ranges{
      {"0.0.0.0", "0.255.255.255"},       {"10.0.0.0", "10.255.255.255"},
      {"100.64.0.0", "100.127.255.255"},  {"127.0.0.0", "127.255.255.255"},
      {"169.254.0.0", "169.254.255.255"}, {"172.16.0.0", "172.31.255.255"},
      {"192.0.0.0", "192.0.0.255"},       {"192.0.2.0", "192.0.2.255"},
      {"192.88.99.0", "192.88.99.255"},   {"192.168.0.0", "192.168.255.255"},
      {"198.18.0.0", "198.19.255.255"},   {"198.51.100.0", "198.51.100.255"},
      {"203.0.113.0", "203.0.113.255"},   {"224.0.0.0", "255.255.255.255"}};
  return ranges;
}

bool model_says_public(std::uint32_t address) {
  for (const auto& [first, last] : not_public()) {
    if (address >= number(ip(first)) && address <= number(ip(last))) return false;
  }
  return true;
}

TEST(AddressKind, AgreesWithTheModelAtEveryEdgeAndInEveryBlock) {
  std::vector<std::uint32_t> probes;
  for (const auto& [first, last] : not_public()) {
    for (const std::uint32_t edge : {number(ip(first)), number(ip(last))}) {
      probes.insert(probes.end(), {edge - 1, edge, edge + 1});
    }
  }
  // One address of each /16, at an offset that differs.
  for (std::uint32_t high = 0; high < 65'536; ++high) probes.push_back(high << 16 | (high * 40'503 & 0xFFFF));
  for (const std::uint32_t probe : probes) {
    const IpAddress address = from_number(probe);
    EXPECT_EQ(kind_of(address) == AddressKind::kPublic, model_says_public(probe)) << to_string(address);
  }
}

TEST(AddressKind, NamesWhatAnAddressIsFor) {
  const std::vector<std::pair<std::string, AddressKind>> cases{
      {"0.0.0.0", AddressKind::kUnspecified},
      {"127.0.0.1", AddressKind::kLoopback},
      {"10.1.2.3", AddressKind::kPrivate},
      {"169.254.169.254", AddressKind::kLinkLocal},
      {"100.100.100.200", AddressKind::kShared},
      {"224.0.0.1", AddressKind::kMulticast},
      {"255.255.255.255", AddressKind::kMulticast},
      {"240.0.0.1", AddressKind::kReserved},
      {"93.184.216.34", AddressKind::kPublic},
      {"::", AddressKind::kUnspecified},
      {"::1", AddressKind::kLoopback},
      {"fe80::1", AddressKind::kLinkLocal},
      {"febf:ffff::1", AddressKind::kLinkLocal},
      {"fc00::1", AddressKind::kPrivate},
      {"fdff::1", AddressKind::kPrivate},
      {"fec0::1", AddressKind::kPrivate},
      {"ff02::1", AddressKind::kMulticast},
      {"2001:db8::1", AddressKind::kReserved},
      {"2001::1", AddressKind::kReserved},
      {"2001:1ff:ffff::1", AddressKind::kReserved},
      {"2001:200::1", AddressKind::kPublic},
      {"3fff::1", AddressKind::kReserved},
      {"3fff:1000::1", AddressKind::kPublic},
      {"100::1", AddressKind::kReserved},
      {"4000::1", AddressKind::kReserved},
      {"1fff:ffff::1", AddressKind::kReserved},
      {"2606:2800:220:1:248:1893:25c8:1946", AddressKind::kPublic},
      {"64:ff9b:1::1", AddressKind::kPrivate},
      {"64:ff9b:0:0:1::1", AddressKind::kReserved},
      {"2600::5efe:10.0.0.1", AddressKind::kPrivate},
      {"2600::200:5efe:127.0.0.1", AddressKind::kLoopback},
      {"2600::5efe:93.184.216.34", AddressKind::kPublic},
  };
  for (const auto& [text, kind] : cases) EXPECT_EQ(name(kind_of(ip(text))), name(kind)) << text;
}

TEST(AddressKind, AnIpv4AddressInDisguiseIsNoMorePublicThanItself) {
  std::mt19937 random(7);  // NOLINT: the same numbers each run
  std::vector<std::uint32_t> inner{0, number(ip("127.0.0.1")), number(ip("169.254.169.254")),
                                   number(ip("93.184.216.34"))};
  for (const auto& [first, last] : not_public())
    inner.insert(inner.end(), {number(ip(first)), number(ip(last))});
  for (int i = 0; i < 2'000; ++i) inner.push_back(static_cast<std::uint32_t>(random()));
  for (const std::uint32_t value : inner) {
    const IpAddress v4 = from_number(value);
    const std::string text = to_string(v4);
    const AddressKind plain = kind_of(v4);
    for (const char* prefix : {"::ffff:", "64:ff9b::"}) {
      EXPECT_EQ(name(kind_of(ip(prefix + text))), name(plain)) << prefix << text;
    }
    IpAddress tunnel{.v4 = false};
    tunnel.bytes = {0x20, 0x02, v4.bytes[0], v4.bytes[1], v4.bytes[2], v4.bytes[3]};
    EXPECT_EQ(name(kind_of(tunnel)), name(plain)) << to_string(tunnel);
    for (const char* prefix : {"::", "::ffff:0:"}) {
      EXPECT_NE(kind_of(ip(prefix + text)), AddressKind::kPublic) << prefix << text;
    }
  }
}

TEST(ParseIp, ReadsPlainNumbersOnly) {
  for (const char* text : {"", "localhost", "127.1", "2130706433", "0x7f.0.0.1", "127.0.0.1.", "fe80::1%eth0",
                           "[::1]", "1.2.3.4.5", "1.2.3.256", "127.0.0.1 "}) {
    EXPECT_FALSE(parse_ip(text).has_value()) << text;
  }
  EXPECT_EQ(to_string(ip("2001:DB8:0:0::1")), "2001:db8::1");
}

TEST(ParseIpBlock, RefusesBitsBeyondThePrefix) {
  EXPECT_TRUE(parse_ip_block("10.0.0.0/8").has_value());
  EXPECT_TRUE(parse_ip_block("0.0.0.0/0").has_value());
  EXPECT_TRUE(parse_ip_block("fd00::/8").has_value());
  EXPECT_EQ(parse_ip_block("10.1.2.3")->prefix, 32);
  EXPECT_EQ(parse_ip_block("::1")->prefix, 128);
  for (const char* text :
       {"10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "fd00::1/8", "/8"})
    EXPECT_FALSE(parse_ip_block(text).has_value()) << text;
}

Url url_of(const char* text) {
  return parse_url(text, "test").value();
}

TEST(AddressGuard, LetsOnlyPublicAddressesAtWebPortsPass) {
  const AddressGuard guard = AddressGuard::create({}).value();
  for (const char* text : {"http://a/", "https://a/", "http://a:8080/", "https://a:8443/"})
    EXPECT_TRUE(guard.check(url_of(text), ip("93.184.216.34")).has_value()) << text;
  for (const char* text : {"http://a:22/", "http://a:6379/", "https://a:27017/", "http://a:25/"})
    EXPECT_TRUE(guard.check(url_of(text), ip("93.184.216.34")).has_error()) << text;
  for (const char* address :
       {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00::1"}) {
    const auto refused = guard.check(url_of("http://a/"), ip(address));
    ASSERT_TRUE(refused.has_error()) << address;
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_NE(refused.error().message.find("net.allow"), std::string::npos);
  }
}

TEST(AddressGuard, NamesAndBlocksAreAllowedAsEntered) {
  const AddressGuard guard = AddressGuard::create({"CMS.internal", "10.2.0.0/16", "fd00::1"}).value();
  EXPECT_TRUE(guard.check(url_of("http://cms.internal:3000/"), ip("127.0.0.1")).has_value());
  EXPECT_TRUE(guard.check(url_of("http://other/"), ip("10.2.255.255")).has_value());
  EXPECT_TRUE(guard.check(url_of("http://other/"), ip("::ffff:10.2.0.1")).has_value());
  EXPECT_TRUE(guard.check(url_of("http://other/"), ip("fd00::1")).has_value());
  EXPECT_TRUE(guard.check(url_of("http://other/"), ip("10.3.0.0")).has_error());
  EXPECT_TRUE(guard.check(url_of("http://sub.cms.internal/"), ip("127.0.0.1")).has_error());
  EXPECT_TRUE(guard.check(url_of("http://xcms.internal/"), ip("127.0.0.1")).has_error());
  EXPECT_TRUE(guard.check(url_of("http://other/"), ip("fd00::2")).has_error());
}

TEST(AddressGuard, AnOriginIsAllowedAtItsPortAlone) {
  AddressGuard guard = AddressGuard::create({}).value();
  guard.allow_origin(url_of("http://127.0.0.1:3001/cms"));
  EXPECT_TRUE(guard.check(url_of("http://127.0.0.1:3001/api/x"), ip("127.0.0.1")).has_value());
  EXPECT_TRUE(guard.check(url_of("http://127.0.0.1:8080/"), ip("127.0.0.1")).has_error());
  EXPECT_TRUE(guard.check(url_of("https://127.0.0.1:3001/"), ip("127.0.0.1")).has_error());
  EXPECT_TRUE(guard.check(url_of("http://localhost:3001/"), ip("127.0.0.1")).has_error());
}

TEST(AddressGuard, EntriesThatMeanNothingAreRefused) {
  for (const char* entry : {"10.0.0.1/8", "127.1", "http://host/", "host:80", "a b", "*", "1.2.3.4/40"}) {
    const auto guard = AddressGuard::create({entry});
    ASSERT_TRUE(guard.has_error()) << entry;
    EXPECT_NE(guard.error().message.find(entry), std::string::npos);
  }
}

}  // namespace
}  // namespace wellspring::net
