#include "store/sqlite/sqlite_store.hpp"

#include "store/sqlite/articles.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/journal.hpp"
#include "store/sqlite/questions.hpp"
#include "store/sqlite/sources.hpp"
#include "store/sqlite/spool.hpp"
#include "store/sqlite/transfer.hpp"

namespace wellspring::store::sqlite {
namespace {

class OpenStore final : public SqliteStore {
 public:
  explicit OpenStore(const std::filesystem::path& file)
      : database_(file),
        articles_(database_),
        journal_(database_),
        sources_(database_),
        questions_(database_),
        transfer_(database_),
        spool_(database_) {}
  ArticleStore& articles() override { return articles_; }
  JobJournal& journal() override { return journal_; }
  SourceStore& sources() override { return sources_; }
  QuestionStore& questions() override { return questions_; }
  Transfer& transfer() override { return transfer_; }
  JobSpool& spool() override { return spool_; }

 private:
  Database database_;
  SqliteArticles articles_;
  SqliteJournal journal_;
  SqliteSources sources_;
  SqliteQuestions questions_;
  SqliteTransfer transfer_;
  SqliteSpool spool_;
};

}  // namespace

Result<std::unique_ptr<SqliteStore>> open_sqlite_store(const std::filesystem::path& data_dir) {
  const std::filesystem::path file = data_dir / "wellspring.db";
  try {
    return std::make_unique<OpenStore>(file);
  } catch (const Failure& failure) {
    return at_port(failure.error(), {"open store", file.string()});
  }
}

}  // namespace wellspring::store::sqlite
