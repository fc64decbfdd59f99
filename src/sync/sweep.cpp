#include "sync/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <random>

#include "runtime/offload.hpp"
#include "sync/payload.hpp"

// In this file a co_await takes no temporary closure and no conditional expression as an argument: g++ 12
// destroys the captures of the one twice and evaluates both branches of the other.
namespace wellspring::sync {
namespace {

namespace asio = boost::asio;
using model::JobKind;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kStorePage = 1'000;
constexpr std::size_t kJobsLookedAt = 16;
constexpr std::chrono::seconds kRetryAfterMax{60};

/// Why an answer of the CMS is none that a sweep can use.
Error refused_by_cms(int status, const std::string& target) {
  ErrorKind kind = ErrorKind::kUnsupported;
  if (status == 401 || status == 403) kind = ErrorKind::kUnauthenticated;
  if (status == 404) kind = ErrorKind::kNotFound;
  if (status == 408 || status >= 500) kind = ErrorKind::kUpstream;
  if (status == 429) kind = ErrorKind::kOverloaded;
  return fail(kind, fmt::format("reconcile: the CMS answered {} to GET {}; check cms.url, cms.collection and "
                                "cms.api_key",
                                status, target.substr(0, target.find('?'))));
}

std::optional<std::chrono::milliseconds> asked_pause(const net::GetResponse& answer) {
  const auto header = answer.headers.find("retry-after");
  if (header == answer.headers.end()) return std::nullopt;
  int seconds = 0;
  const char* const end = header->second.data() + header->second.size();
  const auto read = std::from_chars(header->second.data(), end, seconds);
  if (read.ec != std::errc{} || read.ptr != end || seconds < 0) return std::nullopt;
  return std::min<std::chrono::seconds>(std::chrono::seconds{seconds}, kRetryAfterMax);
}

/// True when a job says already what a sweep would say: it waits, or waits for a person, or was found to be
/// outdated.
bool says_the_same(const model::Job& job, const Difference& difference) {
  if (job.kind != JobKind::kPublish || job.article.key.locale != difference.locale) return false;
  if (!job.article.updated_at || job.article.updated_at < difference.cms) return false;
  return job.state != model::JobState::kDone || job.outcome == model::JobOutcome::kOutdated;
}

class Sweep {
 public:
  Sweep(const SweepParts& parts, ReconcileReport& report)
      : parts_(parts), report_(report), diff_(report.started_at, parts.options.articles_max) {}

  asio::awaitable<Result<void>> run() {
    if (auto read = co_await read_store(); read.has_error()) co_return read.error();
    for (const CmsLocale& locale : cms_locales(parts_.options.locales, parts_.options.default_locale)) {
      if (auto listed = co_await list(locale); listed.has_error()) co_return listed.error();
    }
    co_return co_await remove();
  }

 private:
  asio::awaitable<Result<void>> wait(std::chrono::milliseconds time) {
    asio::steady_timer timer(parts_.executors.io(), time);
    co_await timer.async_wait(kAwait);
    co_return co_await go_on();
  }

  /// kCancelled once the sweep is to end. Work on other threads does not notice, so each step asks.
  asio::awaitable<Result<void>> go_on() {
    const auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none)
      co_return fail(ErrorKind::kCancelled, "reconcile: broken off");
    co_return Result<void>{};
  }

  std::optional<std::chrono::milliseconds> pause_before_another(ErrorKind kind, int attempt) {
    if (kind == ErrorKind::kCancelled || info(kind).retryable == Retryable::kNo) return std::nullopt;
    const double spread = std::uniform_real_distribution<double>(0, 1)(random_);
    return retry_after(kind, attempt, spread, parts_.options.retry);
  }

  asio::awaitable<Result<void>> read_store() {
    for (std::size_t offset = 0;; offset += kStorePage) {
      auto work = [this, offset] { return parts_.articles.list("payload", offset, kStorePage); };
      const auto page = co_await runtime::offload(parts_.executors.blocking(), std::move(work));
      if (!page) co_return page.error();
      if (const auto may = co_await go_on(); may.has_error()) co_return may.error();
      for (const store::StoredRevision& revision : *page) {
        if (auto held = diff_.hold(revision); !held) co_return held.error();
      }
      report_.held = diff_.held();
      if (page->size() < kStorePage) co_return Result<void>{};
    }
  }

