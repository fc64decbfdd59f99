// Benchmarks of src/index, one JSON object a line: index_bench SCIFACT_DIR [load] [lexical] [vectors]
// [search] [locales] [publish]
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <cctype>
#include <chrono>
#include <fstream>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "index/dot.hpp"
#include "index/index.hpp"
#include "index/rows.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#if defined(WELLSPRING_BENCH_HAS_TEXT)
#include "text/analyzer.hpp"
#endif

namespace {

using namespace wellspring;  // NOLINT(google-build-using-namespace)
using Articles = std::vector<std::pair<model::ArticleKey, std::vector<model::EmbeddedChunk>>>;

constexpr std::size_t kDimension = 384;
constexpr std::size_t kPassageWords = 120;

#if defined(WELLSPRING_BENCH_HAS_TEXT)
constexpr std::string_view kAnalyzer = "text::analyze";
const index::Analyze kAnalyze = text::analyze;
#else
constexpr std::string_view kAnalyzer = "lower-case words";
const index::Analyze kAnalyze = [](std::string_view text, std::string_view, std::vector<std::string>& terms) {
  std::string word;
  for (const char byte : text) {
    if (std::isalnum(static_cast<unsigned char>(byte)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
    } else if (!word.empty()) {
      terms.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) terms.push_back(std::move(word));
};
#endif

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1,
                         static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

struct Text {
  std::string id;
  std::string text;
};

std::vector<Text> read_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  std::vector<Text> texts;
  for (std::string line; std::getline(file, line);) {
    const boost::json::object row = boost::json::parse(line).as_object();
    std::string text;
    if (const auto* title = row.if_contains("title")) text = std::string(title->as_string()) + "\n\n";
    texts.push_back({std::string(row.at("id").as_string()), text + std::string(row.at("text").as_string())});
  }
  return texts;
}

struct Corpus {
  std::vector<Text> documents;
  std::vector<Text> queries;
};

Corpus read_corpus(const std::string& directory) {
  Corpus corpus{read_lines(directory + "/corpus.jsonl"), read_lines(directory + "/queries.jsonl")};
  for (Text& query : read_lines(directory + "/queries.train.jsonl"))
    corpus.queries.push_back(std::move(query));
  return corpus;
}

class Vectors {
 public:
  std::vector<float> next() {
    std::vector<float> vector(kDimension);
    for (float& value : vector) value = uniform_(random_);
    return vector;
  }

 private:
  std::mt19937 random_{1};
  std::uniform_real_distribution<float> uniform_{-0.088F, 0.088F};  // about unit length at 384 dimensions
};

/// Passages of 120 words, over and over through the documents; from the second round on each starts
/// elsewhere.
std::vector<std::string> passages(const Corpus& corpus, std::size_t count) {
  std::vector<std::string_view> words;
  for (const Text& document : corpus.documents) {
    const std::string_view text = document.text;
    for (std::size_t first = 0; first < text.size();) {
      const std::size_t end = std::min(text.find(' ', first), text.size());
      if (end > first) words.push_back(text.substr(first, end - first));
      first = end + 1;
    }
  }
  std::vector<std::string> all(count);
  std::size_t at = 0;
  for (std::string& passage : all) {
    for (std::size_t word = 0; word < kPassageWords; ++word) (passage += words[at++ % words.size()]) += ' ';
  }
  return all;
}

model::EmbeddedChunk make_chunk(const model::ArticleKey& key, std::size_t at, std::string text,
                                std::vector<float> vector) {
  model::EmbeddedChunk chunk{{std::move(text), 0, {}}, std::move(vector)};
  chunk.chunk.metadata.article = key;
  chunk.chunk.metadata.index = at;
  return chunk;
}

Articles make_articles(const Corpus& corpus, std::size_t count, std::size_t chunks_each) {
  std::vector<std::string> texts = passages(corpus, count * chunks_each);
  Vectors vectors;
  Articles articles;
  for (std::size_t article = 0; article < count; ++article) {
    const model::ArticleKey key{ArticleId(fmt::format("a{:07}", article)), "en"};
    std::vector<model::EmbeddedChunk> chunks;
    for (std::size_t at = 0; at < chunks_each; ++at) {
      chunks.push_back(make_chunk(key, at, std::move(texts[article * chunks_each + at]), vectors.next()));
    }
    articles.emplace_back(key, std::move(chunks));
  }
  return articles;
}

void on_two_threads(std::size_t count, const std::function<void(std::size_t)>& task) {
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t at = next++; at < count; at = next++) task(at);
  };
  std::jthread other(work);
  work();
}

