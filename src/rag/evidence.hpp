#pragma once

#include <span>
#include <string_view>

#include "model/query.hpp"

namespace wellspring::rag {

/// How good the best passages must be for an answer. Fitted for all-MiniLM-L6-v2 int8 on the questions they
/// are measured with, so expect less on others. bench/evidence_bench.cpp with these defaults: chunking-eval,
/// 12 of 472 answerable questions refused and 42 of 1,888 unanswerable ones answered; docs/ with
/// bench/evidence_questions.tsv, 0 of 20 and 0 of 20. Another model has other cosines: measure again.
struct EvidenceOptions {
  float dense_enough = 0.40F;    ///< a cosine that is evidence by itself
  float dense_least = 0.25F;     ///< below it words alone must carry
  float coverage_enough = 0.5F;  ///< share of the question's terms in one passage, beside dense_least
  float coverage_alone = 0.99F;  ///< without help from the cosine: error codes and names a model never saw
};

/// What the judgement rests on, over all hits.
struct EvidenceSignals {
  float dense = 0;  ///< the best cosine
  /// The greatest share of the question's terms that one hit has, both read in the hit's locale.
  float coverage = 0;
};
EvidenceSignals evidence_signals(std::span<const model::Hit> hits, std::string_view question);

enum class Evidence { kNone, kWeak, kEnough };

/// Whether the hits can support an answer to the question. Pure.
Evidence judge_evidence(std::span<const model::Hit> hits, std::string_view question,
                        const EvidenceOptions& options);

}  // namespace wellspring::rag
