#include "rag/recall.hpp"

#include <algorithm>

namespace wellspring::rag {

namespace asio = boost::asio;

bool same_passages(std::span<const model::Hit> a, std::span<const model::Hit> b) {
  return std::ranges::equal(a, b, [](const model::Hit& one, const model::Hit& other) {
    return one.chunk == other.chunk || *one.chunk == *other.chunk;
  });
}

asio::awaitable<std::shared_ptr<const CachedAnswer>> recall(AnswerCache& cache, const Retriever& retriever,
                                                            const EvidenceOptions& evidence, std::string key,
                                                            SteadyTime now) {
  const AnswerCache::Found found = cache.find(key, now);
  // The generation is read after the entry: what the entry is known to hold in is then never a later one.
  if (!found.answer || found.generation == retriever.generation()) co_return found.answer;
  const CachedAnswer& answer = *found.answer;
  const auto today = co_await retriever.retrieve_again(answer.query, answer.vector);
  const bool holds = today.has_value() && same_passages(answer.hits, today->hits) &&
                     judge_evidence(today->hits, answer.query.text, evidence) == Evidence::kEnough;
  if (holds) {
    cache.confirm(key, found.answer, today->generation);
    co_return found.answer;
  }
  cache.drop(key, found.answer);
  co_return nullptr;
}

}  // namespace wellspring::rag
