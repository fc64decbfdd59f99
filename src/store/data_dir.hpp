#pragma once

#include <filesystem>
#include <string>

#include "base/result.hpp"

namespace wellspring::store {

/// Creates it (mode 0700) when it is missing. kUnavailable or kResource when that cannot be done.
Result<void> make_data_directory(const std::filesystem::path& directory);

/// The exclusive right to a data directory, held until destruction or the end of the process, however it
/// ends. The file `LOCK` inside names the holder, so that another process knows whom to talk to. Move-only.
class DataDirLock {
 public:
  /// Creates the directory (mode 0700) when it is missing. kConflict when another process holds it: `subject`
  /// is the holder's URL, empty while that one is still starting. kUnavailable when the directory cannot be
  /// made or written.
  static Result<DataDirLock> acquire(const std::filesystem::path& directory);
  DataDirLock(DataDirLock&& other) noexcept;
  DataDirLock& operator=(DataDirLock&& other) noexcept;
  ~DataDirLock();

  /// Tells other processes where this one listens.
  Result<void> set_url(const std::string& url);
  const std::filesystem::path& directory() const { return directory_; }

 private:
  DataDirLock(std::filesystem::path directory, int file) : directory_(std::move(directory)), file_(file) {}
  std::filesystem::path directory_;
  int file_ = -1;
};

}  // namespace wellspring::store
