#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/timestamp.hpp"

namespace wellspring::model {

/// 24 lower-case hexadecimal digits, see ObjectIdGenerator.
using QuestionId = StrongId<struct QuestionIdTag>;

/// Which chat route was asked. Stored as these numbers.
enum class QuestionEndpoint { kChat = 0, kStream = 1 };

/// "chat" or "stream", as the wire and the metrics' labels have it.
constexpr std::string_view name(QuestionEndpoint endpoint) {
  return endpoint == QuestionEndpoint::kChat ? "chat" : "stream";
}

/// What became of a question. Stored as these numbers.
enum class QuestionOutcome {
  kUnknown = 0,  ///< the reader left, the answer failed, or nobody wrote it down
  kAnswered = 1,
  kRefused = 2,  ///< nothing published answers it
};

/// "answered", "refused", or empty when it is not known.
constexpr std::string_view name(QuestionOutcome outcome) {
  switch (outcome) {
    case QuestionOutcome::kUnknown:
      return "";
    case QuestionOutcome::kAnswered:
      return "answered";
    case QuestionOutcome::kRefused:
      return "refused";
  }
  return "";
}

/// What a reader says of an answer; a later verdict takes the place of an earlier one.
struct Feedback {
  bool helpful = false;
  std::string comment;  ///< may be empty; cleaned of control characters
  Timestamp given_at;
  bool operator==(const Feedback&) const = default;
};

/// A question somebody asked (contract 1.8). The four members from `category` on belong to whoever analyses
/// questions; Wellspring stores and shows them.
struct UserQuestion {
  QuestionId id;
  std::string text;                ///< cleaned of control characters and cut, not escaped
  std::size_t history_length = 0;  ///< messages, not pairs
  QuestionEndpoint endpoint = QuestionEndpoint::kChat;
  Timestamp asked_at;
  std::optional<std::string> category{};
  std::vector<std::string> tags{};
  bool analyzed = false;
  std::optional<Timestamp> analyzed_at{};
  std::string locale{};  ///< the reader's; empty when it was not written down
  QuestionOutcome outcome = QuestionOutcome::kUnknown;
  std::optional<Feedback> feedback{};
};

}  // namespace wellspring::model
