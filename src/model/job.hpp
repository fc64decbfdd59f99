#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/article.hpp"

namespace wellspring::model {

enum class JobKind { kPublish, kUnpublish, kDelete };

/// queued -> running -> done; a failed attempt goes back to queued with `not_before`; too many make it dead.
/// A dead job can be put back to queued by hand. `skipped` counts as done.
enum class JobState { kQueued, kRunning, kDone, kDead };

/// What a done job did.
enum class JobOutcome {
  kNone,       ///< not done yet
  kApplied,    ///< the index changed
  kUnchanged,  ///< same revision and content as stored
  kOutdated,   ///< older than what is stored, ignored
};

enum class JobPriority { kWebhook = 0, kImport = 1 };

/// A job before it has an id.
struct NewJob {
  JobKind kind = JobKind::kPublish;
  JobPriority priority = JobPriority::kWebhook;
  /// For unpublish and delete only `key.id` and `updated_at` matter; they apply to all locales.
  Article article;
  /// The same however often the sender repeats this delivery; empty: nobody can tell.
  std::string delivery{};
};

struct Job {
  JobId id;
  JobKind kind = JobKind::kPublish;
  JobPriority priority = JobPriority::kWebhook;
  JobState state = JobState::kQueued;
  JobOutcome outcome = JobOutcome::kNone;
  int attempts = 0;
  std::string last_error;
  Timestamp accepted_at;
  std::optional<Timestamp> not_before;
  std::optional<Timestamp> finished_at;
  Article article;
  std::string delivery{};
};

constexpr std::string_view name(JobKind kind) {
  switch (kind) {
    case JobKind::kPublish:
      return "publish";
    case JobKind::kUnpublish:
      return "unpublish";
    case JobKind::kDelete:
      return "delete";
  }
  return "publish";
}

constexpr std::string_view name(JobState state) {
  switch (state) {
    case JobState::kQueued:
      return "queued";
    case JobState::kRunning:
      return "running";
    case JobState::kDone:
      return "done";
    case JobState::kDead:
      return "dead";
  }
  return "queued";
}

constexpr std::string_view name(JobOutcome outcome) {
  switch (outcome) {
    case JobOutcome::kNone:
      return "none";
    case JobOutcome::kApplied:
      return "applied";
    case JobOutcome::kUnchanged:
      return "unchanged";
    case JobOutcome::kOutdated:
      return "outdated";
  }
  return "none";
}

}  // namespace wellspring::model
