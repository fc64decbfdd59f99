#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "llm/chat_model.hpp"

namespace wellspring::llm {

/// How close each sentence comes to the question in meaning, as a cosine in [-1, 1], one per sentence in
/// order.
using SentenceScorer = std::function<Result<std::vector<float>>(std::string_view question,
                                                                std::span<const std::string_view> sentences)>;

/// An answer quoted from the passages: the best supporting sentences, or a short code block, list or table,
/// each with the citation `[n]` of its passage (counted from 1). The pieces, one after the other, are the
/// answer in Markdown. Only the few that look best by their words are given to `scorer`; an empty scorer
/// leaves it at the words. Errors: kInvalidArgument when the passages hold nothing to quote, and the
/// scorer's.
Result<std::vector<std::string>> extract(std::string_view question, std::span<const Passage> passages,
                                         const SentenceScorer& scorer);

}  // namespace wellspring::llm
