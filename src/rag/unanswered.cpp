#include "rag/unanswered.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "llm/word_overlap.hpp"
#include "rag/question_text.hpp"
#include "text/analyzer.hpp"

namespace wellspring::rag {

std::string question_key(std::string_view question, std::string_view locale) {
  std::vector<std::string> terms;
  for (const std::string& word : llm::comparable_words(question)) text::analyze(word, locale, terms);
  if (terms.empty()) return sanitize_text(question);  // of nothing but stop words, or of signs
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  std::string key;
  for (const std::string& term : terms) key.append(term).append(1, '\n');
  return key;
}

std::vector<UnansweredGroup> group_unanswered(std::span<const model::UserQuestion> refused) {
  std::map<std::string, UnansweredGroup> by_key;
  for (const model::UserQuestion& question : refused) {
    const auto [at, is_first] = by_key.try_emplace(question_key(question.text, question.locale));
    UnansweredGroup& group = at->second;
    if (is_first || question.asked_at > group.last_asked) {
      group.question = question.text;
      group.locale = question.locale;
      group.last_asked = question.asked_at;
    }
    group.first_asked = is_first ? question.asked_at : std::min(group.first_asked, question.asked_at);
    ++group.count;
  }
  std::vector<UnansweredGroup> groups;
  for (auto& [key, group] : by_key) groups.push_back(std::move(group));
  std::stable_sort(groups.begin(), groups.end(), [](const UnansweredGroup& a, const UnansweredGroup& b) {
    return std::tie(a.count, a.last_asked) > std::tie(b.count, b.last_asked);
  });
  return groups;
}

}  // namespace wellspring::rag
