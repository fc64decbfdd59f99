#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/timestamp.hpp"
#include "sync/sweep_diff.hpp"

namespace wellspring::sync {

struct ReconcileRequest {
  bool dry_run = false;      ///< find out, change nothing
  bool remove_many = false;  ///< also when so many removals look like a fault; see RemovalRule
};

enum class SweepOutcome {
  kRunning,
  kComplete,   ///< every difference found is journalled, or listed by a dry run
  kHeldBack,   ///< as complete, but the removals wait for a person
  kFailed,     ///< what was journalled until then stays; nothing was removed on the word of half a list
  kCancelled,  ///< the server stopped
};

constexpr std::string_view name(SweepOutcome outcome) {
  switch (outcome) {
    case SweepOutcome::kRunning:
      return "running";
    case SweepOutcome::kComplete:
      return "complete";
    case SweepOutcome::kHeldBack:
      return "held_back";
    case SweepOutcome::kFailed:
      return "failed";
    case SweepOutcome::kCancelled:
      return "cancelled";
  }
  return "running";
}

/// A document that is published there and cannot be taken over.
struct Refusal {
  ArticleId id;
  std::string why;
};

/// What a sweep found and did.
struct ReconcileReport {
  static constexpr std::size_t kDifferencesMax = 1'000;
  static constexpr std::size_t kRefusalsMax = 100;

  ReconcileRequest request;
  SweepOutcome outcome = SweepOutcome::kRunning;
  std::string reason;  ///< why it failed, or why removals are held back
  Timestamp started_at;
  std::optional<Timestamp> finished_at;
  std::size_t held = 0;                ///< articles of the CMS in the store
  std::size_t listed = 0;              ///< documents that the CMS listed so far
  std::optional<std::size_t> total{};  ///< documents that the CMS counts
  std::size_t requests = 0;
  std::size_t received_bytes = 0;
  std::array<std::size_t, 4> drift{};   ///< by Drift; removals that are held back included
  std::vector<Difference> differences;  ///< the first kDifferencesMax of them
  std::size_t held_back = 0;            ///< removals that wait for a person
  std::size_t under_way = 0;            ///< differences that a job accepted before takes care of
  std::size_t unreadable = 0;           ///< documents that could not be understood; they are left as they are
  std::vector<Refusal> refusals;        ///< the first kRefusalsMax of those that were fetched
  std::size_t jobs = 0;                 ///< journalled
  std::optional<JobId> first_job{};
  std::optional<JobId> last_job{};
};

}  // namespace wellspring::sync
