#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"
#include "mongo/pools_report.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "runtime/executors.hpp"
#include "runtime/lane.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"
#include "store/missing_vectors.hpp"
#include "store/question_store.hpp"
#include "store/source_store.hpp"

namespace wellspring::app {

/// Where everything is kept: the data directory, or MongoDB. The stores live as long as this.
class Storage {
 public:
  virtual ~Storage() = default;
  virtual store::ArticleStore& articles() = 0;
  virtual store::JobJournal& journal() = 0;
  virtual store::SourceStore& sources() = 0;
  virtual store::QuestionStore& questions() = 0;
  virtual runtime::Lane& sources_lane() = 0;
  virtual runtime::Lane& questions_lane() = 0;

  /// Brings the place into a state that can be read. Blocks. After kUnavailable and kDeadline it is worth
  /// trying again.
  virtual Result<void> prepare() = 0;
  /// Whether articles may be read before prepare().
  virtual bool is_local() const = 0;
  /// Vectors that may be missing although their passages are served; nullptr where there are none.
  virtual store::MissingVectors* missing_vectors() = 0;
  /// Why the place cannot be reached at present; empty while it can. Any thread.
  virtual std::string trouble() const = 0;
  /// The connection pools; empty where there are none. Takes no connection. Any thread.
  virtual mongo::PoolsReport pools() const = 0;
  /// Ends every connection, those in use after `drain`; false when some could not be ended and the process
  /// should leave without more ado. Blocks. A second call gives the first one's answer.
  virtual bool close(std::chrono::milliseconds drain) = 0;
};

struct StorageParts {
  runtime::Executors& executors;
  const Clock& clock;
  obs::Log& log;
  obs::Metrics& metrics;
};

/// As the settings say. Errors: kInvalidArgument naming the option, and those of opening the data directory.
Result<std::unique_ptr<Storage>> open_storage(const config::Settings& settings, const StorageParts& parts);

}  // namespace wellspring::app
