#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace wellspring::llm {

enum class MessageRole { kSystem, kUser, kAssistant };

struct Message {
  MessageRole role = MessageRole::kUser;
  std::string content;
};

/// A numbered piece of evidence: passage n is cited as `[n]`, counted from 1 in the order of the request.
struct Passage {
  std::string title;
  std::string text;  ///< the chunk's body, without header lines
};

/// One question with its evidence, in both forms a model may want: ready messages, and the parts they were
/// made of.
struct ChatRequest {
  std::string question;  ///< standalone form
  std::vector<Passage> passages;
  std::vector<Message> messages;
};

/// How a generation went. Token counts are 0 when the model does not tell.
struct Generation {
  std::size_t input_tokens = 0;
  std::size_t output_tokens = 0;
  bool cut = false;  ///< it ended at a limit of the provider's, in the middle of what it had to say
};

/// Receives pieces of the answer in order, each whole code points. Awaiting it applies the reader's
/// back-pressure; an error from it (the reader went away) ends the generation with that error.
using TextSink = std::function<boost::asio::awaitable<Result<void>>(std::string text)>;

/// Writes answers. Runs on the io executor; never blocks it. Cancelling the awaiting coroutine (Asio's
/// per-operation cancellation, terminal) aborts the upstream call at once.
/// Errors: kOverloaded (too many at a time), kDeadline, kUnavailable, kUpstream, kCancelled.
class ChatModel {
 public:
  virtual ~ChatModel() = default;
  virtual boost::asio::awaitable<Result<Generation>> generate(ChatRequest request, Deadline deadline,
                                                              TextSink sink) = 0;
  /// The label in metrics and logs.
  virtual const std::string& name() const = 0;
};

}  // namespace wellspring::llm
