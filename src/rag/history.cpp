#include "rag/history.hpp"

#include "rag/question_text.hpp"

namespace wellspring::rag {

std::vector<model::ChatPair> pair_history(std::span<const model::ChatTurn> turns, std::size_t pairs_max) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i + 1 < turns.size(); ++i) {
    if (turns[i].role == model::ChatRole::kHuman && turns[i + 1].role == model::ChatRole::kAi)
      starts.push_back(i++);
  }
  std::vector<model::ChatPair> pairs;
  for (std::size_t k = starts.size() - std::min(starts.size(), pairs_max); k < starts.size(); ++k) {
    pairs.push_back({sanitize_text(turns[starts[k]].content), sanitize_text(turns[starts[k] + 1].content)});
  }
  return pairs;
}

}  // namespace wellspring::rag
