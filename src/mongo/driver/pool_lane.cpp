#include "mongo/driver/pool_lane.hpp"

#include "base/assert.hpp"

namespace wellspring::mongo::driver {
namespace {

// The thread's own, so that a connection finds its way through ports that know nothing of pools.
thread_local std::optional<ClientLease>* reserved_lease = nullptr;
thread_local const MongoPool* reserved_pool = nullptr;

}  // namespace

Reservation::Reservation(const MongoPool& pool, ClientLease lease) : pool_(pool), lease_(std::move(lease)) {
  WELLSPRING_ASSERT(reserved_pool == nullptr, "a thread holds one reservation at a time");
  reserved_pool = &pool_;
  reserved_lease = &lease_;
}

Reservation::~Reservation() {
  reserved_pool = nullptr;
  reserved_lease = nullptr;
}

std::optional<ClientLease> Reservation::take(const MongoPool& pool) {
  if (reserved_pool != &pool) return std::nullopt;
  return std::exchange(*reserved_lease, std::nullopt);
}

PoolLane::PoolLane(MongoPool& pool, const Clock& clock, std::chrono::milliseconds limit)
    : pool_(pool), clock_(clock), limit_(limit), threads_(pool.report().options.max_size) {}

void PoolLane::enter(Work work, boost::source_location site) {
  LeaseTag tag;
  tag.site = site;
  pool_.async_acquire(std::move(tag), clock_.steady() + limit_,
                      [this, work = std::move(work)](Result<ClientLease> lease) {
                        // Shared, as a std::function has to be copyable.
                        const auto held = std::make_shared<Result<ClientLease>>(std::move(lease));
                        threads_.post([this, work, held] {
                          if (held->has_error()) return work(held->error());
                          const Reservation reservation(pool_, std::move(**held));
                          work({});
                        });
                      });
}

}  // namespace wellspring::mongo::driver
