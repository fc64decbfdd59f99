#pragma once

#include "obs/log.hpp"
#include "store/article_store.hpp"
#include "store/mongo/chunk_reader.hpp"
#include "store/mongo/document_table.hpp"

namespace wellspring::store::mongo {

/// Articles as docs/adr/0004 lays them out.
class MongoArticles final : public ArticleStore {
 public:
  MongoArticles(Channel& channel, const Names& names, DocumentTable& documents, ChunkReader& reader,
                obs::Log& log)
      : channel_(channel), names_(names), documents_(documents), reader_(reader), log_(log) {}

  Result<std::optional<StoredRevision>> find(const model::ArticleKey& key) override;
  Result<std::vector<StoredRevision>> find_all(const ArticleId& id) override;
  Result<std::vector<model::EmbeddedChunk>> chunks(const model::ArticleKey& key) override;
  Result<void> publish(const Revision& revision, Timestamp now) override;
  Result<void> remove(const ArticleId& id, std::optional<Timestamp> tombstone, Timestamp now) override;
  Result<std::vector<StoredRevision>> list(const std::string& source, std::size_t offset,
                                           std::size_t limit) override;
  Result<void> for_each(
      const std::string& embedding_model,
      const std::function<Result<void>(const model::ArticleKey&, std::vector<model::EmbeddedChunk>&&)>& visit)
      override;
  Result<StoreCounts> counts() override;

 private:
  using Chunks = ChunkReader::Chunks;
  using Visit = std::function<Result<void>(const model::ArticleKey&, Chunks&&)>;
  std::optional<Chunks> load(const model::ArticleKey& key, const std::optional<std::string>& embedding_model);
  Result<void> visit_page(const std::vector<DocumentRow>& rows, const std::string& embedding_model,
                          const Visit& visit);
  void sweep(DocumentRow row);

  Channel& channel_;
  const Names& names_;
  DocumentTable& documents_;
  ChunkReader& reader_;
  obs::Log& log_;
};

}  // namespace wellspring::store::mongo
