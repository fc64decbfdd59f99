#include "mongo/driver/mongo_pool.hpp"

#include <algorithm>

#include "mongo/driver/library.hpp"
#include "mongo/driver/pool_lane.hpp"

namespace wellspring::mongo::driver {
namespace {

// For who lets a pool die without closing it.
constexpr std::chrono::milliseconds kDrainOfTheForgetful{500};
constexpr std::chrono::milliseconds kCutOfTheForgetful{3'000};

}  // namespace

Error not_after_fork(const std::string& pool) {
  return fail(ErrorKind::kUnsupported,
              "pool '" + pool + "' is closed to a forked process: its connections are the parent's", pool);
}

MongoPool::MongoPool(Topology& topology, PoolOptions options, Parts parts)
    : clients_(topology, options.max_size, options.connecting_max),
      connectors_(options.connecting_max),
      pool_(std::move(options),
            {.factory = clients_,
             .clock = parts.clock,
             .keeper = &parts.keeper,
             .spawn = [this](std::function<void()> work) { connectors_.post(std::move(work)); },
             .on_overdue = std::move(parts.on_overdue),
             .observer = parts.observer}) {
  // Until the monitor has found the server, it alone tries to connect.
  pool_.server_lost(topology.why_lost());
  pool_.ready();
  topology.add_listener([this](bool reachable, const std::string& why) {
    if (reachable) {
      clients_.server_found();
      pool_.server_found();
    } else {
      pool_.server_lost(why);
    }
  });
}

MongoPool::~MongoPool() {
  close(kDrainOfTheForgetful, kCutOfTheForgetful);
}

Result<ClientLease> MongoPool::dress(Result<Lease> lease, SteadyTime deadline) {
  if (!lease) return lease.error();
  ClientLease held(std::move(*lease), clients_);
  held.set_deadline(deadline);
  return held;
}

Result<ClientLease> MongoPool::acquire(LeaseTag tag, SteadyTime deadline) {
  if (is_forked_child()) return not_after_fork(name());
  if (auto reserved = Reservation::take(*this)) {
    reserved->set_deadline(std::min(deadline, reserved->deadline()));
    return std::move(*reserved);
  }
  return dress(pool_.acquire(std::move(tag), deadline), deadline);
}

}  // namespace wellspring::mongo::driver
