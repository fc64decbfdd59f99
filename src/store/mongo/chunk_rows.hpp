#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/chunk.hpp"
#include "store/article_store.hpp"
#include "store/mongo/bson.hpp"

/// Rows of the chunk collection: `{_id, text, metadata: {contract 4.3}}` as the reference has them, and ours
/// beside: `revision` (ObjectId), `index`, `body_offset`, `model`, `vector`. Pure.
namespace wellspring::store::mongo {

/// The rows of a revision in order. `make_id` gives each its `_id`.
std::vector<Doc> chunk_rows(const Revision& revision, const Oid& revision_id,
                            const std::function<Oid()>& make_id);

struct ReadChunk {
  std::size_t index = 0;
  model::EmbeddedChunk embedded;
  std::string model;  ///< of the vector
};

/// A row of ours. Throws Failure (kCorrupt).
ReadChunk read_own_chunk(const bson_t& row);

/// What another program wrote, as far as it is a chunk: `key` and `position` say what it counts as. Nothing
/// when it has no text.
std::optional<ReadChunk> read_adopted_chunk(const bson_t& row, const model::ArticleKey& key,
                                            std::size_t position);

}  // namespace wellspring::store::mongo
