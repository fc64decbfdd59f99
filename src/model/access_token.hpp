#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/timestamp.hpp"

namespace wellspring::model {

/// What a token lets its holder do. Each includes those before it.
enum class Scope {
  kRead,   ///< jobs, documents, sources, questions
  kWrite,  ///< import, retry, changes of sources
  kAdmin,  ///< the insides of the server
};

std::string_view name(Scope scope);
std::optional<Scope> parse_scope(std::string_view name);

/// An access token as it is kept: who holds the text is not told by it.
struct AccessToken {
  std::string name;
  Scope scope = Scope::kRead;
  std::string sha256;  ///< of the token's text, 64 lower-case hexadecimal digits
  Timestamp created_at;
};

/// 64 hexadecimal digits, in lower case; empty when `text` is something else.
std::optional<std::string> parse_sha256(std::string_view text);

}  // namespace wellspring::model
