#pragma once

#include <boost/json/fwd.hpp>
#include <cstddef>
#include <optional>
#include <string_view>

#include "http/message.hpp"
#include "http/wire/json_body.hpp"
#include "store/question_store.hpp"

/// The questions people asked, as contract 1.8 writes them.
namespace wellspring::http::wire {

struct QuestionsQuery {
  std::size_t page = 1;
  std::size_t page_size = 50;
  std::optional<bool> analyzed;
  std::size_t offset() const { return (page - 1) * page_size; }
};
/// `?page=&page_size=&analyzed=`
Parsed<QuestionsQuery> parse_questions_query(const Request& request);

/// `chat` or `stream`, after everything but letters, digits, whitespace, `-` and `_` was taken out.
std::optional<model::QuestionEndpoint> parse_endpoint_type(std::string_view text);

/// `{"questions", "total", "page", "page_size", "total_pages"}`
boost::json::object to_json(const store::QuestionPage& page, const QuestionsQuery& query);
/// `{"total_questions", "analyzed", "unanalyzed", "by_endpoint", "date_range"}`
boost::json::object to_json(const store::QuestionStats& stats);

}  // namespace wellspring::http::wire
