#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include "http/static_file.hpp"

namespace wellspring::http {
namespace {

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

constexpr std::string_view kMade = "openapi.json";  // by the build, from docs/openapi.yaml
const std::filesystem::path kFolder = std::filesystem::path(WELLSPRING_SOURCE_DIR) / "web";

TEST(EmbeddedFiles, HoldEveryFileOfThePageByteForByte) {
  std::set<std::string> expected;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().filename().string();
    if (name != "CMakeLists.txt" && name != "package.json") expected.insert(name);
  }
  std::set<std::string> embedded;
  for (const StaticFile& file : embedded_files()) {
    if (file.path == kMade) continue;
    embedded.emplace(file.path);
    EXPECT_EQ(file.bytes, read(kFolder / file.path)) << file.path;
  }
  EXPECT_EQ(embedded, expected) << "web/CMakeLists.txt lists the files";
}

TEST(EmbeddedFiles, AreOrderedByPathAndIncludeTheIndex) {
  const auto files = embedded_files();
  EXPECT_TRUE(std::ranges::is_sorted(files, {}, &StaticFile::path));
  EXPECT_NE(std::ranges::find(files, "index.html", &StaticFile::path), files.end());
}

TEST(EmbeddedFiles, IncludeTheDocumentOfTheApi) {
  const auto files = embedded_files();
  const auto document = std::ranges::find(files, kMade, &StaticFile::path);
  ASSERT_NE(document, files.end());
  EXPECT_TRUE(document->bytes.starts_with(R"({"openapi":"3.)")) << document->bytes.substr(0, 40);
  EXPECT_EQ(document->content_type, "application/json");
}

TEST(EmbeddedFiles, HaveATypeAndATagOfTheirOwn) {
  std::set<std::string_view> tags;
  for (const StaticFile& file : embedded_files()) {
    EXPECT_FALSE(file.content_type.empty()) << file.path;
    EXPECT_TRUE(file.etag.size() > 2 && file.etag.front() == '"' && file.etag.back() == '"') << file.etag;
    EXPECT_TRUE(tags.insert(file.etag).second) << file.path;
  }
}

}  // namespace
}  // namespace wellspring::http
