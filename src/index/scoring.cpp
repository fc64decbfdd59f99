#include "index/scoring.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "index/dot.hpp"

namespace wellspring::index {
namespace {

struct QueryTerm {
  const std::string* text = nullptr;
  float weight = 0;
  std::vector<TermId> ids;  // by segment
};

/// The distinct terms in the order of the query, weighted by their number.
std::vector<QueryTerm> distinct_terms(std::span<const std::string> terms) {
  std::vector<QueryTerm> distinct;
  for (const std::string& text : terms) {
    const auto known = std::find_if(distinct.begin(), distinct.end(),
                                    [&](const QueryTerm& term) { return *term.text == text; });
    if (known == distinct.end()) {
      distinct.push_back({&text, 1, {}});
    } else {
      known->weight += 1;
    }
  }
  return distinct;
}

float inverse_document_frequency(std::size_t chunks, std::size_t chunks_with_term) {
  const auto with = static_cast<float>(chunks_with_term);
  return std::log1p((static_cast<float>(chunks) - with + 0.5F) / (with + 0.5F));
}

/// Looks the term up in every segment and turns its weight into weight x inverse document frequency.
void resolve(const Corpus& corpus, QueryTerm& term) {
  std::size_t chunks_with_term = 0;
  term.ids.reserve(corpus.views().size());
  for (const SegmentView& view : corpus.views()) {
    const TermId id = view.segment->postings.terms().find(*term.text);
    term.ids.push_back(id);
    if (id != kNoTerm) chunks_with_term += view.chunks_with(id);
  }
  term.weight *= inverse_document_frequency(corpus.chunks(), chunks_with_term);
}

/// k1 x (1 - b + b x length / average) as a line in the length.
struct LengthNorm {
  float constant = 0;
  float slope = 0;
};

void add_scores(const Postings& postings, TermId term, float weight, const LengthNorm& norm, float* scores) {
  const PostingList list = postings.list(term);
  const std::uint32_t* lengths = postings.lengths().data();
  for (std::size_t at = 0; at < list.slots.size(); ++at) {
    const Slot slot = list.slots[at];
    const auto frequency = static_cast<float>(list.frequencies[at]);
    const float length = static_cast<float>(lengths[slot]);
    scores[slot] += weight * frequency / (frequency + (norm.constant + norm.slope * length));
  }
}

}  // namespace

void score_bm25(const Corpus& corpus, std::span<const std::string> query_terms, const IndexOptions& options,
                std::span<float> scores) {
  if (corpus.chunks() == 0 || corpus.average_length() == 0) return;
  const LengthNorm norm{options.bm25_k1 * (1 - options.bm25_b),
                        options.bm25_k1 * options.bm25_b / corpus.average_length()};
  std::vector<QueryTerm> terms = distinct_terms(query_terms);
  for (QueryTerm& term : terms) resolve(corpus, term);
  for (std::size_t view = 0; view < corpus.views().size(); ++view) {
    float* const view_scores = scores.data() + corpus.first_ordinal(view);
    for (const QueryTerm& term : terms) {
      if (term.ids[view] == kNoTerm) continue;
      add_scores(corpus.views()[view].segment->postings, term.ids[view], term.weight, norm, view_scores);
    }
  }
}

void score_dense(const Corpus& corpus, std::span<const float> query, const Selection& selection,
                 std::span<float> scores) {
  std::vector<float> padded(query.begin(), query.end());
  const DotKernel dot = dot_kernels().front().run;
  for (std::size_t view = 0; view < corpus.views().size(); ++view) {
    const Rows& rows = corpus.views()[view].segment->rows;
    padded.resize(rows.stride());
    float* const view_scores = scores.data() + corpus.first_ordinal(view);
    selection.for_each_run(view, [&](std::size_t first, std::size_t count) {
      dot(padded.data(), rows.row(first), rows.stride(), count, view_scores + first);
    });
  }
}

}  // namespace wellspring::index
