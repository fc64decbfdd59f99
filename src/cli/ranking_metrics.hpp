#pragma once

#include <map>
#include <string>
#include <vector>

namespace wellspring::cli {

/// Graded judgements of one query: document id to grade; what is missing is 0.
using Judgements = std::map<std::string, int>;

/// Ranking measures of one query, as trec_eval defines them.
struct RankingScores {
  double ndcg10 = 0;  ///< gain = grade, discount = log2(rank + 1)
  double mrr10 = 0;
  double recall5 = 0;
  double recall20 = 0;
  double recall100 = 0;
};

RankingScores score_ranking(const std::vector<std::string>& ranked, const Judgements& judged);

/// Mean over queries.
RankingScores mean(const std::vector<RankingScores>& all);

}  // namespace wellspring::cli
