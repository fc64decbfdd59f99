#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace wellspring::cli {

/// One row of POST /api/v1/sync/import, ready to send.
struct ImportRow {
  std::string id;
  std::string json;
};

/// The row of a Markdown file. Front matter gives `id`, `title`, `locale`, `slug`, `updated_at` and further
/// metadata; otherwise the id is `name` (the path below the imported folder) and the title the first heading,
/// else the file's stem. Errors: kInvalidArgument when the front matter is broken.
Result<ImportRow> markdown_row(const std::string& name, const std::string& content);

/// All rows below `paths`: folders of Markdown (`.md`, `.markdown`; hidden ones are skipped) and files of
/// Markdown or JSON lines
/// (`.jsonl`, `.ndjson`), in a stable order. Errors: kNotFound, kInvalidArgument naming file and line,
/// kTooLarge.
Result<std::vector<ImportRow>> collect_rows(const std::vector<std::string>& paths);

}  // namespace wellspring::cli
