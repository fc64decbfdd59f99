#include "fake_mongod/ledger.hpp"

#include <algorithm>
#include <array>

namespace wellspring::testing {
namespace {

constexpr std::array<std::pair<Role, const char*>, 4> kRoleNames{{
    {Role::kUndecided, "undecided"},
    {Role::kApp, "app"},
    {Role::kMonitor, "monitor"},
    {Role::kRtt, "rtt"},
}};

void enter(Counts& counts) {
  ++counts.current;
  ++counts.total_created;
  counts.peak = std::max(counts.peak, counts.current);
}

/// The connection counts elsewhere from now on, as if it had never been here.
void withdraw(Counts& counts) {
  --counts.current;
  --counts.total_created;
}

Document to_document(const Counts& counts) {
  return Document()
      .add("current", static_cast<std::int64_t>(counts.current))
      .add("totalCreated", static_cast<std::int64_t>(counts.total_created))
      .add("peak", static_cast<std::int64_t>(counts.peak));
}

}  // namespace

const char* role_name(Role role) {
  return std::find_if(kRoleNames.begin(), kRoleNames.end(),
                      [&](const auto& row) { return row.first == role; })
      ->second;
}

std::optional<Role> role_from_name(std::string_view name) {
  for (const auto& [role, known] : kRoleNames) {
    if (name == known) {
      return role;
    }
  }
  return std::nullopt;
}

void Ledger::accepted(std::int64_t id, std::uint16_t client_port, SteadyTime now) {
  ConnectionRecord record;
  record.id = id;
  record.client_port = client_port;
  record.accepted_at = now;
  record.last_used_at = now;
  open_.emplace(id, record);
  enter(total_);
  enter(roles_[record.role]);
  enter(by_role_[{record.app_name, record.role}]);
  peak_handshaking_ = std::max(peak_handshaking_, ++handshaking_);
}

void Ledger::move_to(ConnectionRecord& record, const std::string& app_name, Role role) {
  if (record.role != role) {
    withdraw(roles_[record.role]);
    enter(roles_[role]);
  }
  if (record.role != role || record.app_name != app_name) {
    withdraw(by_role_[{record.app_name, record.role}]);
    enter(by_role_[{app_name, role}]);
  }
  record.app_name = app_name;
  record.role = role;
}

void Ledger::hello(std::int64_t id, HelloKind kind, const std::optional<std::string>& app_name,
                   SteadyTime now) {
  const auto found = open_.find(id);
  if (found == open_.end()) {
    return;
  }
  ConnectionRecord& record = found->second;
  ++record.hellos;
  ++commands_["hello"];
  record.busy = true;
  record.last_used_at = now;
  Role role = record.role;
  if (role != Role::kApp && kind == HelloKind::kAwaitable) {
    role = Role::kMonitor;
  } else if (role == Role::kUndecided && record.hellos > 1) {
    role = topology_version_ ? Role::kRtt : Role::kMonitor;
  }
  move_to(record, record.hellos == 1 && app_name ? *app_name : record.app_name, role);
}

void Ledger::command(std::int64_t id, const std::string& name, SteadyTime now) {
  const auto found = open_.find(id);
  if (found == open_.end()) {
    return;
  }
  ConnectionRecord& record = found->second;
  ++record.commands;
  ++commands_[name];
  record.busy = true;
  record.last_used_at = now;
  move_to(record, record.app_name, Role::kApp);
}

void Ledger::end_handshake(const ConnectionRecord& record) {
  if (!record.handshaken_at) {
    --handshaking_;
  }
}

void Ledger::answered(std::int64_t id, SteadyTime now) {
  const auto found = open_.find(id);
  if (found == open_.end()) {
    return;
  }
  ConnectionRecord& record = found->second;
  end_handshake(record);
  record.handshaken_at = record.handshaken_at.value_or(now);
  record.busy = false;
  record.last_used_at = now;
}

void Ledger::closed(std::int64_t id, Closer closer, SteadyTime now) {
  const auto found = open_.find(id);
  if (found == open_.end()) {
    return;
  }
  ConnectionRecord record = std::move(found->second);
  open_.erase(found);
  end_handshake(record);
  record.closed_at = now;
  record.busy = false;
  resets_ += closer == Closer::kClientReset ? 1 : 0;
  --total_.current;
  --roles_[record.role].current;
  --by_role_[{record.app_name, record.role}].current;
  closed_.push_back(std::move(record));
  if (closed_.size() > kClosedKept) {
    closed_.pop_front();
  }
}

void Ledger::session_used(const std::string& lsid) {
  sessions_seen_ += sessions_open_.insert(lsid).second ? 1 : 0;
}

void Ledger::session_ended(const std::string& lsid) {
  sessions_open_.erase(lsid);
  ++sessions_ended_;
}

Counts Ledger::counts(Role role) const {
  const auto found = roles_.find(role);
  return found == roles_.end() ? Counts{} : found->second;
}

Counts Ledger::counts(const std::string& app_name, Role role) const {
  const auto found = by_role_.find({app_name, role});
  return found == by_role_.end() ? Counts{} : found->second;
}

std::set<std::string> Ledger::app_names() const {
  std::set<std::string> names;
  for (const auto& [key, counts] : by_role_) {
    if (!key.first.empty() && counts.total_created > 0) {
      names.insert(key.first);
    }
  }
  return names;
}

const ConnectionRecord* Ledger::find(std::int64_t id) const {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : &found->second;
}

std::vector<ConnectionRecord> Ledger::open() const {
  std::vector<ConnectionRecord> records;
  for (const auto& [id, record] : open_) {
    records.push_back(record);
  }
  return records;
}

std::size_t Ledger::active() const {
  return static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), [](const auto& entry) {
    return entry.second.busy && entry.second.role != Role::kMonitor;
  }));
}

