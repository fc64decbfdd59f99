#include "fake_mongod/control.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "fake_mongod/document.hpp"

namespace wellspring::testing {
namespace {

constexpr std::array<std::pair<std::string_view, Effect>, 6> kEffects{{
    {"answer", Effect::kAnswer},
    {"ignore", Effect::kIgnore},
    {"close", Effect::kClose},
    {"reset", Effect::kReset},
    {"halfClose", Effect::kHalfClose},
    {"error", Effect::kError},
}};

Document ok() {
  return Document().add("ok", 1);
}

Effect effect_of(const bson_t& options, Effect fallback) {
  const auto name = find_string(options, "effect");
  if (!name) {
    return fallback;
  }
  const auto known =
      std::find_if(kEffects.begin(), kEffects.end(), [&](const auto& row) { return row.first == *name; });
  if (known == kEffects.end()) {
    throw bad_value("unknown effect: " + *name);
  }
  return known->second;
}

Stage stage_of(const bson_t& options) {
  const std::string name = find_string(options, "stage").value_or("before");
  if (name != "before" && name != "after") {
    throw bad_value("unknown stage: " + name);
  }
  return name == "after" ? Stage::kAfterRunning : Stage::kBeforeRunning;
}

std::optional<std::size_t> count_of(const bson_t& options, std::string_view key) {
  const auto count = find_integer(options, key);
  if (count && *count < 0) {
    throw bad_value(std::string(key) + " must not be negative");
  }
  return count ? std::optional(static_cast<std::size_t>(*count)) : std::nullopt;
}

std::optional<Role> role_of(const bson_t& options) {
  const auto name = find_string(options, "role");
  const auto role = name ? role_from_name(*name) : std::nullopt;
  if (name && !role) {
    throw bad_value("unknown role: " + *name);
  }
  return role;
}

Document options_of(const bson_t& line, std::string_view key) {
  const auto options = find_document(line, key);
  if (!options) {
    throw bad_value(std::string(key) + " needs an object");
  }
  return *options;
}

/// What reached this machine before the caller asked is counted, however late the server's thread gets its
/// turn: each call below waits for that thread, which takes what has arrived in between. A connection that
/// was opened and closed again meanwhile takes it a few turns.
void catch_up(FakeMongod& server) {
  constexpr int kTurns = 16;
  for (int turn = 0; turn < kTurns; ++turn) {
    server.open_cursors();
  }
}

Document run_counts(FakeMongod& server, const bson_t&) {
  catch_up(server);
  return server.snapshot()
      .counts_document()
      .add("openCursors", static_cast<std::int64_t>(server.open_cursors()))
      .add("ok", 1);
}

Document run_connections(FakeMongod& server, const bson_t&) {
  const SteadyTime now = SystemClock().steady();
  std::vector<Document> rows;
  for (const ConnectionRecord& record : server.snapshot().open()) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - record.accepted_at);
    rows.push_back(Document()
                       .add("id", record.id)
                       .add("clientPort", static_cast<std::int32_t>(record.client_port))
                       .add("appName", record.app_name)
                       .add("role", role_name(record.role))
                       .add("ageMS", static_cast<std::int64_t>(age.count()))
                       .add("busy", record.busy)
                       .add("hellos", static_cast<std::int64_t>(record.hellos))
                       .add("commands", static_cast<std::int64_t>(record.commands)));
  }
  return ok().add("connections", rows);
}

Document run_peak_handshaking(FakeMongod& server, const bson_t& line) {
  const Document options = options_of(line, "peakHandshaking");
  const auto role = role_of(*options);
  const auto app_name = find_string(*options, "appName");
  const std::size_t peak = server.snapshot().peak_handshaking([&](const ConnectionRecord& record) {
    return (!role || record.role == *role) && (!app_name || record.app_name == *app_name);
  });
  return ok().add("peak", static_cast<std::int64_t>(peak));
}

Document run_fault(FakeMongod& server, const bson_t& line) {
  const Document options = options_of(line, "fault");
  FaultRule rule;
  rule.command = find_string(*options, "command").value_or(kAnyCommand);
  rule.app_name = find_string(*options, "appName").value_or("");
  rule.skip = count_of(*options, "skip").value_or(0);
  rule.times = count_of(*options, "times");
  rule.delay = std::chrono::milliseconds(count_of(*options, "delayMS").value_or(0));
  rule.obeys_max_time = find_flag(*options, "obeysMaxTime", false);
  rule.effect = effect_of(*options, Effect::kAnswer);
  rule.stage = stage_of(*options);
  rule.error_code = static_cast<int>(find_integer(*options, "code").value_or(0));
  rule.error_name = find_string(*options, "codeName").value_or("");
  return ok().add("id", server.add_fault(std::move(rule)));
}

Document run_remove_fault(FakeMongod& server, const bson_t& line) {
  server.remove_fault(static_cast<int>(find_integer(line, "removeFault").value_or(0)));
  return ok();
}

Document run_clear_faults(FakeMongod& server, const bson_t&) {
  server.clear_faults();
  return ok();
}

Document run_refuse(FakeMongod& server, const bson_t&) {
  server.refuse();
  return ok();
}

Document run_accept(FakeMongod& server, const bson_t&) {
  server.accept();
  return ok();
}

Document run_max_connections(FakeMongod& server, const bson_t& line) {
  const std::int64_t limit = find_integer(line, "maxConnections").value_or(-1);
  server.set_max_connections(limit < 0 ? std::nullopt : std::optional(static_cast<std::size_t>(limit)));
  return ok();
}

Document run_kill(FakeMongod& server, const bson_t& line) {
  const Document options = options_of(line, "kill");
  ConnectionFilter filter;
  filter.role = role_of(*options);
  filter.app_name = find_string(*options, "appName");
  filter.idle_only = find_flag(*options, "idleOnly", false);
  filter.first = count_of(*options, "first");
  const std::size_t closed = server.kill(filter, effect_of(*options, Effect::kClose));
  return ok().add("closed", static_cast<std::int64_t>(closed));
}

Document run_primary(FakeMongod& server, const bson_t& line) {
  server.set_writable_primary(find_flag(line, "primary", true));
  return ok();
}

Document run_clear_data(FakeMongod& server, const bson_t&) {
  server.clear_data();
  return ok();
}

using ControlCommand = Document (*)(FakeMongod&, const bson_t&);
const std::map<std::string_view, ControlCommand>& control_commands() {
  static const std::map<std::string_view, ControlCommand> commands{
      {"accept", run_accept},
      {"clearData", run_clear_data},
      {"clearFaults", run_clear_faults},
      {"connections", run_connections},
      {"counts", run_counts},
      {"fault", run_fault},
      {"kill", run_kill},
      {"maxConnections", run_max_connections},
      {"peakHandshaking", run_peak_handshaking},
      {"primary", run_primary},
      {"refuse", run_refuse},
      {"removeFault", run_remove_fault},
  };
  return commands;
}

Document run(FakeMongod& server, std::string_view line) {
  const auto parsed = Document::from_json(line);
  if (!parsed) {
    throw failed_to_parse("the line is not a JSON object");
  }
  const auto keys = elements(**parsed);
  const auto command = keys.empty() ? control_commands().end() : control_commands().find(keys.front().key);
  if (command == control_commands().end()) {
    throw failed_to_parse("the line's first key names no command");
  }
  return command->second(server, **parsed);
}

}  // namespace

std::string control(FakeMongod& server, std::string_view line) {
  try {
    return run(server, line).json();
  } catch (const CommandError& error) {
    return Document().add("ok", 0).add("error", error.what()).json();
  }
}

}  // namespace wellspring::testing
