#include "store/spooling_journal.hpp"

#include <algorithm>

namespace wellspring::store {
namespace {

// Small enough to be in memory whole, whatever the bodies' sizes; claiming comes back for more.
constexpr std::size_t kMovedAtOnce = 64;

bool is_spooled(JobId id) {
  return id.value() >= SpoolingJournal::kFirstSpooledId;
}
JobId to_public(JobId id) {
  return JobId(id.value() + SpoolingJournal::kFirstSpooledId);
}
JobId to_spool(JobId id) {
  return JobId(id.value() - SpoolingJournal::kFirstSpooledId);
}

/// The journal may hold the jobs all the same where only the answer was lost.
bool is_out_of_reach(const Error& error) {
  return error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kDeadline;
}

}  // namespace

SpoolingJournal::SpoolingJournal(JobJournal& journal, JobSpool& spool, std::function<bool()> is_away,
                                 std::size_t spooled_max)
    : journal_(journal), spool_(spool), is_away_(std::move(is_away)), spooled_max_(spooled_max) {}

Result<void> SpoolingJournal::open() {
  const auto waiting = spool_.waiting();
  if (!waiting) return waiting.error();
  waiting_.set(*waiting);
  return {};
}

Result<std::vector<Appended>> SpoolingJournal::append(std::span<const model::NewJob> jobs, Timestamp now) {
  const auto known = spool_.find_deliveries(jobs);
  if (!known) return known.error();
  const auto is_known = [](const std::optional<JobId>& id) { return id.has_value(); };
  if (std::none_of(known->begin(), known->end(), is_known)) return append_fresh(jobs, now);
  std::vector<model::NewJob> fresh;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!(*known)[i]) fresh.push_back(jobs[i]);
  }
  const auto appended = append_fresh(fresh, now);
  if (!appended) return appended.error();
  std::vector<Appended> all;
  for (std::size_t i = 0, next = 0; i < jobs.size(); ++i) {
    if ((*known)[i]) {
      all.push_back({to_public(*(*known)[i]), false});
    } else {
      all.push_back((*appended)[next++]);
    }
  }
  return all;
}

Result<std::vector<Appended>> SpoolingJournal::append_fresh(std::span<const model::NewJob> jobs,
                                                            Timestamp now) {
  if (spooled() > 0 || is_away_()) return spool(jobs, now);
  auto appended = journal_.append(jobs, now);
  return appended.has_error() && is_out_of_reach(appended.error()) ? spool(jobs, now) : appended;
}

Result<std::vector<Appended>> SpoolingJournal::spool(std::span<const model::NewJob> jobs, Timestamp now) {
  auto appended = spool_.append(jobs, now, spooled_max_);
  if (!appended) return appended;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Appended& one = (*appended)[i];
    one.id = to_public(one.id);
    if (one.is_new) waiting_.add(model::text_bytes(jobs[i].article));
  }
  return appended;
}

Result<void> SpoolingJournal::move_some() {
  if (spooled() == 0) return {};
  const MutexLock lock(moving_);
  const auto oldest = spool_.oldest(kMovedAtOnce);
  if (!oldest) return oldest.error();
  // Jobs that came in together go together, so that each keeps the time of its arrival.
  for (auto first = oldest->begin(); first != oldest->end();) {
    const auto last = std::find_if(first, oldest->end(), [&](const SpooledJob& spooled) {
      return spooled.accepted_at != first->accepted_at;
    });
    std::vector<model::NewJob> jobs;
    for (auto each = first; each != last; ++each) jobs.push_back(each->job);
    const auto appended = journal_.append(jobs, first->accepted_at);
    if (!appended) return appended.error();
    std::vector<std::pair<JobId, JobId>> moves;
    for (std::size_t i = 0; i < appended->size(); ++i)
      moves.emplace_back((first + static_cast<std::ptrdiff_t>(i))->id, (*appended)[i].id);
    if (const auto noted = spool_.moved(moves); !noted) return noted.error();
    for (const model::NewJob& job : jobs) waiting_.remove(model::text_bytes(job.article));
    first = last;
  }
  return {};
}

Result<std::optional<model::Job>> SpoolingJournal::claim(Timestamp now) {
  if (const auto moved = move_some(); !moved) return moved.error();
  return journal_.claim(now);
}

Result<void> SpoolingJournal::finish(JobId id, model::JobOutcome outcome, Timestamp now) {
  return journal_.finish(id, outcome, now);
}

Result<void> SpoolingJournal::fail_attempt(JobId id, const std::string& error,
                                           std::optional<Timestamp> retry_at, Timestamp now) {
  return journal_.fail_attempt(id, error, retry_at, now);
}

Result<void> SpoolingJournal::retry(JobId id) {
  if (!is_spooled(id)) return journal_.retry(id);
  const auto spooled = spool_.find(to_spool(id));
  if (!spooled) return spooled.error();
  if (!*spooled) return fail(ErrorKind::kNotFound, "there is no such job", std::to_string(id.value()));
  if (!(*spooled)->moved_to) {
    return fail(ErrorKind::kConflict, "the job is queued, not dead: it waits for MongoDB to return",
                std::to_string(id.value()));
  }
  return journal_.retry(*(*spooled)->moved_to);
}

Result<std::size_t> SpoolingJournal::recover() {
  return journal_.recover();
}

Result<std::optional<model::Job>> SpoolingJournal::find(JobId id) {
  if (!is_spooled(id)) return journal_.find(id);
  auto spooled = spool_.find(to_spool(id));
  if (!spooled) return spooled.error();
  if (!*spooled) return std::optional<model::Job>();
  if ((*spooled)->moved_to) {
    auto job = journal_.find(*(*spooled)->moved_to);
    if (job && *job) (*job)->id = id;
    return job;
  }
  model::Job job;
  job.id = id;
  job.kind = (*spooled)->job.kind;
  job.priority = (*spooled)->job.priority;
  job.accepted_at = (*spooled)->accepted_at;
  job.article = std::move((*spooled)->job.article);
  job.delivery = std::move((*spooled)->job.delivery);
  return std::optional(std::move(job));
}

Result<std::vector<model::Job>> SpoolingJournal::list(const JobFilter& filter, std::size_t offset,
                                                      std::size_t limit) {
  return journal_.list(filter, offset, limit);
}

Result<std::map<model::JobState, std::size_t>> SpoolingJournal::counts(const JobFilter& filter) {
  auto counts = journal_.counts(filter);
  const bool all = !filter.article && !filter.first && !filter.last &&
                   filter.state.value_or(model::JobState::kQueued) == model::JobState::kQueued;
  if (counts && all) (*counts)[model::JobState::kQueued] += spooled();
  return counts;
}

Backlog SpoolingJournal::backlog() {
  const Backlog here = waiting_.get();
  const Backlog there = journal_.backlog();
  return {here.jobs + there.jobs, here.bytes + there.bytes};
}

Result<std::optional<Timestamp>> SpoolingJournal::next_due() {
  if (spooled() > 0) return std::optional(Timestamp{});
  return journal_.next_due();
}

Result<std::optional<Timestamp>> SpoolingJournal::greatest_updated_at(const ArticleId& id) {
  return journal_.greatest_updated_at(id);
}

Result<std::size_t> SpoolingJournal::prune(Timestamp before, std::size_t limit) {
  if (const auto pruned = spool_.prune(before); !pruned) return pruned.error();
  return journal_.prune(before, limit);
}

}  // namespace wellspring::store
