#include "sync/reconciler.hpp"

#include "sync/fake_cms.hpp"
#include "sync/io_harness.hpp"

namespace wellspring::sync {
namespace {

using namespace std::chrono_literals;
using model::JobKind;

class ReconcilerTest : public IoHarness {
 protected:
  ReconcilerTest() {
    options_.page_size = 10;
    options_.pause = 0ms;
    options_.retry = {.attempts_max = 3, .backoff_first = 1ms, .backoff_max = 2ms};
  }
  ~ReconcilerTest() override { executors_.stop(); }

  static Timestamp at(int updated_at) { return parse_timestamp(FakeCms::time(updated_at)).value(); }

  /// An article that was stored before any sweep.
  void hold(const std::string& id, int updated_at, const std::string& locale = "en",
            const std::string& source = "payload") {
    const store::Revision revision{.key = {ArticleId(id), locale},
                                   .updated_at = at(updated_at),
                                   .content_hash = "hash",
                                   .title = id,
                                   .source = source,
                                   .embedding_model = "m",
                                   .chunks = {}};
    ASSERT_TRUE(articles_.publish(revision, clock_.wall()).has_value());
  }

  Reconciler& reconciler() {
    if (!reconciler_) {
      reconciler_ = std::make_unique<Reconciler>(cms_.get(), articles_, journal_, intake_, executors_, clock_,
                                                 log_, metrics_, options_);
    }
    return *reconciler_;
  }

  ReconcileReport sweep(ReconcileRequest request = {}) {
    clock_.advance(1s);
    EXPECT_TRUE(reconciler().begin(request).has_value());
    EXPECT_TRUE(run_until([this] { return !reconciler().is_running(); }));
    return *reconciler().report();
  }

