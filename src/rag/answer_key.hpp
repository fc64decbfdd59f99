#pragma once

#include <span>
#include <string>
#include <string_view>

#include "model/chat.hpp"

namespace wellspring::rag {

/// `text` in the form in which two ways to write one question are the same: case folded, canonically
/// composed, every run of blanks one space, none at the ends. What is not UTF-8 is left as it is.
std::string folded(std::string_view text);

/// Names what a question asks in its conversation: equal for questions that differ in folded() form nowhere.
/// `pairs` as pair_history() gives them, sanitised. A digest, so that whoever keeps it keeps no word of the
/// conversation.
std::string answer_key(std::string_view asked, std::span<const model::ChatPair> pairs,
                       std::string_view locale);

}  // namespace wellspring::rag
