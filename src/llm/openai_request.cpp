#include "llm/openai_request.hpp"

#include <boost/json.hpp>
#include <string_view>

namespace wellspring::llm {
namespace {

std::string_view role_name(MessageRole role) {
  switch (role) {
    case MessageRole::kSystem:
      return "system";
    case MessageRole::kUser:
      return "user";
    case MessageRole::kAssistant:
      return "assistant";
  }
  return "user";
}

}  // namespace

std::string completion_body(const OpenAiOptions& options, const std::vector<Message>& messages) {
  boost::json::array list;
  for (const Message& message : messages) {
    list.push_back({{"role", role_name(message.role)}, {"content", message.content}});
  }
  boost::json::object body{
      {"model", options.model},
      {"messages", std::move(list)},
      {"stream", true},
      {"stream_options", {{"include_usage", true}}},
      {options.max_tokens_member, options.max_output_tokens},
  };
  if (options.temperature) body.emplace("temperature", *options.temperature);
  return boost::json::serialize(body);
}

}  // namespace wellspring::llm
