#include "net/url.hpp"

#include <gtest/gtest.h>

namespace wellspring::net {
namespace {

std::string joined(const Url& url) {
  return (url.tls ? "tls|" : "plain|") + url.host + "|" + std::to_string(url.port) + "|" + url.authority +
         "|" + url.path + "|" + url.query;
}

TEST(Url, IsTakenApart) {
  EXPECT_EQ(joined(parse_url("https://Example.org/a%20b?q=1#part", "x").value()),
            "tls|example.org|443|example.org|/a%20b|q=1");
  EXPECT_EQ(joined(parse_url("HTTP://[::1]:8080", "x").value()), "plain|::1|8080|[::1]:8080||");
  EXPECT_EQ(joined(parse_url("http://127.0.0.1:80/", "x").value()), "plain|127.0.0.1|80|127.0.0.1:80|/|");
  EXPECT_EQ(parse_url("http://a", "x")->target(), "/");
  EXPECT_EQ(parse_url("http://a?b", "x")->target(), "/?b");
  EXPECT_EQ(parse_url("http://[::1]/p?secret", "x")->shown(), "http://[::1]:80/p");
}

TEST(Url, WhatIsNoPlainHttpUrlIsRefused) {
  for (const char* text : {"", "example.org/v1", "ftp://host/v1", "file:///etc/passwd", "https:///v1",
                           "https://user:secret@host/v1", "https://@host/", "https://ho st/",
                           "https://host:99999/", "https://host:0/", "https://host:-1/", "https://h%00st/",
                           "https://h%2Fst/", "https://[fe80::1%25eth0]/", "//host/secret"}) {
    const auto url = parse_url(text, "test");
    ASSERT_TRUE(url.has_error()) << text;
    EXPECT_EQ(url.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
    EXPECT_TRUE(url.error().message.starts_with("test: "));
  }
}

TEST(BaseUrl, TakesAddressesApart) {
  EXPECT_EQ(joined(parse_base_url("https://api.openai.com/v1/", "x").value()),
            "tls|api.openai.com|443|api.openai.com|/v1|");
  EXPECT_EQ(joined(parse_base_url("HTTP://[::1]:8080", "x").value()), "plain|::1|8080|[::1]:8080||");
}

TEST(BaseUrl, RefusesWhatPathsCannotBeAppendedTo) {
  for (const char* text : {"", "ftp://host/v1", "https://user:secret@host/v1", "https://host/v1?key=secret",
                           "https://host/v1#x", "https://host/?"}) {
    const auto url = parse_base_url(text, "x");
    ASSERT_TRUE(url.has_error()) << text;
    EXPECT_EQ(url.error().message.find("secret"), std::string::npos);
  }
}

TEST(Location, IsReadAgainstWhereItCameFrom) {
  const Url base = parse_url("https://a.example/x/y?z", "x").value();
  const auto lead = [&](const char* location) {
    const auto url = resolve_location(base, location);
    return url ? url->origin() + url->target() : "refused";
  };
  EXPECT_EQ(lead("/top"), "https://a.example:443/top");
  EXPECT_EQ(lead("next?q"), "https://a.example:443/x/next?q");
  EXPECT_EQ(lead("../../../up"), "https://a.example:443/up");
  EXPECT_EQ(lead("//b.example:8443/"), "https://b.example:8443/");
  EXPECT_EQ(lead("http://169.254.169.254/latest"), "http://169.254.169.254:80/latest");
  EXPECT_EQ(lead("ftp://b.example/"), "refused");
  EXPECT_EQ(lead("javascript:alert(1)"), "refused");
  EXPECT_EQ(lead("https://user:p@b.example/"), "refused");
  EXPECT_EQ(lead("/with space"), "refused");
}

TEST(PercentEncode, LeavesOnlyWhatNeedsNoEscape) {
  EXPECT_EQ(percent_encode("a-Z_0.~"), "a-Z_0.~");
  EXPECT_EQ(percent_encode("a/b?c=[d]&\xC3\xA9"), "a%2Fb%3Fc%3D%5Bd%5D%26%C3%A9");
}

}  // namespace
}  // namespace wellspring::net
