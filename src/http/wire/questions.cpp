#include "http/wire/questions.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include <boost/json.hpp>

#include "http/wire/jobs.hpp"
#include "http/wire/page.hpp"

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;

constexpr std::int64_t kPageMax = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kPageSizeMax = 100;
constexpr std::array<std::string_view, 6> kTrue{"true", "1", "yes", "on", "t", "y"};
constexpr std::array<std::string_view, 6> kFalse{"false", "0", "no", "off", "f", "n"};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::optional<bool> parse_bool(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), lower);
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return false;
  return std::nullopt;
}

std::optional<bool> bool_parameter(const Request& request, std::string_view parameter, Problems& problems) {
  const auto text = request.query_parameter(parameter);
  if (!text || text->empty()) return std::nullopt;
  const auto value = parse_bool(*text);
  if (!value) {
    problems.list.push_back({"bool_parsing",
                             {"query", std::string(parameter)},
                             "Input should be true or false",
                             json::serialize(json::string(*text))});
  }
  return value;
}

bool kept(char c) {
  const char letter = lower(c);
  return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ' ' ||
         (c >= '\t' && c <= '\r');
}

json::object question_json(const model::UserQuestion& question) {
  const json::value category =
      question.category ? json::value(json::string(*question.category)) : json::value();
  return {{"id", question.id.value()},
          {"question", question.text},
          {"chat_history_length", question.history_length},
          {"endpoint_type", model::name(question.endpoint)},
          {"timestamp", format_timestamp(question.asked_at)},
          {"category", category},
          {"tags", json::array(question.tags.begin(), question.tags.end())},
          {"analyzed", question.analyzed},
          {"analyzed_at", to_json(question.analyzed_at)}};
}

}  // namespace

Parsed<QuestionsQuery> parse_questions_query(const Request& request) {
  Problems problems;
  QuestionsQuery query;
  query.page = static_cast<std::size_t>(integer_parameter(request, "page", 1, kPageMax, 1, problems));
  query.page_size =
      static_cast<std::size_t>(integer_parameter(request, "page_size", 1, kPageSizeMax, 50, problems));
  query.analyzed = bool_parameter(request, "analyzed", problems);
  if (!problems.list.empty()) return problems;
  return query;
}

std::optional<model::QuestionEndpoint> parse_endpoint_type(std::string_view text) {
  std::string plain;
  std::copy_if(text.begin(), text.end(), std::back_inserter(plain), kept);
  for (const auto endpoint : {model::QuestionEndpoint::kChat, model::QuestionEndpoint::kStream}) {
    if (plain == model::name(endpoint)) return endpoint;
  }
  return std::nullopt;
}

json::object to_json(const store::QuestionPage& page, const QuestionsQuery& query) {
  json::array questions;
  for (const model::UserQuestion& question : page.questions) questions.push_back(question_json(question));
  return {{"questions", std::move(questions)},
          {"total", page.total},
          {"page", query.page},
          {"page_size", query.page_size},
          {"total_pages", (page.total + query.page_size - 1) / query.page_size}};
}

json::object to_json(const store::QuestionStats& stats) {
  return {{"total_questions", stats.total()},
          {"analyzed", stats.analyzed},
          {"unanalyzed", stats.total() - stats.analyzed},
          {"by_endpoint", json::object{{"chat", stats.chat}, {"stream", stats.stream}}},
          {"date_range", json::object{{"oldest", to_json(stats.oldest)}, {"newest", to_json(stats.newest)}}}};
}

}  // namespace wellspring::http::wire
