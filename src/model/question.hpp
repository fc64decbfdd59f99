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

/// A question somebody asked (contract 1.8). The last four members belong to whoever analyses questions;
/// Wellspring stores and shows them.
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
};

}  // namespace wellspring::model
