#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "fake_mongod/document.hpp"

namespace wellspring::testing {

/// What a connection is for, told from what it has sent so far.
enum class Role {
  kUndecided,  ///< nothing yet, or one plain hello: every connection begins so
  kApp,        ///< has sent anything besides hello; final
  kMonitor,    ///< has sent a hello with topologyVersion and maxAwaitTimeMS; where the server advertises no
               ///< topologyVersion, a second plain hello
  kRtt,        ///< has sent a second plain hello to a server that advertises topologyVersion
};

const char* role_name(Role role);
std::optional<Role> role_from_name(std::string_view name);

struct ConnectionRecord {
  std::int64_t id = 0;  ///< the server's connectionId, from 1
  std::uint16_t client_port = 0;
  std::string app_name;  ///< client.application.name of the first hello
  Role role = Role::kUndecided;
  SteadyTime accepted_at;
  std::optional<SteadyTime> handshaken_at;  ///< when the first hello was answered
  SteadyTime last_used_at;
  std::optional<SteadyTime> closed_at;
  bool busy = false;  ///< a request was read and is not answered yet
  std::uint64_t hellos = 0;
  std::uint64_t commands = 0;  ///< besides hello
};

struct Counts {
  std::size_t current = 0;
  std::size_t total_created = 0;
  std::size_t peak = 0;
};

enum class Closer { kClient, kClientReset, kServer };
enum class HelloKind { kPlain, kAwaitable };

/// The accounts of a server's connections: who is there, who was, and what they did. Pure: time comes in as
/// an argument, nothing here touches a socket. Counts by role move with the connection when its role is
/// decided, so `total_created` of a role is exact once no connection is undecided. Not thread-safe.
class Ledger {
 public:
  /// Closed connections remembered one by one; the counts go on beyond it.
  static constexpr std::size_t kClosedKept = 10'000;

  explicit Ledger(bool advertises_topology_version) : topology_version_(advertises_topology_version) {}

  void accepted(std::int64_t id, std::uint16_t client_port, SteadyTime now);
  void rejected() { ++rejected_; }
  /// `app_name` is nothing in a hello that carries no client metadata.
  void hello(std::int64_t id, HelloKind kind, const std::optional<std::string>& app_name, SteadyTime now);
  void command(std::int64_t id, const std::string& name, SteadyTime now);
  void answered(std::int64_t id, SteadyTime now);
  /// Does nothing for a connection that is closed already.
  void closed(std::int64_t id, Closer closer, SteadyTime now);
  void session_used(const std::string& lsid);
  void session_ended(const std::string& lsid);
  void cursors_killed(std::size_t count) { cursors_killed_ += count; }

  Counts total() const { return total_; }
  Counts counts(Role role) const;
  Counts counts(const std::string& app_name, Role role) const;
  std::size_t current(Role role) const { return counts(role).current; }
  std::size_t total_created(Role role) const { return counts(role).total_created; }
  /// Distinct application names seen so far.
  std::set<std::string> app_names() const;
  const ConnectionRecord* find(std::int64_t id) const;
  std::vector<ConnectionRecord> open() const;
  const std::deque<ConnectionRecord>& recently_closed() const { return closed_; }
  /// Connections with a request unanswered, but for the monitors, whose hello waits by design.
  std::size_t active() const;

  /// Accepted connections whose first hello is not answered.
  std::size_t handshaking() const { return handshaking_; }
  std::size_t peak_handshaking() const { return peak_handshaking_; }
  /// The same peak among the connections that `selects` picks, by the roles they turned out to have.
  std::size_t peak_handshaking(const std::function<bool(const ConnectionRecord&)>& selects) const;

  std::uint64_t commands(const std::string& name) const;
  const std::map<std::string, std::uint64_t>& commands() const { return commands_; }
  std::size_t sessions_seen() const { return sessions_seen_; }
  std::size_t sessions_ended() const { return sessions_ended_; }
  std::size_t cursors_killed() const { return cursors_killed_; }
  /// Connections that ended with an RST from the client, as far as a read met it.
  std::size_t resets() const { return resets_; }
  /// Connections closed at once because of the cap.
  std::size_t rejected_connections() const { return rejected_; }

  /// All counts as one document, for the control interface and for messages of tests.
  Document counts_document() const;
  std::string json() const { return counts_document().json(); }

 private:
  void move_to(ConnectionRecord& record, const std::string& app_name, Role role);
  void end_handshake(const ConnectionRecord& record);

  bool topology_version_;
  std::map<std::int64_t, ConnectionRecord> open_;
  std::deque<ConnectionRecord> closed_;
  std::map<std::pair<std::string, Role>, Counts> by_role_;
  std::map<Role, Counts> roles_;
  Counts total_;
  std::size_t handshaking_ = 0;
  std::size_t peak_handshaking_ = 0;
  std::map<std::string, std::uint64_t> commands_;
  std::set<std::string> sessions_open_;
  std::size_t sessions_seen_ = 0;
  std::size_t sessions_ended_ = 0;
  std::size_t cursors_killed_ = 0;
  std::size_t resets_ = 0;
  std::size_t rejected_ = 0;
};

}  // namespace wellspring::testing
