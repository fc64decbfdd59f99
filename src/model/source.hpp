#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/timestamp.hpp"

namespace wellspring::model {

/// 24 lower-case hexadecimal digits, see ObjectIdGenerator.
using SourceId = StrongId<struct SourceIdTag>;

/// The status of a source whose content is yet to be fetched. Statuses are free text, because clients write
/// them; `active`, `inactive`, `ingesting` and `error` are the ones in use.
inline constexpr std::string_view kIngesting = "ingesting";

/// A place that content is to be taken from (contract 1.7), as its creator describes it.
struct NewSource {
  std::string name;
  std::string type;  ///< free text: markdown, web, github, youtube, twitter, payload
  std::string uri;   ///< unique among all sources
  std::optional<Timestamp> last_ingested_at;
};

struct Source {
  SourceId id;
  std::string name;
  std::string type;
  std::string uri;
  std::string status;
  std::optional<Timestamp> last_ingested_at;
  Timestamp created_at;
  Timestamp updated_at;
};

/// What to change; what is empty stays.
struct SourceChanges {
  std::optional<std::string> name;
  std::optional<std::string> type;
  std::optional<std::string> uri;
  std::optional<std::string> status;
  /// The inner optional is the new value: a source may become one that was never ingested.
  std::optional<std::optional<Timestamp>> last_ingested_at;
};

Source created(NewSource source, SourceId id, Timestamp now);

/// `source` with the changes. Another URI is other content, so its status is `ingesting` whatever the changes
/// say. `updated_at` always grows, also when two changes fall into one millisecond.
Source changed(Source source, const SourceChanges& changes, Timestamp now);

}  // namespace wellspring::model
