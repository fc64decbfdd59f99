#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "llm/chat_model.hpp"
#include "model/chat.hpp"

namespace wellspring::rag {

/// Whether a question seems to need the conversation to be understood: it is very short, points back ("it",
/// "that one", "the second"), or goes on ("and ...?"). English, Spanish and French.
bool depends_on_history(std::string_view question, std::string_view locale);

/// The question with the subject words of the last exchanges added when it depends on them; otherwise
/// unchanged. Deterministic; meant for retrieval, not for reading. `pairs` oldest first.
std::string with_subject(std::string_view question, std::span<const model::ChatPair> pairs,
                         std::string_view locale);

/// Asks a language model to state the question in full.
std::vector<llm::Message> rewrite_messages(std::string_view question, std::span<const model::ChatPair> pairs);

/// A model's rewriting as a question: its first line, sanitised; empty when it is of no use.
std::string rewritten_question(std::string_view reply);

}  // namespace wellspring::rag
