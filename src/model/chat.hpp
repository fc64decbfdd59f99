#pragma once

#include <string>
#include <vector>

namespace wellspring::model {

enum class ChatRole { kHuman, kAi };

struct ChatTurn {
  ChatRole role = ChatRole::kHuman;
  std::string content;
};

/// One answered exchange of the history.
struct ChatPair {
  std::string question;
  std::string answer;
};

}  // namespace wellspring::model
