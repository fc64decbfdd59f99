#include "embed/onnx_embedder.hpp"

#include <cstdint>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "embed/batch_plan.hpp"
#include "embed/transformer.hpp"
#include "embed/unit_vector.hpp"
#include "embed/wordpiece.hpp"

namespace wellspring::embed {
namespace {

/// Every BERT-family encoder has at least this many positions; a longer window is tried when the model is
/// opened.
constexpr std::size_t kCommonPositions = 512;
constexpr std::size_t kMaxWindow = 8192;
constexpr std::size_t kMaxThreads = 256;

class OnnxEmbedder final : public Embedder {
 public:
  OnnxEmbedder(std::string model_name, std::size_t max_tokens, WordPiece tokenizer,
               std::unique_ptr<Transformer> transformer)
      : model_name_(std::move(model_name)),
        max_tokens_(max_tokens),
        tokenizer_(std::move(tokenizer)),
        transformer_(std::move(transformer)) {}

  /// Runs the model on a text of one piece, or of a whole window when the window is longer than usual.
  Result<void> learn_dimension();

  Result<std::vector<std::vector<float>>> embed(std::span<const std::string_view> texts) const override;
  std::size_t dimension() const override { return dimension_; }
  std::size_t count_tokens(std::string_view text) const override { return tokenizer_.count(text); }
  std::size_t max_tokens() const override { return max_tokens_; }
  const std::string& model_name() const override { return model_name_; }

 private:
  Result<std::vector<std::vector<float>>> run(const Batch& batch,
                                              std::span<const std::vector<std::int32_t>> tokens) const;

  const std::string model_name_;
  const std::size_t max_tokens_;
  const WordPiece tokenizer_;
  const std::unique_ptr<Transformer> transformer_;
  std::size_t dimension_ = 0;
};

Result<void> OnnxEmbedder::learn_dimension() {
  std::string text = "a";
  if (max_tokens_ > kCommonPositions) {
    for (std::size_t i = 0; i < max_tokens_; ++i) text += " a";
  }
  const std::string_view probe = text;
  auto vectors = embed({&probe, 1});
  if (!vectors && max_tokens_ > kCommonPositions) {
    return fail(ErrorKind::kInvalidArgument,
                "opening embedding model '" + model_name_ + "': max_tokens is " +
                    std::to_string(max_tokens_) + ", and the model cannot take as many; lower it (" +
                    vectors.error().message + ")",
                "max_tokens");
  }
  if (!vectors) return vectors.error();
  dimension_ = vectors->front().size();
  return {};
}

Result<std::vector<std::vector<float>>> OnnxEmbedder::run(
    const Batch& batch, std::span<const std::vector<std::int32_t>> tokens) const {
  TokenRows rows(batch.texts.size(), batch.length);
  for (std::size_t row = 0; row < batch.texts.size(); ++row) rows.set_row(row, tokens[batch.texts[row]]);
  auto vectors = transformer_->run(rows);
  if (!vectors) return vectors.error();
  for (std::vector<float>& vector : *vectors) {
    if (!scale_to_unit(vector)) {
      return fail(ErrorKind::kBug,
                  "embedding with '" + model_name_ +
                      "': the model gave a vector without a finite length; restore its files",
                  model_name_);
    }
  }
  return vectors;
}

Result<std::vector<std::vector<float>>> OnnxEmbedder::embed(std::span<const std::string_view> texts) const {
  std::vector<std::vector<std::int32_t>> tokens;
  std::vector<std::size_t> lengths;
  tokens.reserve(texts.size());
  lengths.reserve(texts.size());
  for (const std::string_view text : texts) {
    tokens.push_back(tokenizer_.encode(text, max_tokens_));
    lengths.push_back(tokens.back().size());
  }
  std::vector<std::vector<float>> vectors(texts.size());
  for (const Batch& batch : plan_batches(lengths)) {
    auto rows = run(batch, tokens);
    if (!rows) return rows.error();
    for (std::size_t row = 0; row < rows->size(); ++row) vectors[batch.texts[row]] = std::move((*rows)[row]);
  }
  return vectors;
}

Error out_of_range(const std::string& option, std::size_t value, std::size_t least, std::size_t most) {
  return fail(ErrorKind::kInvalidArgument,
              "opening embedding model: " + option + " is " + std::to_string(value) + ", allowed are " +
                  std::to_string(least) + " to " + std::to_string(most),
              option);
}

Result<std::string> read_file(const std::filesystem::path& path) {
  std::error_code unreadable;
  const std::uintmax_t size = std::filesystem::file_size(path, unreadable);
  std::string bytes(unreadable ? 0 : size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (unreadable || !file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    return fail(ErrorKind::kNotFound,
                "opening embedding model: cannot read '" + path.string() +
                    "'; run 'make setup' or name a folder with a model and its tokenizer.json",
                path.string());
  }
  return bytes;
}

Result<std::filesystem::path> find_model(const OnnxEmbedderOptions& options) {
  const bool int8 = options.form == ModelForm::kInt8;
  std::filesystem::path path = options.folder / (int8 ? "model.int8.onnx" : "model.onnx");
  std::error_code ignored;  // a path that cannot be examined is one that cannot be opened
  if (std::filesystem::is_regular_file(path, ignored)) return path;
  const std::string advice =
      int8 ? "run 'make setup', make it with scripts/quantize_model.py, or choose the fp32 form"
           : "run 'make setup' or name a folder with a model and its tokenizer.json";
  return fail(ErrorKind::kNotFound, "opening embedding model: no file '" + path.string() + "'; " + advice,
              path.string());
}

}  // namespace

std::string onnx_model_name(const OnnxEmbedderOptions& options) {
  const std::filesystem::path folder = (options.folder / "").lexically_normal().parent_path();
  return folder.filename().string() + (options.form == ModelForm::kInt8 ? "/int8" : "/fp32");
}

Result<std::unique_ptr<Embedder>> open_onnx_embedder(const OnnxEmbedderOptions& options) {
  if (options.threads < 1 || options.threads > kMaxThreads) {
    return out_of_range("threads", options.threads, 1, kMaxThreads);
  }
  const auto json = read_file(options.folder / "tokenizer.json");
  if (!json) return json.error();
  auto tokenizer = WordPiece::parse(*json);
  if (!tokenizer) return tokenizer.error();
  const std::size_t least = tokenizer->special_pieces() + 1;
  if (options.max_tokens < least || options.max_tokens > kMaxWindow) {
    return out_of_range("max_tokens", options.max_tokens, least, kMaxWindow);
  }
  const auto model = find_model(options);
  if (!model) return model.error();
  auto transformer = Transformer::open(*model, options.threads);
  if (!transformer) return transformer.error();
  auto embedder = std::make_unique<OnnxEmbedder>(onnx_model_name(options), options.max_tokens,
                                                 std::move(*tokenizer), std::move(*transformer));
  if (const auto learnt = embedder->learn_dimension(); !learnt) return learnt.error();
  return std::unique_ptr<Embedder>(std::move(embedder));
}

}  // namespace wellspring::embed
