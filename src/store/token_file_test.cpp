#include "store/token_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "base/digest.hpp"
#include "base/limits.hpp"
#include "store/data_dir.hpp"
#include "store/temp_dir.hpp"

namespace wellspring::store {
namespace {

using model::Scope;

const Timestamp kNow = *parse_timestamp("2025-03-01T12:00:00Z");

class TokenFile : public ::testing::Test {
 protected:
  std::string create(std::string_view name, Scope scope = Scope::kRead) {
    auto made = create_token(directory(), name, scope, kNow);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    return made.has_value() ? *made : std::string();
  }
  std::filesystem::path directory() const { return temp_.path() / "data"; }
  std::filesystem::path file() const { return directory() / "tokens.json"; }
  void write(std::string_view text) { std::ofstream(file()) << text; }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(file()).rdbuf();
    return text.str();
  }

  TempDir temp_;
  obs::Log log_{obs::LogLevel::kError, obs::LogFormat::kText};
};

TEST_F(TokenFile, KeepsHashesOfUnguessableTokensInAPrivateFile) {
  const std::string first = create("ci", Scope::kWrite);
  const std::string second = create("grafana");
  EXPECT_NE(first, second);
  EXPECT_EQ(first.size(), 4U + 64U);
  EXPECT_EQ(content().find(first.substr(4)), std::string::npos);
  struct stat info {};
  ASSERT_EQ(::stat(file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);

  const auto tokens = read_tokens(directory());
  ASSERT_TRUE(tokens.has_value());
  ASSERT_EQ(tokens->tokens.size(), 2U);
  EXPECT_EQ(tokens->tokens.at(0).name, "ci");
  EXPECT_EQ(tokens->tokens.at(0).scope, Scope::kWrite);
  EXPECT_EQ(tokens->tokens.at(0).sha256, sha256_hex(first));
  EXPECT_EQ(tokens->tokens.at(0).created_at, kNow);
  EXPECT_EQ(tokens->tokens.at(1).name, "grafana");
}

TEST_F(TokenFile, BelongsToWhoeverOwnsTheDirectory) {
  constexpr uid_t kSomebody = 65'534;
  ASSERT_TRUE(make_data_directory(directory()).has_value());
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown(directory().c_str(), kSomebody, kSomebody), 0);
  }
  create("ci");
  struct stat of_directory {};
  struct stat of_file {};
  ASSERT_EQ(::stat(directory().c_str(), &of_directory), 0);
  ASSERT_EQ(::stat(file().c_str(), &of_file), 0);
  EXPECT_EQ(of_file.st_uid, of_directory.st_uid);
}

TEST_F(TokenFile, NamesAreUniqueAndPlain) {
  create("ci");
  EXPECT_EQ(create_token(directory(), "ci", Scope::kAdmin, kNow).error().kind, ErrorKind::kConflict);
  for (const std::string& name :
       {std::string(), std::string("a b"), std::string("a/b"), std::string(65, 'a')})
    EXPECT_EQ(create_token(directory(), name, Scope::kRead, kNow).error().kind, ErrorKind::kInvalidArgument)
        << name;
  EXPECT_EQ(read_tokens(directory())->tokens.size(), 1U);
}

TEST_F(TokenFile, RevokingLeavesTheFileAndTheOthers) {
  create("ci");
  create("grafana");
  EXPECT_EQ(revoke_token(directory(), "nobody").error().kind, ErrorKind::kNotFound);
  EXPECT_TRUE(revoke_token(directory(), "ci").has_value());
  ASSERT_EQ(read_tokens(directory())->tokens.size(), 1U);
  EXPECT_EQ(read_tokens(directory())->tokens.front().name, "grafana");
  EXPECT_TRUE(revoke_token(directory(), "grafana").has_value());
  EXPECT_TRUE(std::filesystem::exists(file()));
  create("ci");
}

TEST_F(TokenFile, HoldsSoManyAndNoMore) {
  for (std::size_t n = 0; n < limits::kAccessTokens; ++n) create("t" + std::to_string(n));
  EXPECT_EQ(create_token(directory(), "more", Scope::kRead, kNow).error().kind, ErrorKind::kTooLarge);
}

TEST_F(TokenFile, WritersAtOneTimeLoseNothing) {
  {
    std::vector<std::jthread> writers;
    for (int n = 0; n < 8; ++n) {
      writers.emplace_back([this, n] {
        for (int i = 0; i < 5; ++i) create("w" + std::to_string(n) + "-" + std::to_string(i));
      });
    }
  }
  std::set<std::string> names;
  const auto tokens = read_tokens(directory());
  ASSERT_TRUE(tokens.has_value());
  for (const auto& token : tokens->tokens) names.insert(token.name);
  EXPECT_EQ(names.size(), 40U);
}

TEST_F(TokenFile, RefusesAFileThatIsNotItsOwn) {
  create("ci");
  const std::string good = content();
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("{\"tokens\":{}}"), std::string("{\"tokens\":[{}]}"),
        good.substr(0, good.size() / 2), std::string(300'000, ' '),
        std::string("{\"tokens\":[{\"name\":\"a\",\"scope\":\"root\",\"sha256\":\"") + std::string(64, 'a') +
            "\",\"created_at\":\"2025-01-01T00:00:00Z\"}]}"}) {
    write(text);
    const auto tokens = read_tokens(directory());
    ASSERT_TRUE(tokens.has_error()) << text.substr(0, 80);
    EXPECT_EQ(tokens.error().kind, ErrorKind::kCorrupt);
    // Nothing is overwritten that could be mended.
    EXPECT_TRUE(create_token(directory(), "more", Scope::kRead, kNow).has_error());
    EXPECT_EQ(content(), text);
  }
}

TEST_F(TokenFile, AWatchSeesEveryChange) {
  TokenWatch watch(directory(), log_);
  EXPECT_FALSE(watch.current().exists);
  create("ci");
  EXPECT_TRUE(watch.current().exists);
  EXPECT_EQ(watch.current().tokens.size(), 1U);
  create("grafana", Scope::kAdmin);
  ASSERT_EQ(watch.current().tokens.size(), 2U);
  EXPECT_EQ(watch.current().tokens.back().scope, Scope::kAdmin);
  EXPECT_TRUE(revoke_token(directory(), "ci").has_value());
  EXPECT_EQ(watch.current().tokens.size(), 1U);
  EXPECT_TRUE(revoke_token(directory(), "grafana").has_value());
  EXPECT_TRUE(watch.current().exists);
  EXPECT_TRUE(watch.current().tokens.empty());
}

TEST_F(TokenFile, AWatchOfAnUnreadableFileTakesNoTokenUntilItIsMended) {
  create("ci");
  TokenWatch watch(directory(), log_);
  EXPECT_EQ(watch.current().tokens.size(), 1U);
  const std::string good = content();
  write("broken");
  EXPECT_TRUE(watch.current().exists);
  EXPECT_TRUE(watch.current().tokens.empty());
  write(good);
  EXPECT_EQ(watch.current().tokens.size(), 1U);
  std::filesystem::remove(file());
  EXPECT_FALSE(watch.current().exists);
}

}  // namespace
}  // namespace wellspring::store
