#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/article.hpp"

namespace wellspring::model {

enum class ChunkType { kSection, kText, kTitleSummary };

/// What a chunk carries beside its text: the reference's keys (contract 4.3) plus `title` and `locale`.
/// metadata_json.hpp gives the wire form.
struct ChunkMetadata {
  ArticleKey article;
  std::string source = "payload";
  std::string title;
  std::optional<std::string> author;
  std::vector<std::string> categories;
  std::optional<Timestamp> published_at;
  std::optional<std::string> slug;
  std::optional<std::string> section;        ///< H2 (an H1 in the body counts as H2)
  std::optional<std::string> subsection;     ///< H3
  std::optional<std::string> subsubsection;  ///< H4
  ChunkType type = ChunkType::kText;
  std::size_t content_length = 0;  ///< code points of the body, without the header lines
  std::size_t index = 0;           ///< from 0, in reading order within the article
  bool is_title_chunk = false;
  std::map<std::string, std::string> extra;  ///< from the article, unknown to the contract

  bool operator==(const ChunkMetadata&) const = default;
};

/// A passage of one revision.
struct Chunk {
  /// Header lines (`Title:`, `Section:`, ...), a blank line, then the body: what is embedded, searched and
  /// shown.
  std::string text;
  std::size_t body_offset = 0;  ///< where the body starts in `text`, in bytes
  ChunkMetadata metadata;

  bool operator==(const Chunk&) const = default;
};

/// A chunk with its unit-length embedding. An empty vector means not embedded.
struct EmbeddedChunk {
  Chunk chunk;
  std::vector<float> vector;
};

}  // namespace wellspring::model
