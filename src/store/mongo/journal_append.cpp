// MongoJournal's append: ids from a counter, deliveries once, heads for articles that have none.
#include "store/mongo/journal.hpp"

namespace wellspring::store::mongo {
namespace {

constexpr int kAppendTries = 10;

}  // namespace

/// Articles of these jobs that have an unfinished one already.
std::set<ArticleId> MongoJournal::with_head(std::span<const model::NewJob> jobs) {
  Array articles;
  for (const model::NewJob& job : jobs) articles.push(job.article.key.id.value());
  Doc filter = unfinished();
  add_to(filter, "article", doc("$in", articles), "head", true);
  std::set<ArticleId> heads;
  channel_.use([&](Session& session) {
    session.find(names_.jobs, filter, doc("projection", doc("article", 1)), [&](const bson_t& row) {
      heads.insert(ArticleId(Fields(row, "job " + label_of(row, "_id")).text("article")));
      return true;
    });
  });
  return heads;
}

/// The deliveries of these jobs that have a row.
std::map<std::string, JobId> MongoJournal::journalled(std::span<const model::NewJob> jobs) {
  Array deliveries;
  for (const model::NewJob& job : jobs) {
    if (!job.delivery.empty()) deliveries.push(job.delivery);
  }
  std::map<std::string, JobId> found;
  if (deliveries.size() == 0) return found;
  channel_.use([&](Session& session) {
    session.find(names_.jobs, any_of("delivery", deliveries), doc("projection", doc("delivery", 1)),
                 [&](const bson_t& row) {
                   const Fields fields(row, "job " + label_of(row, "_id"));
                   found.emplace(fields.text("delivery"), JobId(fields.integer("_id")));
                   return true;
                 });
  });
  return found;
}

std::vector<Appended> MongoJournal::append_new(std::span<const model::NewJob> jobs, Timestamp now) {
  std::map<std::string, JobId> known = journalled(jobs);
  std::vector<Appended> all(jobs.size());
  std::vector<std::size_t> fresh;
  std::set<std::string> of_this_call;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const std::string& delivery = jobs[i].delivery;
    all[i].is_new = delivery.empty() || (!known.contains(delivery) && of_this_call.insert(delivery).second);
    if (all[i].is_new) fresh.push_back(i);
  }
  if (!fresh.empty()) {
    const auto count = static_cast<std::int64_t>(fresh.size());
    std::int64_t id = channel_.use([&](Session& session) {
      return session.add_to_counter(names_.counters, kJobCounter, count);
    }) - count;
    std::set<ArticleId> headed = with_head(jobs);
    std::vector<Doc> rows;
    for (const std::size_t i : fresh) {
      const model::NewJob& job = jobs[i];
      all[i].id = JobId(++id);
      rows.push_back(job_row(all[i].id, job, headed.insert(job.article.key.id).second, now));
      if (!job.delivery.empty()) known.emplace(job.delivery, all[i].id);
    }
    insert_all(channel_, names_.jobs, rows);
  }
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!all[i].is_new) all[i].id = known.at(jobs[i].delivery);
  }
  for (const std::size_t i : fresh) backlog_.add(model::text_bytes(jobs[i].article));
  return all;
}

Result<std::vector<Appended>> MongoJournal::append(std::span<const model::NewJob> jobs, Timestamp now) {
  if (jobs.empty()) return std::vector<Appended>{};
  const MutexLock lock(mutex_);
  Books& books = books_;
  return attempt({"journal jobs"}, [&] {
    settle_what_is_left(books);
    for (int tries = 1;; ++tries) {
      try {
        return append_new(jobs, now);
      } catch (const Failure& failure) {
        // A sender may repeat itself to two processes at once: by now the other one's row can be found.
        if (failure.error().kind != ErrorKind::kConflict || tries == kAppendTries) throw;
      }
    }
  });
}

Backlog MongoJournal::backlog() {
  return backlog_.get();
}

}  // namespace wellspring::store::mongo
