#include "rag/spend_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

namespace wellspring::rag {
namespace {

namespace json = boost::json;

constexpr int kVersion = 1;

json::object to_json(const WindowUse& window) {
  return {{"start", format_timestamp(window.start)},
          {"cost_nano_usd", window.cost},
          {"input_tokens", window.tokens.input},
          {"output_tokens", window.tokens.output}};
}

std::int64_t amount(const json::object& object, std::string_view name) {
  const std::int64_t value = object.at(name).to_number<std::int64_t>();
  if (value < 0) throw std::out_of_range("negative");
  return value;
}

WindowUse window_from(const json::value& value) {
  const json::object& object = value.as_object();
  const json::string& written = object.at("start").as_string();
  const auto start = parse_timestamp({written.data(), written.size()});
  if (!start) throw std::out_of_range("no time");
  return {.start = *start,
          .cost = amount(object, "cost_nano_usd"),
          .tokens = {static_cast<std::uint64_t>(amount(object, "input_tokens")),
                     static_cast<std::uint64_t>(amount(object, "output_tokens"))}};
}

Error refused(const std::filesystem::path& path, std::string_view doing, int code) {
  return fail(ErrorKind::kResource,
              fmt::format("spend record '{}': {} failed: {}", path.string(), doing,
                          std::generic_category().message(code)),
              path.string());
}

/// A file descriptor that is closed on every way out.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : file_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~Descriptor() {
    if (file_ >= 0) ::close(file_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  bool is_open() const { return file_ >= 0; }
  int get() const { return file_; }

 private:
  int file_;
};

/// 0, or errno.
int write_whole(const std::filesystem::path& path, std::string_view text) {
  const Descriptor file(path, O_WRONLY | O_CREAT | O_TRUNC);
  if (!file.is_open()) return errno;
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(file.get()) == 0 ? 0 : errno;
}

}  // namespace

std::string spend_record_text(const SpendRecord& record) {
  return json::serialize(json::object{{"version", kVersion},
                                      {"daily", to_json(record.daily)},
                                      {"hourly", to_json(record.hourly)},
                                      {"reserved_nano_usd", record.reserved}}) +
         "\n";
}

Result<SpendRecord> parse_spend_record(std::string_view text) {
  // Boost.JSON reports a missing or odd member by exception; this is its edge.
  try {
    const json::value parsed = json::parse(text);
    const json::object& object = parsed.as_object();
    if (object.at("version").to_number<int>() != kVersion) {
      return fail(ErrorKind::kCorrupt,
                  "spend record: it is of another version than " + std::to_string(kVersion));
    }
    return SpendRecord{.daily = window_from(object.at("daily")),
                       .hourly = window_from(object.at("hourly")),
                       .reserved = amount(object, "reserved_nano_usd")};
  } catch (const std::exception& thrown) {
    return fail(ErrorKind::kCorrupt, std::string("spend record: it is not readable: ") + thrown.what());
  }
}

Result<std::optional<SpendRecord>> SpendFile::read() const {
  std::error_code failed;
  const bool exists = std::filesystem::exists(path_, failed);
  if (!failed && !exists) return std::nullopt;
  std::ifstream file(path_, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (failed || !file.good()) {
    return fail(ErrorKind::kUnavailable,
                fmt::format("spend record '{}': it cannot be read; check its permissions", path_.string()),
                path_.string());
  }
  auto record = parse_spend_record(text);
  if (record.has_error()) {
    return fail(
        record.error().kind,
        fmt::format("{} ('{}'); remove the file to count from zero", record.error().message, path_.string()),
        path_.string());
  }
  return *record;
}

Result<void> SpendFile::write(const SpendRecord& record) const {
  const std::filesystem::path next = path_.string() + ".new";
  if (const int code = write_whole(next, spend_record_text(record)); code != 0)
    return refused(next, "writing", code);
  if (::rename(next.c_str(), path_.c_str()) != 0) return refused(path_, "replacing it", errno);
  const Descriptor folder(path_.parent_path(), O_RDONLY | O_DIRECTORY);
  if (!folder.is_open() || ::fsync(folder.get()) != 0) return refused(path_, "making it durable", errno);
  return {};
}

}  // namespace wellspring::rag
