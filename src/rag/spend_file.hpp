#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "rag/spend.hpp"

namespace wellspring::rag {

std::string spend_record_text(const SpendRecord& record);
/// Errors: kCorrupt.
Result<SpendRecord> parse_spend_record(std::string_view text);

/// The record in one file, replaced as a whole: after a crash at any moment it is the old one or the new one.
/// Both calls block.
class SpendFile {
 public:
  explicit SpendFile(std::filesystem::path path) : path_(std::move(path)) {}
  /// Nothing when there is no file yet. Errors: kCorrupt, kUnavailable.
  Result<std::optional<SpendRecord>> read() const;
  /// Returns when the record is on disk. Errors: kResource.
  Result<void> write(const SpendRecord& record) const;

 private:
  std::filesystem::path path_;
};

}  // namespace wellspring::rag
