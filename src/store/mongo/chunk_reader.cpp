#include "store/mongo/chunk_reader.hpp"

#include <algorithm>
#include <map>

#include "store/mongo/chunk_rows.hpp"

namespace wellspring::store::mongo {
namespace {

using Slots = std::vector<std::optional<model::EmbeddedChunk>>;

model::EmbeddedChunk chosen(ReadChunk read, const std::optional<std::string>& embedding_model) {
  if (embedding_model && read.model != *embedding_model) read.embedded.vector.clear();
  return std::move(read.embedded);
}

std::optional<ChunkReader::Chunks> all_of(Slots slots) {
  ChunkReader::Chunks chunks;
  chunks.reserve(slots.size());
  for (auto& slot : slots) {
    if (!slot) return std::nullopt;
    chunks.push_back(std::move(*slot));
  }
  return chunks;
}

/// The rows of an article written by another program need not agree on the article; the first one counts.
ChunkReader::Chunks made_uniform(Slots slots, const LiveRevision& live) {
  ChunkReader::Chunks chunks;
  for (auto& slot : slots) {
    if (!slot) continue;
    model::ChunkMetadata& metadata = slot->chunk.metadata;
    const model::ChunkMetadata& first = chunks.empty() ? metadata : chunks.front().chunk.metadata;
    metadata.index = chunks.size();
    metadata.source = live.source;
    metadata.title = live.title;
    metadata.author = first.author;
    metadata.categories = first.categories;
    metadata.published_at = first.published_at;
    metadata.slug = first.slug;
    metadata.extra = first.extra;
    chunks.push_back(std::move(*slot));
  }
  return chunks;
}

}  // namespace

std::vector<std::optional<ChunkReader::Chunks>> ChunkReader::read(
    std::span<const Wanted> wanted, const std::optional<std::string>& embedding_model, Missing missing) {
  std::vector<std::optional<Chunks>> result(wanted.size());
  read_own(wanted, embedding_model, result);
  read_adopted(wanted, embedding_model, missing, result);
  return result;
}

void ChunkReader::read_own(std::span<const Wanted> wanted, const std::optional<std::string>& embedding_model,
                           std::vector<std::optional<Chunks>>& result) {
  std::map<Oid, std::size_t> places;
  std::vector<Slots> slots(wanted.size());
  Array revisions;
  std::size_t row_bytes = 1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const LiveRevision& live = wanted[i].live;
    if (live.rows) continue;
    slots[i].resize(live.chunk_count);
    places.emplace(live.revision, i);
    row_bytes = std::max(row_bytes, live.row_bytes);
    if (live.chunk_count > 0) revisions.push(live.revision);
  }
  const auto take = [&](const bson_t& row) {
    const Oid revision = Fields(row, "chunk " + label_of(row, "_id")).oid("revision");
    ReadChunk read = read_own_chunk(row);
    Slots& own = slots[places.at(revision)];
    if (read.index >= own.size()) {
      throw Failure(fail(
          ErrorKind::kCorrupt,
          "chunk " + label_of(row, "_id") + " is one too many for its revision; publish the article again"));
    }
    const std::size_t index = read.index;
    own[index] = chosen(std::move(read), embedding_model);
    return true;
  };
  if (revisions.size() > 0) {
    channel_.use([&](Session& session) {
      session.find(names_.chunks, any_of("revision", revisions), doc("batchSize", batch_rows(row_bytes)),
                   take);
    });
  }
  for (const auto& [revision, i] : places) result[i] = all_of(std::move(slots[i]));
}

void ChunkReader::read_adopted(std::span<const Wanted> wanted,
                               const std::optional<std::string>& embedding_model, Missing missing,
                               std::vector<std::optional<Chunks>>& result) {
  struct Place {
    std::size_t revision;
    std::size_t position;
  };
  std::map<std::string, Place> places;
  std::vector<Slots> slots(wanted.size());
  std::vector<std::size_t> seen(wanted.size(), 0);
  Array ids;
  std::size_t row_bytes = 1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const LiveRevision& live = wanted[i].live;
    if (!live.rows) continue;
    row_bytes = std::max(row_bytes, live.row_bytes);
    std::size_t position = 0;
    for_each_value(*live.rows->doc(), [&](const bson_value_t& id) {
      ids.push(id);
      places.emplace(key_of(id), Place{i, position++});
    });
    slots[i].resize(position);
  }
  if (places.empty()) return;
  const auto take = [&](const bson_t& row) {
    const auto place = places.find(key_of(row, "_id"));
    if (place == places.end()) return true;
    const auto [revision, position] = place->second;
    ++seen[revision];
    auto read = read_adopted_chunk(row, {wanted[revision].article, wanted[revision].live.locale}, position);
    if (read) {
      slots[revision][position] = chosen(std::move(*read), embedding_model);
    } else {
      bad_rows_.tell(names_.chunks, label_of(row, "_id"), "it has no text any more");
    }
    return true;
  };
  channel_.use([&](Session& session) {
    session.find(names_.chunks, any_of("_id", ids), doc("batchSize", batch_rows(row_bytes)), take);
  });
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!wanted[i].live.rows) continue;
    const std::size_t gone = slots[i].size() - seen[i];
    if (gone > 0 && missing == Missing::kRefuse) continue;
    if (gone > 0) {
      bad_rows_.tell(names_.chunks, "of article " + wanted[i].article.value(),
                     std::to_string(gone) + " of its rows are missing");
    }
    result[i] = made_uniform(std::move(slots[i]), wanted[i].live);
  }
}

}  // namespace wellspring::store::mongo
