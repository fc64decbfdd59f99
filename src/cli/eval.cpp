// Retrieval quality on a test set in normal form: corpus.jsonl, queries.jsonl, qrels.tsv.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <numeric>
#include <set>

#include "app/engine.hpp"
#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/ranking_metrics.hpp"
#include "runtime/parallel_for.hpp"
#include "text/analyzer.hpp"
#include "text/chunker.hpp"

namespace wellspring::cli {
namespace {

namespace json = boost::json;

// Chunks ranked per query, from which the first hundred documents are taken.
constexpr std::size_t kRankedChunks = 1'000;
constexpr std::size_t kBatch = 32;

struct TestQuery {
  std::string id;
  std::string text;
};

struct TestSet {
  std::vector<model::Article> corpus;
  std::vector<TestQuery> queries;
  std::map<std::string, Judgements> qrels;
};

Result<std::vector<json::object>> read_json_lines(const std::string& path) {
  std::ifstream file(path);
  if (!file)
    return fail(
        ErrorKind::kNotFound,
        fmt::format("eval: {} cannot be read; want a folder with corpus.jsonl, queries.jsonl and qrels.tsv",
                    path),
        path);
  std::vector<json::object> rows;
  std::string line;
  while (std::getline(file, line)) {
    boost::system::error_code failed;
    json::value row = json::parse(line, failed);
    if (failed || !row.is_object())
      return fail(ErrorKind::kInvalidArgument,
                  fmt::format("eval: {} line {}: no JSON object", path, rows.size() + 1), path);
    rows.push_back(std::move(row.get_object()));
  }
  return rows;
}

std::string text_of(const json::object& row, std::string_view name) {
  const json::value* member = row.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

Result<std::map<std::string, Judgements>> read_qrels(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(ErrorKind::kNotFound, fmt::format("eval: {} cannot be read", path), path);
  std::map<std::string, Judgements> qrels;
  std::string query, document, grade;
  while (std::getline(file, query, '\t') && std::getline(file, document, '\t') && std::getline(file, grade)) {
    if (query != "query-id") qrels[query][document] = std::atoi(grade.c_str());
  }
  return qrels;
}

Result<TestSet> read_test_set(const EvalRequest& request) {
  TestSet set;
  auto corpus = read_json_lines(request.folder + "/corpus.jsonl");
  if (corpus.has_error()) return corpus.error();
  for (const json::object& row : *corpus) {
    model::Article article;
    article.key.id = ArticleId(text_of(row, "id"));
    article.title = text_of(row, "title");
    article.markdown = text_of(row, "text");
    article.source = "import";
    set.corpus.push_back(std::move(article));
  }
  auto queries = read_json_lines(request.folder + "/" + request.queries);
  if (queries.has_error()) return queries.error();
  for (const json::object& row : *queries) set.queries.push_back({text_of(row, "id"), text_of(row, "text")});
  auto qrels = read_qrels(request.folder + "/" + request.qrels);
  if (qrels.has_error()) return qrels.error();
  set.qrels = std::move(*qrels);
  return set;
}

using Articles = std::vector<std::pair<model::ArticleKey, std::vector<model::EmbeddedChunk>>>;

Result<std::vector<model::Chunk>> chunk_one(const model::Article& article, const embed::Embedder& embedder,
                                            bool whole) {
  if (!whole) {
    return text::chunk_article(article, {.max_tokens = embedder.max_tokens() - 2},
                               [&](std::string_view text) { return embedder.count_tokens(text); });
  }
  model::Chunk chunk;
  chunk.text = article.title + " " + article.markdown;
  chunk.metadata.article = article.key;
  chunk.metadata.title = article.title;
  return std::vector<model::Chunk>{std::move(chunk)};
}

Result<Articles> chunk_all(const TestSet& set, const embed::Embedder& embedder, bool whole) {
  Articles articles;
  for (const model::Article& article : set.corpus) {
    auto chunks = chunk_one(article, embedder, whole);
    if (chunks.has_error()) return chunks.error();
    auto& [key, embedded] = articles.emplace_back();
    key = article.key;
    for (model::Chunk& chunk : *chunks) embedded.push_back({std::move(chunk), {}});
  }
  return articles;
}

Result<void> embed_all(const Context& context, runtime::Executors& executors, const embed::Embedder& embedder,
                       Articles& articles) {
  std::vector<model::EmbeddedChunk*> all;
  for (auto& [key, chunks] : articles) {
    for (model::EmbeddedChunk& chunk : chunks) all.push_back(&chunk);
  }
  std::sort(all.begin(), all.end(),
            [](const auto* a, const auto* b) { return a->chunk.text.size() > b->chunk.text.size(); });
  Progress progress(context.clock, "embedding", all.size());
  Mutex mutex;
  std::size_t done = 0;
  std::optional<Error> failure;
  const std::size_t batches = (all.size() + kBatch - 1) / kBatch;
  runtime::parallel_for(executors.cpu(), app::cpu_threads(context.settings) - 1, batches,
                        [&](std::size_t batch) {
                          const std::span<model::EmbeddedChunk*> part(
                              all.data() + batch * kBatch, std::min(kBatch, all.size() - batch * kBatch));
                          std::vector<std::string_view> texts;
                          for (const auto* chunk : part) texts.push_back(chunk->chunk.text);
                          auto vectors = embedder.embed(texts);
                          const MutexLock lock(mutex);
                          if (vectors.has_error()) {
                            failure = vectors.error();
                            return;
                          }
                          for (std::size_t i = 0; i < part.size(); ++i)
                            part[i]->vector = std::move((*vectors)[i]);
                          done += part.size();
                          progress.update(done);
                        });
  if (failure) return *failure;
  return {};
}

/// Documents in the order of their best chunk.
std::vector<std::string> documents_of(const std::vector<model::Hit>& hits) {
  std::vector<std::string> ranked;
  std::set<std::string_view> seen;
  for (const model::Hit& hit : hits) {
    const std::string& id = hit.chunk->metadata.article.id.value();
    if (seen.insert(id).second) ranked.push_back(id);
  }
  return ranked;
}

struct Outcome {
  RankingScores scores;
  double queries_per_second = 0;
  std::size_t queries = 0;
};

Result<Outcome> run_queries(const Context& context, const TestSet& set, const embed::Embedder& embedder,
                            const index::Snapshot& snapshot, model::SearchMode mode) {
  const index::SearchOptions options = app::search_options(context.settings);
  Progress progress(context.clock, "querying ", set.queries.size());
  std::vector<RankingScores> all;
  const SteadyTime start = context.clock.steady();
  for (const TestQuery& query : set.queries) {
    const auto judged = set.qrels.find(query.id);
    if (judged == set.qrels.end()) continue;
    std::vector<float> vector;
    if (mode != model::SearchMode::kBm25) {
      const std::string_view text = query.text;
      auto embedded = embedder.embed({&text, 1});
      if (embedded.has_error()) return embedded.error();
      vector = std::move(embedded->front());
    }
    model::Query search{
        .text = query.text, .k = kRankedChunks, .mode = mode, .filter = {}, .locale = model::kDefaultLocale};
    all.push_back(score_ranking(documents_of(snapshot.search(search, vector, options)), judged->second));
    progress.update(all.size());
  }
  const double seconds = std::chrono::duration<double>(context.clock.steady() - start).count();
  return Outcome{mean(all), seconds > 0 ? static_cast<double>(all.size()) / seconds : 0, all.size()};
}

void print_outcome(const Outcome& outcome, const EvalRequest& request, std::size_t chunks) {
  const RankingScores& scores = outcome.scores;
  if (!request.json) {
    fmt::print(
        "{} {}: {} queries over {} chunks\n  nDCG@10 {:.4f}  MRR@10 {:.4f}  R@5 {:.4f}  R@20 {:.4f}  R@100 "
        "{:.4f}  {:.0f} queries/s\n",
        request.folder, request.mode, outcome.queries, chunks, scores.ndcg10, scores.mrr10, scores.recall5,
        scores.recall20, scores.recall100, outcome.queries_per_second);
    return;
  }
  fmt::print("{}\n", json::serialize(json::object{{"ndcg10", scores.ndcg10},
                                                  {"mrr10", scores.mrr10},
                                                  {"recall5", scores.recall5},
                                                  {"recall20", scores.recall20},
                                                  {"recall100", scores.recall100},
                                                  {"qps", outcome.queries_per_second},
                                                  {"queries", outcome.queries},
                                                  {"chunks", chunks},
                                                  {"mode", request.mode},
                                                  {"whole", request.whole}}));
}

model::SearchMode mode_of(const std::string& name) {
  return name == "bm25"    ? model::SearchMode::kBm25
         : name == "dense" ? model::SearchMode::kDense
                           : model::SearchMode::kHybrid;
}

}  // namespace

Result<void> evaluate(const Context& context, const EvalRequest& request) {
  auto set = read_test_set(request);
  if (set.has_error()) return set.error();
  auto embedder = app::make_embedder(context.settings);
  if (embedder.has_error()) return embedder.error();
  auto articles = chunk_all(*set, **embedder, request.whole);
  if (articles.has_error()) return articles.error();
  const model::SearchMode mode = mode_of(request.mode);
  if (mode != model::SearchMode::kBm25) {
    runtime::Executors executors({.cpu_threads = app::cpu_threads(context.settings), .blocking_threads = 1});
    auto embedded = embed_all(context, executors, **embedder, *articles);
    if (embedded.has_error()) return embedded;
  }
  index::Index index({.dimension = (*embedder)->dimension()}, text::analyze);
  index.load(std::move(*articles));
  const auto snapshot = index.snapshot();
  auto outcome = run_queries(context, *set, **embedder, *snapshot, mode);
  if (outcome.has_error()) return outcome.error();
  print_outcome(*outcome, request, snapshot->chunk_count());
  return {};
}

}  // namespace wellspring::cli
