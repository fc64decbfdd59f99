#include "app/engine.hpp"

#include <algorithm>
#include <thread>

#include "app/model_files.hpp"
#include "embed/hashing_embedder.hpp"
#include "embed/onnx_embedder.hpp"
#include "llm/extractive_model.hpp"
#include "llm/openai_model.hpp"
#include "rag/sentence_similarity.hpp"
#include "text/analyzer.hpp"

namespace wellspring::app {

std::size_t cpu_threads(const config::Settings& settings) {
  if (settings.cpu_threads > 0) return settings.cpu_threads;
  return std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

index::SearchOptions search_options(const config::Settings& settings) {
  index::SearchOptions options;
  options.fusion = settings.fusion == config::FusionKind::kRrf ? index::Fusion::kRrf : index::Fusion::kConvex;
  options.bm25_weight = static_cast<float>(settings.bm25_weight);
  options.candidates = settings.candidates;
  return options;
}

Result<std::unique_ptr<embed::Embedder>> make_embedder(const config::Settings& settings) {
  if (settings.embedder == config::EmbedderKind::kHashing) return std::unique_ptr<embed::Embedder>(std::make_unique<embed::HashingEmbedder>());
  embed::OnnxEmbedderOptions options;
  options.folder = settings.model_dir;
  if (settings.model_dir.empty()) {
    auto installed = installed_model_dir();
    if (installed.has_error()) return installed.error();
    options.folder = *installed;
  }
  options.form = settings.model_form == config::ModelForm::kFp32 ? embed::ModelForm::kFp32 : embed::ModelForm::kInt8;
  options.max_tokens = settings.model_max_tokens;
  return embed::open_onnx_embedder(options);
}

}  // namespace wellspring::app
