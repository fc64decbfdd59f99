#include "cli/ranking_metrics.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace wellspring::cli {
namespace {

int grade_of(const Judgements& judged, const std::string& id) {
  const auto found = judged.find(id);
  return found == judged.end() ? 0 : found->second;
}

double discounted_gain(const std::vector<int>& grades, std::size_t depth) {
  double gain = 0;
  for (std::size_t i = 0; i < std::min(depth, grades.size()); ++i) {
    gain += grades[i] / std::log2(static_cast<double>(i) + 2);
  }
  return gain;
}

double recall(const std::vector<int>& grades, std::size_t depth, std::size_t relevant) {
  const auto end = grades.begin() + static_cast<std::ptrdiff_t>(std::min(depth, grades.size()));
  const auto found = std::count_if(grades.begin(), end, [](int grade) { return grade > 0; });
  return relevant == 0 ? 0 : static_cast<double>(found) / static_cast<double>(relevant);
}

}  // namespace

RankingScores score_ranking(const std::vector<std::string>& ranked, const Judgements& judged) {
  std::vector<int> grades;
  for (const std::string& id : ranked) grades.push_back(grade_of(judged, id));
  std::vector<int> ideal;
  for (const auto& [id, grade] : judged) {
    if (grade > 0) ideal.push_back(grade);
  }
  std::sort(ideal.begin(), ideal.end(), std::greater<>());
  RankingScores scores;
  const double best = discounted_gain(ideal, 10);
  scores.ndcg10 = best > 0 ? discounted_gain(grades, 10) / best : 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(10, grades.size()) && scores.mrr10 == 0; ++i) {
    if (grades[i] > 0) scores.mrr10 = 1.0 / static_cast<double>(i + 1);
  }
  scores.recall5 = recall(grades, 5, ideal.size());
  scores.recall20 = recall(grades, 20, ideal.size());
  scores.recall100 = recall(grades, 100, ideal.size());
  return scores;
}

RankingScores mean(const std::vector<RankingScores>& all) {
  RankingScores sum;
  for (const RankingScores& one : all) {
    sum.ndcg10 += one.ndcg10;
    sum.mrr10 += one.mrr10;
    sum.recall5 += one.recall5;
    sum.recall20 += one.recall20;
    sum.recall100 += one.recall100;
  }
  const double n = std::max<double>(1, static_cast<double>(all.size()));
  return {sum.ndcg10 / n, sum.mrr10 / n, sum.recall5 / n, sum.recall20 / n, sum.recall100 / n};
}

}  // namespace wellspring::cli
