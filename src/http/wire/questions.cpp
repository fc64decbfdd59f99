#include "http/wire/questions.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <string>

#include <boost/json.hpp>

#include <fmt/format.h>

#include "base/utf8.hpp"
#include "http/wire/jobs.hpp"
#include "http/wire/page.hpp"
#include "model/object_id.hpp"
#include "rag/question_text.hpp"

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

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value() : json::value(json::string(text));
}

json::value feedback_json(const std::optional<model::Feedback>& feedback) {
  if (!feedback) return nullptr;
  return json::object{{"helpful", feedback->helpful},
                      {"comment", text_or_null(feedback->comment)},
                      {"given_at", format_timestamp(feedback->given_at)}};
}

std::size_t pages(std::size_t total, const NumberedPage& page) {
  return (total + page.page_size - 1) / page.page_size;
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
          {"analyzed_at", to_json(question.analyzed_at)},
          {"locale", text_or_null(question.locale)},
          {"outcome", text_or_null(model::name(question.outcome))},
          {"feedback", feedback_json(question.feedback)}};
}

NumberedPage read_numbered_page(const Request& request, Problems& problems) {
  NumberedPage page;
  page.page = static_cast<std::size_t>(integer_parameter(request, "page", 1, kPageMax, 1, problems));
  page.page_size =
      static_cast<std::size_t>(integer_parameter(request, "page_size", 1, kPageSizeMax, 50, problems));
  return page;
}

}  // namespace

Parsed<NumberedPage> parse_numbered_page(const Request& request) {
  Problems problems;
  const NumberedPage page = read_numbered_page(request, problems);
  if (!problems.list.empty()) return problems;
  return page;
}

Parsed<QuestionsQuery> parse_questions_query(const Request& request) {
  Problems problems;
  QuestionsQuery query{read_numbered_page(request, problems), std::nullopt};
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

Parsed<GivenFeedback> parse_feedback(std::string_view body) {
  const auto object = parse_object(body);
  if (!object) return object.error();
  Problems problems;
  MemberReader reader(*object, {"body"}, problems);
  GivenFeedback feedback;
  const auto id = reader.required_string("question_id");
  if (id) feedback.question = model::QuestionId(model::parse_object_id(*id).value_or(""));
  const json::value* helpful = object->if_contains("helpful");
  if (helpful == nullptr) {
    reader.problem("helpful", "missing", "Field required");
  } else if (!helpful->is_bool()) {
    reader.problem("helpful", "bool_type", "Input should be a valid boolean");
  } else {
    feedback.helpful = helpful->get_bool();
  }
  const std::string comment = reader.optional_string("comment").value_or("");
  if (first_code_points(comment, kFeedbackCodePoints).size() < comment.size()) {
    reader.problem("comment", "string_too_long",
                   fmt::format("Input should have at most {} characters", kFeedbackCodePoints));
  }
  feedback.comment = rag::sanitize_text(comment, kFeedbackCodePoints);
  if (!problems.list.empty()) return problems;
  return feedback;
}

json::object to_json(const std::vector<rag::UnansweredGroup>& groups, const NumberedPage& page,
                     std::size_t questions_read) {
  json::array shown;
  for (std::size_t at = page.offset(); at < groups.size() && shown.size() < page.page_size; ++at) {
    const rag::UnansweredGroup& group = groups[at];
    shown.push_back(json::object{{"question", group.question},
                                 {"locale", text_or_null(group.locale)},
                                 {"count", group.count},
                                 {"first_asked", format_timestamp(group.first_asked)},
                                 {"last_asked", format_timestamp(group.last_asked)}});
  }
  return {{"groups", std::move(shown)},
          {"total", groups.size()},
          {"page", page.page},
          {"page_size", page.page_size},
          {"total_pages", pages(groups.size(), page)},
          {"questions_read", questions_read}};
}

json::object to_json(const store::QuestionPage& page, const QuestionsQuery& query) {
  json::array questions;
  for (const model::UserQuestion& question : page.questions) questions.push_back(question_json(question));
  return {{"questions", std::move(questions)},
          {"total", page.total},
          {"page", query.page},
          {"page_size", query.page_size},
          {"total_pages", pages(page.total, query)}};
}

json::object to_json(const store::QuestionStats& stats) {
  return {{"total_questions", stats.total()},
          {"analyzed", stats.analyzed},
          {"unanalyzed", stats.total() - stats.analyzed},
          {"by_endpoint", json::object{{"chat", stats.chat}, {"stream", stats.stream}}},
          {"date_range", json::object{{"oldest", to_json(stats.oldest)}, {"newest", to_json(stats.newest)}}}};
}

}  // namespace wellspring::http::wire