void bench_load(const Corpus& corpus) {
  const Articles articles = make_articles(corpus, 1000, 10);
  std::vector<std::string> terms;
  const double analysis = seconds_of([&] {
    for (const auto& [key, chunks] : articles) {
      for (const model::EmbeddedChunk& chunk : chunks) {
        terms.clear();
        kAnalyze(chunk.chunk.text, key.locale, terms);
      }
    }
  });
  for (const bool parallel : {false, true}) {
    std::vector<double> times;
    for (int round = 0; round < 5; ++round) {
      index::Index index({}, kAnalyze);
      Articles copy = articles;
      times.push_back(seconds_of([&] {
        index.load(std::move(copy), parallel ? index::ParallelFor(on_two_threads) : index::ParallelFor());
      }));
    }
    fmt::print(
        R"({{"benchmark":"load","chunks":10000,"threads":{},"ms":{:.1f},"analysis_alone_ms":{:.1f},"analyzer":"{}"}})"
        "\n",
        parallel ? 2 : 1, percentile(times, 0.5) * 1e3, analysis * 1e3, kAnalyzer);
  }
}

void bench_lexical(const Corpus& corpus) {
  Articles articles;
  for (const Text& document : corpus.documents) {
    const model::ArticleKey key{ArticleId(document.id), "en"};
    articles.emplace_back(key, std::vector{make_chunk(key, 0, document.text, {})});
  }
  index::Index index({}, kAnalyze);
  index.load(std::move(articles));
  const auto snapshot = index.snapshot();
  std::size_t found = 0;
  std::vector<double> passes;
  for (int pass = 0; pass < 11; ++pass) {
    passes.push_back(seconds_of([&] {
      for (const Text& text : corpus.queries) {
        model::Query query;
        query.text = text.text;
        query.mode = model::SearchMode::kBm25;
        found += snapshot->search(query, {}, {}).size();
      }
    }));
  }
  const auto count = static_cast<double>(corpus.queries.size());
  fmt::print(
      R"({{"benchmark":"bm25_top10","documents":{},"queries":{},"qps":{:.0f},"hits_per_query":{:.2f},"analyzer":"{}"}})"
      "\n",
      corpus.documents.size(), corpus.queries.size(), count / percentile(passes, 0.5),
      static_cast<double>(found) / 11 / count, kAnalyzer);
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) std::uint32_t sum_avx512(const index::Half* values, std::size_t count) {
  __m512i sums[8];
  for (__m512i& sum : sums) sum = _mm512_setzero_si512();
  for (std::size_t at = 0; at + 256 <= count; at += 256) {
    for (std::size_t lane = 0; lane < 8; ++lane) {
      sums[lane] = _mm512_add_epi32(sums[lane], _mm512_load_si512(values + at + 32 * lane));
    }
  }
  alignas(64) std::uint32_t parts[16];
  for (std::size_t lane = 1; lane < 8; ++lane) sums[0] = _mm512_add_epi32(sums[0], sums[lane]);
  _mm512_store_si512(parts, sums[0]);
  return parts[0];
}
#endif

/// Reads every byte once and does as little as it can with it.
std::uint32_t stream_sum(const index::Half* values, std::size_t count) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return sum_avx512(values, count);
#endif
  std::uint16_t sums[32] = {};
  for (std::size_t at = 0; at + 32 <= count; at += 32) {
    for (std::size_t lane = 0; lane < 32; ++lane)
      sums[lane] = static_cast<std::uint16_t>(sums[lane] + values[at + lane]);
  }
  return sums[0];
}

void bench_vectors() {
  constexpr std::size_t kRows = 100'000;
  Vectors vectors;
  index::Rows rows(kRows, kDimension);
  for (std::size_t row = 0; row < kRows; ++row) rows.assign(row, vectors.next());
  std::vector<float> query = vectors.next();
  query.resize(rows.stride());
  std::vector<float> scores(kRows);
  const double gigabytes = static_cast<double>(kRows * rows.stride() * sizeof(index::Half)) / 1e9;
  for (const index::NamedDotKernel& kernel : index::dot_kernels()) {
    std::vector<double> scan;
    std::vector<double> stream;
    volatile std::uint32_t sink = 0;
    for (int round = 0; round < 31; ++round) {
      stream.push_back(seconds_of([&] { sink = stream_sum(rows.row(0), kRows * rows.stride()); }));
      scan.push_back(
          seconds_of([&] { kernel.run(query.data(), rows.row(0), rows.stride(), kRows, scores.data()); }));
    }
    // The best of each: a bound by hardware is not raised by luck, only lowered by neighbours.
    const double scan_s = percentile(scan, 0);
    const double stream_s = percentile(stream, 0);
    fmt::print(
        R"({{"benchmark":"vector_scan","kernel":"{}","rows":{},"dimension":{},"ms":{:.2f},"gb_per_s":{:.1f},)"
        R"("stream_gb_per_s":{:.1f},"share":{:.3f}}})"
        "\n",
        kernel.name, kRows, kDimension, scan_s * 1e3, gigabytes / scan_s, gigabytes / stream_s,
        stream_s / scan_s);
  }
}

