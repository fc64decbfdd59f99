#include "embed/transformer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "embed/detail/onnxruntime.hpp"

namespace wellspring::embed {

using detail::api;
using detail::out;
using detail::Owned;
using detail::require;

namespace {

// ONNX Runtime 1.32 opens a usage database under ~/.cache and a thread that reports to its vendor in
// CreateEnv; DisableTelemetryEvents() comes too late to prevent either, this variable in time. Set before
// main(), because setenv() is only safe while there is one thread.
[[maybe_unused]] const int kTelemetryOff = setenv("ORT_DISABLE_TELEMETRY", "1", /*overwrite=*/1);

constexpr const char* kInputIds = "input_ids";
constexpr const char* kAttentionMask = "attention_mask";
constexpr const char* kTokenTypes = "token_type_ids";
constexpr std::string_view kOpening = "opening model";
constexpr std::string_view kRunning = "running model";

Failure unsupported(const std::string& model, const std::string& what) {
  return Failure(fail(ErrorKind::kUnsupported,
                      "opening model '" + model + "': " + what + "; use a BERT-family text encoder", model));
}

Owned<OrtSessionOptions> make_options(std::size_t threads, const std::string& model) {
  Owned<OrtSessionOptions> owned;
  require(api().CreateSessionOptions(out(owned)), kOpening, model);
  OrtSessionOptions* options = owned.get();
  require(api().SetIntraOpNumThreads(options, static_cast<int>(threads)), kOpening, model);
  require(api().SetInterOpNumThreads(options, 1), kOpening, model);
  require(api().SetSessionGraphOptimizationLevel(options, ORT_ENABLE_ALL), kOpening, model);
  // Idle workers must not spin: the processors are shared with the rest of the program.
  require(api().AddSessionConfigEntry(options, "session.intra_op.allow_spinning", "0"), kOpening, model);
  return owned;
}

using CountCall = OrtStatus*(ORT_API_CALL*)(const OrtSession*, std::size_t*);
using NameCall = OrtStatus*(ORT_API_CALL*)(const OrtSession*, std::size_t, OrtAllocator*, char**);

std::vector<std::string> names_of(const OrtSession* session, CountCall count_call, NameCall name_call,
                                  const std::string& model) {
  OrtAllocator* allocator = nullptr;
  std::size_t count = 0;
  require(api().GetAllocatorWithDefaultOptions(&allocator), kOpening, model);
  require(count_call(session, &count), kOpening, model);
  std::vector<std::string> names(count);
  for (std::size_t i = 0; i < count; ++i) {
    char* name = nullptr;
    require(name_call(session, i, allocator, &name), kOpening, model);
    names[i] = name;
    require(api().AllocatorFree(allocator, name), kOpening, model);
  }
  return names;
}

std::vector<const char*> choose_inputs(const std::vector<std::string>& names, const std::string& model) {
  std::vector<const char*> chosen;
  for (const char* known : {kInputIds, kAttentionMask, kTokenTypes}) {
    const bool present = std::ranges::find(names, known) != names.end();
    if (present) chosen.push_back(known);
    if (!present && known != kTokenTypes) throw unsupported(model, std::string("it has no input ") + known);
  }
  if (chosen.size() != names.size()) {
    throw unsupported(model, "it has inputs besides input_ids, attention_mask and token_type_ids");
  }
  return chosen;
}

std::string choose_output(const std::vector<std::string>& names, const std::string& model) {
  if (names.empty()) throw unsupported(model, "it has no output");
  for (const char* known : {"sentence_embedding", "last_hidden_state", "token_embeddings"}) {
    if (std::ranges::find(names, known) != names.end()) return known;
  }
  return names.front();
}

/// The mean of the hidden states of a row's pieces.
std::vector<float> mean_of(std::span<const float> states, std::span<const std::int64_t> mask) {
  const std::size_t dimension = states.size() / mask.size();
  std::vector<float> sum(dimension, 0.0F);
  float pieces = 0;
  for (std::size_t token = 0; token < mask.size(); ++token) {
    if (mask[token] == 0) continue;
    pieces += 1;
    const float* state = states.data() + token * dimension;
    for (std::size_t d = 0; d < dimension; ++d) sum[d] += state[d];
  }
  for (float& x : sum) x /= pieces;
  return sum;
}

struct FloatTensor {
  std::vector<std::size_t> shape;
  const float* values = nullptr;
};

FloatTensor read_tensor(OrtValue* value, const std::string& model) {
  Owned<OrtTensorTypeAndShapeInfo> info;
  require(api().GetTensorTypeAndShape(value, out(info)), kRunning, model);
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  require(api().GetTensorElementType(info.get(), &type), kRunning, model);
  if (type != ONNX_TENSOR_ELEMENT_DATA_TYPE_FLOAT)
    throw unsupported(model, "its output is not of 32-bit floats");
  std::size_t rank = 0;
  require(api().GetDimensionsCount(info.get(), &rank), kRunning, model);
  std::vector<std::int64_t> shape(rank);
  require(api().GetDimensions(info.get(), shape.data(), rank), kRunning, model);
  void* values = nullptr;
  require(api().GetTensorMutableData(value, &values), kRunning, model);
  return {{shape.begin(), shape.end()}, static_cast<const float*>(values)};
}

std::vector<std::vector<float>> pool(const FloatTensor& tensor, const TokenRows& tokens,
                                     const std::string& model) {
  const std::vector<std::size_t>& shape = tensor.shape;
  const bool by_row = shape.size() == 2 && shape[0] == tokens.rows;
  const bool by_piece = shape.size() == 3 && shape[0] == tokens.rows && shape[1] == tokens.columns;
  if (!by_row && !by_piece)
    throw unsupported(model, "its output is neither one vector per text nor one per piece");
  const std::size_t row_size = by_row ? shape[1] : shape[1] * shape[2];
  std::vector<std::vector<float>> vectors;
  vectors.reserve(tokens.rows);
  for (std::size_t row = 0; row < tokens.rows; ++row) {
    const std::span<const float> values(tensor.values + row * row_size, row_size);
    if (by_row) {
      vectors.emplace_back(values.begin(), values.end());
    } else {
      vectors.push_back(
          mean_of(values, std::span(tokens.mask).subspan(row * tokens.columns, tokens.columns)));
    }
  }
  return vectors;
}

}  // namespace

void TokenRows::set_row(std::size_t row, std::span<const std::int32_t> tokens) {
  const auto at = static_cast<std::ptrdiff_t>(row * columns);
  std::ranges::copy(tokens, ids.begin() + at);
  std::fill_n(mask.begin() + at, tokens.size(), 1);
}

struct Transformer::Session {
  Session(const std::filesystem::path& model, std::size_t threads);
  std::vector<std::vector<float>> run(const TokenRows& tokens) const;

