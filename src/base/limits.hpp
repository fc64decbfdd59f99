#pragma once

#include <cstddef>

/// Hard ceilings. Configured values may be lower, never higher.
namespace wellspring::limits {

inline constexpr std::size_t kArticleIdBytes = 512;
inline constexpr std::size_t kTitleBytes = 4096;
inline constexpr std::size_t kLocaleBytes = 35;  // the longest well-formed tag of RFC 5646 section 4.4.1
inline constexpr std::size_t kCategories = 256;  // per article
inline constexpr std::size_t kJsonDepth = 512;   // nesting of any JSON we read; Lexical trees stay under 50
inline constexpr std::size_t kSyncBodyBytes = 16u << 20;  // contract 1.0 asks for at least 10 MiB
inline constexpr std::size_t kChatBodyBytes = 256u << 10;
inline constexpr std::size_t kChunksPerArticle = 20'000;
inline constexpr std::size_t kHistoryTurns = 1'000;
inline constexpr std::size_t kSearchResults = 100;
inline constexpr std::size_t kSources = 10'000;  // the list of all of them is one answer
inline constexpr std::size_t kSourceUriBytes = 2'048;
inline constexpr std::size_t kSourceTextBytes = 256;        // name, type and status, each
inline constexpr std::size_t kStoredQuestions = 1'000'000;  // then the oldest are forgotten
inline constexpr std::size_t kAccessTokens = 100;  // each presented token is compared with all of them
inline constexpr std::size_t kAccessTokenNameBytes = 64;

}  // namespace wellspring::limits
