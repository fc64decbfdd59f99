#include "rag/evidence.hpp"

#include <algorithm>
#include <map>
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

EvidenceSignals evidence_signals(std::span<const model::Hit> hits, std::string_view question) {
  EvidenceSignals signals;
  std::map<std::string_view, std::unordered_set<std::string>> wanted_in;
  for (const model::Hit& hit : hits) {
    const std::string& locale = hit.chunk->metadata.article.locale;
    auto wanted = wanted_in.find(locale);
    if (wanted == wanted_in.end()) wanted = wanted_in.emplace(locale, terms_of(question, locale)).first;
    signals.dense = std::max(signals.dense, hit.dense);
    signals.coverage =
        std::max(signals.coverage, coverage(wanted->second, terms_of(hit.chunk->text, locale)));
  }
  return signals;
}

Evidence judge_evidence(std::span<const model::Hit> hits, std::string_view question,
                        const EvidenceOptions& options) {
  if (hits.empty()) return Evidence::kNone;
  const auto [dense, covered] = evidence_signals(hits, question);
  const bool together = dense >= options.dense_least && covered >= options.coverage_enough;
  return dense >= options.dense_enough || together || covered >= options.coverage_alone ? Evidence::kEnough
                                                                                        : Evidence::kWeak;
}

}  // namespace wellspring::rag
