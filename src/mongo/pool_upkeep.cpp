// What PoolState does because time passes, and what it tells of itself.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/assert.hpp"
#include "mongo/pool_state.hpp"

namespace wellspring::mongo {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;

// Enough to see a leak by; the log has had a line for each.
constexpr std::size_t kPlacesTold = 3;

double seconds(SteadyTime from, SteadyTime to) {
  return std::chrono::duration<double>(to - from).count();
}

/// "src/store/a.cpp:12", however the compiler was called.
std::string place(const boost::source_location& site) {
  const std::string_view file = site.file_name();
  const std::size_t root = file.find("src/");
  return fmt::format("{}:{}", root == std::string_view::npos ? file : file.substr(root), site.line());
}

}  // namespace

void PoolState::expire(SteadyTime now, Actions& actions) {
  for (Waiter* waiter = first_; waiter != nullptr;) {
    Waiter* const next = waiter->next;
    if (waiter->deadline <= now) {
      std::string reason = situation(now);
      unqueue(*waiter);
      refuse(*waiter, AcquireOutcome::kTimeout, std::move(reason), now);
      actions.decided.push_back(waiter);
    }
    waiter = next;
  }
}

void PoolState::maintain(SteadyTime now, Actions& actions) {
  ++totals_.maintenance_runs;
  sweep(now, actions);
  reap(now, actions);
  keep_alive(now, actions);
  report_overdue(now, actions);
  plan(now, actions);
}

/// Closes idle connections that are stale or dead. With the most recently used first out, a dead one at the
/// bottom would otherwise never be found.
void PoolState::sweep(SteadyTime now, Actions& actions) {
  const bool look = now - swept_ >= options_.sweep_every;
  if (look) swept_ = now;
  std::erase_if(idle_, [&](Slot slot) {
    const Entry& entry = entries_[slot];
    const bool stale = entry.generation != generation_;
    const bool dead = !stale && look && !lost_since_ && !is_alive_(slot);
    if (!stale && !dead) return false;
    if (entry.suspect) --suspects_;
    start_closing(slot, stale ? CloseReason::kStale : CloseReason::kDead, actions);
    return true;
  });
}

/// Closes what was idle for too long, the oldest first, down to the minimum and never below.
void PoolState::reap(SteadyTime now, Actions& actions) {
  while (!idle_.empty() && !lost_since_ && expired(entries_[idle_.front()], now)) {
    const Slot slot = idle_.front();
    idle_.erase(idle_.begin());
    if (entries_[slot].suspect) --suspects_;
    start_closing(slot, CloseReason::kIdle, actions);
  }
}

void PoolState::keep_alive(SteadyTime now, Actions& actions) {
  if (options_.keepalive_after.count() == 0 || !serving()) return;
  for (std::size_t at = 0; at < idle_.size() && connecting() < options_.connecting_max;) {
    const Entry& entry = entries_[idle_[at]];
    if (now - std::max(entry.used, entry.checked) >= options_.keepalive_after) {
      start_check(at, now, actions);
    } else {
      ++at;
    }
  }
}

void PoolState::check_suspects(SteadyTime now, Actions& actions) {
  for (std::size_t at = idle_.size(); at > 0 && suspects_ > 0 && connecting() < options_.connecting_max;
       --at) {
    if (entries_[idle_[at - 1]].suspect) start_check(at - 1, now, actions);
  }
}

void PoolState::start_check(std::size_t idle_at, SteadyTime now, Actions& actions) {
  const Slot slot = idle_[idle_at];
  Entry& entry = entries_[slot];
  idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(idle_at));
  if (entry.suspect) --suspects_;
  entry.suspect = false;
  entry.stage = Stage::kChecking;
  entry.since = now;
  ++checking_;
  ++totals_.checks;
  actions.check.push_back(slot);
}

void PoolState::checked(Slot slot, bool alive, SteadyTime now, Actions& actions) {
  Entry& entry = entries_[slot];
  WELLSPRING_ASSERT(entry.stage == Stage::kChecking, "only what is being checked has been");
  --checking_;
  if (alive) {
    entry.checked = now;
    offer(slot, AcquireOutcome::kWaited, now, actions);
  } else {
    ++totals_.failed_checks;
    start_closing(slot, CloseReason::kDead, actions);
  }
  plan(now, actions);
}

milliseconds PoolState::allowed_of(const LeaseTag& tag) const {
  return tag.allowed.value_or(options_.overdue_after);
}

SteadyTime PoolState::next_overdue() const {
  SteadyTime due = SteadyTime::max();
  for (const Entry& entry : entries_) {
    if (entry.stage != Stage::kInUse || entry.overdue) continue;
    const milliseconds allowed = allowed_of(entry.tag);
    if (allowed.count() > 0) due = std::min(due, entry.since + allowed + milliseconds{1});
  }
  return due;
}

