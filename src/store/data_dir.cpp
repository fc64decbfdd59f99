#include "store/data_dir.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace wellspring::store {
namespace {

constexpr const char* kLockName = "LOCK";
constexpr mode_t kOwnerOnly = 0700;

Error refused(const std::filesystem::path& path, std::string_view operation, int code) {
  const ErrorKind kind =
      code == ENOSPC || code == EMFILE || code == EIO ? ErrorKind::kResource : ErrorKind::kUnavailable;
  return fail(kind,
              fmt::format("{} '{}': {}; choose another --data-dir or make it writable", operation,
                          path.string(), std::generic_category().message(code)),
              path.string());
}

/// The URL on the first line of the lock file, empty when the holder has not written it yet.
std::string holder_url(int file) {
  std::array<char, 512> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  const std::string_view read(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const std::size_t end = read.find('\n');
  return end == std::string_view::npos ? std::string{} : std::string(read.substr(0, end));
}

Error held(const std::filesystem::path& directory, const std::string& url) {
  return fail(ErrorKind::kConflict,
              fmt::format("lock data directory '{}': another process holds it{}", directory.string(),
                          url.empty() ? " and is still starting; try again" : ", serving at " + url),
              url);
}

}  // namespace

Result<void> make_data_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (directory.has_parent_path()) std::filesystem::create_directories(directory.parent_path(), error);
  if (!error && ::mkdir(directory.c_str(), kOwnerOnly) != 0 && errno != EEXIST)
    error.assign(errno, std::generic_category());
  if (error) return refused(directory, "create data directory", error.value());
  if (!std::filesystem::is_directory(directory, error))
    return refused(directory, "use data directory", ENOTDIR);
  return {};
}

Result<DataDirLock> DataDirLock::acquire(const std::filesystem::path& directory) {
  if (auto made = make_data_directory(directory); !made) return made.error();
  const std::filesystem::path path = directory / kLockName;
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return refused(path, "open lock file", errno);
  DataDirLock lock(directory, file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return errno == EWOULDBLOCK ? held(directory, holder_url(file)) : refused(path, "lock", errno);
  }
  if (auto cleared = lock.set_url(""); !cleared) return cleared.error();
  return lock;
}

DataDirLock::DataDirLock(DataDirLock&& other) noexcept
    : directory_(std::move(other.directory_)), file_(std::exchange(other.file_, -1)) {}

DataDirLock& DataDirLock::operator=(DataDirLock&& other) noexcept {
  std::swap(directory_, other.directory_);
  std::swap(file_, other.file_);
  return *this;
}

DataDirLock::~DataDirLock() {
  if (file_ >= 0) ::close(file_);
}

Result<void> DataDirLock::set_url(const std::string& url) {
  const std::string text = fmt::format("{}\n{}\n", url, ::getpid());
  const bool written = ::ftruncate(file_, 0) == 0 &&
                       ::pwrite(file_, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size());
  if (!written) return refused(directory_ / kLockName, "write lock file", errno);
  return {};
}

}  // namespace wellspring::store
