// Kills a process that appends, claims and publishes at random instants, and checks what is left against what
// it had acknowledged. SIGKILL proves recovery from an interrupted program; a power cut is SQLite's
// synchronous=FULL.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <map>
#include <random>

#include "store/sqlite/sqlite_store.hpp"
#include "store/store_contract.hpp"
#include "store/temp_dir.hpp"

namespace wellspring::store::sqlite {
namespace {

constexpr int kRounds = 20;
constexpr std::size_t kChunks = 4;

/// What the child says after each durable step; smaller than PIPE_BUF, so never torn.
struct Acknowledgement {
  enum class Step { kAppended, kFinished } step;
  std::int64_t job;
  int content;
};

void acknowledge(int pipe, const Acknowledgement& what) {
  if (::write(pipe, &what, sizeof what) != sizeof what) ::_exit(3);
}

/// Works until killed: each job's title carries the number that the published revision must show.
[[noreturn]] void work_until_killed(const std::filesystem::path& directory, int pipe, int first) {
  auto store = open_sqlite_store(directory);
  if (!store) ::_exit(2);
  JobJournal& journal = (*store)->journal();
  ArticleStore& articles = (*store)->articles();
  if (!journal.recover()) ::_exit(2);
  for (int content = first;; ++content) {
    model::NewJob job = make_job("article " + std::to_string(content % 3), at(content));
    job.article.title = std::to_string(content);
    const auto ids = journal.append({&job, 1}, at(content));
    if (!ids) ::_exit(2);
    acknowledge(pipe, {Acknowledgement::Step::kAppended, ids->front().id.value(), content});
    const auto claimed = journal.claim(at(content));
    if (!claimed || !*claimed) ::_exit(4);
    const model::Article& article = (*claimed)->article;
    const Revision revision =
        make_revision(article.key.id.value(), article.title, kChunks, article.updated_at);
    if (!articles.publish(revision, at(content))) ::_exit(2);
    if (!journal.finish((*claimed)->id, model::JobOutcome::kApplied, at(content))) ::_exit(2);
    acknowledge(pipe, {Acknowledgement::Step::kFinished, (*claimed)->id.value(), std::stoi(article.title)});
  }
}

struct Model {
  std::map<std::int64_t, int> appended;
  std::map<std::int64_t, int> finished;
  int last_content = 0;
};

void run_and_kill(const std::filesystem::path& directory, std::chrono::microseconds after, Model& model) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(ends[0]);
    work_until_killed(directory, ends[1], model.last_content + 1);
  }
  ::close(ends[1]);
  const auto note = [&](const Acknowledgement& got) {
    const bool appended = got.step == Acknowledgement::Step::kAppended;
    (appended ? model.appended : model.finished)[got.job] = got.content;
    if (appended) model.last_content = got.content;
  };
  Acknowledgement got{};
  const auto started = std::chrono::steady_clock::now();
  // The clock of the kill starts when the child works, so that no round dies while opening.
  if (::read(ends[0], &got, sizeof got) == sizeof got) note(got);
  const auto opened = std::chrono::steady_clock::now() - started;
  while (std::chrono::steady_clock::now() - started < opened + after) {
    if (::read(ends[0], &got, sizeof got) != sizeof got) break;
    note(got);
  }
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  while (::read(ends[0], &got, sizeof got) == sizeof got) note(got);
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the child failed by itself, exit status " << WEXITSTATUS(status);
}

void check_jobs(JobJournal& journal, const Model& model) {
  for (const auto& [id, content] : model.appended) {
    const auto job = journal.find(JobId(id)).value();
    ASSERT_TRUE(job.has_value()) << "job " << id << " was acknowledged and is lost";
    EXPECT_EQ(job->article.title, std::to_string(content));
    if (model.finished.contains(id)) {
      EXPECT_EQ(job->state, model::JobState::kDone) << id;
    }
  }
}

void check_articles(SqliteStore& store, const Model& model) {
  std::map<std::string, int> finished_content;
  for (const auto& [id, content] : model.finished)
    finished_content["article " + std::to_string(content % 3)] = content;
  for (const auto& [article, content] : finished_content) {
    const model::ArticleKey key{ArticleId(article), "en"};
    const auto stored = store.articles().find(key).value();
    ASSERT_TRUE(stored.has_value()) << article;
    const auto chunks = store.articles().chunks(key);
    ASSERT_TRUE(chunks.has_value()) << chunks.error().message;
    ASSERT_EQ(chunks->size(), kChunks);
    const Revision expected =
        make_revision(article, stored->content_hash.substr(std::string("hash of ").size()), kChunks);
    EXPECT_GE(std::stoi(expected.content_hash.substr(std::string("hash of ").size())), content);
    for (std::size_t i = 0; i < kChunks; ++i) {
      EXPECT_EQ((*chunks)[i].chunk.text, expected.chunks[i].chunk.text) << "torn article";
      EXPECT_EQ((*chunks)[i].vector, expected.chunks[i].vector);
    }
  }
}

TEST(SqliteCrash, NothingAcknowledgedIsLostAndNoArticleIsTorn) {
  TempDir directory;
  std::mt19937 random(20251116);
  std::uniform_int_distribution<int> delay_us(0, 40'000);
  Model model;
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    ASSERT_NO_FATAL_FAILURE(
        run_and_kill(directory.path(), std::chrono::microseconds{delay_us(random)}, model));
    auto store = open_sqlite_store(directory.path());
    ASSERT_TRUE(store.has_value()) << store.error().message;
    ASSERT_NO_FATAL_FAILURE(check_jobs((*store)->journal(), model));
    ASSERT_NO_FATAL_FAILURE(check_articles(**store, model));
  }
  EXPECT_GT(model.finished.size(), 0u);
}

}  // namespace
}  // namespace wellspring::store::sqlite
