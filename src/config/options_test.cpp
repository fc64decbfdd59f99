#include "config/options.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

namespace wellspring::config {
namespace {

Environment environment_of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<std::string> {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

class TomlFile {
 public:
  explicit TomlFile(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("wellspring-options-" + std::to_string(getpid()) + ".toml")) {
    std::ofstream(path_) << text;
  }
  ~TomlFile() { std::filesystem::remove(path_); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

TEST(Options, DefaultsPassTheirOwnChecks) {
  const auto settings = load_settings("", environment_of({}), {});
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->listen, "127.0.0.1:8000");
  EXPECT_EQ(settings->history_pairs, 4U);
  EXPECT_EQ(settings->shutdown_grace, std::chrono::seconds{10});
}

TEST(Options, NamesAreUniqueAndPrefixed) {
  std::set<std::string_view> seen;
  for (const Option& option : options()) {
    EXPECT_TRUE(seen.insert(option.name).second) << option.name;
    EXPECT_TRUE(seen.insert(option.flag).second) << option.flag;
    ASSERT_FALSE(option.environment.empty());
    EXPECT_EQ(option.environment.front().substr(0, 11), "WELLSPRING_") << option.name;
    for (const auto name : option.environment) EXPECT_TRUE(seen.insert(name).second) << name;
  }
}

TEST(Options, FlagBeatsEnvironmentBeatsFile) {
  const TomlFile file(
      "[server]\nlisten = \"file:1\"\ndata_dir = \"from-file\"\n[answer]\nhistory_pairs = 7\n");
  const std::vector<FlagValue> flags{{"--listen", "flag:3"}};
  const auto settings = load_settings(
      file.path(), environment_of({{"WELLSPRING_LISTEN", "env:2"}, {"MAX_CHAT_HISTORY_PAIRS", "2"}}), flags);
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->listen, "flag:3");
  EXPECT_EQ(settings->data_dir, "from-file");
  EXPECT_EQ(settings->history_pairs, 2U);
}

TEST(Options, OurEnvironmentNameBeatsTheAliasAndEmptyMeansUnset) {
  const auto settings = load_settings("",
                                      environment_of({{"WELLSPRING_ADMIN_TOKEN", ""},
                                                      {"ADMIN_TOKEN", "t"},
                                                      {"CORS_ORIGINS", " https://a , ,https://b"}}),
                                      {});
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->admin_token, "t");
  EXPECT_EQ(settings->cors_origins, (std::vector<std::string>{"https://a", "https://b"}));
}

TEST(Options, WrongValuesNameSourceOptionAndRange) {
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"WELLSPRING_PASSAGES", "16"},
                                          {"WELLSPRING_PASSAGES", "-1"},
                                          {"WELLSPRING_BM25_WEIGHT", "1.5"},
                                          {"WELLSPRING_BM25_WEIGHT", "nan"},
                                          {"WELLSPRING_SHUTDOWN_GRACE", "10"},
                                          {"WELLSPRING_IDLE_TIMEOUT", "99999999999999h"},
                                          {"WELLSPRING_MODEL_FORM", "int4"},
                                          {"WELLSPRING_DEFAULT_LOCALE", "english!"},
                                          {"WELLSPRING_LOG_LEVEL", "loud"}}) {
    const auto settings = load_settings("", environment_of({{name, value}}), {});
    ASSERT_TRUE(settings.has_error()) << name << "=" << value;
    EXPECT_EQ(settings.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_NE(settings.error().message.find(name), std::string::npos) << settings.error().message;
    EXPECT_NE(settings.error().message.find("allowed: "), std::string::npos) << settings.error().message;
  }
}

TEST(Options, TheDefaultLocaleIsKeptInItsUsualSpelling) {
  const auto settings = load_settings("", environment_of({{"WELLSPRING_DEFAULT_LOCALE", "pt_br"}}), {});
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->default_locale, "pt-BR");
}

TEST(Options, LimitsTakeTheNamesOfTheBackendThatIsReplaced) {
  const auto settings = load_settings("",
                                      environment_of({{"RATE_LIMIT_PER_MINUTE", "20"},
                                                      {"RATE_LIMIT_PER_HOUR", "300"},
                                                      {"GLOBAL_RATE_LIMIT_PER_MINUTE", "5"},
                                                      {"GLOBAL_RATE_LIMIT_PER_HOUR", "0"},
                                                      {"ENABLE_GLOBAL_RATE_LIMIT", "false"},
                                                      {"TRUST_X_FORWARDED_FOR", "true"}}),
                                      {});
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->rate_limit_per_minute, 20U);
  EXPECT_EQ(settings->rate_limit_per_hour, 300U);
  EXPECT_EQ(settings->global_rate_limit_per_minute, 5U);
  EXPECT_EQ(settings->global_rate_limit_per_hour, 0U);
  EXPECT_FALSE(settings->global_rate_limit);
  EXPECT_TRUE(settings->trust_x_forwarded_for);
  EXPECT_TRUE(settings->trusted_proxies.empty());
}

TEST(Options, ProxiesAreNetworksAndATokenMayBeAHash) {
  const std::string hash(64, 'a');
  const auto good = load_settings("",
                                  environment_of({{"WELLSPRING_TRUSTED_PROXIES", "127.0.0.1, 10.0.0.0/8"},
                                                  {"ADMIN_TOKEN", "sha256:" + hash}}),
                                  {});
  ASSERT_TRUE(good.has_value()) << good.error().message;
  EXPECT_EQ(good->trusted_proxies.size(), 2U);
  EXPECT_EQ(good->admin_token, "sha256:" + hash);
  for (const auto& [name, value] :
       std::map<std::string, std::string>{{"WELLSPRING_TRUSTED_PROXIES", "10.0.0.0/8, proxy.example"},
                                          {"WELLSPRING_RATE_LIMIT_PER_MINUTE", "-1"},
                                          {"ADMIN_TOKEN", "sha256:abc"}}) {
    const auto bad = load_settings("", environment_of({{name, value}}), {});
    ASSERT_TRUE(bad.has_error()) << name;
    EXPECT_NE(bad.error().message.find(name), std::string::npos) << bad.error().message;
  }
  const auto secret = load_settings("", environment_of({{"ADMIN_TOKEN", "sha256:abc"}}), {});
  EXPECT_EQ(secret.error().message.find("abc"), std::string::npos) << secret.error().message;
}

TEST(Options, FileErrorsNameTheLine) {
  const TomlFile unknown("[server]\n\nlissten = \"x\"\n");
  const auto first = load_settings(unknown.path(), environment_of({}), {});
  ASSERT_TRUE(first.has_error());
  EXPECT_NE(first.error().message.find("line 3"), std::string::npos) << first.error().message;
  EXPECT_NE(first.error().message.find("did you mean 'server.listen'"), std::string::npos)
      << first.error().message;

  const TomlFile malformed("[server\n");
  ASSERT_TRUE(load_settings(malformed.path(), environment_of({}), {}).has_error());

  const auto missing = load_settings("/nonexistent/wellspring.toml", environment_of({}), {});
  ASSERT_TRUE(missing.has_error());
  EXPECT_EQ(missing.error().kind, ErrorKind::kNotFound);
}

TEST(Options, DocumentationIsCurrent) {
  std::ifstream file(WELLSPRING_SOURCE_DIR "/docs/configuration.md");
  const std::string committed((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_EQ(committed, configuration_markdown())
      << "run: wellspring options --markdown > docs/configuration.md";
}

}  // namespace
}  // namespace wellspring::config
