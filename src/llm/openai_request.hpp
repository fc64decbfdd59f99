#pragma once

#include <string>
#include <vector>

#include "llm/openai_model.hpp"

namespace wellspring::llm {

/// The JSON body of a streamed chat completion.
std::string completion_body(const OpenAiOptions& options, const std::vector<Message>& messages);

}  // namespace wellspring::llm
