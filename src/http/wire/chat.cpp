#include "http/wire/chat.hpp"

#include <boost/json.hpp>

#include <algorithm>

#include "base/limits.hpp"
#include "http/wire/usage.hpp"
#include "model/metadata_json.hpp"

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;

std::string event(const json::object& members) {
  return "data: " + json::serialize(members) + "\n\n";
}

void read_turn(const json::value& item, std::size_t position, Problems& problems,
               std::vector<model::ChatTurn>& turns) {
  const std::vector<std::string> location{"body", "chat_history", std::to_string(position)};
  const json::object* object = item.if_object();
  if (object == nullptr) {
    problems.list.push_back(
        {"model_attributes_type", location, "Input should be a valid dictionary or object"});
    return;
  }
  MemberReader reader(*object, location, problems);
  const auto role = reader.required_string("role");
  auto content = reader.required_string("content");
  if (role && role != "human" && role != "ai")
    reader.problem("role", "literal_error", one_of_message({"human", "ai"}));
  if (!role || !content) return;
  turns.push_back({*role == "human" ? model::ChatRole::kHuman : model::ChatRole::kAi, std::move(*content)});
}

}  // namespace

Parsed<rag::Question> parse_question(std::string_view body, std::string locale) {
  const auto object = parse_object(body);
  if (!object) return object.error();
  Problems problems;
  MemberReader reader(*object, {"body"}, problems);
  rag::Question question;
  question.text = reader.required_string("query").value_or("");
  question.locale = reader.optional_locale().value_or(std::move(locale));
  if (const json::array* history = reader.optional_array("chat_history")) {
    const std::size_t dropped = history->size() - std::min(history->size(), limits::kHistoryTurns);
    for (std::size_t i = dropped; i < history->size(); ++i)
      read_turn((*history)[i], i, problems, question.history);
  }
  if (!problems.list.empty()) return problems;
  return question;
}

json::array sources_json(const std::vector<model::Hit>& hits) {
  json::array sources;
  for (const model::Hit& hit : hits) {
    sources.push_back(
        json::object{{"page_content", hit.chunk->text}, {"metadata", model::to_json(hit.chunk->metadata)}});
  }
  return sources;
}

std::string thinking_event() {
  return event({{"status", "thinking"}, {"chunk", ""}, {"isComplete", false}});
}

std::string sources_event(const std::vector<model::Hit>& hits) {
  return event({{"status", "sources"}, {"sources", sources_json(hits)}, {"isComplete", false}});
}

std::string text_event(std::string_view piece) {
  return event({{"status", "streaming"}, {"chunk", piece}, {"isComplete", false}});
}

std::string usage_event(rag::SpendLevel level) {
  return event(
      {{"status", "usage_status"}, {"usage_status", usage_status_json(level)}, {"isComplete", false}});
}

const char* degradation(const rag::AnswerSummary& summary) {
  return summary.spend_limited ? "spend_limit" : nullptr;
}

std::string complete_event(const rag::AnswerSummary& summary,
                           const std::optional<model::QuestionId>& question) {
  json::object members{
      {"status", "complete"}, {"chunk", ""}, {"isComplete", true}, {"fromCache", summary.from_cache}};
  if (const char* why = degradation(summary)) members["degraded"] = why;
  if (question) members["question_id"] = question->value();
  return event(members);
}

std::string error_event(const Error& error) {
  return event({{"status", "error"}, {"error", public_message(error)}, {"isComplete", true}});
}

}  // namespace wellspring::http::wire
