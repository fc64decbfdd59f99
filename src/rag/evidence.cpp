#include "rag/evidence.hpp"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <vector>

#include "llm/word_overlap.hpp"
#include "text/analyzer.hpp"

namespace wellspring::rag {
namespace {

std::unordered_set<std::string> terms_of(std::string_view text, std::string_view locale) {
  std::vector<std::string> terms;
  for (const std::string& word : llm::comparable_words(text)) text::analyze(word, locale, terms);
  return {std::make_move_iterator(terms.begin()), std::make_move_iterator(terms.end())};
}

float coverage(const std::unordered_set<std::string>& wanted, const std::unordered_set<std::string>& found) {
  if (wanted.empty()) return 0;
  const auto both =
      std::ranges::count_if(wanted, [&](const std::string& term) { return found.contains(term); });
  return static_cast<float>(both) / static_cast<float>(wanted.size());
}

}  // namespace

EvidenceSignals evidence_signals(std::span<const model::Hit> hits, std::string_view question,
                                 std::string_view locale) {
  EvidenceSignals signals;
  const auto wanted = terms_of(question, locale);
  for (const model::Hit& hit : hits) {
    signals.dense = std::max(signals.dense, hit.dense);
    signals.coverage = std::max(signals.coverage, coverage(wanted, terms_of(hit.chunk->text, locale)));
  }
  return signals;
}

Evidence judge_evidence(std::span<const model::Hit> hits, std::string_view question, std::string_view locale,
                        const EvidenceOptions& options) {
  if (hits.empty()) return Evidence::kNone;
  const auto [dense, covered] = evidence_signals(hits, question, locale);
  const bool together = dense >= options.dense_least && covered >= options.coverage_enough;
  return dense >= options.dense_enough || together || covered >= options.coverage_alone ? Evidence::kEnough
                                                                                        : Evidence::kWeak;
}

}  // namespace wellspring::rag
