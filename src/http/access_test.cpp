#include "http/access.hpp"

#include <gtest/gtest.h>

#include "base/digest.hpp"

namespace wellspring::http {
namespace {

using namespace std::chrono_literals;
using model::Scope;

constexpr SteadyTime kNow{std::chrono::hours{1'000}};
const RouteOptions kPublic{};
const RouteOptions kRead{.access = Access::kTokenHolder, .scope = Scope::kRead};
const RouteOptions kWrite{.access = Access::kOperator, .scope = Scope::kWrite};
const RouteOptions kAdmin{.access = Access::kOperator, .scope = Scope::kAdmin};

/// A request as it comes through a proxy, so that nothing passes for being local.
class Asked {
 public:
  explicit Asked(std::string token = {}, std::string_view from = "203.0.113.9")
      : credentials_("Bearer " + token) {
    request_.client = IpAddress::parse(from).value();
    if (!token.empty()) request_.headers.emplace_back("Authorization", credentials_);
  }
  operator const Request&() const { return request_; }

 private:
  std::string credentials_;
  Request request_;
};

class AccessTest : public ::testing::Test {
 protected:
  AccessRules rules(std::string admin_token) {
    return AccessRules({.admin_token = std::move(admin_token),
                        .stored_tokens = [this]() -> const store::TokenTable& { return stored_; }},
                       1);
  }
  void store(const std::string& token, Scope scope) {
    stored_.exists = true;
    stored_.tokens.push_back({token + "-name", scope, sha256_hex(token), {}});
  }
  static int status(const std::optional<Response>& refused) { return refused ? refused->status : 200; }
  static std::string header(const Response& response, std::string_view name) {
    for (const auto& [key, value] : response.headers) {
      if (key == name) return value;
    }
    return {};
  }

  store::TokenTable stored_;
};

TEST_F(AccessTest, TheAdminTokenHasEveryScope) {
  AccessRules access = rules("s3cret");
  for (const RouteOptions& route : {kPublic, kRead, kWrite, kAdmin})
    EXPECT_EQ(status(access.refuse(route, Asked("s3cret"), kNow)), 200);
  for (const RouteOptions& route : {kRead, kWrite, kAdmin}) {
    EXPECT_EQ(status(access.refuse(route, Asked("s3cres"), kNow)), 401);
    EXPECT_EQ(status(access.refuse(route, Asked("s3cret2"), kNow)), 401);
    EXPECT_EQ(status(access.refuse(route, Asked(), kNow)), 401);
  }
  EXPECT_EQ(status(access.refuse(kPublic, Asked(), kNow)), 200);
}

TEST_F(AccessTest, TheAdminTokenMayBeGivenAsItsHash) {
  const std::string hash = sha256_hex("s3cret");
  AccessRules access = rules("sha256:" + hash);
  EXPECT_EQ(status(access.refuse(kAdmin, Asked("s3cret"), kNow)), 200);
  EXPECT_EQ(status(access.refuse(kAdmin, Asked(hash), kNow)), 401);
  EXPECT_EQ(status(access.refuse(kAdmin, Asked("sha256:" + hash), kNow)), 401);
  std::string upper = hash;
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  AccessRules same = rules("sha256:" + upper);
  EXPECT_EQ(status(same.refuse(kAdmin, Asked("s3cret"), kNow)), 200);
}

TEST_F(AccessTest, StoredTokensReachAsFarAsTheirScope) {
  store("reader", Scope::kRead);
  store("writer", Scope::kWrite);
  store("boss", Scope::kAdmin);
  AccessRules access = rules("");
  const auto statuses = [&](const std::string& token) {
    return std::array{status(access.refuse(kRead, Asked(token), kNow)),
                      status(access.refuse(kWrite, Asked(token), kNow)),
                      status(access.refuse(kAdmin, Asked(token), kNow))};
  };
  EXPECT_EQ(statuses("reader"), (std::array{200, 403, 403}));
  EXPECT_EQ(statuses("writer"), (std::array{200, 200, 403}));
  EXPECT_EQ(statuses("boss"), (std::array{200, 200, 200}));
  EXPECT_EQ(statuses("stranger"), (std::array{401, 401, 401}));
}

TEST_F(AccessTest, A403NamesTheScopeThatIsMissing) {
  store("reader", Scope::kRead);
  AccessRules access = rules("");
  const auto refused = access.refuse(kWrite, Asked("reader"), kNow);
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->body.find(R"("required_scope":"write")"), std::string::npos) << refused->body;
  EXPECT_NE(refused->body.find("'write'"), std::string::npos);
}

TEST_F(AccessTest, ChangesOfTheStoredTokensHoldAtOnce) {
  AccessRules access = rules("");
  EXPECT_EQ(status(access.refuse(kRead, Asked(), kNow)), 200);
  store("reader", Scope::kRead);
  EXPECT_EQ(status(access.refuse(kRead, Asked(), kNow)), 401);
  EXPECT_EQ(status(access.refuse(kRead, Asked("reader"), kNow)), 200);
  stored_.tokens.clear();
  // The file stays, so nothing opens when the last token goes.
  EXPECT_EQ(status(access.refuse(kRead, Asked("reader"), kNow)), 401);
  EXPECT_EQ(status(access.refuse(kRead, Asked(), kNow)), 401);
}

TEST_F(AccessTest, WrongTokensAreLimitedAndRightOnesMustWaitAsWell) {
  AccessRules access = rules("s3cret");
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(status(access.refuse(kRead, Asked("guess" + std::to_string(i)), kNow)), 401);
  const auto refused = access.refuse(kRead, Asked("guess"), kNow + 1s);
  ASSERT_EQ(status(refused), 429);
  EXPECT_EQ(header(*refused, "Retry-After"), "59");
  EXPECT_NE(refused->body.find(R"("error":"rate_limited")"), std::string::npos);
  EXPECT_EQ(refused->body.find("ban_expires_at"), std::string::npos);
  // Otherwise the answer would tell a right guess all the same.
  EXPECT_EQ(status(access.refuse(kRead, Asked("s3cret"), kNow + 1s)), 429);
  EXPECT_EQ(status(access.refuse(kRead, Asked("s3cret", "203.0.113.10"), kNow + 1s)), 200);
  EXPECT_EQ(status(access.refuse(kPublic, Asked("guess"), kNow + 1s)), 200);
  EXPECT_EQ(status(access.refuse(kRead, Asked("s3cret"), kNow + 60s)), 200);
}

TEST_F(AccessTest, AHundredWrongTokensAnHour) {
  AccessRules access = rules("s3cret");
  SteadyTime now = kNow;
  for (int i = 0; i < 100; ++i, now += 6s)
    ASSERT_EQ(status(access.refuse(kRead, Asked("guess"), now)), 401) << i;
  const auto refused = access.refuse(kRead, Asked("guess"), now + 60s);
  ASSERT_EQ(status(refused), 429);
  EXPECT_EQ(header(*refused, "Retry-After"), std::to_string(3'600 - 660));
}

TEST_F(AccessTest, RightAndMissingTokensAreNotCounted) {
  AccessRules access = rules("s3cret");
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_EQ(status(access.refuse(kRead, Asked("s3cret"), kNow)), 200);
    ASSERT_EQ(status(access.refuse(kRead, Asked(), kNow)), 401);
  }
  EXPECT_EQ(status(access.refuse(kRead, Asked("guess"), kNow)), 401);
}

TEST_F(AccessTest, AnIpv6ClientCannotChangeItsAddressToGuessOn) {
  AccessRules access = rules("s3cret");
  for (int i = 0; i < 10; ++i) {
    const std::string from = "2001:db8:1:2::" + std::to_string(i + 1);
    EXPECT_EQ(status(access.refuse(kRead, Asked("guess", from), kNow)), 401);
  }
  EXPECT_EQ(status(access.refuse(kRead, Asked("guess", "2001:db8:1:2::ffff"), kNow)), 429);
  EXPECT_EQ(status(access.refuse(kRead, Asked("guess", "2001:db8:1:3::1"), kNow)), 401);
}

}  // namespace
}  // namespace wellspring::http
