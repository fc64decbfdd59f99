#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "model/chat.hpp"

namespace wellspring::rag {

/// The answered exchanges of a history (contract 1.5): each human turn directly followed by an AI turn; what
/// stands alone is dropped, a trailing human turn too. The newest `pairs_max`, oldest first, every content
/// sanitised and cut like a question.
std::vector<model::ChatPair> pair_history(std::span<const model::ChatTurn> turns, std::size_t pairs_max);

}  // namespace wellspring::rag
