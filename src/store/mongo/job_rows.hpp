#pragma once

#include <string>
#include <vector>

#include "model/job.hpp"
#include "store/job_journal.hpp"
#include "store/mongo/bson.hpp"

/// Rows of the jobs collection. `head` is true for the one unfinished job of an article that runs or may run
/// next, so that choosing a job is one step in an index however many are queued. Pure.
namespace wellspring::store::mongo {

Doc job_row(JobId id, const model::NewJob& job, bool head, Timestamp now);
/// A job that is put back as it was, but for running: then it is queued.
Doc job_row(const model::Job& job);
/// Throws Failure (kCorrupt).
model::Job read_job(const bson_t& row);
/// The rows that a filter means.
Doc to_bson(const JobFilter& filter);
/// The rows of jobs that are queued or running.
Doc unfinished();
/// Everything but the article's text.
Doc without_payload();

/// An unfinished job, as far as heads are concerned.
struct UnfinishedJob {
  JobId id;
  ArticleId article;
  bool running = false;
  bool head = false;
};
UnfinishedJob read_unfinished(const bson_t& row);

struct HeadChanges {
  std::vector<JobId> raise;
  std::vector<JobId> lower;
};
/// What has to change so that the head of each article is its running job, or else its oldest one. `jobs` by
/// id.
HeadChanges head_changes(const std::vector<UnfinishedJob>& jobs);

}  // namespace wellspring::store::mongo
