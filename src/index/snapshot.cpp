#include "index/snapshot.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "index/fusion.hpp"
#include "index/scoring.hpp"
#include "index/selection.hpp"
#include "index/top_k.hpp"

namespace wellspring::index {
namespace {

using Ordinal = Corpus::Ordinal;

struct Candidate {
  float score = 0;
  Ordinal ordinal = 0;
};

/// Higher scores first, then the corpus's own order.
struct Better {
  const Corpus* corpus;
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.score != b.score ? a.score > b.score : corpus->precedes(a.ordinal, b.ordinal);
  }
};

constexpr float kNoMatch = std::numeric_limits<float>::quiet_NaN();

/// The scores of one stage by ordinal; empty when the stage does not run.
struct Stage {
  std::vector<float> scores;

  bool ran() const { return !scores.empty(); }
  float of(Ordinal ordinal) const { return ran() ? scores[ordinal] : 0; }
};

/// The terms of a query in the languages of some locales.
struct Reading {
  std::vector<std::string> terms;
  std::vector<bool> locales;  ///< by place in Corpus::locales()
};

/// One for each language in which the query has terms of its own.
std::vector<Reading> readings_of(const std::string& text, const Corpus& corpus, const Analyze& analyze) {
  std::vector<Reading> readings;
  for (std::size_t locale = 0; locale < corpus.locales().size(); ++locale) {
    std::vector<std::string> terms;
    analyze(text, corpus.locales()[locale], terms);
    if (terms.empty()) continue;
    auto same = std::find_if(readings.begin(), readings.end(),
                             [&](const Reading& reading) { return reading.terms == terms; });
    if (same == readings.end()) {
      same = readings.insert(same, {std::move(terms), std::vector<bool>(corpus.locales().size())});
    }
    same->locales[locale] = true;
  }
  return readings;
}

/// Takes the scores of the chunks in the reading's locales over.
void copy_scores(const Corpus& corpus, const Reading& reading, const std::vector<float>& from,
                 std::vector<float>& to) {
  for (std::size_t view = 0; view < corpus.views().size(); ++view) {
    const Ordinal base = corpus.first_ordinal(view);
    for (const ArticleRange& article : corpus.views()[view].segment->articles) {
      if (!corpus.views()[view].is_live(article) || !reading.locales[corpus.locale_of(view, article)])
        continue;
      std::copy_n(from.begin() + base + article.first, article.count, to.begin() + base + article.first);
    }
  }
}

/// A chunk is compared with the query as the chunk's own language reads it: a reader who is shown an article
/// in another language than the own would otherwise find it only by words that the two stem alike.
Stage bm25_stage(const Corpus& corpus, const Settings& settings, const std::string& text) {
  Stage stage;
  const std::vector<Reading> readings = readings_of(text, corpus, settings.analyze);
  if (readings.empty()) return stage;
  stage.scores.resize(corpus.ordinals());
  if (readings.size() == 1 && readings[0].locales == std::vector<bool>(corpus.locales().size(), true)) {
    score_bm25(corpus, readings[0].terms, settings.options, stage.scores);
    return stage;
  }
  for (const Reading& reading : readings) {
    std::vector<float> scores(corpus.ordinals());
    score_bm25(corpus, reading.terms, settings.options, scores);
    copy_scores(corpus, reading, scores, stage.scores);
  }
  return stage;
}

Stage dense_stage(const Corpus& corpus, const Settings& settings, std::span<const float> vector,
                  const Selection& selection) {
  Stage stage;
  const bool usable =
      vector.size() == settings.options.dimension &&
      std::all_of(vector.begin(), vector.end(), [](float value) { return std::isfinite(value); });
  if (!usable) return stage;
  stage.scores.resize(corpus.ordinals());
  score_dense(corpus, vector, selection, stage.scores);
  return stage;
}

/// Calls `visit(first, count)` with the ordinals of each run of selected chunks.
template <class Visit>
void for_each_run(const Corpus& corpus, const Selection& selection, const Visit& visit) {
  for (std::size_t view = 0; view < corpus.views().size(); ++view) {
    const Ordinal base = corpus.first_ordinal(view);
    selection.for_each_run(view, [&](std::size_t first, std::size_t count) { visit(base + first, count); });
  }
}

/// The k best of the selected chunks by `score_of(ordinal)`, which is kNoMatch for those not to be found.
template <class ScoreOf>
std::vector<Candidate> best_by(const Corpus& corpus, const Selection& selection, std::size_t k,
                               const ScoreOf& score_of) {
  TopK<Candidate, Better> top(std::min(k, corpus.chunks()), Better{&corpus});
  for_each_run(corpus, selection, [&](std::size_t first, std::size_t count) {
    for (std::size_t at = first; at < first + count; ++at) {
      const auto ordinal = static_cast<Ordinal>(at);
      const float score = score_of(ordinal);
      if (top.accepts(score)) top.push({score, ordinal});
    }
  });
  return std::move(top).take();
}

std::vector<Candidate> best_by_bm25(const Corpus& corpus, const Stage& bm25, const Selection& selection,
                                    std::size_t k) {
  if (!bm25.ran()) return {};
  return best_by(corpus, selection, k, [scores = bm25.scores.data()](Ordinal ordinal) {
    return scores[ordinal] > 0 ? scores[ordinal] : kNoMatch;
  });
}

std::vector<Candidate> best_by_dense(const Corpus& corpus, const Stage& dense, const Selection& selection,
                                     std::size_t k) {
  if (!dense.ran()) return {};
  return best_by(corpus, selection, k,
                 [scores = dense.scores.data()](Ordinal ordinal) { return scores[ordinal]; });
}

ScoreRange range_of_selected(const Corpus& corpus, const Stage& stage, const Selection& selection) {
  ScoreRange range;
  if (!stage.ran()) return range;
  const std::span<const float> scores(stage.scores);
  for_each_run(corpus, selection, [&](std::size_t first, std::size_t count) {
    range = join(range, range_of(scores.subspan(first, count)));
  });
  return range;
}

/// Both stages have scored every chunk, so every chunk is a candidate and nothing is lost to a cut between
/// the stages.
std::vector<Candidate> best_by_both(const Corpus& corpus, const Stage& bm25, const Stage& dense,
                                    const Selection& selection, std::size_t k, float bm25_weight) {
  const ScoreRange bm25_range = from_zero(range_of_selected(corpus, bm25, selection));
  const ConvexFusion fuse =
      convex_fusion(bm25_range, range_of_selected(corpus, dense, selection), bm25_weight);
  if (!dense.ran()) {
    return best_by(corpus, selection, k, [&](Ordinal ordinal) {
      return bm25.of(ordinal) > 0 ? fuse(bm25.of(ordinal), 0) : kNoMatch;
    });
  }
  if (!bm25.ran()) {
    return best_by(corpus, selection, k, [&](Ordinal ordinal) { return fuse(0, dense.scores[ordinal]); });
  }
  return best_by(corpus, selection, k,
                 [&fuse, b = bm25.scores.data(), d = dense.scores.data()](Ordinal ordinal) {
                   return fuse(b[ordinal], d[ordinal]);
                 });
}

/// A chunk that at least one stage proposes, with its rank in each (0: not proposed).
struct Proposal {
  Ordinal ordinal = 0;
  std::size_t bm25_rank = 0;
  std::size_t dense_rank = 0;
};

/// Each chunk once, by ordinal.
std::vector<Proposal> proposals(std::span<const Candidate> bm25, std::span<const Candidate> dense) {
  std::vector<Proposal> all;
  all.reserve(bm25.size() + dense.size());
  for (std::size_t at = 0; at < bm25.size(); ++at) all.push_back({bm25[at].ordinal, at + 1, 0});
  for (std::size_t at = 0; at < dense.size(); ++at) all.push_back({dense[at].ordinal, 0, at + 1});
  std::sort(all.begin(), all.end(),
            [](const Proposal& a, const Proposal& b) { return a.ordinal < b.ordinal; });
  std::size_t kept = 0;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (kept > 0 && all[kept - 1].ordinal == all[at].ordinal) {
      all[kept - 1].bm25_rank += all[at].bm25_rank;
      all[kept - 1].dense_rank += all[at].dense_rank;
    } else {
      all[kept++] = all[at];
    }
  }
  all.resize(kept);
  return all;
}