  std::string name;
  Owned<OrtEnv> env;  // before `session`, which uses it until it is released
  Owned<OrtSession> session;
  Owned<OrtMemoryInfo> memory;
  std::vector<const char*> inputs;
  std::string output;
};

Transformer::Session::Session(const std::filesystem::path& model, std::size_t threads)
    : name(model.string()) {
  if (detail::find_api() == nullptr) {
    throw Failure(fail(ErrorKind::kUnsupported,
                       "opening model '" + name + "': ONNX Runtime " + OrtGetApiBase()->GetVersionString() +
                           " is older than API " + std::to_string(ORT_API_VERSION) + "; run 'make setup'",
                       name));
  }
  // Every failure comes back as a status; the library need not write to stderr as well.
  require(api().CreateEnv(ORT_LOGGING_LEVEL_FATAL, "wellspring", out(env)), kOpening, name);
  const Owned<OrtSessionOptions> options = make_options(threads, name);
  require(api().CreateSession(env.get(), model.c_str(), options.get(), out(session)), kOpening, name);
  require(api().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, out(memory)), kOpening, name);
  inputs = choose_inputs(names_of(session.get(), api().SessionGetInputCount, api().SessionGetInputName, name),
                         name);
  output = choose_output(
      names_of(session.get(), api().SessionGetOutputCount, api().SessionGetOutputName, name), name);
}

std::vector<std::vector<float>> Transformer::Session::run(const TokenRows& tokens) const {
  const std::array shape{static_cast<std::int64_t>(tokens.rows), static_cast<std::int64_t>(tokens.columns)};
  const std::vector<std::int64_t> token_types(tokens.ids.size(), 0);
  const std::array sources{&tokens.ids, &tokens.mask, &token_types};  // in the order of choose_inputs
  std::array<Owned<OrtValue>, 3> values;
  std::array<const OrtValue*, 3> raw_values{};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    // The C API takes inputs as mutable but does not write to them.
    auto* data = const_cast<std::int64_t*>(sources[i]->data());
    require(api().CreateTensorWithDataAsOrtValue(
                memory.get(), data, sources[i]->size() * sizeof(std::int64_t), shape.data(), shape.size(),
                ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, out(values[i])),
            kRunning, name);
    raw_values[i] = values[i].get();
  }
  const char* output_name = output.c_str();
  Owned<OrtValue> result;
  // Run is not const in the C API; concurrent calls on one session are documented as safe.
  require(api().Run(session.get(), nullptr, inputs.data(), raw_values.data(), inputs.size(), &output_name, 1,
                    out(result)),
          kRunning, name);
  return pool(read_tensor(result.get(), name), tokens, name);
}

Transformer::Transformer(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Transformer::~Transformer() = default;

Result<std::unique_ptr<Transformer>> Transformer::open(const std::filesystem::path& model,
                                                       std::size_t threads) {
  try {
    return std::unique_ptr<Transformer>(new Transformer(std::make_unique<Session>(model, threads)));
  } catch (const Failure& failure) {
    return failure.error();
  }
}

Result<std::vector<std::vector<float>>> Transformer::run(const TokenRows& tokens) const {
  try {
    return session_->run(tokens);
  } catch (const Failure& failure) {
    return failure.error();
  }
}

}  // namespace wellspring::embed
