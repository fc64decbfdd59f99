#include "mongo/driver/mongo_pool.hpp"

namespace wellspring::mongo::driver {
namespace {

// For who lets a pool die without closing it.
constexpr std::chrono::milliseconds kDrainOfTheForgetful{500};
constexpr std::chrono::milliseconds kCutOfTheForgetful{3'000};

}  // namespace

MongoPool::MongoPool(const mongoc_uri_t* uri, const std::string& app_name, PoolOptions options, Parts parts)
    : clients_(uri,
               {.app_name = app_name, .places = options.max_size, .handshakes_max = options.connecting_max}),
      connectors_(options.connecting_max),
      pool_(std::move(options),
            {.factory = clients_,
             .clock = parts.clock,
             .keeper = &parts.keeper,
             .spawn = [this](std::function<void()> work) { connectors_.post(std::move(work)); },
             .on_overdue = std::move(parts.on_overdue),
             .observer = parts.observer}) {
  // Until the monitor has found the server, it alone tries to connect.
  pool_.server_lost("the server has not answered yet");
  pool_.ready();
  clients_.start([this](bool reachable, const std::string& why) {
    if (reachable) {
      pool_.server_found();
    } else {
      pool_.server_lost(why);
    }
  });
}

MongoPool::~MongoPool() {
  close(kDrainOfTheForgetful, kCutOfTheForgetful);
}

Result<ClientLease> MongoPool::acquire(LeaseTag tag, SteadyTime deadline) {
  auto lease = pool_.acquire(std::move(tag), deadline);
  if (!lease) return lease.error();
  ClientLease held(std::move(*lease), clients_);
  held.set_deadline(deadline);
  return held;
}

bool MongoPool::close(std::chrono::milliseconds drain, std::chrono::milliseconds cut) {
  if (closed_) return true;
  if (!pool_.close(drain, cut)) return false;
  clients_.shut_down();
  closed_ = true;
  return true;
}

}  // namespace wellspring::mongo::driver
