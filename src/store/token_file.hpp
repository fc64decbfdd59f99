#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/access_token.hpp"
#include "obs/log.hpp"

namespace wellspring::store {

/// The access tokens of a data directory: the file `tokens.json` in it, readable by its owner alone, with
/// names, scopes and hashes. It has no part in the directory's lock, so tokens are made and revoked while a
/// server runs: each change takes the file's place in one step, and writers wait for one another.

struct TokenTable {
  bool exists = false;  ///< the file, readable or not: while it is there, routes want a token
  std::vector<model::AccessToken> tokens;  ///< in the order of their creation
};

/// kCorrupt when the file is not as written here.
Result<TokenTable> read_tokens(const std::filesystem::path& directory);

/// Makes a token and returns its text, which is kept nowhere. Makes the directory when it is missing. Errors:
/// kInvalidArgument (a name is 1 to 64 letters, digits, `.`, `-`, `_`), kConflict (name taken), kTooLarge
/// (too many tokens).
Result<std::string> create_token(const std::filesystem::path& directory, std::string_view name,
                                 model::Scope scope, Timestamp now);

/// The file stays when its last token goes, so that routes which want a token do not open. kNotFound: no such
/// name.
Result<void> revoke_token(const std::filesystem::path& directory, std::string_view name);

/// Follows the file. Not thread-safe.
class TokenWatch {
 public:
  TokenWatch(const std::filesystem::path& directory, obs::Log& log);
  /// As the file is now, for the price of asking the system whether it changed. A file that cannot be read
  /// holds no tokens; the log says why, once.
  const TokenTable& current();

 private:
  /// Tells one state of the file from another.
  struct Stamp {
    ino_t inode = 0;
    off_t size = -1;
    std::int64_t changed_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  Stamp stamp() const;

  const std::filesystem::path directory_;
  const std::filesystem::path file_;
  obs::Log& log_;
  Stamp seen_;
  TokenTable table_;
};

}  // namespace wellspring::store
