#include "store/mongo/job_rows.hpp"

#include <boost/json.hpp>
#include <unordered_map>

#include "base/result.hpp"
#include "model/metadata_json.hpp"

namespace wellspring::store::mongo {
namespace {

model::Article read_payload(const std::string& text, const Fields& fields) {
  boost::system::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object()) fields.broken("payload");
  auto article = model::article_from_json(value.get_object());
  if (!article) throw Failure(article.error());
  return std::move(*article);
}

template <class Enum>
Enum read_enum(const Fields& fields, const char* name, Enum last) {
  const std::int64_t value = fields.integer(name);
  if (value < 0 || value > static_cast<std::int64_t>(last)) fields.broken(name);
  return static_cast<Enum>(value);
}

Doc row_of(const model::Job& job, bool head) {
  const model::Article& article = job.article;
  const bool done = job.state == model::JobState::kDone;
  const model::JobState state = job.state == model::JobState::kRunning ? model::JobState::kQueued : job.state;
  Doc row = doc("_id", job.id.value(), "article", article.key.id.value(), "locale", article.key.locale,
                "title", article.title, "updated_at", article.updated_at, "kind", job.kind, "priority",
                job.priority, "state", state, "outcome", job.outcome, "attempts", job.attempts, "last_error",
                job.last_error, "accepted_at", job.accepted_at, "not_before", job.not_before, "finished_at",
                job.finished_at, "head", head, "owner", nullptr, "lease_until", nullptr, "payload",
                done ? std::nullopt : std::optional(boost::json::serialize(model::to_json(article))),
                "text_bytes", model::text_bytes(article));
  // Absent, not null: the index over deliveries leaves out rows without one.
  if (!job.delivery.empty()) add_to(row, "delivery", job.delivery);
  return row;
}

}  // namespace

Doc job_row(JobId id, const model::NewJob& job, bool head, Timestamp now) {
  return row_of({.id = id,
                 .kind = job.kind,
                 .priority = job.priority,
                 .last_error = {},
                 .accepted_at = now,
                 .not_before = {},
                 .finished_at = {},
                 .article = job.article,
                 .delivery = job.delivery},
                head);
}

Doc job_row(const model::Job& job) {
  return row_of(job, false);
}

model::Job read_job(const bson_t& row) {
  const Fields fields(row, "job " + label_of(row, "_id"));
  model::Job job;
  if (const auto payload = fields.optional_text("payload")) {
    job.article = read_payload(*payload, fields);
  } else {
    job.article.key = {ArticleId(fields.text("article")), fields.text("locale")};
    job.article.title = fields.text("title");
    job.article.updated_at = fields.optional_time("updated_at");
  }
  job.id = JobId(fields.integer("_id"));
  job.kind = read_enum(fields, "kind", model::JobKind::kDelete);
  job.priority = read_enum(fields, "priority", model::JobPriority::kImport);
  job.state = read_enum(fields, "state", model::JobState::kDead);
  job.outcome = read_enum(fields, "outcome", model::JobOutcome::kOutdated);
  job.attempts = static_cast<int>(fields.integer("attempts"));
  job.last_error = fields.text("last_error");
  job.accepted_at = fields.time("accepted_at");
  job.not_before = fields.optional_time("not_before");
  job.finished_at = fields.optional_time("finished_at");
  job.delivery = fields.optional_text("delivery").value_or("");
  return job;
}

Doc to_bson(const JobFilter& filter) {
  Doc rows;
  if (filter.state) add_to(rows, "state", *filter.state);
  if (filter.article) add_to(rows, "article", filter.article->value());
  Doc range;
  if (filter.first) add_to(range, "$gte", filter.first->value());
  if (filter.last) add_to(range, "$lte", filter.last->value());
  if (filter.first || filter.last) add_to(rows, "_id", range);
  return rows;
}

Doc unfinished() {
  return doc("state", doc("$in", array(model::JobState::kQueued, model::JobState::kRunning)));
}

Doc without_payload() {
  return doc("payload", 0);
}

UnfinishedJob read_unfinished(const bson_t& row) {
  const Fields fields(row, "job " + label_of(row, "_id"));
  return {.id = JobId(fields.integer("_id")),
          .article = ArticleId(fields.text("article")),
          .running = read_enum(fields, "state", model::JobState::kDead) == model::JobState::kRunning,
          .head = fields.flag("head")};
}

HeadChanges head_changes(const std::vector<UnfinishedJob>& jobs) {
  std::unordered_map<ArticleId, JobId> heads;
  for (const UnfinishedJob& job : jobs) {
    if (job.running) heads.insert_or_assign(job.article, job.id);
  }
  for (const UnfinishedJob& job : jobs) heads.emplace(job.article, job.id);
  HeadChanges changes;
  for (const UnfinishedJob& job : jobs) {
    const bool wanted = heads.at(job.article) == job.id;
    if (wanted && !job.head) changes.raise.push_back(job.id);
    if (!wanted && job.head) changes.lower.push_back(job.id);
  }
  return changes;
}

}  // namespace wellspring::store::mongo
