#pragma once

#include <string>
#include <string_view>

#include "llm/chat_model.hpp"
#include "llm/sse_parser.hpp"

namespace wellspring::llm {

struct ChatStreamLimits {
  std::size_t event_bytes = 256u << 10;   ///< one event; servers send a few hundred bytes
  std::size_t answer_bytes = 256u << 10;  ///< the whole answer; an endless one is an error, not memory
};

/// Makes text of the body of a streamed chat completion, cut anywhere. The terminal is `[DONE]`, or a finish
/// reason followed by the end of the body. Every error is kUpstream; nothing may be fed after one.
class ChatStream {
 public:
  explicit ChatStream(const ChatStreamLimits& limits) : limits_(limits), events_(limits.event_bytes) {}

  /// The text that `body` completes, whole code points; often empty. What follows the terminal is ignored.
  Result<std::string> feed(std::string_view body);
  /// Call at the end of the body. Returns text of a last event without its closing blank line; an error when
  /// the terminal is missing or there was no text at all.
  Result<std::string> finish();

  bool done() const { return done_; }
  bool has_text() const { return answer_bytes_ > 0; }
  /// Token counts, once the server has told.
  const Generation& usage() const { return usage_; }

 private:
  Result<void> read_event(std::string_view data, std::string& text);

  ChatStreamLimits limits_;
  SseParser events_;
  Generation usage_;
  std::size_t answer_bytes_ = 0;
  bool finish_reason_seen_ = false;
  bool done_ = false;
};

/// What an error body or an error event of the provider says, on one line and cut to a readable length; empty
/// when it says nothing we understand.
std::string error_text(std::string_view body);

}  // namespace wellspring::llm
