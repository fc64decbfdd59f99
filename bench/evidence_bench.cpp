// Measures how well weak evidence is told from good: the share of answerable questions that would be refused,
// and of unanswerable ones that would be answered. Two settings:
//   - a folder of Markdown files with a file of questions (`answerable|unanswerable TAB question` a line);
//   - a set of documents (documents.jsonl) with questions (queries.jsonl): each document by itself is a
//   knowledge base, for which its own
//     questions are answerable and those of the others are not.
// evidence_bench MODEL_DIR DOCS_DIR QUESTIONS.tsv SET_DIR [--rows]
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/clock.hpp"
#include "embed/onnx_embedder.hpp"
#include "rag/evidence.hpp"
#include "rag/ingestor.hpp"
#include "store/memory_store.hpp"
#include "text/analyzer.hpp"

namespace wellspring {
namespace {

namespace fs = std::filesystem;

struct Asked {
  std::string question;
  bool answerable = false;
};

std::string read_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<boost::json::object> read_rows(const fs::path& path) {
  std::vector<boost::json::object> rows;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) rows.push_back(boost::json::parse(line).as_object());
  return rows;
}

std::string text_of(const boost::json::object& row, std::string_view member) {
  return std::string(row.at(member).as_string());
}

model::Article article(std::string id, std::string title, std::string markdown) {
  model::Article made;
  made.key.id = ArticleId(std::move(id));
  made.title = std::move(title);
  made.markdown = std::move(markdown);
  return made;
}

struct Tally {
  std::size_t answerable = 0;
  std::size_t refused = 0;
  std::size_t unanswerable = 0;
  std::size_t answered = 0;
};

void judge(const embed::Embedder& embedder, const std::vector<model::Article>& articles,
           const std::vector<Asked>& asked, const std::string& name, bool rows, Tally& tally) {
  const SystemClock clock;
  obs::Metrics metrics;
  store::MemoryArticles store;
  index::Index index({.dimension = embedder.dimension()}, text::analyze);
  rag::Ingestor ingestor(embedder, store, index, clock, metrics);
  for (const model::Article& each : articles) ingestor.publish(each).value();
  for (const Asked& each : asked) {
    const std::string_view text = each.question;
    const auto vector = embedder.embed(std::span(&text, 1)).value().front();
    const auto hits = index.snapshot()->search({.text = each.question, .k = 8, .filter = {}}, vector, {});
    const rag::EvidenceSignals signals = rag::evidence_signals(hits, each.question);
    const bool enough = rag::judge_evidence(hits, each.question, {}) == rag::Evidence::kEnough;
    ++(each.answerable ? tally.answerable : tally.unanswerable);
    if (each.answerable && !enough) ++tally.refused;
    if (!each.answerable && enough) ++tally.answered;
    if (rows) {
      fmt::print("{}\t{}\t{:.4f}\t{:.4f}\t{}\n", name, each.answerable ? 1 : 0, signals.dense,
                 signals.coverage, each.question);
    }
  }
}

void report(const std::string& name, const Tally& tally) {
  fmt::print(stderr, "{}: {} of {} answerable refused, {} of {} unanswerable answered\n", name, tally.refused,
             tally.answerable, tally.answered, tally.unanswerable);
}

void judge_docs(const embed::Embedder& embedder, const fs::path& docs, const fs::path& questions, bool rows) {
  std::vector<model::Article> articles;
  for (const auto& entry : fs::recursive_directory_iterator(docs)) {
    if (entry.path().extension() != ".md") continue;
    articles.push_back(article(entry.path().filename(), entry.path().stem(), read_file(entry.path())));
  }
  std::vector<Asked> asked;
  std::ifstream in(questions);
  for (std::string line; std::getline(in, line);) {
    const std::size_t tab = line.find('\t');
    asked.push_back({line.substr(tab + 1), line.substr(0, tab) == "answerable"});
  }
  Tally tally;
  judge(embedder, articles, asked, "docs", rows, tally);
  report("docs", tally);
}

void judge_set(const embed::Embedder& embedder, const fs::path& set, bool rows) {
  Tally tally;
  const auto queries = read_rows(set / "queries.jsonl");
  for (const auto& document : read_rows(set / "documents.jsonl")) {
    const std::string id = text_of(document, "id");
    std::vector<Asked> asked;
    for (const auto& query : queries)
      asked.push_back({text_of(query, "text"), text_of(query, "corpus") == id});
    judge(embedder, {article(id, text_of(document, "title"), text_of(document, "text"))}, asked, id, rows,
          tally);
  }
  report("set", tally);
}

}  // namespace
}  // namespace wellspring

int main(int count, char** arguments) {
  using namespace wellspring;
  if (count < 5) {
    std::fputs("usage: evidence_bench MODEL_DIR DOCS_DIR QUESTIONS.tsv SET_DIR [--rows]\n", stderr);
    return 2;
  }
  const bool rows = count > 5 && std::string_view(arguments[5]) == "--rows";
  const auto embedder = embed::open_onnx_embedder({.folder = arguments[1], .threads = 2});
  if (embedder.has_error()) {
    fmt::print(stderr, "{}\n", embedder.error().message);
    return 1;
  }
  judge_docs(**embedder, arguments[2], arguments[3], rows);
  judge_set(**embedder, arguments[4], rows);
}
