#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "llm/chat_model.hpp"
#include "llm/chat_stream.hpp"
#include "llm/retry_policy.hpp"

namespace wellspring::llm {

struct OpenAiOptions {
  std::string base_url = "https://api.openai.com/v1";
  std::string api_key = {};  ///< sent as a bearer token when set; never logged, never in an error
  std::string model = {};
  std::optional<double> temperature = 0.2;
  std::size_t max_output_tokens = 1'024;
  std::string max_tokens_member = "max_tokens";  ///< OpenAI's reasoning models want `max_completion_tokens`
  std::string ca_file = {};                      ///< PEM of further trusted authorities, beside the system's

  std::chrono::milliseconds connect_timeout{5'000};  ///< look-up, connection and TLS handshake, each attempt
  std::chrono::milliseconds first_token_timeout{30'000};
  std::chrono::milliseconds idle_timeout{15'000};  ///< between two pieces of text
  std::chrono::milliseconds total_timeout{120'000};
  RetryPolicy retries = {};

  std::size_t calls_max = 16;    ///< at a time
  std::size_t waiting_max = 64;  ///< further calls that wait for their turn; beyond that kOverloaded
  ChatStreamLimits stream = {};
};

/// Chat completions of any server that speaks OpenAI's protocol, streamed over HTTP/1.1, with TLS verified
/// against the system's authorities. One connection per call; proxies are not supported. A failed call is
/// repeated only as long as no text has arrived. `clock` must be a clock of real time: timers run beside it.
class OpenAiModel final : public ChatModel {
 public:
  /// Errors: kInvalidArgument (base URL, model or key), kUnavailable (certificates cannot be read).
  static Result<std::unique_ptr<OpenAiModel>> create(OpenAiOptions options, const Clock& clock);
  ~OpenAiModel() override;

  boost::asio::awaitable<Result<Generation>> generate(ChatRequest request, Deadline deadline,
                                                      TextSink sink) override;
  const std::string& name() const override;

 private:
  struct State;
  explicit OpenAiModel(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace wellspring::llm
