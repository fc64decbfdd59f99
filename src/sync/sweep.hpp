#pragma once

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "runtime/executors.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"
#include "sync/intake.hpp"
#include "sync/reconcile_report.hpp"
#include "sync/reconciler.hpp"

namespace wellspring::sync {

/// What a sweep works with; everything is borrowed.
struct SweepParts {
  CmsGet get;
  store::ArticleStore& articles;
  store::JobJournal& journal;
  Intake& intake;
  runtime::Executors& executors;
  const Clock& clock;
  const ReconcileOptions& options;
};

/// One sweep from the first page to the last removal; see Reconciler. Runs on io, brings `report` up to date
/// as it goes. Errors: those of the CMS, the store and the journal; kCancelled.
boost::asio::awaitable<Result<void>> sweep(const SweepParts& parts, ReconcileReport& report);

}  // namespace wellspring::sync
