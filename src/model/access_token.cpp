#include "model/access_token.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace wellspring::model {
namespace {

constexpr std::array<std::pair<Scope, std::string_view>, 3> kScopes{
    {{Scope::kRead, "read"}, {Scope::kWrite, "write"}, {Scope::kAdmin, "admin"}}};
constexpr std::size_t kSha256Digits = 64;

}  // namespace

std::string_view name(Scope scope) {
  return kScopes[static_cast<std::size_t>(scope)].second;
}

std::optional<Scope> parse_scope(std::string_view text) {
  const auto at =
      std::find_if(kScopes.begin(), kScopes.end(), [&](const auto& row) { return row.second == text; });
  return at == kScopes.end() ? std::nullopt : std::optional(at->first);
}

std::optional<std::string> parse_sha256(std::string_view text) {
  if (text.size() != kSha256Digits) return std::nullopt;
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return std::nullopt;
  }
  return lower;
}

}  // namespace wellspring::model
