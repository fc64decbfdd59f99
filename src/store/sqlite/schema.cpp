#include "store/sqlite/schema.hpp"

#include <fmt/format.h>

#include <array>

namespace wellspring::store::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x57454C4C;  // "WELL"

// A step of the schema never changes once it was released; a change is a further step.

// documents holds live revisions only; `revision` is never used twice. What all chunks of a revision share is
// stored once, in chunk_metadata. jobs.head is 1 for the one unfinished job of an article that runs or may
// run next: with it, choosing a job is one step in jobs_ready however many are queued. Payloads of done jobs
// are null. Times are milliseconds since 1970. States and kinds are the values of the enumerations in
// model/job.hpp.
constexpr const char* kArticlesAndJobs = R"sql(
CREATE TABLE documents (
  revision INTEGER PRIMARY KEY AUTOINCREMENT,
  article_id TEXT NOT NULL,
  locale TEXT NOT NULL,
  updated_at INTEGER,
  content_hash TEXT NOT NULL,
  title TEXT NOT NULL,
  source TEXT NOT NULL,
  embedding_model TEXT NOT NULL,
  chunk_count INTEGER NOT NULL,
  stored_at INTEGER NOT NULL,
  chunk_metadata TEXT,
  UNIQUE (article_id, locale)
) STRICT;
CREATE INDEX documents_by_source ON documents (source, article_id, locale);

CREATE TABLE tombstones (
  article_id TEXT PRIMARY KEY,
  updated_at INTEGER NOT NULL,
  stored_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE chunks (
  revision INTEGER NOT NULL REFERENCES documents (revision) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  text TEXT NOT NULL,
  body_offset INTEGER NOT NULL,
  section TEXT,
  subsection TEXT,
  subsubsection TEXT,
  type INTEGER NOT NULL,
  content_length INTEGER NOT NULL,
  is_title_chunk INTEGER NOT NULL,
  vector BLOB NOT NULL,
  UNIQUE (revision, position)
) STRICT;

CREATE TABLE jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  article_id TEXT NOT NULL,
  locale TEXT NOT NULL,
  title TEXT NOT NULL,
  updated_at INTEGER,
  kind INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  state INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  last_error TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  not_before INTEGER,
  finished_at INTEGER,
  head INTEGER NOT NULL,
  payload TEXT
) STRICT;
CREATE INDEX jobs_ready ON jobs (priority, id) WHERE state = 0 AND head = 1 AND not_before IS NULL;
CREATE INDEX jobs_waiting ON jobs (not_before) WHERE state = 0 AND head = 1 AND not_before IS NOT NULL;
CREATE INDEX jobs_unfinished ON jobs (article_id, id) WHERE state < 2;
CREATE INDEX jobs_by_article ON jobs (article_id, id);
CREATE INDEX jobs_by_state ON jobs (state, id);
CREATE INDEX jobs_done ON jobs (finished_at) WHERE state = 2;

CREATE TABLE article_times (
  article_id TEXT PRIMARY KEY,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// position is the order of arrival. endpoint holds values of model::QuestionEndpoint; tags is a JSON array.
// Each list of questions is one of the indexes read backwards.
constexpr const char* kSourcesAndQuestions = R"sql(
CREATE TABLE data_sources (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  type TEXT NOT NULL,
  uri TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  last_ingested_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;

CREATE TABLE user_questions (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  question TEXT NOT NULL,
  chat_history_length INTEGER NOT NULL,
  endpoint INTEGER NOT NULL,
  asked_at INTEGER NOT NULL,
  category TEXT,
  tags TEXT NOT NULL,
  analyzed INTEGER NOT NULL,
  analyzed_at INTEGER
) STRICT;
CREATE INDEX user_questions_by_time ON user_questions (asked_at);
CREATE INDEX user_questions_by_endpoint ON user_questions (endpoint, asked_at);
CREATE INDEX user_questions_by_analyzed ON user_questions (analyzed, asked_at);
)sql";

// What waits for a journal elsewhere; payload is null once the job moved there.
constexpr const char* kSpooledJobs = R"sql(
CREATE TABLE spooled_jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  accepted_at INTEGER NOT NULL,
  kind INTEGER NOT NULL,
  priority INTEGER NOT NULL,
  payload TEXT,
  moved_to INTEGER
) STRICT;
CREATE INDEX spooled_jobs_waiting ON spooled_jobs (id) WHERE moved_to IS NULL;
)sql";

