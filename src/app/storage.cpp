#include "app/storage.hpp"

#include "app/mongo_storage.hpp"
#include "runtime/thread_lane.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace wellspring::app {
namespace {

/// In the data directory.
class LocalStorage final : public Storage {
 public:
  LocalStorage(std::unique_ptr<store::sqlite::SqliteStore> store, runtime::Executors& executors)
      : store_(std::move(store)), lane_(executors.blocking()) {}
  store::ArticleStore& articles() override { return store_->articles(); }
  store::JobJournal& journal() override { return store_->journal(); }
  store::SourceStore& sources() override { return store_->sources(); }
  store::QuestionStore& questions() override { return store_->questions(); }
  runtime::Lane& sources_lane() override { return lane_; }
  runtime::Lane& questions_lane() override { return lane_; }
  Result<void> prepare() override { return {}; }
  bool is_local() const override { return true; }
  store::MissingVectors* missing_vectors() override { return nullptr; }
  std::string trouble() const override { return {}; }
  mongo::PoolsReport pools() const override { return {}; }
  bool close(std::chrono::milliseconds /*drain*/) override { return true; }

 private:
  std::unique_ptr<store::sqlite::SqliteStore> store_;
  runtime::ThreadLane lane_;
};

}  // namespace

Result<std::unique_ptr<Storage>> open_storage(const config::Settings& settings, const StorageParts& parts) {
  auto local = store::sqlite::open_sqlite_store(settings.data_dir);
  if (local.has_error()) return local.error();
  if (!settings.mongo_uri.empty()) return open_mongo_storage(settings, std::move(*local), parts);
  return std::unique_ptr<Storage>(std::make_unique<LocalStorage>(std::move(*local), parts.executors));
}

}  // namespace wellspring::app
