#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.hpp"
#include "model/question.hpp"

/// What readers ask and nothing published answers. Pure.
namespace wellspring::rag {

/// The same for questions that differ in case, punctuation, order, endings and words without a subject ("how
/// do I"), read in the question's locale.
std::string question_key(std::string_view question, std::string_view locale);

struct UnansweredGroup {
  std::string question;  ///< as it was asked last
  std::string locale;    ///< of that one; may be empty
  std::size_t count = 0;
  Timestamp first_asked;
  Timestamp last_asked;
};

/// Groups by question_key(), the most asked first, of equals the one asked last first.
std::vector<UnansweredGroup> group_unanswered(std::span<const model::UserQuestion> refused);

}  // namespace wellspring::rag
