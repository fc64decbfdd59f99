#pragma once

#include <boost/json/fwd.hpp>

#include "base/result.hpp"
#include "model/chunk.hpp"

namespace wellspring::model {

/// The metadata object of contract 4.3: absent headings are absent keys, unknown author, date and slug are
/// null, times are ISO strings. `extra` members come last and never replace a contract key.
boost::json::object to_json(const ChunkMetadata& metadata);

/// The inverse. kCorrupt when a required member is missing or has the wrong type.
Result<ChunkMetadata> chunk_metadata_from_json(const boost::json::object& object);

/// Articles as they are journalled.
boost::json::object to_json(const Article& article);
Result<Article> article_from_json(const boost::json::object& object);

}  // namespace wellspring::model