void PoolState::report_overdue(SteadyTime now, Actions& actions) {
  for (Entry& entry : entries_) {
    if (entry.stage != Stage::kInUse || entry.overdue) continue;
    const milliseconds allowed = allowed_of(entry.tag);
    if (allowed.count() == 0 || now - entry.since <= allowed) continue;
    entry.overdue = true;
    ++overdue_;
    ++totals_.leaks_suspected;
    actions.overdue.push_back({entry.tag, duration_cast<milliseconds>(now - entry.since), false});
  }
}

SteadyTime PoolState::next_deadline() {
  SteadyTime due = SteadyTime::max();
  for (const Waiter* waiter = first_; waiter != nullptr; waiter = waiter->next)
    due = std::min(due, waiter->deadline);
  promised_ = due;
  wake_up_ = false;
  return due;
}

SteadyTime PoolState::next_due() {
  SteadyTime due = next_deadline();
  if (taken() > 0) due = std::min(due, swept_ + options_.sweep_every);
  const bool may_reap = options_.idle_limit.count() > 0 && total() > options_.min_size && !lost_since_;
  // A whole millisecond later, as the limit is to be passed.
  if (!idle_.empty() && may_reap)
    due = std::min(due, entries_[idle_.front()].used + options_.idle_limit + milliseconds{1});
  if (serving() && wants_more() && taken() < options_.max_size && connecting() < options_.connecting_max)
    due = std::min(due, connect_after_);
  due = std::min(due, next_overdue());
  promised_ = due;
  return due;
}

void PoolState::due_by(SteadyTime at) {
  if (at < promised_) wake_up_ = true;
}

PoolCounts PoolState::counts() const {
  return {.idle = idle_.size() + checking_,
          .in_use = in_use_,
          .pending = pending_,
          .waiters = waiting_,
          .overdue = overdue_};
}

std::vector<PoolState::Holder> PoolState::holders() const {
  std::vector<Holder> holders;
  for (const Entry& entry : entries_) {
    if (entry.stage == Stage::kInUse) holders.push_back({entry.tag, entry.since, entry.overdue});
  }
  std::sort(holders.begin(), holders.end(),
            [](const Holder& a, const Holder& b) { return a.since < b.since; });
  return holders;
}

/// Why there is no connection right now.
std::string PoolState::situation(SteadyTime now) const {
  std::string text;
  if (lost_since_) {
    text = fmt::format("server lost for {:.1f} s", seconds(*lost_since_, now));
  } else if (in_use_ >= options_.max_size) {
    text = "exhausted";
  } else {
    text = "connecting";
  }
  fmt::format_to(std::back_inserter(text), ": {} of at most {} in use, {} idle, {} connecting, {} waiting",
                 in_use_, options_.max_size, idle_.size() + checking_, pending_, waiting_);
  const Entry* oldest = nullptr;
  for (const Entry& entry : entries_) {
    if (entry.stage == Stage::kInUse && (oldest == nullptr || entry.since < oldest->since)) oldest = &entry;
  }
  if (oldest != nullptr && !lost_since_) {
    fmt::format_to(std::back_inserter(text), "; oldest lease held for {:.1f} s by {}",
                   seconds(oldest->since, now), place(oldest->tag.site));
    if (!oldest->tag.request.empty()) text += " for request " + oldest->tag.request;
  }
  if (overdue_ > 0) text += "; held for too long: " + overdue_places();
  if (!last_error_.empty() && in_use_ < options_.max_size) text += "; last error: " + last_error_;
  return text;
}

/// "30 by src/a.cpp:12, 20 by src/b.cpp:7", the worst first.
std::string PoolState::overdue_places() const {
  std::map<std::string, std::size_t> by_place;
  for (const Entry& entry : entries_) {
    if (entry.overdue) ++by_place[place(entry.tag.site)];
  }
  std::vector<std::pair<std::string, std::size_t>> places(by_place.begin(), by_place.end());
  std::ranges::stable_sort(places, std::ranges::greater{}, &std::pair<std::string, std::size_t>::second);
  std::string text;
  std::size_t told = 0;
  for (std::size_t at = 0; at < std::min(places.size(), kPlacesTold); ++at) {
    text += fmt::format("{}{} by {}", at == 0 ? "" : ", ", places[at].second, places[at].first);
    told += places[at].second;
  }
  return told < overdue_ ? fmt::format("{}, {} by others", text, overdue_ - told) : text;
}

}  // namespace wellspring::mongo
