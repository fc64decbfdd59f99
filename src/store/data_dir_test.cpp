#include "store/data_dir.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "store/temp_dir.hpp"

namespace wellspring::store {
namespace {

TEST(DataDirLock, CreatesAPrivateDirectory) {
  TempDir temp;
  const auto directory = temp.path() / "a" / "b";
  const auto lock = DataDirLock::acquire(directory);
  ASSERT_TRUE(lock.has_value()) << lock.error().message;
  struct stat info {};
  ASSERT_EQ(::stat(directory.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST(DataDirLock, TellsTheSecondWhereTheFirstListens) {
  TempDir temp;
  auto first = DataDirLock::acquire(temp.path());
  ASSERT_TRUE(first.has_value());
  const auto early = DataDirLock::acquire(temp.path());
  ASSERT_TRUE(early.has_error());
  EXPECT_EQ(early.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(early.error().subject, "");

  ASSERT_TRUE(first->set_url("http://127.0.0.1:8123").has_value());
  const auto second = DataDirLock::acquire(temp.path());
  ASSERT_TRUE(second.has_error());
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(second.error().subject, "http://127.0.0.1:8123");
  EXPECT_NE(second.error().message.find("http://127.0.0.1:8123"), std::string::npos);
}

TEST(DataDirLock, IsFreeAgainAfterItsHolder) {
  TempDir temp;
  {
    auto first = DataDirLock::acquire(temp.path());
    ASSERT_TRUE(first.has_value());
    ASSERT_TRUE(first->set_url("http://127.0.0.1:1").has_value());
    DataDirLock moved = std::move(*first);
    EXPECT_TRUE(DataDirLock::acquire(temp.path()).has_error());
  }
  EXPECT_TRUE(DataDirLock::acquire(temp.path()).has_value());
}

TEST(DataDirLock, AFileInTheWayIsNamed) {
  TempDir temp;
  std::ofstream(temp.path() / "file") << "x";
  const auto lock = DataDirLock::acquire(temp.path() / "file");
  ASSERT_TRUE(lock.has_error());
  EXPECT_EQ(lock.error().kind, ErrorKind::kUnavailable);
  EXPECT_NE(lock.error().message.find("--data-dir"), std::string::npos);
  EXPECT_TRUE(DataDirLock::acquire(temp.path() / "file" / "under").has_error());
}

}  // namespace
}  // namespace wellspring::store