  /// `kind:id` of the jobs journalled, oldest first.
  std::string jobs() {
    std::string text;
    for (const model::Job& job : journal_.list({}, 0, 1'000).value()) {
      text = std::string(name(job.kind)) + ":" + job.article.key.id.value() + " " + text;
    }
    return text;
  }

  double drift(const std::string& kind) {
    return metrics_.value("wellspring_reconcile_drift", {{"kind", kind}});
  }
  double runs(const std::string& outcome) {
    return metrics_.value("wellspring_reconcile_runs_total", {{"outcome", outcome}});
  }

  FakeCms cms_;
  ReconcileOptions options_;
  Intake intake_{journal_, executors_, clock_, metrics_, {}};
  std::unique_ptr<Reconciler> reconciler_;
};

TEST_F(ReconcilerTest, PublishesWhatIsMissingOrStale) {
  hold("stale", 1);
  hold("same", 2);
  hold("newer", 3);
  for (const char* id : {"stale", "same", "newer", "missing"}) cms_.docs[id] = {.updated_at = 2};
  cms_.docs["draft"] = {.updated_at = 2, .published = false};
  const ReconcileReport report = sweep();
  EXPECT_EQ(report.outcome, SweepOutcome::kComplete) << report.reason;
  EXPECT_EQ(jobs(), "publish:missing publish:stale ");
  const model::Job job = journal_.claim(clock_.wall()).value().value();
  EXPECT_EQ(job.priority, model::JobPriority::kImport) << "webhooks overtake a sweep";
  EXPECT_EQ(job.article.markdown, "text of missing");
  EXPECT_EQ(job.article.updated_at, at(2));
  EXPECT_EQ(job.article.source, "payload");
  EXPECT_EQ(report.listed, 5u);
  EXPECT_EQ(report.held, 3u);
  EXPECT_EQ(report.jobs, 2u);
  EXPECT_EQ(report.requests, 3u) << "one page and two documents";
  EXPECT_EQ(drift("missing"), 1);
  EXPECT_EQ(drift("stale"), 1);
  EXPECT_EQ(runs("complete"), 1);
  EXPECT_GT(metrics_.value("wellspring_reconcile_last_success_timestamp_seconds"), 0);
}

TEST_F(ReconcilerTest, WhatAgreesCostsPagesOnly) {
  for (int i = 0; i < 95; ++i) {
    const std::string id = fmt::format("{:03}", i);
    hold(id, 1);
    cms_.docs[id] = {.updated_at = 1};
  }
  const ReconcileReport report = sweep();
  EXPECT_EQ(report.outcome, SweepOutcome::kComplete);
  EXPECT_EQ(report.requests, 10u);
  EXPECT_GT(report.received_bytes, 1'000u);
  EXPECT_EQ(report.total, 95u);
  EXPECT_EQ(jobs(), "");
}

TEST_F(ReconcilerTest, RemovesWhatIsADraftOrGone) {
  for (const char* id : {"kept", "drafted", "gone"}) hold(id, 5);
  cms_.docs["kept"] = {.updated_at = 5};
  cms_.docs["drafted"] = {.updated_at = 6, .published = false};
  const ReconcileReport report = sweep();
  EXPECT_EQ(report.outcome, SweepOutcome::kComplete) << report.reason;
  EXPECT_EQ(jobs(), "unpublish:drafted unpublish:gone ");
  const auto jobs = journal_.list({}, 0, 10).value();
  EXPECT_EQ(jobs[1].article.updated_at, at(6)) << "as the CMS says";
  EXPECT_EQ(jobs[0].article.updated_at, at(5)) << "what is newer than what we hold wins over it";
  EXPECT_EQ(drift("unpublished"), 1);
  EXPECT_EQ(drift("deleted"), 1);
  EXPECT_NE(cms_.requests.back().find("/api/articles/gone?"), std::string::npos) << "asked for by its id";
}

TEST_F(ReconcilerTest, ADryRunChangesNothing) {
  hold("gone", 5);
  hold("stale", 5);
  cms_.docs["stale"] = {.updated_at = 6};
  cms_.docs["missing"] = {.updated_at = 6};
  const ReconcileReport report = sweep({.dry_run = true});
  EXPECT_EQ(report.outcome, SweepOutcome::kComplete);
  EXPECT_EQ(jobs(), "");
  ASSERT_EQ(report.differences.size(), 3u);
  EXPECT_EQ(report.differences[2].kind, Drift::kDeleted);
  EXPECT_EQ(report.jobs, 0u);
}

TEST_F(ReconcilerTest, AnEmptyListRemovesNothingUntilAPersonSaysSo) {
  hold("a", 5);
  ReconcileReport report = sweep();
  EXPECT_EQ(report.outcome, SweepOutcome::kHeldBack);
  EXPECT_EQ(report.held_back, 1u);
  EXPECT_NE(report.reason.find("no document at all"), std::string::npos) << report.reason;
  EXPECT_EQ(jobs(), "");
  EXPECT_EQ(metrics_.value("wellspring_reconcile_held_back"), 1);
  report = sweep({.remove_many = true});
  EXPECT_EQ(report.outcome, SweepOutcome::kComplete);
  EXPECT_EQ(jobs(), "unpublish:a ");
  EXPECT_EQ(metrics_.value("wellspring_reconcile_held_back"), 0);
}

TEST_F(ReconcilerTest, ASweepThatBreaksOffRemovesNothing) {
  hold("gone", 5);
  for (int i = 0; i < 25; ++i) cms_.docs[fmt::format("{:02}", i)] = {.updated_at = 1};
  const std::vector<std::pair<net::GetResponse, ErrorKind>> faults{
      {{.status = 500, .headers = {}, .body = "oops", .url = {}}, ErrorKind::kUpstream},
      {{.status = 200, .headers = {}, .body = "<html>maintenance</html>", .url = {}}, ErrorKind::kUpstream},
      {{.status = 200, .headers = {}, .body = R"({"docs":[]})", .url = {}}, ErrorKind::kUpstream},
      {{.status = 200, .headers = {}, .body = R"({"docs":[],"hasNextPage":true})", .url = {}},
       ErrorKind::kUpstream},
      {{.status = 403, .headers = {}, .body = R"({"errors":[]})", .url = {}}, ErrorKind::kUnauthenticated},
      {{.status = 404, .headers = {}, .body = "", .url = {}}, ErrorKind::kNotFound}};
  for (const auto& [fault, kind] : faults) {
    cms_.instead = [&fault = fault](const std::string& target) {
      return target.find("page=3") == std::string::npos ? net::GetResponse{} : fault;
    };
    const ReconcileReport report = sweep({.dry_run = true, .remove_many = true});
    EXPECT_EQ(report.outcome, SweepOutcome::kFailed) << fault.status << fault.body;
    EXPECT_FALSE(report.reason.empty());
    EXPECT_EQ(report.drift[static_cast<std::size_t>(Drift::kDeleted)], 0u);
  }
  EXPECT_EQ(runs("failed"), 6);
  EXPECT_EQ(metrics_.value("wellspring_reconcile_last_success_timestamp_seconds"), 0);
}

TEST_F(ReconcilerTest, AListWithoutEndIsGivenUp) {
  cms_.instead = [](const std::string& target) {
    net::GetResponse response;
    if (target.find("page=") == std::string::npos) return response;
    response.status = 200;
    response.body = R"({"docs":[{"id":"a","updatedAt":"2025-01-01","status":"draft"}],"hasNextPage":true})";
    return response;
  };
  EXPECT_EQ(sweep().outcome, SweepOutcome::kFailed);
  EXPECT_EQ(cms_.requests.size(), 2u);
}

TEST_F(ReconcilerTest, ATransientFaultIsTriedAgain) {
  cms_.docs["a"] = {.updated_at = 1};
  int faults = 2;
  cms_.instead = [&](const std::string&) {
    net::GetResponse response;
    if (faults-- > 0) {
      response.status = 503;
      response.headers["retry-after"] = "0";
    }
    return response;
  };
  EXPECT_EQ(sweep().outcome, SweepOutcome::kComplete);
  EXPECT_EQ(jobs(), "publish:a ");
}

TEST_F(ReconcilerTest, WhatASkippedPlaceInTheListHidesIsNotRemoved) {
  hold("hidden", 5);
  hold("hidden-draft", 5);
  cms_.docs["hidden"] = {.updated_at = 5};
  cms_.docs["hidden-draft"] = {.updated_at = 6, .published = false};
  cms_.docs["other"] = {.updated_at = 1, .published = false};
  cms_.is_listed = [](const std::string& id) { return !id.starts_with("hidden"); };
  const ReconcileReport report = sweep();
  EXPECT_EQ(report.outcome, SweepOutcome::kComplete) << report.reason;
  EXPECT_EQ(jobs(), "unpublish:hidden-draft ");
}

TEST_F(ReconcilerTest, WhatChangesDuringTheSweepIsLeftToItsWebhooks) {
  hold("brought-back", 5);
  hold("other", 1);
  cms_.docs["other"] = {.updated_at = 1};
  cms_.before = [this](const std::string& target) {
    if (target.find("brought-back") != std::string::npos) hold("brought-back", 5);
  };
  const ReconcileReport report = sweep();
  EXPECT_EQ(report.outcome, SweepOutcome::kComplete) << report.reason;
  EXPECT_EQ(jobs(), "");
}

TEST_F(ReconcilerTest, OnlyArticlesOfTheCmsAreCompared) {
  hold("notes/a.md", 5, "en", "import");
  cms_.docs["a"] = {.updated_at = 1, .published = false};
  EXPECT_EQ(sweep({.remove_many = true}).outcome, SweepOutcome::kComplete);
  EXPECT_EQ(jobs(), "");
}

TEST_F(ReconcilerTest, EachTranslationIsAnArticleOfItsOwn) {
  options_.locales = {"en", "fr"};
  hold("a", 2, "en");
  hold("b", 2, "en");
  hold("b", 1, "fr");
  cms_.docs["a"] = {.updated_at = 2, .titles = {{"en", "A"}}};
  cms_.docs["b"] = {.updated_at = 2, .titles = {{"en", "B"}, {"fr", "B en fran\u00e7ais"}}};
  EXPECT_EQ(sweep().outcome, SweepOutcome::kComplete);
  EXPECT_EQ(jobs(), "publish:b ");
  const auto job = journal_.list({}, 0, 1).value().at(0);
  EXPECT_EQ(job.article.key.locale, "fr");
  EXPECT_EQ(job.article.title, "B en fran\u00e7ais");
}

TEST_F(ReconcilerTest, WhatAJobSaysAlreadyIsNotJournalledAgain) {
  cms_.docs["a"] = {.updated_at = 1};
  EXPECT_EQ(sweep().jobs, 1u);
  EXPECT_EQ(sweep().under_way, 1u) << "it waits";
  const auto job = journal_.claim(clock_.wall()).value().value();
  ASSERT_TRUE(journal_.fail_attempt(job.id, "poison", std::nullopt, clock_.wall()).has_value());
  EXPECT_EQ(sweep().under_way, 1u) << "it waits for a person";
  cms_.docs["a"].updated_at = 2;
  EXPECT_EQ(sweep().jobs, 1u) << "a newer revision may be better";
}

TEST_F(ReconcilerTest, ADocumentThatCannotBeReadStopsNothing) {
  cms_.docs["bad"] = {.updated_at = 1};
  cms_.docs["good"] = {.updated_at = 1};
  cms_.instead = [](const std::string& target) {
    net::GetResponse response;
    if (target.find("/bad?") != std::string::npos) {
      response.status = 200;
      response.body = R"({"id":"bad","status":"published","title":7})";
    }
    return response;
  };
  const ReconcileReport report = sweep();
  EXPECT_EQ(report.outcome, SweepOutcome::kComplete);
  EXPECT_EQ(jobs(), "publish:good ");
  EXPECT_EQ(report.unreadable, 1u);
  ASSERT_EQ(report.refusals.size(), 1u);
  EXPECT_EQ(report.refusals[0].id, ArticleId("bad"));
}

TEST_F(ReconcilerTest, ADocumentUnderAnotherIdIsNoAnswer) {
  cms_.docs["a"] = {.updated_at = 1};
  cms_.instead = [](const std::string& target) {
    net::GetResponse response;
    if (target.find("/a?") != std::string::npos) {
      response.status = 200;
      response.body =
          R"({"id":"z","status":"published","title":"z","updatedAt":"2025-01-01","markdown":"cached"})";
    }
    return response;
  };
  EXPECT_EQ(sweep().outcome, SweepOutcome::kFailed);
  EXPECT_EQ(jobs(), "");
}

TEST_F(ReconcilerTest, OneSweepAtATimeAndAStopBreaksItOff) {
  cms_.hangs = true;
  ASSERT_TRUE(reconciler().begin({}).has_value());
  ASSERT_TRUE(run_until([this] { return cms_.requests.size() == 1; }));
  EXPECT_EQ(reconciler().begin({}).error().kind, ErrorKind::kConflict);
  EXPECT_EQ(reconciler().report()->outcome, SweepOutcome::kRunning);
  finish(reconciler().stop());
  EXPECT_FALSE(reconciler().is_running());
  EXPECT_EQ(reconciler().report()->outcome, SweepOutcome::kCancelled);
  EXPECT_EQ(reconciler().begin({}).error().kind, ErrorKind::kCancelled);
  finish(reconciler().stop());
}

TEST_F(ReconcilerTest, ComesBackOnSchedule) {
  options_.every = 5ms;
  reconciler().start();
  ASSERT_TRUE(run_until([this] { return runs("complete") == 3; }));
  finish(reconciler().stop());
}

TEST_F(ReconcilerTest, WithoutAScheduleItWaitsToBeAsked) {
  reconciler().start();
  executors_.io().restart();
  EXPECT_EQ(executors_.io().run_for(1s), 0u) << "nothing to wait for";
  EXPECT_TRUE(cms_.requests.empty());
}

}  // namespace
}  // namespace wellspring::sync
