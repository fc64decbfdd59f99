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

/// The stream's events, each a whole `data:` line with its blank line.
std::string thinking_event();
std::string sources_event(const std::vector<model::Hit>& hits);
std::string text_event(std::string_view piece);
/// `question` is what feedback on the answer may name.
std::string complete_event(bool from_cache, const std::optional<model::QuestionId>& question = std::nullopt);
std::string error_event(const Error& error);

}  // namespace wellspring::http::wire
