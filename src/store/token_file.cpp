#include "store/token_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "base/digest.hpp"
#include "base/limits.hpp"
#include "base/random_hex.hpp"
#include "store/data_dir.hpp"

namespace wellspring::store {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using Tokens = std::vector<model::AccessToken>;

constexpr const char* kFileName = "tokens.json";
constexpr const char* kNewFileName = "tokens.json.new";
constexpr std::string_view kPrefix = "wst_";  // lets scanners for leaked secrets know one
constexpr std::size_t kSecretBytes = 32;
constexpr off_t kFileBytesMax = 256 << 10;

/// Closes on destruction.
class File {
 public:
  File(const fs::path& path, int flags, mode_t mode = 0)
      : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Error refused(std::string_view operation, const fs::path& path, int code) {
  const ErrorKind kind =
      code == ENOSPC || code == EMFILE || code == EIO ? ErrorKind::kResource : ErrorKind::kUnavailable;
  return fail(kind,
              fmt::format("{} '{}': {}; mend that and try again", operation, path.string(),
                          std::generic_category().message(code)),
              path.string());
}

Error corrupt(const fs::path& path, std::string_view what) {
  return fail(
      ErrorKind::kCorrupt,
      fmt::format("read access tokens '{}': {}; restore the file, or remove it and make the tokens again",
                  path.string(), what),
      path.string());
}

std::optional<std::string> member(const json::object& row, std::string_view name) {
  const json::value* value = row.if_contains(name);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

std::optional<model::AccessToken> parse_row(const json::value& value) {
  const json::object* row = value.if_object();
  if (row == nullptr) return std::nullopt;
  auto name = member(*row, "name");
  const auto scope = model::parse_scope(member(*row, "scope").value_or(""));
  auto sha256 = model::parse_sha256(member(*row, "sha256").value_or(""));
  const auto created_at = parse_timestamp(member(*row, "created_at").value_or(""));
  if (!name || !scope || !sha256 || !created_at) return std::nullopt;
  return model::AccessToken{std::move(*name), *scope, std::move(*sha256), *created_at};
}

Result<Tokens> parse(const fs::path& path, std::string_view text) {
  json::error_code failed;
  const json::value document = json::parse(text, failed);
  const json::object* object = failed ? nullptr : document.if_object();
  const json::value* rows = object == nullptr ? nullptr : object->if_contains("tokens");
  if (rows == nullptr || !rows->is_array()) return corrupt(path, "no JSON object with a list `tokens`");
  if (rows->get_array().size() > limits::kAccessTokens)
    return corrupt(path,
                   fmt::format("{} tokens, allowed {}", rows->get_array().size(), limits::kAccessTokens));
  Tokens tokens;
  for (const json::value& row : rows->get_array()) {
    auto token = parse_row(row);
    if (!token)
      return corrupt(
          path, fmt::format("entry {} lacks a fitting name, scope, sha256 or created_at", tokens.size() + 1));
    tokens.push_back(std::move(*token));
  }
  return tokens;
}

std::string written(const Tokens& tokens) {
  json::array rows;
  for (const model::AccessToken& token : tokens) {
    rows.push_back(json::object{{"name", token.name},
                                {"scope", model::name(token.scope)},
                                {"sha256", token.sha256},
                                {"created_at", format_timestamp(token.created_at)}});
  }
  return json::serialize(json::object{{"tokens", std::move(rows)}}) + "\n";
}

bool write_all(int file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

/// An operator's root makes tokens for a server that runs as somebody else, and must be able to read them.
bool give_to_owner_of(const File& directory, const File& file) {
  struct stat owner {};
  if (::fstat(directory.get(), &owner) != 0) return false;
  return owner.st_uid == ::geteuid() || ::fchown(file.get(), owner.st_uid, owner.st_gid) == 0;
}

/// After a crash the file is the old one or the new one.
Result<void> replace(const fs::path& directory, const File& directory_file, const Tokens& tokens) {
  const fs::path made = directory / kNewFileName;
  {
    const File file(made, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!file.is_open() || !give_to_owner_of(directory_file, file) ||
        !write_all(file.get(), written(tokens)) || ::fsync(file.get()) != 0)
      return refused("write access tokens", made, errno);
  }
  const fs::path path = directory / kFileName;
  if (::rename(made.c_str(), path.c_str()) != 0 || ::fsync(directory_file.get()) != 0)
    return refused("put access tokens in place", path, errno);
  return {};
}

/// Reads, changes and writes while no other process does.
template <class Change>
Result<void> update(const fs::path& directory, Change change) {
  const File file(directory, O_RDONLY | O_DIRECTORY);
  if (!file.is_open() || ::flock(file.get(), LOCK_EX) != 0)
    return refused("lock access tokens in", directory, errno);
  auto table = read_tokens(directory);
  if (table.has_error()) return table.error();
  if (Result<void> changed = change(table->tokens); changed.has_error()) return changed;
  return replace(directory, file, table->tokens);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kAccessTokenNameBytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                  c == '-' || c == '_';
         });
}

auto find(Tokens& tokens, std::string_view name) {
  return std::find_if(tokens.begin(), tokens.end(),
                      [&](const model::AccessToken& token) { return token.name == name; });
}

}  // namespace

Result<TokenTable> read_tokens(const fs::path& directory) {
  const fs::path path = directory / kFileName;
  const File file(path, O_RDONLY);
  if (!file.is_open()) {
    if (errno == ENOENT || errno == ENOTDIR) return TokenTable{};
    return refused("open access tokens", path, errno);
  }
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return refused("read access tokens", path, errno);
  if (!S_ISREG(info.st_mode) || info.st_size > kFileBytesMax)
    return corrupt(path, fmt::format("no file of at most {} bytes", kFileBytesMax));
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  const ssize_t size = ::pread(file.get(), text.data(), text.size(), 0);
  if (size < 0) return refused("read access tokens", path, errno);
  text.resize(static_cast<std::size_t>(size));
  auto tokens = parse(path, text);
  if (tokens.has_error()) return tokens.error();
  return TokenTable{.exists = true, .tokens = std::move(*tokens)};
}

Result<std::string> create_token(const fs::path& directory, std::string_view name, model::Scope scope,
                                 Timestamp now) {
  if (!is_name(name)) {
    return fail(
        ErrorKind::kInvalidArgument,
        fmt::format("create access token: '{}' is no name of 1 to {} letters, digits, '.', '-' and '_'",
                    name.substr(0, limits::kAccessTokenNameBytes), limits::kAccessTokenNameBytes));
  }
  if (auto made = make_data_directory(directory); made.has_error()) return made.error();
  const auto secret = random_hex(kSecretBytes);
  if (secret.has_error()) return secret.error();
  std::string text = std::string(kPrefix) + *secret;
  const Result<void> updated = update(directory, [&](Tokens& tokens) -> Result<void> {
    if (find(tokens, name) != tokens.end()) {
      return fail(
          ErrorKind::kConflict,
          fmt::format("create access token '{}': there is one; revoke it first, or choose another name",
                      name),
          std::string(name));
    }
    if (tokens.size() >= limits::kAccessTokens) {
      return fail(ErrorKind::kTooLarge,
                  fmt::format("create access token '{}': there are {}, allowed {}; revoke one first", name,
                              tokens.size(), limits::kAccessTokens),
                  std::string(name));
    }
    tokens.push_back({std::string(name), scope, sha256_hex(text), now});
    return {};
  });
  if (updated.has_error()) return updated.error();
  return text;
}

Result<void> revoke_token(const fs::path& directory, std::string_view name) {
  const auto remove = [&](Tokens& tokens) -> Result<void> {
    const auto at = find(tokens, name);
    if (at == tokens.end()) {
      return fail(
          ErrorKind::kNotFound,
          fmt::format("revoke access token '{}': '{}' has none of this name; see `wellspring token list`",
                      name, directory.string()),
          std::string(name));
    }
    tokens.erase(at);
    return {};
  };
  return update(directory, remove);
}

TokenWatch::TokenWatch(const fs::path& directory, obs::Log& log)
    : directory_(directory), file_(directory / kFileName), log_(log) {}

TokenWatch::Stamp TokenWatch::stamp() const {
  // A file that may be there counts as one that cannot be read.
  constexpr Stamp kUnknown{.size = -2};
  struct stat info {};
  if (::stat(file_.c_str(), &info) != 0) return errno == ENOENT ? Stamp{} : kUnknown;
  return {info.st_ino, info.st_size, info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec};
}

const TokenTable& TokenWatch::current() {
  // Before reading: if the file changes in between, the next call reads it again.
  const Stamp now = stamp();
  if (now == seen_) return table_;
  seen_ = now;
  table_ = {.exists = now != Stamp{}, .tokens = {}};
  auto read = read_tokens(directory_);
  if (read.has_value()) {
    table_.tokens = std::move(read->tokens);
  } else {
    log_.error("access", "no access token but ADMIN_TOKEN is taken until this is mended",
               {{"reason", read.error().message}});
  }
  return table_;
}

}  // namespace wellspring::store
