#include "fake_mongod/engine.hpp"

#include <map>

namespace wellspring::testing {
namespace {

// serverStatus.connections.available counts down from the limit, as in MongoDB.
constexpr std::int64_t kConnectionLimit = 51'200;

struct Call {
  Engine& engine;
  const Request& request;
};

Document ok() {
  return Document().add("ok", 1.0);
}

Document run_ping(const Call&) {
  return ok();
}

Document run_build_info(const Call&) {
  Document version;
  version.add("0", 6).add("1", 0).add("2", 0).add("3", 0);
  Document reply;
  reply.add("version", "6.0.0");
  bson_append_array(reply.get(), "versionArray", -1, version.get());
  return reply.add("bits", 64).add("maxBsonObjectSize", 16 * 1024 * 1024).add("ok", 1.0);
}

Document run_server_status(const Call& call) {
  const auto connections = call.engine.ledger.read([](const Ledger& ledger) {
    const auto current = static_cast<std::int64_t>(ledger.total().current);
    return Document()
        .add("current", current)
        .add("available", kConnectionLimit - current)
        .add("totalCreated", static_cast<std::int64_t>(ledger.total().total_created))
        .add("active", static_cast<std::int64_t>(ledger.active()));
  });
  return Document()
      .add("host", "fake_mongod")
      .add("version", "6.0.0")
      .add("process", "mongod")
      .add("connections", connections)
      .add("ok", 1.0);
}

Document run_connection_status(const Call&) {
  const std::vector<Document> nobody;
  return Document()
      .add("authInfo", Document().add("authenticatedUsers", nobody).add("authenticatedUserRoles", nobody))
      .add("ok", 1.0);
}

Document run_authenticate(const Call&) {
  throw CommandError(18, "AuthenticationFailed", "Authentication failed.");
}

Document run_end_sessions(const Call& call) {
  const auto sessions = find_documents(*call.request.command, "endSessions");
  call.engine.ledger.record([&](Ledger& ledger) {
    for (const Document& session : sessions) {
      const auto bytes = session.bytes();
      ledger.session_ended({bytes.begin(), bytes.end()});
    }
  });
  return ok();
}

Document run_kill_cursors(const Call& call) {
  Document reply = call.engine.store.run("killCursors", call.request);
  const auto killed = find(*reply, "cursorsKilled");
  const std::size_t count = killed ? elements(*killed).size() : 0;
  call.engine.ledger.record([&](Ledger& ledger) { ledger.cursors_killed(count); });
  return reply;
}

using Command = Document (*)(const Call&);
const std::map<std::string_view, Command>& server_commands() {
  static const std::map<std::string_view, Command> commands{
      {"buildInfo", run_build_info},
      {"buildinfo", run_build_info},
      {"connectionStatus", run_connection_status},
      {"endSessions", run_end_sessions},
      {"killCursors", run_kill_cursors},
      {"ping", run_ping},
      {"saslContinue", run_authenticate},
      {"saslStart", run_authenticate},
      {"serverStatus", run_server_status},
  };
  return commands;
}

}  // namespace

bool is_hello(const std::string& command) {
  return command == "hello" || command == "isMaster" || command == "ismaster";
}

Document error_reply(int code, const std::string& name, const std::string& message) {
  return Document().add("ok", 0.0).add("errmsg", message).add("code", code).add("codeName", name);
}

Engine::Engine(const TopologyOptions& options, std::uint16_t port)
    : ledger(options.topology_version), topology(options, port) {}

Document Engine::hello_reply(std::int64_t connection_id) const {
  return topology.hello_reply(connection_id, clock.wall());
}

void Engine::note_session(const bson_t& command) {
  if (const auto lsid = find_document(command, "lsid")) {
    const auto bytes = lsid->bytes();
    ledger.record([&](Ledger& accounts) { accounts.session_used({bytes.begin(), bytes.end()}); });
  }
}

Document Engine::answer(const Request& request) {
  const std::string name = request.name();
  try {
    const auto command = server_commands().find(name);
    return command == server_commands().end() ? store.run(name, request) : command->second({*this, request});
  } catch (const CommandError& error) {
    return error_reply(error.code(), error.name(), error.what());
  }
}

}  // namespace wellspring::testing