std::vector<Candidate> best_by_rank(const Corpus& corpus, const Stage& bm25, const Stage& dense,
                                    const Selection& selection, std::size_t k, std::size_t candidates) {
  const std::size_t per_stage = std::max(k, candidates);
  TopK<Candidate, Better> top(std::min(k, corpus.chunks()), Better{&corpus});
  for (const Proposal& proposal : proposals(best_by_bm25(corpus, bm25, selection, per_stage),
                                            best_by_dense(corpus, dense, selection, per_stage))) {
    top.push({fuse_rrf(proposal.bm25_rank, proposal.dense_rank), proposal.ordinal});
  }
  return std::move(top).take();
}

}  // namespace

std::vector<model::Hit> SegmentedSnapshot::search(const model::Query& query, std::span<const float> vector,
                                                  const SearchOptions& options) const {
  const Selection selection(corpus_, query, options.default_locale);
  Stage bm25;
  Stage dense;
  if (query.mode != model::SearchMode::kDense) bm25 = bm25_stage(corpus_, *settings_, query.text);
  if (query.mode != model::SearchMode::kBm25) dense = dense_stage(corpus_, *settings_, vector, selection);

  std::vector<Candidate> best;
  if (query.mode == model::SearchMode::kBm25) {
    best = best_by_bm25(corpus_, bm25, selection, query.k);
  } else if (query.mode == model::SearchMode::kDense) {
    best = best_by_dense(corpus_, dense, selection, query.k);
  } else if (options.fusion == Fusion::kRrf) {
    best = best_by_rank(corpus_, bm25, dense, selection, query.k, options.candidates);
  } else {
    best = best_by_both(corpus_, bm25, dense, selection, query.k, options.bm25_weight);
  }
  std::vector<model::Hit> hits;
  hits.reserve(best.size());
  for (const Candidate& candidate : best) {
    hits.push_back({corpus_.chunk(candidate.ordinal), candidate.score, bm25.of(candidate.ordinal),
                    dense.of(candidate.ordinal)});
  }
  return hits;
}

}  // namespace wellspring::index
