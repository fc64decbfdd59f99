#include "mongo/driver/client_set.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "mongo/driver/socket_stream.hpp"

namespace wellspring::mongo::driver {

constexpr int kErrorApiVersion2 = 2;

/// Callbacks of libmongoc, from threads of its own.
struct Monitoring {
  static void topology_changed(const mongoc_apm_topology_changed_t* event) {
    auto& set = *static_cast<ClientSet*>(mongoc_apm_topology_changed_get_context(event));
    set.take_topology(mongoc_topology_description_has_writable_server(
        mongoc_apm_topology_changed_get_new_description(event)));
  }
  static void heartbeat_succeeded(const mongoc_apm_server_heartbeat_succeeded_t* event) {
    ++static_cast<ClientSet*>(mongoc_apm_server_heartbeat_succeeded_get_context(event))->heartbeats_;
  }
  static void heartbeat_failed(const mongoc_apm_server_heartbeat_failed_t* event) {
    auto& set = *static_cast<ClientSet*>(mongoc_apm_server_heartbeat_failed_get_context(event));
    ++set.failed_heartbeats_;
    bson_error_t error;
    mongoc_apm_server_heartbeat_failed_get_error(event, &error);
    const MutexLock lock(set.reason_mutex_);
    set.last_failure_ = error.message;
  }
};

ClientSet::ClientSet(const mongoc_uri_t* uri, const ClientSetOptions& options)
    : gate_(options.handshakes_max), clients_(options.places, nullptr) {
  for (std::size_t place = 0; place < options.places; ++place) seats_.emplace_back(books_, gate_);
  const UriHandle own(mongoc_uri_copy(uri));
  mongoc_uri_set_option_as_int32(own.get(), MONGOC_URI_MAXPOOLSIZE,
                                 static_cast<std::int32_t>(options.places) + 1);
  mongoc_uri_set_appname(own.get(), options.app_name.c_str());
  const MutexLock lock(mutex_);
  pool_ = mongoc_client_pool_new(own.get());
  if (pool_ == nullptr) {
    throw Failure(fail(ErrorKind::kInvalidArgument,
                       "mongo.uri: libmongoc makes no client of it; check the tls options and their files",
                       "mongo.uri"));
  }
  mongoc_client_pool_set_error_api(pool_, kErrorApiVersion2);
  const ApmHandle callbacks(mongoc_apm_callbacks_new());
  mongoc_apm_set_topology_changed_cb(callbacks.get(), Monitoring::topology_changed);
  mongoc_apm_set_server_heartbeat_succeeded_cb(callbacks.get(), Monitoring::heartbeat_succeeded);
  mongoc_apm_set_server_heartbeat_failed_cb(callbacks.get(), Monitoring::heartbeat_failed);
  mongoc_client_pool_set_apm_callbacks(pool_, callbacks.get(), this);
}

void ClientSet::start(OnReachable on_reachable) {
  on_reachable_ = std::move(on_reachable);
  const MutexLock lock(mutex_);
  spare_ = mongoc_client_pool_pop(pool_);
}

ClientSet::~ClientSet() {
  shut_down();
}

void ClientSet::take_topology(bool reachable) {
  if (reachable_.exchange(reachable) == reachable) return;
  std::string why;
  if (!reachable) {
    const MutexLock lock(reason_mutex_);
    why = last_failure_;
  }
  on_reachable_(reachable, why);
}

Result<void> ClientSet::establish(Slot slot, std::uint64_t connection) {
  Seat& seat = seats_[slot];
  seat.assign(connection);
  seat.set_deadline(SteadyTime::max());
  mongoc_client_t* client = nullptr;
  {
    const MutexLock lock(mutex_);
    client = pool_ != nullptr ? mongoc_client_pool_try_pop(pool_) : nullptr;
  }
  if (client == nullptr) return fail(ErrorKind::kCancelled, "connecting: the pool is shut down");
  mongoc_client_set_stream_initiator(client, open_stream, &seat);
  clients_[slot] = client;
  bson_t command = BSON_INITIALIZER;
  BSON_APPEND_INT32(&command, "ping", 1);
  bson_error_t error;
  const bool answered = mongoc_client_command_simple(client, "admin", &command, nullptr, nullptr, &error);
  bson_destroy(&command);
  if (answered && !seat.is_cut()) return {};
  const MutexLock lock(mutex_);
  retire(std::exchange(clients_[slot], nullptr));
  return fail(ErrorKind::kUnavailable, answered ? "interrupted" : error.message);
}

bool ClientSet::ping(Slot slot) {
  bson_t command = BSON_INITIALIZER;
  BSON_APPEND_INT32(&command, "ping", 1);
  seats_[slot].set_deadline(SteadyTime::max());
  bson_error_t error;
  const bool answered =
      mongoc_client_command_simple(clients_[slot], "admin", &command, nullptr, nullptr, &error);
  bson_destroy(&command);
  return answered;
}

void ClientSet::close(Slot slot, CloseReason reason) {
  const MutexLock lock(mutex_);
  mongoc_client_t* const client = std::exchange(clients_[slot], nullptr);
  WELLSPRING_ASSERT(client != nullptr, "what is closed was open");
  if (reason == CloseReason::kPoolClosed) {
    kept_.push_back(client);
  } else {
    retire(client);
  }
}

// Deprecated as the "minimum" it is named for it is not; as a maximum of idle clients it does what it does.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
void ClientSet::retire(mongoc_client_t* client) {
  mongoc_client_pool_push(pool_, client);
  mongoc_client_pool_min_size(pool_, 1);
  mongoc_client_pool_push(pool_, spare_);
  mongoc_client_pool_min_size(pool_, 0);
  spare_ = mongoc_client_pool_pop(pool_);
}
#pragma GCC diagnostic pop

bool ClientSet::is_alive(Slot slot) {
  return seats_[slot].is_alive();
}

void ClientSet::interrupt(Slot slot, std::uint64_t connection) {
  seats_[slot].cut(connection);
}

void ClientSet::shut_down() {
  const MutexLock lock(mutex_);
  if (pool_ == nullptr) return;
  const bool all_home =
      std::all_of(clients_.begin(), clients_.end(), [](const auto* client) { return client == nullptr; });
  mongoc_client_pool_t* const pool = std::exchange(pool_, nullptr);
  if (!all_home) return;
  // The pool's head says goodbye for all sessions, so a connected client goes in last.
  if (spare_ != nullptr) mongoc_client_pool_push(pool, std::exchange(spare_, nullptr));
  for (mongoc_client_t* const client : std::exchange(kept_, {})) mongoc_client_pool_push(pool, client);
  mongoc_client_pool_destroy(pool);
}

}  // namespace wellspring::mongo::driver