void bench_search(const Corpus& corpus) {
  for (const std::size_t article_count : {1'000U, 10'000U}) {
    index::Index index({}, kAnalyze);
    index.load(make_articles(corpus, article_count, 10));
    const auto snapshot = index.snapshot();
    const std::vector<float> vector = Vectors().next();
    for (const auto mode :
         {model::SearchMode::kBm25, model::SearchMode::kDense, model::SearchMode::kHybrid}) {
      std::vector<double> times;
      for (std::size_t at = 0; at < 300; ++at) {
        model::Query query;
        query.text = corpus.queries[at].text;
        query.mode = mode;
        times.push_back(seconds_of([&] { snapshot->search(query, vector, {}); }));
      }
      fmt::print(
          R"({{"benchmark":"search","mode":"{}","chunks":{},"p50_ms":{:.3f},"p99_ms":{:.3f},"analyzer":"{}"}})"
          "\n",
          model::name(mode), snapshot->chunk_count(), percentile(times, 0.5) * 1e3,
          percentile(times, 0.99) * 1e3, kAnalyzer);
    }
  }
}

/// The same number of chunks as articles in one locale and in three, of which a search sees one.
void bench_locales(const Corpus& corpus) {
  const std::vector<std::string> names{"en", "es", "fr"};
  for (const std::size_t locales : {1U, 3U}) {
    Articles articles = make_articles(corpus, 10'000, 10);
    for (std::size_t at = 0; at < articles.size(); ++at) {
      auto& [key, chunks] = articles[at];
      key = {ArticleId(fmt::format("a{:07}", at / locales)), names[at % locales]};
      for (model::EmbeddedChunk& chunk : chunks) chunk.chunk.metadata.article = key;
    }
    index::Index index({}, kAnalyze);
    index.load(std::move(articles));
    const auto snapshot = index.snapshot();
    const std::vector<float> vector = Vectors().next();
    for (const auto mode :
         {model::SearchMode::kBm25, model::SearchMode::kDense, model::SearchMode::kHybrid}) {
      std::vector<double> times;
      for (std::size_t at = 0; at < 300; ++at) {
        model::Query query;
        query.text = corpus.queries[at].text;
        query.mode = mode;
        query.locale = "es";
        times.push_back(seconds_of([&] { snapshot->search(query, vector, {}); }));
      }
      fmt::print(
          R"({{"benchmark":"locales","mode":"{}","locales":{},"chunks":{},"p50_ms":{:.3f},"p99_ms":{:.3f}}})"
          "\n",
          model::name(mode), locales, snapshot->chunk_count(), percentile(times, 0.5) * 1e3,
          percentile(times, 0.99) * 1e3);
    }
  }
}

/// Replaces articles of ten chunks, one after the other; merging runs between them and is timed apart.
void bench_publish(const Corpus& corpus) {
  constexpr std::size_t kPublished = 300;
  for (const std::size_t article_count : {1'000U, 5'000U, 50'000U}) {
    index::Index index({}, kAnalyze);
    index.load(make_articles(corpus, article_count, 2));
    Articles revisions = make_articles(corpus, kPublished, 10);
    std::vector<double> publish;
    double merging = 0;
    for (auto& [key, chunks] : revisions) {
      publish.push_back(seconds_of(
          [&, &article = key, &revision = chunks] { index.replace(article, std::move(revision)); }));
      merging += seconds_of([&] {
        while (index.merge_step()) {
        }
      });
    }
    fmt::print(
        R"({{"benchmark":"publish","articles":{},"chunks_replaced_by":10,"p50_ms":{:.3f},"p95_ms":{:.3f},)"
        R"("max_ms":{:.3f},"merge_ms_each":{:.3f},"analyzer":"{}"}})"
        "\n",
        article_count, percentile(publish, 0.5) * 1e3, percentile(publish, 0.95) * 1e3,
        percentile(publish, 1) * 1e3, merging * 1e3 / kPublished, kAnalyzer);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr,
               "usage: index_bench SCIFACT_DIR [load] [lexical] [vectors] [search] [locales] [publish]\n");
    return 2;
  }
  const std::vector<std::string> names(argv + 2, argv + argc);
  const auto wanted = [&](const char* name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  const Corpus corpus = read_corpus(argv[1]);
  if (wanted("load")) bench_load(corpus);
  if (wanted("lexical")) bench_lexical(corpus);
  if (wanted("vectors")) bench_vectors();
  if (wanted("search")) bench_search(corpus);
  if (wanted("locales")) bench_locales(corpus);
  if (wanted("publish")) bench_publish(corpus);
  return 0;
}
