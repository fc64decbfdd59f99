// embed_bench [--form int8|fp32] [--queries FILE] [--json]
//
// Without --queries: time to open, resident memory, latency of a query of 16 pieces, and document throughput
// beside bare ONNX Runtime on the same machine in the same run. "Bare" is Run() alone on ids that are there
// already, each batch of texts of one length so that nothing is padded, with the batch size that is quickest
// here. With --queries: the latency of embedding each line of FILE. The last line printed is one JSON object.

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <ctime>
#include <fstream>
#include <iostream>
#include <limits>
#include <map>
#include <random>
#include <string>

#include "embed/detail/onnxruntime.hpp"
#include "embed/onnx_embedder.hpp"
#include "embed/wordpiece.hpp"

namespace {

namespace json = boost::json;
using namespace wellspring;
using namespace wellspring::embed;
using detail::api;
using detail::out;
using detail::Owned;
using detail::require;
using Tokens = std::vector<std::int32_t>;

constexpr std::size_t kDocuments = 48;
constexpr std::size_t kRounds = 5;

template <class Work>
double seconds_of(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Processor seconds of this thread, which is the only one both sides use: other work on the machine does not
/// count.
template <class Work>
double processor_seconds_of(Work work) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  const double start = now();
  work();
  return now() - start;
}

double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

/// The value in MiB of a line such as VmRSS or VmHWM of /proc/self/status.
double memory_mib(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  }
  return 0;
}

std::string read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A text of `pieces` pieces, the special ones among them, of words that are one piece each.
std::string text_of(std::size_t pieces, std::mt19937& random) {
  static constexpr std::array kWords{"the",  "pool",  "holds", "article", "water", "river",
                                     "city", "night", "music", "editor",  "green", "number"};
  std::string text;
  for (std::size_t i = 2; i < pieces; ++i) text.append(kWords[random() % kWords.size()]).append(" ");
  return text;
}

/// Chunks as a chunker bounded by the window makes them: lengths from 64 to 256 pieces, all equally likely.
std::vector<std::string> make_documents() {
  std::mt19937 random(11);
  std::vector<std::string> documents;
  for (std::size_t i = 0; i < kDocuments; ++i) documents.push_back(text_of(64 + 8 * (random() % 25), random));
  return documents;
}

/// One session with default memory settings and one thread.
class BareRuntime {
 public:
  explicit BareRuntime(const std::filesystem::path& model) : name_(model.string()) {
    Owned<OrtSessionOptions> options;
    require(api().CreateEnv(ORT_LOGGING_LEVEL_FATAL, "bench", out(env_)), "bench", name_);
    require(api().CreateSessionOptions(out(options)), "bench", name_);
    require(api().SetIntraOpNumThreads(options.get(), 1), "bench", name_);
    require(api().CreateSession(env_.get(), model.c_str(), options.get(), out(session_)), "bench", name_);
    require(api().CreateCpuMemoryInfo(OrtArenaAllocator, OrtMemTypeDefault, out(memory_)), "bench", name_);
  }

  /// Texts of one length as one batch.
  void run(std::span<const Tokens> texts) const {
    const std::size_t columns = texts.front().size();
    std::vector<std::int64_t> ids;
    for (const Tokens& tokens : texts) ids.insert(ids.end(), tokens.begin(), tokens.end());
    std::vector<std::int64_t> ones(ids.size(), 1);
    std::vector<std::int64_t> zeros(ids.size(), 0);
    const std::array shape{static_cast<std::int64_t>(texts.size()), static_cast<std::int64_t>(columns)};
    std::array<Owned<OrtValue>, 3> values;
    std::array<const OrtValue*, 3> raw{};
    const std::array sources{&ids, &ones, &zeros};
    for (std::size_t i = 0; i < 3; ++i) {
      require(api().CreateTensorWithDataAsOrtValue(memory_.get(), sources[i]->data(),
                                                   ids.size() * sizeof(std::int64_t), shape.data(), 2,
                                                   ONNX_TENSOR_ELEMENT_DATA_TYPE_INT64, out(values[i])),
              "bench", name_);
      raw[i] = values[i].get();
    }
    Owned<OrtValue> result;
    require(api().Run(session_.get(), nullptr, kInputs.data(), raw.data(), 3, &kOutput, 1, out(result)),
            "bench", name_);
  }

  /// Processor seconds for all documents in batches of at most `size`, each of one length.
  double seconds(const std::map<std::size_t, std::vector<Tokens>>& by_length, std::size_t size) const {
    return processor_seconds_of([&] {
      for (const auto& [length, texts] : by_length) {
        for (std::size_t i = 0; i < texts.size(); i += size) {
          run(std::span(texts).subspan(i, std::min(size, texts.size() - i)));
        }
      }
    });
  }

 private:
  static constexpr std::array kInputs{"input_ids", "attention_mask", "token_type_ids"};
  static constexpr const char* kOutput = "output_0";  // of the pinned model

  std::string name_;
  Owned<OrtEnv> env_;
  Owned<OrtSession> session_;
  Owned<OrtMemoryInfo> memory_;
};

