#pragma once

#include <future>
#include <memory>
#include <optional>
#include <string>

#include "app/storage.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "embed/embedder.hpp"
#include "index/index.hpp"
#include "llm/chat_model.hpp"
#include "net/web_client.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "rag/answer_cache.hpp"
#include "rag/answerer.hpp"
#include "rag/ingestor.hpp"
#include "rag/question_log.hpp"
#include "rag/retriever.hpp"
#include "rag/spend_guard.hpp"
#include "runtime/executors.hpp"
#include "store/data_dir.hpp"
#include "sync/intake.hpp"
#include "sync/reconciler.hpp"
#include "sync/worker.hpp"

namespace wellspring::app {

/// The embedder that the settings ask for. Errors: those of opening the model, with what to do.
Result<std::unique_ptr<embed::Embedder>> make_embedder(const config::Settings& settings);

index::SearchOptions search_options(const config::Settings& settings);

/// How many threads compute.
std::size_t cpu_threads(const config::Settings& settings);

/// Everything that a data directory needs to be searched, asked and fed; HTTP stands on top of it. The
/// members are in the order of their dependencies, so that each dies before what it borrows.
class Engine {
 public:
  /// Takes the data directory's lock and opens everything. Errors: kConflict when another process holds the
  /// directory (the subject is its URL), and those of store and model.
  static Result<std::unique_ptr<Engine>> open(const config::Settings& settings, const Clock& clock,
                                              obs::Log& log);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Fills the index from the store. Blocks; not on the background executor, which helps. After kUnavailable
  /// and kDeadline it may be called again.
  Result<void> load();
  /// How many passages load() found without a vector.
  std::size_t without_vector() const { return without_vector_; }
  /// Embeds some of them and makes them findable by meaning. Returns how many; 0 when none is left. Blocks
  /// and computes.
  Result<std::size_t> embed_some();

  runtime::Executors& executors() { return executors_; }
  obs::Metrics& metrics() { return metrics_; }
  obs::Log& log() { return log_; }
  const Clock& clock() const { return clock_; }
  store::DataDirLock& lock() { return *lock_; }
  Storage& storage() { return *storage_; }
  store::ArticleStore& articles() { return storage_->articles(); }
  store::JobJournal& journal() { return storage_->journal(); }
  store::SourceStore& sources() { return storage_->sources(); }
  store::QuestionStore& questions() { return storage_->questions(); }
  embed::Embedder& embedder() { return *embedder_; }
  index::Index& index() { return *index_; }
  rag::Retriever& retriever() { return *retriever_; }
  rag::Answerer& answerer() { return *answerer_; }
  rag::AnswerCache* answer_cache() { return answer_cache_.get(); }  ///< null when it is switched off
  llm::ChatModel& chat_model() { return *chat_model_; }
  rag::SpendGuard* spend() { return spend_.get(); }  ///< null when what the model costs is not known
  rag::QuestionLog& question_log() { return *question_log_; }
  sync::Intake& intake() { return *intake_; }
  sync::Worker& worker() { return *worker_; }
  sync::Reconciler* reconciler() { return reconciler_.get(); }  ///< null without cms.url

 private:
  Engine(const config::Settings& settings, const Clock& clock, obs::Log& log);
  Result<void> build(const config::Settings& settings);
  /// Reads the store while the model is opened.
  void start_reading(const config::Settings& settings);
  Result<void> build_chat_model(const config::Settings& settings);
  Result<void> build_reconciler(const config::Settings& settings);
  std::unique_ptr<llm::ChatModel> quoting_model();
  Result<void> build_spend_guard(const config::Settings& settings);
  sync::Ingestion ingestion();
  void merge_segments();

  const Clock& clock_;
  obs::Log& log_;
  obs::Metrics metrics_;
  std::optional<store::DataDirLock> lock_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<embed::Embedder> embedder_;
  std::unique_ptr<index::Index> index_;
  std::future<Result<rag::StoredArticles>> stored_;
  // Joined by ~Engine before anything above dies: offloaded work borrows all of it.
  runtime::Executors executors_;
  std::unique_ptr<rag::Ingestor> ingestor_;
  std::size_t without_vector_ = 0;  ///< chunks, after load()
  std::unique_ptr<rag::Retriever> retriever_;
  std::unique_ptr<llm::ChatModel> chat_model_;
  std::unique_ptr<llm::ChatModel> quoting_model_;  ///< for when chat_model_ may cost no more
  std::unique_ptr<rag::SpendGuard> spend_;
  std::unique_ptr<rag::AnswerCache> answer_cache_;
  std::unique_ptr<rag::Answerer> answerer_;
  std::unique_ptr<rag::QuestionLog> question_log_;
  std::unique_ptr<sync::Intake> intake_;
  std::unique_ptr<sync::Worker> worker_;
  std::unique_ptr<net::WebClient> web_client_;
  std::unique_ptr<sync::Reconciler> reconciler_;
};

}  // namespace wellspring::app
