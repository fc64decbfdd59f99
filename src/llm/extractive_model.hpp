#pragma once

#include <string>

#include "llm/chat_model.hpp"
#include "llm/extract.hpp"
#include "runtime/executors.hpp"

namespace wellspring::llm {

/// Answers without a language model: quotes the passages, see extract(). The scorer runs on the cpu executor
/// and must be thread-safe. The pieces reach the sink sentence by sentence.
class ExtractiveModel final : public ChatModel {
 public:
  ExtractiveModel(SentenceScorer scorer, runtime::Executors& executors);

  boost::asio::awaitable<Result<Generation>> generate(ChatRequest request, Deadline deadline,
                                                      TextSink sink) override;
  const std::string& name() const override { return name_; }

 private:
  SentenceScorer scorer_;
  runtime::Executors& executors_;
  std::string name_ = "extractive";
};

}  // namespace wellspring::llm
