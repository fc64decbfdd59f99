#include "store/memory_questions.hpp"

#include <algorithm>

namespace wellspring::store {
namespace {

bool passes(const QuestionFilter& filter, const model::UserQuestion& question) {
  return (!filter.analyzed || question.analyzed == *filter.analyzed) &&
         (!filter.endpoint || question.endpoint == *filter.endpoint) &&
         (!filter.outcome || question.outcome == *filter.outcome);
}

}  // namespace

Result<void> MemoryQuestions::append(std::span<const model::UserQuestion> questions) {
  const MutexLock lock(mutex_);
  for (const model::UserQuestion& question : questions) {
    model::UserQuestion& stored = questions_.emplace_back(question);
    if (stored.id.value().empty()) stored.id = model::QuestionId(ids_.next(stored.asked_at));
  }
  return {};
}

Result<QuestionPage> MemoryQuestions::page(const QuestionFilter& filter, std::size_t offset,
                                           std::size_t limit) {
  const MutexLock lock(mutex_);
  std::vector<model::UserQuestion> all(questions_.rbegin(), questions_.rend());
  std::erase_if(all, [&](const auto& question) { return !passes(filter, question); });
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.asked_at > b.asked_at; });
  QuestionPage page{.questions = {}, .total = all.size()};
  for (std::size_t i = offset; i < all.size() && page.questions.size() < limit; ++i) {
    page.questions.push_back(std::move(all[i]));
  }
  return page;
}

Result<QuestionStats> MemoryQuestions::stats() {
  const MutexLock lock(mutex_);
  QuestionStats stats;
  for (const model::UserQuestion& question : questions_) {
    ++(question.endpoint == model::QuestionEndpoint::kChat ? stats.chat : stats.stream);
    if (question.analyzed) ++stats.analyzed;
    stats.oldest = std::min(stats.oldest.value_or(question.asked_at), question.asked_at);
    stats.newest = std::max(stats.newest.value_or(question.asked_at), question.asked_at);
  }
  return stats;
}

Result<std::size_t> MemoryQuestions::prune(std::size_t keep) {
  const MutexLock lock(mutex_);
  const std::size_t surplus = questions_.size() - std::min(questions_.size(), keep);
  questions_.erase(questions_.begin(), questions_.begin() + static_cast<std::ptrdiff_t>(surplus));
  return surplus;
}

Result<std::size_t> MemoryQuestions::forget(Timestamp before, std::size_t limit) {
  const MutexLock lock(mutex_);
  std::size_t forgotten = 0;
  while (forgotten < limit) {
    const auto oldest =
        std::min_element(questions_.begin(), questions_.end(),
                         [](const auto& a, const auto& b) { return a.asked_at < b.asked_at; });
    if (oldest == questions_.end() || oldest->asked_at >= before) break;
    questions_.erase(oldest);
    ++forgotten;
  }
  return forgotten;
}

Result<void> MemoryQuestions::set_feedback(const model::QuestionId& id, const model::Feedback& feedback) {
  const MutexLock lock(mutex_);
  const auto question = std::find_if(questions_.begin(), questions_.end(),
                                     [&](const model::UserQuestion& each) { return each.id == id; });
  if (question == questions_.end()) return no_such_question(id);
  question->feedback = feedback;
  return {};
}

}  // namespace wellspring::store
