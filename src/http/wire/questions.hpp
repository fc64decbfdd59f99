#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "http/wire/json_body.hpp"
#include "rag/unanswered.hpp"
#include "store/question_store.hpp"

/// The questions people asked, as contract 1.8 writes them.
namespace wellspring::http::wire {

/// A page of something, counted from 1.
struct NumberedPage {
  std::size_t page = 1;
  std::size_t page_size = 50;
  std::size_t offset() const { return (page - 1) * page_size; }
};
/// `?page=&page_size=`
Parsed<NumberedPage> parse_numbered_page(const Request& request);

struct QuestionsQuery : NumberedPage {
  std::optional<bool> analyzed;
};
/// `?page=&page_size=&analyzed=`
Parsed<QuestionsQuery> parse_questions_query(const Request& request);

/// `chat` or `stream`, after everything but letters, digits, whitespace, `-` and `_` was taken out.
std::optional<model::QuestionEndpoint> parse_endpoint_type(std::string_view text);

/// What a reader says of an answer.
struct GivenFeedback {
  model::QuestionId question;
  bool helpful = false;
  std::string comment;
};
/// `{"question_id", "helpful", "comment"}`, the comment of at most kFeedbackCodePoints. An id that is none of
/// ours in form comes out empty.
Parsed<GivenFeedback> parse_feedback(std::string_view body);
inline constexpr std::size_t kFeedbackCodePoints = 2'000;

/// `{"groups": [{"question", "locale", "count", "first_asked", "last_asked"}], "total", "page", "page_size",
/// "total_pages", "questions_read"}`: `total` groups of as many questions as were read.
boost::json::object to_json(const std::vector<rag::UnansweredGroup>& groups, const NumberedPage& page,
                            std::size_t questions_read);

/// `{"questions", "total", "page", "page_size", "total_pages"}`
boost::json::object to_json(const store::QuestionPage& page, const QuestionsQuery& query);
/// `{"total_questions", "analyzed", "unanalyzed", "by_endpoint", "date_range"}`
boost::json::object to_json(const store::QuestionStats& stats);

}  // namespace wellspring::http::wire