  /// Tries again while that can help. Only 200 and 404 are answers.
  asio::awaitable<Result<net::GetResponse>> ask(std::string target) {
    for (int attempt = 1;; ++attempt) {
      if (const auto may = co_await go_on(); may.has_error()) co_return may.error();
      Result<net::GetResponse> answer = co_await parts_.get(target);
      ++report_.requests;
      std::optional<std::chrono::milliseconds> asked;
      if (answer) {
        report_.received_bytes += answer->received;
        if (answer->status == 200 || answer->status == 404) co_return answer;
        asked = asked_pause(*answer);
        answer = refused_by_cms(answer->status, target);
      }
      const auto pause = pause_before_another(answer.error().kind, attempt);
      if (!pause) co_return answer.error();
      const auto waited = co_await wait(asked.value_or(*pause));
      if (!waited) co_return waited.error();
    }
  }

  asio::awaitable<Result<CmsPage>> page(const CmsLocale& locale, std::size_t number) {
    const std::string target =
        listing_target(parts_.options.collection, locale, parts_.options.page_size, number);
    const Result<net::GetResponse> answer = co_await ask(target);
    if (!answer) co_return answer.error();
    if (answer->status != 200) co_return refused_by_cms(answer->status, target);
    auto work = [&answer] { return parse_cms_page(answer->body); };
    co_return co_await runtime::offload(parts_.executors.background(), std::move(work));
  }

  asio::awaitable<Result<void>> list(const CmsLocale& locale) {
    diff_.begin_listing();
    for (std::size_t number = 1;; ++number) {
      const Result<CmsPage> got = co_await page(locale, number);
      if (!got) co_return got.error();
      if (got->has_next && got->entries.empty())
        co_return fail(ErrorKind::kUpstream,
                       fmt::format("list of the CMS: page {} is empty and says that more follow", number));
      const auto differences = diff_.see(locale, got->entries);
      if (!differences) co_return differences.error();
      report_.listed = diff_.listed();
      report_.unreadable = unreadable_ + diff_.unreadable();
      if (locale.primary) report_.total = got->total;
      for (const Difference& difference : *differences) {
        const auto healed = co_await heal(difference, locale);
        if (!healed) co_return healed.error();
      }
      if (!got->has_next) co_return Result<void>{};
      const auto waited = co_await wait(parts_.options.pause);
      if (!waited) co_return waited.error();
    }
  }

  void note(const Difference& difference) {
    ++report_.drift.at(static_cast<std::size_t>(difference.kind));
    if (report_.differences.size() < ReconcileReport::kDifferencesMax)
      report_.differences.push_back(difference);
  }

  asio::awaitable<Result<bool>> is_under_way(const Difference& difference) {
    auto work = [this, &difference]() -> Result<bool> {
      store::JobFilter filter;
      filter.article = difference.id;
      const auto jobs = parts_.journal.list(filter, 0, kJobsLookedAt);
      if (!jobs) return jobs.error();
      return std::any_of(jobs->begin(), jobs->end(),
                         [&](const model::Job& job) { return says_the_same(job, difference); });
    };
    co_return co_await runtime::offload(parts_.executors.blocking(), std::move(work));
  }

  /// Publishes what the CMS has, as it is now.
  asio::awaitable<Result<void>> heal(const Difference& difference, const CmsLocale& locale) {
    const Result<bool> under_way = co_await is_under_way(difference);
    if (!under_way) co_return under_way.error();
    if (*under_way) {
      ++report_.under_way;
      co_return Result<void>{};
    }
    if (report_.request.dry_run) {
      note(difference);
      co_return Result<void>{};
    }
    const Result<net::GetResponse> answer =
        co_await ask(document_target(parts_.options.collection, locale, difference.id));
    if (!answer) co_return answer.error();
    if (answer->status == 404)
      co_return Result<void>{};  // deleted since it was listed: the next sweep sees it
    auto work = [&answer, &locale]() -> Result<model::NewJob> {
      // The document as a webhook would bring it.
      PayloadResult event =
          parse_payload(R"({"operation":"update","doc":)" + answer->body + "}", locale.name);
      if (event.has_error()) return event.error().error;
      return std::move(event->job);
    };
    Result<model::NewJob> read = co_await runtime::offload(parts_.executors.background(), std::move(work));
    if (read.has_error() && read.error().kind == ErrorKind::kBug) co_return read.error();
    if (read.has_error()) {
      refuse(difference.id, read.error());
      co_return Result<void>{};
    }
    model::NewJob job = std::move(*read);
    if (job.article.key.id != difference.id) co_return mistaken(difference, job.article.key.id);
    if (job.kind != JobKind::kPublish) co_return Result<void>{};  // a draft by now: as for a deleted one
    note(difference);
    co_return co_await journal(std::move(job));
  }

