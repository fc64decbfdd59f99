#include "llm/scripted_llm.hpp"

#include <boost/json.hpp>

namespace wellspring::llm {
namespace {

std::string event(const boost::json::object& data) {
  return "data: " + boost::json::serialize(data) + "\n\n";
}

std::string choice_event(boost::json::object delta, const boost::json::value& finish_reason) {
  boost::json::object choice{{"index", 0}, {"delta", std::move(delta)}, {"finish_reason", finish_reason}};
  return event({{"object", "chat.completion.chunk"}, {"choices", boost::json::array{std::move(choice)}}});
}

}  // namespace

std::string stream_head() {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
}
std::string text_event(std::string_view text) {
  return choice_event({{"content", text}}, nullptr);
}
std::string finish_event() {
  return choice_event({}, "stop");
}
std::string usage_event(std::size_t input_tokens, std::size_t output_tokens) {
  return event({{"choices", boost::json::array{}},
                {"usage", {{"prompt_tokens", input_tokens}, {"completion_tokens", output_tokens}}}});
}
std::string done_event() {
  return "data: [DONE]\n\n";
}

std::string answer_response(const std::vector<std::string>& texts) {
  std::string response = stream_head();
  for (const std::string& text : texts) response += text_event(text);
  return response + finish_event() + usage_event(11, 7) + done_event();
}

}  // namespace wellspring::llm
