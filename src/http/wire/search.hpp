#pragma once

#include <boost/json/fwd.hpp>
#include <string_view>

#include "http/wire/json_body.hpp"
#include "model/query.hpp"
#include "rag/retriever.hpp"

namespace wellspring::http::wire {

/// `{"query", "k", "mode", "filter", "locale"}`. A filter is an object of members, each with the value or a
/// list of values that it may have. Without the member `locale` the reader has `locale`.
Parsed<model::Query> parse_query(std::string_view body, std::string locale = model::kDefaultLocale);

/// `{"hits": [{"document_id", "chunk_index", "title", "text", "score", "scores": {"bm25", "dense"},
/// "metadata"}], "mode", "took_ms"}`
boost::json::object to_json(const rag::Retrieved& retrieved, model::SearchMode mode);

}  // namespace wellspring::http::wire