std::vector<double> query_seconds(const Embedder& embedder, const std::vector<std::string>& queries) {
  std::vector<double> seconds;
  for (const std::string& query : queries) {
    const std::string_view view = query;
    seconds.push_back(seconds_of([&] { embedder.embed({&view, 1}).value(); }));
  }
  return seconds;
}

json::object latency(const std::vector<double>& seconds) {
  return {{"n", seconds.size()},
          {"p50_ms", percentile(seconds, 0.5) * 1e3},
          {"p99_ms", percentile(seconds, 0.99) * 1e3}};
}

json::object query_row(const Embedder& embedder, const BareRuntime& bare, const WordPiece& tokenizer) {
  std::mt19937 random(3);
  const std::string query = text_of(16, random);
  const Tokens tokens = tokenizer.encode(query, 256);
  std::vector<double> ours;
  std::vector<double> theirs;
  for (int i = 0; i < 300; ++i) {
    ours.push_back(query_seconds(embedder, {query}).front());
    theirs.push_back(seconds_of([&] { bare.run({&tokens, 1}); }));
  }
  json::object row = latency(ours);
  row["pieces"] = tokens.size();
  row["bare_p50_ms"] = percentile(theirs, 0.5) * 1e3;
  return row;
}

json::object document_row(const Embedder& embedder, const BareRuntime& bare, const WordPiece& tokenizer) {
  const std::vector<std::string> documents = make_documents();
  const std::vector<std::string_view> views(documents.begin(), documents.end());
  std::map<std::size_t, std::vector<Tokens>> by_length;
  for (const std::string& document : documents) {
    Tokens tokens = tokenizer.encode(document, 256);
    by_length[tokens.size()].push_back(std::move(tokens));
  }
  std::vector<double> ours;
  std::map<std::size_t, std::vector<double>> theirs;
  for (std::size_t round = 0; round < kRounds; ++round) {
    ours.push_back(processor_seconds_of([&] { embedder.embed(views).value(); }));
    for (const std::size_t size : {1, 2, 4}) theirs[size].push_back(bare.seconds(by_length, size));
  }
  const auto median = [](const auto& entry) { return percentile(entry.second, 0.5); };
  const auto best = std::ranges::min_element(theirs, {}, median);
  const double ours_median = percentile(ours, 0.5);
  return {{"documents", documents.size()},
          {"per_processor_second", static_cast<double>(documents.size()) / ours_median},
          {"bare_per_processor_second", static_cast<double>(documents.size()) / median(*best)},
          {"bare_batch", best->first},
          {"share_of_bare", median(*best) / ours_median}};
}

json::object measure(const OnnxEmbedderOptions& options, const std::string& queries) {
  std::unique_ptr<Embedder> embedder;
  const double opened = seconds_of([&] { embedder = open_onnx_embedder(options).value(); });
  json::object report{
      {"model", embedder->model_name()}, {"open_ms", opened * 1e3}, {"open_rss_mib", memory_mib("VmRSS")}};
  if (!queries.empty()) {
    std::vector<std::string> lines;
    std::ifstream file(queries);
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    if (lines.empty())
      throw Failure(fail(ErrorKind::kInvalidArgument, "no queries in '" + queries + "'", queries));
    query_seconds(*embedder, {lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(
                                                                 std::min<std::size_t>(50, lines.size()))});
    for (const auto& [key, value] : latency(query_seconds(*embedder, lines))) report[key] = value;
    return report;
  }
  const std::vector<std::string> documents = make_documents();
  embedder->embed(std::vector<std::string_view>(documents.begin(), documents.end())).value();
  report["documents_rss_mib"] = memory_mib("VmRSS");
  const bool int8 = options.form == ModelForm::kInt8;
  const BareRuntime bare(options.folder / (int8 ? "model.int8.onnx" : "model.onnx"));
  const WordPiece tokenizer = WordPiece::parse(read_whole(options.folder / "tokenizer.json")).value();
  report["query"] = query_row(*embedder, bare, tokenizer);
  report["document"] = document_row(*embedder, bare, tokenizer);
  return report;
}

}  // namespace

int main(int argc, char** argv) {
  OnnxEmbedderOptions options{.folder =
                                  std::filesystem::path(WELLSPRING_PINNED_DIR) / "models/all-minilm-l6-v2"};
  std::string queries;
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--form" && i + 1 < arguments.size()) {
      options.form = arguments[++i] == "fp32" ? ModelForm::kFp32 : ModelForm::kInt8;
    } else if (arguments[i] == "--queries" && i + 1 < arguments.size()) {
      queries = arguments[++i];
    } else if (arguments[i] != "--json") {
      std::cerr << "usage: embed_bench [--form int8|fp32] [--queries FILE] [--json]\n";
      return 2;
    }
  }
  try {
    std::cout << json::serialize(measure(options, queries)) << "\n";
  } catch (const Failure& failure) {
    std::cerr << failure.what() << "\n";
    return 1;
  }
  return 0;
}