  void refuse(const ArticleId& id, const Error& why) {
    report_.unreadable = ++unreadable_ + diff_.unreadable();
    if (report_.refusals.size() < ReconcileReport::kRefusalsMax)
      report_.refusals.push_back({id, why.message});
  }

  static Error mistaken(const Difference& difference, const ArticleId& got) {
    return fail(ErrorKind::kUpstream, fmt::format("reconcile: asked the CMS for document '{}' and got '{}'",
                                                  difference.id.value(), got.value()));
  }

  /// Waits out a full intake.
  asio::awaitable<Result<void>> journal(model::NewJob job) {
    job.priority = model::JobPriority::kImport;
    for (int attempt = 1;; ++attempt) {
      std::vector<model::NewJob> jobs{job};
      const auto ids = co_await parts_.intake.accept(std::move(jobs));
      if (ids) {
        if (!report_.first_job) report_.first_job = ids->front();
        report_.last_job = ids->back();
        ++report_.jobs;
        co_return Result<void>{};
      }
      const auto pause = pause_before_another(ids.error().kind, attempt);
      if (!pause) co_return ids.error();
      const auto waited = co_await wait(*pause);
      if (!waited) co_return waited.error();
    }
  }

  asio::awaitable<Result<void>> remove() {
    RemovalRule rule = parts_.options.removals;
    rule.remove_many = report_.request.remove_many;
    const Removals removals = diff_.removals(report_.total, rule);
    if (!removals.held_back.empty()) {
      for (const Difference& difference : removals.list) note(difference);
      report_.held_back = removals.list.size();
      report_.reason = "removals are held back: " + removals.held_back;
      co_return Result<void>{};
    }
    for (const Difference& difference : removals.list) {
      const auto removed = co_await remove(difference);
      if (!removed) co_return removed.error();
    }
    co_return Result<void>{};
  }

  asio::awaitable<Result<void>> remove(const Difference& difference) {
    Difference confirmed = difference;
    if (difference.kind == Drift::kDeleted) {
      const auto primary = cms_locales(parts_.options.locales, parts_.options.default_locale).front();
      const Result<net::GetResponse> answer =
          co_await ask(document_target(parts_.options.collection, primary, difference.id));
      if (!answer) co_return answer.error();
      if (answer->status == 200) {
        // It is there after all, because pages shifted while they were read; unless it became a draft.
        const auto entry = parse_cms_entry(answer->body);
        if (!entry) co_return entry.error();
        if (entry->id != difference.id) co_return mistaken(difference, entry->id);
        if (entry->status != CmsStatus::kDraft) co_return Result<void>{};
        confirmed.kind = Drift::kUnpublished;
        confirmed.cms = entry->updated_at;
      }
    }
    const Result<bool> current = co_await is_current(difference);
    if (!current) co_return current.error();
    if (!*current) co_return Result<void>{};
    note(confirmed);
    if (report_.request.dry_run) co_return Result<void>{};
    // An unpublish also for what was deleted: whatever is newer than what we hold wins over it, in whichever
    // order they come, so that a sweep cannot remove what an editor brought back a moment ago.
    model::NewJob job;
    job.kind = JobKind::kUnpublish;
    job.article.key.id = difference.id;
    job.article.updated_at = std::max(confirmed.cms, difference.held);
    co_return co_await journal(std::move(job));
  }

  /// False when the store changed since the sweep read it.
  asio::awaitable<Result<bool>> is_current(const Difference& difference) {
    auto work = [this, &difference]() -> Result<bool> {
      const auto all = parts_.articles.find_all(difference.id);
      if (!all) return all.error();
      bool live = false;
      for (const store::StoredRevision& revision : *all) {
        if (!revision.live) continue;
        live = true;
        if (revision.stored_at >= report_.started_at || revision.source != "payload") return false;
      }
      return live;
    };
    co_return co_await runtime::offload(parts_.executors.blocking(), std::move(work));
  }

  const SweepParts& parts_;
  ReconcileReport& report_;
  SweepDiff diff_;
  std::size_t unreadable_ = 0;  ///< documents fetched by id
  std::minstd_rand random_{std::random_device{}()};
};

}  // namespace

asio::awaitable<Result<void>> sweep(const SweepParts& parts, ReconcileReport& report) {
  Sweep one(parts, report);
  co_return co_await one.run();
}

}  // namespace wellspring::sync
