#pragma once

#include <array>
#include <functional>
#include <string_view>

#include "store/article_store.hpp"
#include "store/digest.hpp"
#include "store/job_journal.hpp"
#include "store/question_store.hpp"
#include "store/source_store.hpp"
#include "store/transfer.hpp"

/// Copies a store whole into another one.
namespace wellspring::store {

/// All of one store. Nobody else may use it meanwhile.
struct WholeStore {
  ArticleStore& articles;
  JobJournal& journal;
  SourceStore& sources;
  QuestionStore& questions;
  Transfer& transfer;
};

enum class MigratedKind { kTombstones, kArticles, kJobs, kSources, kQuestions };
inline constexpr std::array kMigratedKinds{MigratedKind::kTombstones, MigratedKind::kArticles,
                                           MigratedKind::kJobs, MigratedKind::kSources,
                                           MigratedKind::kQuestions};
std::string_view name(MigratedKind kind);

struct MigratedItems {
  std::size_t copied = 0;
  std::size_t skipped = 0;  ///< were there and equal
  Digest from;              ///< what either side holds at the end
  Digest to;
};

struct MigrationReport {
  std::array<MigratedItems, kMigratedKinds.size()> items;  ///< by kind
  MigratedItems& of(MigratedKind kind) { return items[static_cast<std::size_t>(kind)]; }
  const MigratedItems& of(MigratedKind kind) const { return items[static_cast<std::size_t>(kind)]; }
  /// Both sides hold the same.
  bool is_complete() const;
};

/// `done` of `total` items of this kind are copied or skipped; `total` is what was counted at the start.
using MigrationProgress = std::function<void(MigratedKind kind, std::size_t done, std::size_t total)>;

/// Copies what `to` lacks or has otherwise, then compares both sides by counts and digests. May be run again
/// after an error: what is there and equal is skipped. Nothing that only `to` has is deleted, except that an
/// article's tombstone replaces what was published before it. kConflict when `to` accepted jobs of its own
/// under the same ids; else errors are those of the ports.
Result<MigrationReport> migrate(const WholeStore& from, const WholeStore& to,
                                const MigrationProgress& progress);

}  // namespace wellspring::store