// outcome holds values of model::QuestionOutcome. The last three are null until a reader says something.
constexpr const char* kOutcomesAndFeedback = R"sql(
ALTER TABLE user_questions ADD COLUMN locale TEXT NOT NULL DEFAULT '';
ALTER TABLE user_questions ADD COLUMN outcome INTEGER NOT NULL DEFAULT 0;
ALTER TABLE user_questions ADD COLUMN helpful INTEGER;
ALTER TABLE user_questions ADD COLUMN comment TEXT;
ALTER TABLE user_questions ADD COLUMN feedback_at INTEGER;
CREATE INDEX user_questions_by_id ON user_questions (id);
CREATE INDEX user_questions_by_outcome ON user_questions (outcome, asked_at);
)sql";

// delivery names what a sender repeats; text_bytes is what the job weighs in the backlog, for older rows
// their payload.
constexpr const char* kDeliveries = R"sql(
ALTER TABLE jobs ADD COLUMN delivery TEXT;
ALTER TABLE jobs ADD COLUMN text_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET text_bytes = length(CAST(payload AS BLOB)) WHERE payload IS NOT NULL;
CREATE UNIQUE INDEX jobs_by_delivery ON jobs (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX jobs_backlog ON jobs (text_bytes) WHERE state < 2;

ALTER TABLE spooled_jobs ADD COLUMN delivery TEXT;
ALTER TABLE spooled_jobs ADD COLUMN text_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE spooled_jobs SET text_bytes = length(CAST(payload AS BLOB)) WHERE payload IS NOT NULL;
CREATE UNIQUE INDEX spooled_jobs_by_delivery ON spooled_jobs (delivery) WHERE delivery IS NOT NULL;
CREATE INDEX spooled_jobs_backlog ON spooled_jobs (text_bytes) WHERE moved_to IS NULL;
)sql";

// The step at index v brings a file of version v to version v + 1.
constexpr std::array kSteps{kArticlesAndJobs, kSourcesAndQuestions, kSpooledJobs, kDeliveries,
                            kOutcomesAndFeedback};
constexpr auto kSchemaVersion = static_cast<std::int64_t>(kSteps.size());

std::int64_t number(Connection& connection, std::string_view sql) {
  Statement query = connection.prepare(sql);
  return query.step() ? query.integer(0) : 0;
}

/// Makes an empty file ours; the first step fills it.
void claim(Connection& connection) {
  if (number(connection, "SELECT count(*) FROM sqlite_master") != 0) {
    throw Failure(fail(ErrorKind::kUnsupported,
                       "the file is a database of another program; choose another --data-dir"));
  }
  connection.execute(fmt::format("PRAGMA application_id = {}", kApplicationId).c_str());
}

void refuse_unknown(Connection& connection, std::int64_t version) {
  if (number(connection, "PRAGMA application_id") != kApplicationId) {
    throw Failure(fail(ErrorKind::kUnsupported,
                       "the file is a database of another program; choose another --data-dir"));
  }
  if (version < 0 || version > kSchemaVersion) {
    throw Failure(
        fail(ErrorKind::kUnsupported,
             fmt::format("its schema has version {}, this program knows versions up to {}; start the newer "
                         "wellspring that wrote it",
                         version, kSchemaVersion)));
  }
}

}  // namespace

void migrate(Connection& connection) {
  // A chunk with a 384-dimensional vector takes some 2.5 kB, so SQLite's usual page of 4 kB holds one and is
  // left half empty. Has no effect on a file that exists.
  connection.execute("PRAGMA page_size = 16384");
  connection.execute("PRAGMA journal_mode = WAL");
  connection.execute("PRAGMA synchronous = FULL");
  Transaction transaction(connection, Transaction::Mode::kWrite);
  const std::int64_t version = number(connection, "PRAGMA user_version");
  if (version == 0) claim(connection);
  refuse_unknown(connection, version);
  for (std::int64_t step = version; step < kSchemaVersion; ++step) {
    connection.execute(kSteps[static_cast<std::size_t>(step)]);
  }
  if (version != kSchemaVersion) {
    connection.execute(fmt::format("PRAGMA user_version = {}", kSchemaVersion).c_str());
  }
  transaction.commit();
}

}  // namespace wellspring::store::sqlite
