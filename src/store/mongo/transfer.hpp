#pragma once

#include "store/mongo/document_table.hpp"
#include "store/mongo/journal.hpp"
#include "store/mongo/sources.hpp"
#include "store/transfer.hpp"

namespace wellspring::store::mongo {

class MongoTransfer final : public Transfer {
 public:
  MongoTransfer(Channel& channel, const Names& names, DocumentTable& documents, MongoJournal& journal,
                MongoSources& sources)
      : channel_(channel), names_(names), documents_(documents), journal_(journal), sources_(sources) {}
  Result<std::vector<StoredRevision>> tombstones(const std::optional<ArticleId>& after,
                                                 std::size_t limit) override;
  Result<std::vector<ArticleTime>> article_times(const std::optional<ArticleId>& after,
                                                 std::size_t limit) override;
  Result<void> restore_times(std::span<const ArticleTime> times) override;
  Result<void> restore_jobs(std::span<const model::Job> jobs) override { return journal_.restore(jobs); }
  Result<void> restore_sources(std::span<const model::Source> sources) override {
    return sources_.restore(sources);
  }

 private:
  Channel& channel_;
  const Names& names_;
  DocumentTable& documents_;
  MongoJournal& journal_;
  MongoSources& sources_;
};

}  // namespace wellspring::store::mongo
