#include "mongo/driver/topology.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/assert.hpp"
#include "mongo/driver/diagnosis.hpp"

namespace wellspring::mongo::driver {
namespace {

constexpr int kErrorApiVersion2 = 2;
// What libmongoc 1.23 refuses to talk to: mongoc-client-private.h, WIRE_VERSION_MIN.
constexpr std::int64_t kWireVersionMin = 6;

// The commands of the store and of the pool itself, so that metrics stay few.
constexpr std::array<std::string_view, 16> kCommands{
    "aggregate", "count",         "create",  "createIndexes", "delete",      "distinct",    "endSessions",
    "find",      "findAndModify", "getMore", "insert",        "killCursors", "listIndexes", "listCollections",
    "ping",      "update"};

std::string_view known(std::string_view command) {
  const auto found = std::find(kCommands.begin(), kCommands.end(), command);
  return found != kCommands.end() ? *found : "other";
}

std::string hosts_of(const mongoc_uri_t* uri) {
  std::string hosts;
  for (const mongoc_host_list_t* host = mongoc_uri_get_hosts(uri); host != nullptr; host = host->next)
    hosts += (hosts.empty() ? "" : ", ") + std::string(host->host_and_port);
  const char* const service = mongoc_uri_get_srv_hostname(uri);
  return hosts.empty() && service != nullptr ? service : hosts;
}

/// What the servers said of themselves.
struct Servers {
  std::size_t monitor_sockets = 0;
  std::int64_t oldest_wire_version = kWireVersionMin;
  bool any_answers = false;
};

Servers look_at(const mongoc_topology_description_t* description) {
  Servers seen;
  std::size_t count = 0;
  mongoc_server_description_t** const servers = mongoc_topology_description_get_servers(description, &count);
  for (std::size_t at = 0; at < count; ++at) {
    const bson_t* const hello = mongoc_server_description_hello_response(servers[at]);
    seen.any_answers |= std::string_view(mongoc_server_description_type(servers[at])) != "Unknown";
    bson_iter_t field;
    seen.monitor_sockets += hello != nullptr && bson_iter_init_find(&field, hello, "topologyVersion") ? 2 : 1;
    if (hello != nullptr && bson_iter_init_find(&field, hello, "maxWireVersion"))
      seen.oldest_wire_version = std::min(seen.oldest_wire_version, bson_iter_as_int64(&field));
  }
  mongoc_server_descriptions_destroy_all(servers, count);
  return seen;
}

}  // namespace

/// Callbacks of libmongoc, from threads of its own or, for commands, the caller's.
struct Callbacks {
  static void topology_changed(const mongoc_apm_topology_changed_t* event) {
    static_cast<Topology*>(mongoc_apm_topology_changed_get_context(event))
        ->take_description(mongoc_apm_topology_changed_get_new_description(event));
  }
  static void heartbeat_succeeded(const mongoc_apm_server_heartbeat_succeeded_t* event) {
    ++static_cast<Topology*>(mongoc_apm_server_heartbeat_succeeded_get_context(event))->heartbeats_;
  }
  static void heartbeat_failed(const mongoc_apm_server_heartbeat_failed_t* event) {
    bson_error_t error;
    mongoc_apm_server_heartbeat_failed_get_error(event, &error);
    static_cast<Topology*>(mongoc_apm_server_heartbeat_failed_get_context(event))
        ->take_failure(error.message);
  }
  static void command_succeeded(const mongoc_apm_command_succeeded_t* event) {
    static_cast<Topology*>(mongoc_apm_command_succeeded_get_context(event))
        ->take_command(mongoc_apm_command_succeeded_get_command_name(event), true,
                       mongoc_apm_command_succeeded_get_duration(event));
  }
  static void command_failed(const mongoc_apm_command_failed_t* event) {
    static_cast<Topology*>(mongoc_apm_command_failed_get_context(event))
        ->take_command(mongoc_apm_command_failed_get_command_name(event), false,
                       mongoc_apm_command_failed_get_duration(event));
  }
};

Topology::Topology(const mongoc_uri_t* uri, const std::string& app_name, std::size_t clients_max)
    : app_name_(app_name), hosts_(hosts_of(uri)) {
  const UriHandle own(mongoc_uri_copy(uri));
  // One more than are used: the spare.
  mongoc_uri_set_option_as_int32(own.get(), MONGOC_URI_MAXPOOLSIZE,
                                 static_cast<std::int32_t>(clients_max) + 1);
  mongoc_uri_set_appname(own.get(), app_name.c_str());
  const MutexLock lock(mutex_);
  pool_ = mongoc_client_pool_new(own.get());
  if (pool_ == nullptr) {
    throw Failure(fail(ErrorKind::kInvalidArgument,
                       "mongo.uri: libmongoc makes no client of it; check the tls options and their files",
                       "mongo.uri"));
  }
  mongoc_client_pool_set_error_api(pool_, kErrorApiVersion2);
  const ApmHandle callbacks(mongoc_apm_callbacks_new());
  mongoc_apm_set_topology_changed_cb(callbacks.get(), Callbacks::topology_changed);
  mongoc_apm_set_server_heartbeat_succeeded_cb(callbacks.get(), Callbacks::heartbeat_succeeded);
  mongoc_apm_set_server_heartbeat_failed_cb(callbacks.get(), Callbacks::heartbeat_failed);
  mongoc_apm_set_command_succeeded_cb(callbacks.get(), Callbacks::command_succeeded);
  mongoc_apm_set_command_failed_cb(callbacks.get(), Callbacks::command_failed);
  mongoc_client_pool_set_apm_callbacks(pool_, callbacks.get(), this);
}

Topology::~Topology() {
  shut_down();
}

void Topology::add_listener(OnReachable listener) {
  listeners_.push_back(std::move(listener));
}

void Topology::start() {
  const MutexLock lock(mutex_);
  spare_ = mongoc_client_pool_pop(pool_);
}

void Topology::take_description(const mongoc_topology_description_t* description) {
  const Servers seen = look_at(description);
  monitor_sockets_ = seen.monitor_sockets;
  const bool reachable = mongoc_topology_description_has_writable_server(description);
  std::string why;
  {
    const MutexLock lock(facts_mutex_);
    if (reachable) last_failure_.clear();
    trouble_.clear();
    if (seen.oldest_wire_version < kWireVersionMin) {
      trouble_ = explain_too_old(hosts_, static_cast<int>(seen.oldest_wire_version));
    } else if (seen.any_answers && !reachable) {
      trouble_ = explain_no_primary(hosts_);
    }
  }
  if (!reachable) why = diagnosis();
  if (reachable_.exchange(reachable) == reachable) return;
  if (!reachable) ++times_lost_;
  for (const OnReachable& listener : listeners_) listener(reachable, why);
}

void Topology::take_failure(const std::string& message) {
  ++failed_heartbeats_;
  const MutexLock lock(facts_mutex_);
  last_failure_ = message;
}

void Topology::take_command(const char* command, bool succeeded, std::int64_t microseconds) {
  const std::string_view name = known(command);
  const MutexLock lock(facts_mutex_);
  auto found = commands_.find(name);
  if (found == commands_.end())
    found = commands_.emplace(name, CommandReport{std::string(name), {}, {}}).first;
  (succeeded ? found->second.succeeded : found->second.failed)
      .observe(std::chrono::microseconds{microseconds});
}

std::string Topology::why_lost() const {
  return reachable_ ? std::string() : diagnosis();
}

std::string Topology::diagnosis() const {
  const MutexLock lock(facts_mutex_);
  return trouble_.empty() ? explain_unreachable(hosts_, last_failure_) : trouble_;
}

TopologyReport Topology::report() const {
  TopologyReport report{.app_name = app_name_,
                        .reachable = reachable_,
                        .monitor_sockets_expected = monitor_sockets_,
                        .heartbeats = heartbeats_,
                        .failed_heartbeats = failed_heartbeats_,
                        .times_lost = times_lost_,
                        .commands = {}};
  const MutexLock lock(facts_mutex_);
  for (const auto& [name, command] : commands_) report.commands.push_back(command);
  return report;
}

mongoc_client_t* Topology::take() {
  const MutexLock lock(mutex_);
  mongoc_client_t* const client = pool_ != nullptr ? mongoc_client_pool_try_pop(pool_) : nullptr;
  if (client != nullptr) ++out_;
  return client;
}

// Deprecated as the "minimum" it is named for it is not; as a maximum of idle clients it does what it does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void Topology::retire(mongoc_client_t* client) {
  const MutexLock lock(mutex_);
  mongoc_client_pool_push(pool_, client);
  mongoc_client_pool_min_size(pool_, 1);
  mongoc_client_pool_push(pool_, spare_);
  mongoc_client_pool_min_size(pool_, 0);
  spare_ = mongoc_client_pool_pop(pool_);
  --out_;
}
#pragma GCC diagnostic pop

void Topology::keep(mongoc_client_t* client) {
  const MutexLock lock(mutex_);
  kept_.push_back(client);
  --out_;
}

bool Topology::shut_down() {
  const MutexLock lock(mutex_);
  if (out_ > 0) return false;
  mongoc_client_pool_t* const pool = std::exchange(pool_, nullptr);
  if (pool == nullptr) return true;
  // Sessions end with their server otherwise; asking one that is away would wait for it.
  if (!reachable_ && !kept_.empty()) mongoc_client_reset(kept_.back());
  // The pool's head says goodbye for all sessions, so a connected client goes in last.
  if (spare_ != nullptr) mongoc_client_pool_push(pool, std::exchange(spare_, nullptr));
  for (mongoc_client_t* const client : std::exchange(kept_, {})) mongoc_client_pool_push(pool, client);
  mongoc_client_pool_destroy(pool);
  return true;
}

}  // namespace wellspring::mongo::driver
