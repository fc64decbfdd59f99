#include "cli/import_rows.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

namespace wellspring::cli {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("wellspring-rows-" + std::to_string(getpid()))) {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  std::string write(const std::string& name, const std::string& content) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
    return (path_ / name).string();
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

boost::json::object parsed(const ImportRow& row) {
  return boost::json::parse(row.json).as_object();
}

TEST(MarkdownRow, FrontMatterIsHonoured) {
  const auto row = markdown_row("guide/start.md",
                                "---\nid: start\ntitle: Getting started\nlocale: fr\nlast_updated: "
                                "2025-03-01\ntags: [a, b]\n---\n# Other\n\nText.\n");
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->id, "start");
  const auto object = parsed(*row);
  EXPECT_EQ(object.at("title").as_string(), "Getting started");
  EXPECT_EQ(object.at("locale").as_string(), "fr");
  EXPECT_EQ(object.at("updated_at").as_string(), "2025-03-01");
  EXPECT_TRUE(object.at("metadata").as_object().contains("tags"));
  EXPECT_EQ(object.at("text").as_string().find("---"), std::string::npos);
}

TEST(MarkdownRow, WithoutFrontMatterNameAndHeadingServe) {
  const auto row = markdown_row("guide/start.md", "Intro\n\n# First things #\r\n\nText.\n");
  ASSERT_TRUE(row.has_value());
  EXPECT_EQ(row->id, "guide/start.md");
  EXPECT_EQ(parsed(*row).at("title").as_string(), "First things");
  EXPECT_EQ(parsed(*markdown_row("notes.md", "no heading")).at("title").as_string(), "notes");
}

TEST(MarkdownRow, BrokenFrontMatterIsAnError) {
  const auto row = markdown_row("x.md", "---\ntitle: [unclosed\n---\ntext");
  ASSERT_TRUE(row.has_error());
  EXPECT_EQ(row.error().kind, ErrorKind::kInvalidArgument);
}

TEST(CollectRows, WalksFoldersInOrderAndSkipsHiddenFiles) {
  const Folder folder;
  folder.write("b.md", "# B");
  folder.write("a/one.markdown", "# One");
  folder.write(".git/x.md", "# hidden");
  folder.write("picture.png", "no");
  const auto rows = collect_rows({folder.path()});
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].id, "a/one.markdown");
  EXPECT_EQ((*rows)[1].id, "b.md");
}

TEST(CollectRows, JsonLinesKeepTheirIds) {
  const Folder folder;
  const auto rows = collect_rows({folder.write(
      "rows.jsonl",
      "{\"id\":\"x\",\"title\":\"t\",\"text\":\"y\"}\n\n{\"id\":7,\"title\":\"t\",\"text\":\"y\"}\n")});
  ASSERT_TRUE(rows.has_value());
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[1].id, "7");
}

TEST(CollectRows, ErrorsNameFileAndLine) {
  const Folder folder;
  const auto broken = collect_rows({folder.write("rows.jsonl", "{\"id\":\"x\"}\nnot json\n")});
  ASSERT_TRUE(broken.has_error());
  EXPECT_NE(broken.error().message.find("rows.jsonl line 2"), std::string::npos) << broken.error().message;
  EXPECT_EQ(collect_rows({folder.path() + "/nothing"}).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(collect_rows({folder.write("a.pdf", "x")}).error().kind, ErrorKind::kInvalidArgument);
}

}  // namespace
}  // namespace wellspring::cli
