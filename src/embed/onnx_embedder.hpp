#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>

#include "embed/embedder.hpp"

namespace wellspring::embed {

enum class ModelForm {
  kInt8,  ///< `model.int8.onnx`: weights quantised at set-up
  kFp32,  ///< `model.onnx`, as published
};

struct OnnxEmbedderOptions {
  /// Holds the form's file and `tokenizer.json`; its last part names the model.
  std::filesystem::path folder = {};
  ModelForm form = ModelForm::kInt8;
  /// The window in pieces, with the special pieces; what all-MiniLM-L6-v2 was trained for.
  std::size_t max_tokens = 256;
  /// Threads one call may use. Concurrent calls each use as many.
  std::size_t threads = 1;
};

/// What Embedder::model_name() will say, without opening anything.
std::string onnx_model_name(const OnnxEmbedderOptions& options);

/// Opens a BERT-family model: WordPiece, mean pooling, vectors of length 1. Runs it once to learn the
/// dimension. Errors: kInvalidArgument for options out of range, kNotFound for a missing file, kCorrupt for a
/// damaged one, kUnsupported for a model or tokenizer of another kind.
Result<std::unique_ptr<Embedder>> open_onnx_embedder(const OnnxEmbedderOptions& options);

}  // namespace wellspring::embed
