#include "fake_mongod/faults.hpp"

#include <utility>

namespace wellspring::testing {
namespace {

bool is_work(std::string_view command) {
  return command != "hello" && command != "ping" && command != "endSessions";
}

bool concerns(const FaultRule& rule, std::string_view command, std::string_view app_name) {
  const bool command_matches = rule.command == kAnyRequest ||
                               (rule.command == kAnyCommand && command != "hello") ||
                               (rule.command == kAnyWork && is_work(command)) || rule.command == command;
  return command_matches && (rule.app_name.empty() || rule.app_name == app_name);
}

FaultRule error_reply(int code, std::string name, std::size_t times) {
  FaultRule rule;
  rule.effect = Effect::kError;
  rule.error_code = code;
  rule.error_name = std::move(name);
  rule.times = times;
  return rule;
}

}  // namespace

FaultRule delay_of(std::string command, std::chrono::milliseconds delay) {
  FaultRule rule;
  rule.command = std::move(command);
  rule.delay = delay;
  return rule;
}

FaultRule close_on_nth(std::string command, std::size_t nth, Effect how) {
  FaultRule rule;
  rule.command = std::move(command);
  rule.skip = nth - 1;
  rule.times = 1;
  rule.effect = how;
  return rule;
}

FaultRule black_hole() {
  FaultRule rule;
  rule.command = kAnyRequest;
  rule.effect = Effect::kIgnore;
  return rule;
}

FaultRule not_writable_primary(std::size_t times) {
  return error_reply(10107, "NotWritablePrimary", times);
}
FaultRule shutdown_in_progress(std::size_t times) {
  return error_reply(91, "ShutdownInProgress", times);
}

int FaultPlan::add(FaultRule rule) {
  rules_.push_back({next_id_, std::move(rule)});
  return next_id_++;
}

void FaultPlan::remove(int id) {
  std::erase_if(rules_, [&](const Entry& entry) { return entry.id == id; });
}

Verdict FaultPlan::judge(std::string_view command, std::string_view app_name) {
  Verdict verdict;
  for (Entry& entry : rules_) {
    FaultRule& rule = entry.rule;
    if (!concerns(rule, command, app_name)) {
      continue;
    }
    if (rule.skip > 0) {
      --rule.skip;
      continue;
    }
    if (rule.times && (*rule.times)-- == 0) {
      continue;
    }
    verdict.delay += rule.delay;
    verdict.obeys_max_time = verdict.obeys_max_time || rule.obeys_max_time;
    if (verdict.effect == Effect::kAnswer) {
      verdict.effect = rule.effect;
      verdict.stage = rule.stage;
      verdict.error_code = rule.error_code;
      verdict.error_name = rule.error_name;
    }
  }
  std::erase_if(rules_, [](const Entry& entry) { return entry.rule.times == 0U; });
  return verdict;
}

}  // namespace wellspring::testing
