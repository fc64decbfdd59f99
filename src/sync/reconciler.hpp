#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/article.hpp"
#include "net/web_client.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "runtime/executors.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"
#include "sync/intake.hpp"
#include "sync/reconcile_report.hpp"
#include "sync/retry_policy.hpp"

namespace wellspring::sync {

/// Gets `target` (path and query) from the CMS.
using CmsGet = std::function<boost::asio::awaitable<Result<net::GetResponse>>(std::string target)>;

struct ReconcileOptions {
  std::string collection = "articles";
  std::vector<std::string> locales{};                  ///< the CMS's default first; see cms_locales()
  std::string default_locale = model::kDefaultLocale;  ///< of a CMS without locales
  std::size_t page_size = 200;
  std::chrono::milliseconds pause{100};  ///< between two pages
  std::chrono::milliseconds every{0};    ///< 0: on demand only
  std::size_t articles_max = 500'000;    ///< about 100 bytes each while a sweep runs
  RemovalRule removals{};
  RetryOptions retry{.attempts_max = 4,
                     .backoff_first = std::chrono::milliseconds{500},
                     .backoff_max = std::chrono::milliseconds{30'000}};
};

/// Heals what webhooks missed: lists the CMS's articles, compares with the store and journals jobs for what
/// differs, behind the webhooks in priority. A document is fetched by its id before it is published, and an
/// absent one is asked for by its id before it is removed. A sweep that breaks off removes nothing and starts
/// anew the next time: what it journalled is durable, and the list is cheap. Lives on the io executor; not
/// thread-safe. Destroy when io runs no more, or after stop().
class Reconciler {
 public:
  Reconciler(CmsGet get, store::ArticleStore& articles, store::JobJournal& journal, Intake& intake,
             runtime::Executors& executors, const Clock& clock, obs::Log& log, obs::Metrics& metrics,
             const ReconcileOptions& options);
  ~Reconciler();
  Reconciler(const Reconciler&) = delete;
  Reconciler& operator=(const Reconciler&) = delete;

  /// Sweeps now and then on schedule; nothing without one. Call once.
  void start();
  /// Begins a sweep. kConflict while one is under way; kCancelled after stop().
  Result<void> begin(ReconcileRequest request);
  bool is_running() const;
  /// Of the sweep under way, else of the last one; empty before the first.
  std::optional<ReconcileReport> report() const;
  /// Breaks off the sweep under way and begins no other. Returns when it has ended.
  boost::asio::awaitable<void> stop();

  struct State;

 private:
  std::shared_ptr<State>
      state_;  // shared with its own coroutines, whose last resume may come after this died
};

}  // namespace wellspring::sync
