#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "http/request_limits.hpp"
#include "index/index.hpp"
#include "mongo/pools_report.hpp"
#include "obs/log.hpp"
#include "obs/metrics.hpp"
#include "rag/answer_cache.hpp"
#include "rag/answerer.hpp"
#include "rag/question_log.hpp"
#include "rag/retriever.hpp"
#include "rag/spend_guard.hpp"
#include "runtime/executors.hpp"
#include "runtime/lane.hpp"
#include "store/article_store.hpp"
#include "store/job_journal.hpp"
#include "store/question_store.hpp"
#include "store/source_store.hpp"
#include "sync/intake.hpp"
#include "sync/reconciler.hpp"
#include "sync/signature.hpp"

namespace wellspring::http {

struct Readiness {
  bool ready = false;
  std::string reason;  ///< why not; or what is wrong although it is, for people
};

/// What the routes stand on. Everything is borrowed and outlives the server.
struct Services {
  const rag::Retriever& retriever;
  const rag::Answerer& answerer;
  sync::Intake& intake;
  store::ArticleStore& articles;
  store::JobJournal& journal;
  store::SourceStore& sources;
  store::QuestionStore& questions;
  rag::QuestionLog& question_log;
  runtime::Lane& sources_lane;                ///< to work on `sources`
  runtime::Lane& questions_lane;              ///< to work on `questions`
  std::function<mongo::PoolsReport()> pools;  ///< empty without MongoDB; takes no connection; any thread
  std::function<std::shared_ptr<const index::Snapshot>()> snapshot;  ///< the newest; never null; any thread
  std::function<Readiness()> readiness;                              ///< any thread
  std::function<void()> wake_worker;                                 ///< a job was put back to queued; on io
  runtime::Executors& executors;
  obs::Metrics& metrics;
  obs::Log& log;
  const Clock& clock;
  RequestLimits& request_limits;
  std::chrono::milliseconds answer_timeout{120'000};
  std::size_t sync_body_bytes_max = limits::kSyncBodyBytes;
  sync::SignatureRules webhooks{};  ///< who may send them
  bool language_model = false;      ///< answers come from a configured model, not from the extractive one
  const rag::AnswerCache* answer_cache = nullptr;      ///< null: switched off
  const rag::SpendGuard* spend = nullptr;              ///< null: answers cost nothing that is known
  sync::Reconciler* reconciler = nullptr;              ///< null without a CMS to compare with; on io
  std::string default_locale = model::kDefaultLocale;  ///< of what is sent or asked without one
  bool log_questions = true;
  bool honour_opt_out = true;  ///< questions sent with `DNT: 1` or `Sec-GPC: 1` are not logged
};

}  // namespace wellspring::http
