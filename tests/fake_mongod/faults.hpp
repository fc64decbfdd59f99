#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wellspring::testing {

/// Every command but hello.
inline constexpr const char* kAnyCommand = "any";
/// Every command that the application asked for: not hello, and none that a pool sends of itself.
inline constexpr const char* kAnyWork = "work";
/// Every command, hello too.
inline constexpr const char* kAnyRequest = "*";

enum class Effect {
  kAnswer,     ///< as usual, after the delay
  kIgnore,     ///< no answer ever: a black hole
  kClose,      ///< close the connection (FIN)
  kReset,      ///< close the connection (RST)
  kHalfClose,  ///< end the server's direction only
  kError,      ///< answer with the rule's error
};

/// Whether the command runs before the effect. A close after running loses the reply of work that was done.
enum class Stage { kBeforeRunning, kAfterRunning };

struct FaultRule {
  std::string command = kAnyCommand;  ///< a name, "hello" with all its spellings, or one of the above
  std::string app_name;               ///< empty: every application
  std::size_t skip = 0;               ///< requests that match and pass untouched first
  std::optional<std::size_t> times;   ///< requests it then applies to; nothing: until removed
  std::chrono::milliseconds delay{0};
  bool obeys_max_time = false;  ///< a delay beyond the command's maxTimeMS ends there, with MaxTimeMSExpired
  Effect effect = Effect::kAnswer;
  Stage stage = Stage::kBeforeRunning;
  int error_code = 0;
  std::string error_name;
};

FaultRule delay_of(std::string command, std::chrono::milliseconds delay);
FaultRule close_on_nth(std::string command, std::size_t nth, Effect how = Effect::kClose);
FaultRule black_hole();
FaultRule not_writable_primary(std::size_t times);
FaultRule shutdown_in_progress(std::size_t times);

/// What is to happen to one request: the sum of the delays of the rules that apply, and the effect of the
/// first that has one.
struct Verdict {
  std::chrono::milliseconds delay{0};
  bool obeys_max_time = false;
  Effect effect = Effect::kAnswer;
  Stage stage = Stage::kBeforeRunning;
  int error_code = 0;
  std::string error_name;
};

/// The rules in force. Pure; not thread-safe.
class FaultPlan {
 public:
  /// The rule's id, for remove().
  int add(FaultRule rule);
  void remove(int id);
  void clear() { rules_.clear(); }
  /// Uses up one application of each rule that matches.
  Verdict judge(std::string_view command, std::string_view app_name);

 private:
  struct Entry {
    int id;
    FaultRule rule;
  };
  std::vector<Entry> rules_;
  int next_id_ = 1;
};

}  // namespace wellspring::testing
