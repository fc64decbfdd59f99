#pragma once

#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/wire/json_body.hpp"
#include "model/query.hpp"
#include "model/question.hpp"
#include "rag/answerer.hpp"

/// Questions and answers as contract 1.5 and 1.6 write them.
namespace wellspring::http::wire {

/// At most limits::kHistoryTurns turns are kept, the latest. Members the contract does not know are ignored,
/// but for `locale`; without it the question has `locale`.
Parsed<rag::Question> parse_question(std::string_view body, std::string locale = model::kDefaultLocale);

/// `[{"page_content", "metadata"}]`
boost::json::array sources_json(const std::vector<model::Hit>& hits);

/// What a reader is told of an answer that is less than it could be: `spend_limit` when it was quoted from
/// the passages because no more may be spent. Null for any other.
const char* degradation(const rag::AnswerSummary& summary);

/// The stream's events, each a whole `data:` line with its blank line.
std::string thinking_event();
std::string sources_event(const std::vector<model::Hit>& hits);
std::string text_event(std::string_view piece);
/// How near the spend limits answers are; not for kOk.
std::string usage_event(rag::SpendLevel level);
/// `question` is what feedback on the answer may name.
std::string complete_event(const rag::AnswerSummary& summary,
                           const std::optional<model::QuestionId>& question = std::nullopt);
std::string error_event(const Error& error);

}  // namespace wellspring::http::wire
