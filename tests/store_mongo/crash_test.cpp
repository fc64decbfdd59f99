// Every operation is cut off before and behind each of its commands in turn: from there on the server takes
// nothing more from that process. What is left must make sense, to a process that starts afresh and to the
// same one when the server is back.
#include <functional>

#include "store/mongo/session.hpp"
#include "store/store_contract.hpp"
#include "store_mongo/server.hpp"
#include "store_mongo/server_fake.hpp"

namespace wellspring::store::mongo::testing {
namespace {

using model::JobState;
using ::wellspring::testing::Effect;
using ::wellspring::testing::FaultRule;
using ::wellspring::testing::kAnyWork;
using ::wellspring::testing::Stage;

constexpr std::size_t kCutsMax = 60;

std::uint64_t work_so_far() {
  std::uint64_t sum = 0;
  const auto ledger = fake_server().snapshot();
  for (const auto& [name, count] : ledger.commands()) {
    if (name != "hello" && name != "ping" && name != "endSessions") sum += count;
  }
  return sum;
}

struct Cut {
  std::size_t nth;
  Stage stage;
};

/// The server's answers end at the cut.
void cut_off(const Cut& cut) {
  FaultRule rule;
  rule.command = kAnyWork;
  rule.app_name = kVictim;
  rule.effect = Effect::kClose;
  rule.skip = cut.nth - 1;
  if (cut.stage == Stage::kAfterRunning) {
    FaultRule last = rule;
    last.stage = cut.stage;
    last.times = 1;
    fake_server().add_fault(last);
    ++rule.skip;
  }
  fake_server().add_fault(rule);
}

struct Scenario {
  bool prepared = true;  ///< before `before`
  std::function<void(MongoStore&)> before;
  /// Whether it was acknowledged.
  std::function<bool(MongoStore&)> act;
  std::function<void(MongoStore&, bool acknowledged)> check;
};

enum class Next { kRestart, kGoOn };

/// Runs the scenario with the cut; false when it ended before.
bool run_cut(const Scenario& scenario, const Cut& cut, Next next) {
  const std::string database = fresh_database();
  const auto setup = open_store(database);
  if (scenario.prepared) setup->prepare().value();
  scenario.before(*setup);
  auto victim = open_store(database, victim_pool());
  cut_off(cut);
  const std::uint64_t work = work_so_far();
  const bool acknowledged = scenario.act(*victim);
  const bool reached = work_so_far() - work >= cut.nth;
  fake_server().clear_faults();
  if (!reached) {
    EXPECT_TRUE(acknowledged);
  }
  if (next == Next::kRestart) {
    victim = open_store(database);
    victim->prepare().value();
    victim->journal().recover().value();
  }
  scenario.check(*victim, acknowledged);
  return reached;
}

void cut_everywhere(const Scenario& scenario) {
  for (const Next next : {Next::kRestart, Next::kGoOn}) {
    for (const Stage stage : {Stage::kBeforeRunning, Stage::kAfterRunning}) {
      std::size_t nth = 1;
      bool reached = true;
      for (; reached && nth < kCutsMax; ++nth) {
        SCOPED_TRACE("cut " + std::string(stage == Stage::kBeforeRunning ? "before" : "behind") +
                     " command " + std::to_string(nth) +
                     (next == Next::kRestart ? ", restart" : ", going on"));
        reached = run_cut(scenario, {nth, stage}, next);
        if (::testing::Test::HasFatalFailure()) return;
      }
      EXPECT_GT(nth, 2U) << "nothing was cut";
      EXPECT_LT(nth, kCutsMax);
    }
  }
}

/// The only text that the chunks of an article agree on: "old", "new", "" for none, "torn" otherwise.
std::string content_of(MongoStore& store, const std::string& id, const std::string& locale = "en") {
  const model::ArticleKey key{ArticleId(id), locale};
  const auto chunks = store.articles().chunks(key).value();
  const auto stored = store.articles().find(key).value();
  const bool live = stored && stored->live;
  if (!live) return chunks.empty() ? "" : "torn";
  const std::string content = stored->content_hash.substr(std::string("hash of ").size());
  const auto expected = make_revision(id, content, chunks.size(), {}, locale);
  if (chunks.size() != stored->chunk_count || chunks.empty()) return "torn";
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (chunks[i].chunk.text != expected.chunks[i].chunk.text) return "torn";
    if (chunks[i].vector != expected.chunks[i].vector) return "torn";
  }
  return content;
}

/// Rows of the chunk collection beyond those that are live.
std::int64_t orphans(MongoStore& store) {
  return static_cast<std::int64_t>(store.chunk_rows().value()) -
         static_cast<std::int64_t>(store.articles().counts().value().chunks);
}

bool publish(MongoStore& store, const std::string& content, std::size_t count, int second,
             const std::string& locale = "en") {
  return store.articles()
      .publish(make_revision("a", content, count, at(second), locale), at(second))
      .has_value();
}

/// After a failure without a restart, rows stay until the article's next change.
void expect_no_orphans(MongoStore& store) {
  if (orphans(store) != 0) {
    EXPECT_TRUE(publish(store, "last", 2, 90));
    EXPECT_EQ(content_of(store, "a"), "last");
  }
  EXPECT_EQ(orphans(store), 0);
}

TEST(MongoCrash, AFirstPublish) {
  cut_everywhere({.before = [](MongoStore&) {},
                  .act = [](MongoStore& store) { return publish(store, "new", 3, 1); },
                  .check =
                      [](MongoStore& store, bool acknowledged) {
                        const std::string content = content_of(store, "a");
                        EXPECT_TRUE(content == "new" || (content.empty() && !acknowledged)) << content;
                        expect_no_orphans(store);
                      }});
}

TEST(MongoCrash, AReplacement) {
  cut_everywhere({.before =
                      [](MongoStore& store) {
                        ASSERT_TRUE(publish(store, "old", 4, 1));
                        ASSERT_TRUE(publish(store, "old", 2, 1, "fr"));
                      },
                  .act = [](MongoStore& store) { return publish(store, "new", 3, 2); },
                  .check =
                      [](MongoStore& store, bool acknowledged) {
                        const std::string content = content_of(store, "a");
                        EXPECT_TRUE(content == "new" || (content == "old" && !acknowledged)) << content;
                        EXPECT_EQ(content_of(store, "a", "fr"), "old");
                        expect_no_orphans(store);
                      }});
}

TEST(MongoCrash, AReplacementAfterACrashedOne) {
  cut_everywhere({.before =
                      [](MongoStore& store) {
                        ASSERT_TRUE(publish(store, "old", 4, 1));
                        auto crashed = open_store(store.database(), victim_pool());
                        cut_off({.nth = 5, .stage = Stage::kBeforeRunning});
                        ASSERT_FALSE(publish(*crashed, "lost", 3, 2));
                        fake_server().clear_faults();
                        ASSERT_GT(orphans(store), 0);
                      },
                  .act = [](MongoStore& store) { return publish(store, "new", 3, 3); },
                  .check =
                      [](MongoStore& store, bool acknowledged) {
                        const std::string content = content_of(store, "a");
                        EXPECT_TRUE(content == "new" || (content == "old" && !acknowledged)) << content;
                        expect_no_orphans(store);
                      }});
}

TEST(MongoCrash, ARemoval) {
  cut_everywhere({.before =
                      [](MongoStore& store) {
                        ASSERT_TRUE(publish(store, "old", 4, 1));
                        ASSERT_TRUE(publish(store, "old", 2, 1, "fr"));
                      },
                  .act =
                      [](MongoStore& store) {
                        return store.articles().remove(ArticleId("a"), at(5), at(6)).has_value();
                      },
                  .check =
                      [](MongoStore& store, bool acknowledged) {
                        const std::string content = content_of(store, "a");
                        EXPECT_EQ(content_of(store, "a", "fr"), content);
                        EXPECT_TRUE(content.empty() || (content == "old" && !acknowledged)) << content;
                        const auto known = store.articles().find({ArticleId("a"), "en"}).value();
                        EXPECT_TRUE(known.has_value());
                        if (content.empty() && known) {
                          EXPECT_EQ(known->updated_at, at(5));
                        }
                        expect_no_orphans(store);
                      }});
}

constexpr const char* kArticles[] = {"a", "b", "a", "c", "a"};

void append_some(MongoStore& store, int second) {
  std::vector<model::NewJob> jobs;
  for (const char* id : kArticles) jobs.push_back(make_job(id, at(second)));
  ASSERT_TRUE(store.journal().append(jobs, at(second)).has_value());
}

/// Claims and finishes until nothing is left: every unfinished job exactly once, those of one article in
/// order.
void drain(MongoStore& store, std::size_t expected) {
  std::map<std::string, JobId> last;
  std::size_t claimed = 0;
  while (claimed <= expected) {
    const auto job = store.journal().claim(at(1'000)).value();
    if (!job) break;
    ++claimed;
    JobId& before = last[job->article.key.id.value()];
    EXPECT_LT(before, job->id);
    before = job->id;
    EXPECT_EQ(job->article.markdown, "text of " + job->article.key.id.value());
    EXPECT_TRUE(store.journal().finish(job->id, model::JobOutcome::kApplied, at(1'001)).has_value());
  }
  EXPECT_EQ(claimed, expected);
  EXPECT_FALSE(store.journal().next_due().value().has_value());
}

std::size_t count(MongoStore& store, JobState state) {
  return store.journal().counts().value().at(state);
}

TEST(MongoCrash, AnAppend) {
  cut_everywhere({.before = [](MongoStore& store) { append_some(store, 1); },
                  .act =
                      [](MongoStore& store) {
                        const std::vector<model::NewJob> jobs{make_job("a", at(9)), make_job("d", at(9))};
                        return store.journal().append(jobs, at(9)).has_value();
                      },
                  .check =
                      [](MongoStore& store, bool acknowledged) {
                        const std::size_t queued = count(store, JobState::kQueued);
                        EXPECT_TRUE(queued == 7 || (queued == 5 && !acknowledged)) << queued;
                        drain(store, queued);
                      }});
}

TEST(MongoCrash, AClaim) {
  cut_everywhere({.before = [](MongoStore& store) { append_some(store, 1); },
                  .act =
                      [](MongoStore& store) {
                        const auto job = store.journal().claim(at(2));
                        if (job) {
                          EXPECT_EQ((*job)->article.key.id.value(), "a");
                        }
                        // Who holds the job gives it back for the check.
                        if (job) {
                          fake_server().clear_faults();
                          EXPECT_TRUE(
                              store.journal().fail_attempt((*job)->id, "again", at(3), at(2)).has_value());
                        }
                        return job.has_value();
                      },
                  .check = [](MongoStore& store, bool) { drain(store, 5); }});
}

TEST(MongoCrash, AFinish) {
  auto claimed = std::make_shared<JobId>();
  cut_everywhere(
      {.before = [](MongoStore& store) { append_some(store, 1); },
       .act =
           [claimed](MongoStore& store) {
             const auto job = store.journal().claim(at(2));
             if (!job) return false;
             *claimed = (*job)->id;
             return store.journal().finish(*claimed, model::JobOutcome::kApplied, at(3)).has_value();
           },
       .check =
           [claimed](MongoStore& store, bool acknowledged) {
             if (acknowledged) {
               EXPECT_EQ(store.journal().find(*claimed).value()->state, JobState::kDone);
             }
             // A worker whose finish() failed while the process lives tries again.
             const auto held = store.journal().find(*claimed).value();
             if (held && held->state == JobState::kRunning) {
               ignore(store.journal().finish(*claimed, model::JobOutcome::kApplied, at(3)),
                      "it may not have been this process that claimed it");
             }
             drain(store, 5 - count(store, JobState::kDone));
           }});
}

TEST(MongoCrash, ADeathAndARetry) {
  auto claimed = std::make_shared<JobId>();
  cut_everywhere({.before =
                      [claimed](MongoStore& store) {
                        append_some(store, 1);
                        *claimed = store.journal().claim(at(2)).value()->id;
                        ASSERT_TRUE(store.journal().fail_attempt(*claimed, "x", {}, at(3)).has_value());
                      },
                  .act = [claimed](MongoStore& store) { return store.journal().retry(*claimed).has_value(); },
                  .check =
                      [claimed](MongoStore& store, bool acknowledged) {
                        const bool queued =
                            store.journal().find(*claimed).value()->state == JobState::kQueued;
                        EXPECT_TRUE(queued || !acknowledged);
                        drain(store, queued ? 5 : 4);
                      }});
}

TEST(MongoCrash, APrune) {
  cut_everywhere({.before =
                      [](MongoStore& store) {
                        append_some(store, 7);
                        drain(store, 5);
                      },
                  .act = [](MongoStore& store) { return store.journal().prune(at(5'000), 10).has_value(); },
                  .check =
                      [](MongoStore& store, bool acknowledged) {
                        EXPECT_EQ(store.journal().greatest_updated_at(ArticleId("a")).value(), at(7));
                        if (acknowledged) {
                          EXPECT_EQ(count(store, JobState::kDone), 0U);
                        }
                        EXPECT_TRUE(store.journal().prune(at(5'000), 10).has_value());
                        EXPECT_EQ(count(store, JobState::kDone), 0U);
                        EXPECT_EQ(store.journal().greatest_updated_at(ArticleId("a")).value(), at(7));
                      }});
}

model::NewSource described(const std::string& uri) {
  return {.name = "n", .type = "web", .uri = uri, .last_ingested_at = {}};
}

TEST(MongoCrash, ASourceIsCreated) {
  cut_everywhere(
      {.before = [](MongoStore&) {},
       .act = [](MongoStore& store) { return store.sources().create(described("u"), at(1)).has_value(); },
       .check =
           [](MongoStore& store, bool acknowledged) {
             const std::size_t there = store.sources().list().value().size();
             EXPECT_TRUE(there == 1 || (there == 0 && !acknowledged));
             const auto again = store.sources().create(described("u"), at(2));
             EXPECT_EQ(again.has_value(), there == 0);
             EXPECT_EQ(store.sources().list().value().size(), 1U);
           }});
}

TEST(MongoCrash, ASourceIsChangedAndRemoved) {
  auto id = std::make_shared<model::SourceId>();
  const auto before = [id](MongoStore& store) {
    *id = store.sources().create(described("u"), at(1)).value().id;
  };
  model::SourceChanges move;
  move.uri = "v";
  cut_everywhere(
      {.before = before,
       .act = [id, move](MongoStore& store) { return store.sources().update(*id, move, at(2)).has_value(); },
       .check =
           [id](MongoStore& store, bool acknowledged) {
             const std::string uri = store.sources().find(*id).value()->uri;
             EXPECT_TRUE(uri == "v" || (uri == "u" && !acknowledged));
           }});
  cut_everywhere({.before = before,
                  .act = [id](MongoStore& store) { return store.sources().remove(*id).has_value(); },
                  .check =
                      [id](MongoStore& store, bool acknowledged) {
                        const bool there = store.sources().find(*id).value().has_value();
                        EXPECT_FALSE(there && acknowledged);
                        EXPECT_EQ(store.sources().remove(*id).has_value(), there);
                      }});
}

TEST(MongoCrash, QuestionsAreAppended) {
  std::vector<model::UserQuestion> questions(3);
  for (model::UserQuestion& question : questions) question.asked_at = at(1);
  cut_everywhere(
      {.before = [](MongoStore&) {},
       .act = [questions](MongoStore& store) { return store.questions().append(questions).has_value(); },
       .check =
           [](MongoStore& store, bool acknowledged) {
             const std::size_t there = store.questions().stats().value().total();
             EXPECT_TRUE(there == 3 || (there == 0 && !acknowledged)) << there;
           }});
}

TEST(MongoCrash, AnAdoption) {
  const auto write_rows = [](MongoStore& store) {
    SystemClock clock;
    Channel channel(shared_pool(), store.database(), clock);
    for (const char* id : {"a", "b"}) {
      for (int i = 0; i < 2; ++i) {
        const Doc row = doc("text", "passage", "metadata", doc("payload_id", id, "chunk_index", i));
        const Doc* const only = &row;
        std::size_t inserted = 0;
        channel.use([&](Session& session) { session.insert("litecoin_docs", {&only, 1}, inserted); });
      }
    }
  };
  cut_everywhere({.prepared = false,
                  .before = write_rows,
                  .act = [](MongoStore& store) { return store.prepare().has_value(); },
                  .check =
                      [](MongoStore& store, bool) {
                        EXPECT_TRUE(store.prepare().has_value());
                        for (const char* id : {"a", "b"}) {
                          EXPECT_EQ(store.articles().chunks({ArticleId(id), "en"}).value().size(), 2U);
                        }
                        EXPECT_EQ(store.articles().counts().value().articles, 2U);
                        EXPECT_EQ(orphans(store), 0);
                      }});
}

TEST(MongoCrash, APreparation) {
  cut_everywhere({.before =
                      [](MongoStore& store) {
                        ASSERT_TRUE(publish(store, "old", 4, 1));
                        auto crashed = open_store(store.database(), victim_pool());
                        cut_off({.nth = 5, .stage = Stage::kBeforeRunning});
                        ASSERT_FALSE(publish(*crashed, "lost", 3, 2));
                        fake_server().clear_faults();
                      },
                  .act = [](MongoStore& store) { return store.prepare().has_value(); },
                  .check =
                      [](MongoStore& store, bool acknowledged) {
                        EXPECT_EQ(content_of(store, "a"), "old");
                        if (acknowledged) {
                          EXPECT_EQ(orphans(store), 0);
                        }
                        expect_no_orphans(store);
                      }});
}

}  // namespace
}  // namespace wellspring::store::mongo::testing
