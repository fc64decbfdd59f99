#include "app/engine.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>

#include "app/cms_client.hpp"
#include "app/model_files.hpp"
#include "embed/hashing_embedder.hpp"
#include "embed/onnx_embedder.hpp"
#include "llm/extractive_model.hpp"
#include "llm/openai_model.hpp"
#include "rag/sentence_similarity.hpp"
#include "runtime/parallel_for.hpp"
#include "text/analyzer.hpp"

namespace wellspring::app {
std::size_t cpu_threads(const config::Settings& settings) {
  if (settings.cpu_threads > 0) return settings.cpu_threads;
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

index::SearchOptions search_options(const config::Settings& settings) {
  index::SearchOptions options;
  options.fusion = settings.fusion == config::FusionKind::kRrf ? index::Fusion::kRrf : index::Fusion::kConvex;
  options.bm25_weight = static_cast<float>(settings.bm25_weight);
  options.candidates = settings.candidates;
  options.default_locale = settings.default_locale;
  return options;
}

namespace {

Result<embed::OnnxEmbedderOptions> onnx_options(const config::Settings& settings) {
  embed::OnnxEmbedderOptions options;
  options.folder = settings.model_dir;
  if (settings.model_dir.empty()) {
    auto installed = installed_model_dir();
    if (installed.has_error()) return installed.error();
    options.folder = *installed;
  }
  options.form =
      settings.model_form == config::ModelForm::kFp32 ? embed::ModelForm::kFp32 : embed::ModelForm::kInt8;
  options.max_tokens = settings.model_max_tokens;
  return options;
}

}  // namespace

Result<std::unique_ptr<embed::Embedder>> make_embedder(const config::Settings& settings) {
  if (settings.embedder == config::EmbedderKind::kHashing)
    return std::unique_ptr<embed::Embedder>(std::make_unique<embed::HashingEmbedder>());
  const auto options = onnx_options(settings);
  if (options.has_error()) return options.error();
  return embed::open_onnx_embedder(*options);
}

Engine::Engine(const config::Settings& settings, const Clock& clock, obs::Log& log)
    : clock_(clock), log_(log), executors_({.cpu_threads = cpu_threads(settings), .blocking_threads = 4}) {}

Engine::~Engine() {
  executors_.stop();
}

Result<std::unique_ptr<Engine>> Engine::open(const config::Settings& settings, const Clock& clock,
                                             obs::Log& log) {
  std::unique_ptr<Engine> engine(new Engine(settings, clock, log));
  auto built = engine->build(settings);
  if (built.has_error()) return built.error();
  return engine;
}

Result<void> Engine::build(const config::Settings& settings) {
  auto lock = store::DataDirLock::acquire(settings.data_dir);
  if (lock.has_error()) return lock.error();
  lock_.emplace(std::move(*lock));
  auto opened = open_storage(settings, {executors_, clock_, log_, metrics_});
  if (opened.has_error()) return opened.error();
  storage_ = std::move(*opened);
  if (storage_->is_local()) start_reading(settings);
  auto embedder = make_embedder(settings);
  if (embedder.has_error()) return embedder.error();
  embedder_ = std::move(*embedder);
  index_ =
      std::make_unique<index::Index>(index::IndexOptions{.dimension = embedder_->dimension()}, text::analyze);
  ingestor_ = std::make_unique<rag::Ingestor>(*embedder_, articles(), *index_, clock_, metrics_);
  retriever_ =
      std::make_unique<rag::Retriever>(*embedder_, *index_, search_options(settings), executors_, metrics_);
  auto model = build_chat_model(settings);
  if (model.has_error()) return model.error();
  if (const auto spend = build_spend_guard(settings); spend.has_error()) return spend.error();
  if (settings.cache_entries > 0 && settings.cache_bytes_max > 0 && settings.cache_ttl.count() > 0) {
    answer_cache_ =
        std::make_unique<rag::AnswerCache>(rag::AnswerCacheOptions{.entries_max = settings.cache_entries,
                                                                   .bytes_max = settings.cache_bytes_max,
                                                                   .ttl = settings.cache_ttl},
                                           metrics_);
  }
  answerer_ = std::make_unique<rag::Answerer>(
      *retriever_, *chat_model_,
      rag::AnswererOptions{
          .passages = settings.passages,
          .history_pairs = settings.history_pairs,
          .prompt_tokens = settings.prompt_tokens,
          .follow_ups = settings.llm_base_url.empty() ? rag::FollowUps::kHeuristic : rag::FollowUps::kModel},
      clock_, metrics_, answer_cache_.get(),
      rag::Budget{.guard = spend_.get(), .instead = quoting_model_.get()});
  rag::QuestionLogOptions log_options;
  log_options.retention = std::chrono::ceil<std::chrono::hours>(settings.questions_retention);
  question_log_ = std::make_unique<rag::QuestionLog>(questions(), storage_->questions_lane(), executors_,
                                                     clock_, log_, metrics_, log_options);
  sync::IntakeOptions intake_options;
  intake_options.queue_jobs_max = settings.job_queue_max;
  intake_options.queue_bytes_max = settings.job_queue_bytes_max;
  intake_ = std::make_unique<sync::Intake>(journal(), executors_, clock_, metrics_, intake_options);
  sync::WorkerOptions worker_options;
  worker_options.retry.attempts_max = settings.job_attempts_max;
  worker_options.retry.backoff_max = settings.job_backoff_max;
  worker_options.keep_done = std::chrono::ceil<std::chrono::hours>(settings.job_retention);
  worker_ = std::make_unique<sync::Worker>(journal(), articles(), ingestion(), executors_, clock_, log_,
                                           metrics_, worker_options);
  intake_->on_accepted([this] { worker_->notify(); });
  return build_reconciler(settings);
}

Result<void> Engine::build_reconciler(const config::Settings& settings) {
  auto client = make_web_client(settings, clock_);
  if (client.has_error()) return client.error();
  web_client_ = std::move(*client);
  if (settings.cms_url.empty()) return {};
  auto get = make_cms_get(settings, *web_client_, clock_);
  if (get.has_error()) return get.error();
  reconciler_ =
      std::make_unique<sync::Reconciler>(std::move(*get), articles(), journal(), *intake_, executors_, clock_,
                                         log_, metrics_, reconcile_options(settings));
  return {};
}

void Engine::start_reading(const config::Settings& settings) {
  const auto options = onnx_options(settings);
  if (settings.embedder != config::EmbedderKind::kOnnx || options.has_error()) return;
  auto reading = std::make_shared<std::packaged_task<Result<rag::StoredArticles>()>>(
      [this, name = embed::onnx_model_name(*options)] { return rag::read_stored(articles(), name); });
  stored_ = reading->get_future();
  boost::asio::post(executors_.blocking(), [reading] { (*reading)(); });
}

Result<void> Engine::load() {
  if (auto prepared = storage_->prepare(); prepared.has_error()) return prepared.error();
  auto stored = stored_.valid() ? stored_.get() : rag::read_stored(articles(), embedder_->model_name());
  if (stored.has_error()) return stored.error();
  const auto unembedded = storage_->missing_vectors() == nullptr ? rag::Ingestor::Unembedded::kEmbed
                                                                 : rag::Ingestor::Unembedded::kServe;
  const auto loaded =
      ingestor_->load(std::move(*stored), unembedded,
                      [this](std::size_t count, const std::function<void(std::size_t)>& task) {
                        runtime::parallel_for(executors_.background(), 1, count, task);
                      });
  if (loaded.has_error()) return loaded.error();
  without_vector_ = *loaded;
  return {};
}

Result<std::size_t> Engine::embed_some() {
  auto embedded = ingestor_->embed_some(*storage_->missing_vectors());
  if (embedded.has_value()) merge_segments();
  return embedded;
}

sync::Ingestion Engine::ingestion() {
  // A change is searchable, and its article's old text is in no cached answer, before the job is done.
  // Merging the segments is the next thing the background does.
  const auto then_merge = [this](Result<void> changed) {
    if (changed.has_value()) boost::asio::post(executors_.background(), [this] { merge_segments(); });
    return changed;
  };
  return {.publish =
              [=, this](const model::Article& article) {
                const Result<void> published = ingestor_->publish(article);
                if (answer_cache_) answer_cache_->forget(article.key);
                return then_merge(published);
              },
          .remove =
              [=, this](const ArticleId& id, std::optional<Timestamp> tombstone) {
                const Result<void> removed = ingestor_->remove(id, tombstone);
                if (answer_cache_) answer_cache_->forget(id);
                return then_merge(removed);
              },
          .content_hash = rag::content_hash};
}

void Engine::merge_segments() {
  while (index_->merge_step()) {
  }
}

Result<void> Engine::build_spend_guard(const config::Settings& settings) {
  const rag::SpendOptions options{
      .prices = {.input = settings.spend_input_price, .output = settings.spend_output_price},
      .limits = {.daily = rag::from_usd(settings.spend_daily_limit),
                 .hourly = rag::from_usd(settings.spend_hourly_limit)},
      .output_tokens_max = settings.llm_max_tokens};
  const bool paid = !settings.llm_base_url.empty() && (options.prices.known() || options.limits.any());
  if (!paid) return {};
  auto guard = rag::SpendGuard::open(options, rag::SpendFile(lock_->directory() / "spend.json"), executors_,
                                     clock_, log_, metrics_);
  if (guard.has_error()) return guard.error();
  spend_ = std::move(*guard);
  quoting_model_ = quoting_model();
  return {};
}

std::unique_ptr<llm::ChatModel> Engine::quoting_model() {
  return std::make_unique<llm::ExtractiveModel>(
      [this](std::string_view question, std::span<const std::string_view> sentences) {
        return rag::sentence_similarity(*embedder_, question, sentences);
      },
      executors_);
}

Result<void> Engine::build_chat_model(const config::Settings& settings) {
  if (settings.llm_base_url.empty()) {
    chat_model_ = quoting_model();
    return {};
  }
  llm::OpenAiOptions options;
  options.base_url = settings.llm_base_url;
  options.api_key = settings.llm_api_key;
  options.model = settings.llm_model;
  options.temperature = settings.llm_temperature;
  options.max_output_tokens = settings.llm_max_tokens;
  options.first_token_timeout = settings.llm_first_token_timeout;
  options.idle_timeout = settings.llm_idle_timeout;
  options.total_timeout = settings.answer_timeout;
  options.calls_max = settings.llm_concurrency;
  options.waiting_max = settings.llm_concurrency;
  auto model = llm::OpenAiModel::create(std::move(options), clock_);
  if (model.has_error()) return model.error();
  chat_model_ = std::move(*model);
  return {};
}

}  // namespace wellspring::app
