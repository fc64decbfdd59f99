#pragma once

#include <span>

#include "store/mongo/bad_rows.hpp"
#include "store/mongo/document_rows.hpp"
#include "store/mongo/names.hpp"
#include "store/mongo/session.hpp"

namespace wellspring::store::mongo {

/// A live revision to be read.
struct Wanted {
  const ArticleId& article;
  const LiveRevision& live;
};

/// What to do about rows of an adopted revision that are missing: a race lost to a change, or their writer's
/// doing.
enum class Missing { kRefuse, kLeaveOut };

/// Reads the chunks of live revisions. Throws Failure. Thread-safe.
class ChunkReader {
 public:
  using Chunks = std::vector<model::EmbeddedChunk>;
  ChunkReader(Channel& channel, const Names& names, BadRows& bad_rows)
      : channel_(channel), names_(names), bad_rows_(bad_rows) {}

  /// In the order asked for; nothing where rows are missing, which is a race lost to a change or damage.
  /// Rows of an adopted revision that make no sense, or with Missing::kLeaveOut are missing, are left out and
  /// told of. With `embedding_model`, vectors of other models come back empty.
  std::vector<std::optional<Chunks>> read(std::span<const Wanted> wanted,
                                          const std::optional<std::string>& embedding_model,
                                          Missing missing = Missing::kRefuse);

 private:
  void read_own(std::span<const Wanted> wanted, const std::optional<std::string>& embedding_model,
                std::vector<std::optional<Chunks>>& result);
  void read_adopted(std::span<const Wanted> wanted, const std::optional<std::string>& embedding_model,
                    Missing missing, std::vector<std::optional<Chunks>>& result);

  Channel& channel_;
  const Names& names_;
  BadRows& bad_rows_;
};

}  // namespace wellspring::store::mongo
