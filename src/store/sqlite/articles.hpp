#pragma once

#include "store/article_store.hpp"
#include "store/sqlite/database.hpp"

namespace wellspring::store::sqlite {

class SqliteArticles final : public ArticleStore {
 public:
  explicit SqliteArticles(Database& database) : database_(database) {}
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
  Database& database_;
};

}  // namespace wellspring::store::sqlite
