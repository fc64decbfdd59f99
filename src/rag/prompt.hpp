#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "llm/chat_model.hpp"
#include "model/chat.hpp"
#include "model/query.hpp"

namespace wellspring::rag {

/// A prompt and how many of the passages offered are in it; passage n of the prompt is passage n of the
/// offer.
struct Prompt {
  std::vector<llm::Message> messages;
  std::size_t passages = 0;
};

/// An estimate, at four bytes a token (English text of OpenAI's tokenizers; other scripts need fewer bytes).
std::size_t estimated_tokens(std::size_t bytes);
inline std::size_t estimated_tokens(std::string_view text) {
  return estimated_tokens(text.size());
}

/// The passage of a hit: its article and headings as title, its body as text.
llm::Passage passage_of(const model::Hit& hit);

/// Writes the messages for an answer within about `tokens_max`. The instructions and the question always fit
/// in; history gets at most a quarter of what is left, its oldest pairs are dropped first; then passages in
/// order until one does not fit, but always the first.
Prompt build_prompt(std::string_view question, std::span<const model::ChatPair> pairs,
                    std::span<const llm::Passage> passages, std::size_t tokens_max);

}  // namespace wellspring::rag
