#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Tags of languages such as "en", "fr-CA" and "zh-Hant-TW" (RFC 5646). Pure; letters are compared without
/// their case, and `_` is as good as `-`.
namespace wellspring {

/// The tag in its usual spelling: `-` between subtags, scripts as in `Hant`, regions as in `CA`, all else in
/// lower case. Empty when the text is no tag: subtags of 1 to 8 letters or digits, the first of 2 to 8
/// letters, together at most limits::kLocaleBytes.
std::optional<std::string> normal_language_tag(std::string_view text);

/// How near `tag` is to `wanted`: 0 for another language; otherwise the more leading subtags they share the
/// nearer, and of equals the one with less behind them. For "fr-CA" the order is fr-CA, fr, fr-FR.
int language_nearness(std::string_view tag, std::string_view wanted);

}  // namespace wellspring
