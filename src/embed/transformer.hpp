#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"

namespace wellspring::embed {

/// Token ids of several texts, one row each, filled up to `columns` with masked padding.
struct TokenRows {
  TokenRows(std::size_t row_count, std::size_t column_count)
      : rows(row_count), columns(column_count), ids(rows * columns, 0), mask(rows * columns, 0) {}
  void set_row(std::size_t row, std::span<const std::int32_t> tokens);

  std::size_t rows;
  std::size_t columns;
  std::vector<std::int64_t> ids;
  std::vector<std::int64_t> mask;  ///< 1 where `ids` holds a piece
};

/// A BERT-family ONNX model in ONNX Runtime. Inputs `input_ids`, `attention_mask` and, where the model has
/// it, `token_type_ids`; the output is, in this order of preference, `sentence_embedding` (taken as it is),
/// `last_hidden_state`, `token_embeddings` or the first one, averaged over the pieces of each text.
/// Thread-safe: calls may run concurrently on one session.
class Transformer {
 public:
  /// `threads`: how many threads one call uses. Errors: kNotFound, kCorrupt for a file that is no ONNX model,
  /// kUnsupported for a model of another shape or a runtime that is too old.
  static Result<std::unique_ptr<Transformer>> open(const std::filesystem::path& model, std::size_t threads);
  ~Transformer();

  /// One vector per row, not normalised. Errors: kResource when memory runs out, kBug for anything else.
  Result<std::vector<std::vector<float>>> run(const TokenRows& tokens) const;

 private:
  struct Session;
  explicit Transformer(std::unique_ptr<Session> session);

  std::unique_ptr<Session> session_;
};

}  // namespace wellspring::embed