std::size_t Ledger::peak_handshaking(const std::function<bool(const ConnectionRecord&)>& selects) const {
  // Steps sorted by time; an end sorts before a begin at the same instant.
  std::vector<std::pair<SteadyTime, int>> steps;
  const auto add = [&](const ConnectionRecord& record) {
    if (!selects(record)) {
      return;
    }
    steps.emplace_back(record.accepted_at, +1);
    const auto end = record.handshaken_at ? record.handshaken_at : record.closed_at;
    if (end) {
      steps.emplace_back(*end, -1);
    }
  };
  std::for_each(closed_.begin(), closed_.end(), add);
  std::for_each(open_.begin(), open_.end(), [&](const auto& entry) { add(entry.second); });
  std::sort(steps.begin(), steps.end());
  int now = 0;
  int peak = 0;
  for (const auto& [at, change] : steps) {
    now += change;
    peak = std::max(peak, now);
  }
  return static_cast<std::size_t>(peak);
}

std::uint64_t Ledger::commands(const std::string& name) const {
  const auto found = commands_.find(name);
  return found == commands_.end() ? 0 : found->second;
}

Document Ledger::counts_document() const {
  std::vector<Document> rows;
  for (const auto& [key, counts] : by_role_) {
    Document row = Document().add("appName", key.first).add("role", role_name(key.second));
    bson_concat(row.get(), to_document(counts).get());
    rows.push_back(std::move(row));
  }
  Document per_command;
  for (const auto& [name, count] : commands_) {
    per_command.add(name, static_cast<std::int64_t>(count));
  }
  return Document()
      .add("connections", to_document(total_))
      .add("byRole", rows)
      .add("handshaking", static_cast<std::int64_t>(handshaking_))
      .add("peakHandshaking", static_cast<std::int64_t>(peak_handshaking_))
      .add("sessionsSeen", static_cast<std::int64_t>(sessions_seen_))
      .add("sessionsEnded", static_cast<std::int64_t>(sessions_ended_))
      .add("cursorsKilled", static_cast<std::int64_t>(cursors_killed_))
      .add("resets", static_cast<std::int64_t>(resets_))
      .add("rejected", static_cast<std::int64_t>(rejected_))
      .add("commands", per_command);
}

}  // namespace wellspring::testing
