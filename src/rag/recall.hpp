#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "model/query.hpp"
#include "rag/answer_cache.hpp"
#include "rag/evidence.hpp"
#include "rag/retriever.hpp"

namespace wellspring::rag {

/// Whether two retrievals gave the same passages, text and metadata, in the same order. Scores may differ.
bool same_passages(std::span<const model::Hit> a, std::span<const model::Hit> b);

/// The cached answer under `key` if the index as it is now would lead to it: its generation is the one that
/// the answer was last found to hold in, or a search with the answer's own query and embedding gives the same
/// passages and they are evidence enough. Otherwise null, and the entry is gone.
boost::asio::awaitable<std::shared_ptr<const CachedAnswer>> recall(AnswerCache& cache,
                                                                   const Retriever& retriever,
                                                                   const EvidenceOptions& evidence,
                                                                   std::string key, SteadyTime now);

}  // namespace wellspring::rag
