#pragma once

#include <mongoc/mongoc.h>

#include <string>
#include <utility>

#include "mongo/driver/client_set.hpp"
#include "mongo/driver/library.hpp"
#include "mongo/pool.hpp"
#include "runtime/crew.hpp"

namespace wellspring::mongo::driver {

/// A client in use. Gives it back when it dies.
class ClientLease {
 public:
  ClientLease(Lease lease, ClientSet& clients) : lease_(std::move(lease)), clients_(&clients) {}
  mongoc_client_t* client() const { return clients_->client(lease_.slot()); }
  /// When what the client does has to be over.
  void set_deadline(SteadyTime at) const { seat().set_deadline(at); }
  SteadyTime deadline() const { return seat().deadline(); }
  /// After a failed operation: whether the connection may be used again.
  void mark(Returned how) { lease_.mark(how); }
  /// Grows with each message sent: what left it as it was never reached a server.
  std::uint64_t sent() const { return seat().sent(); }

 private:
  Seat& seat() const { return clients_->seat(lease_.slot()); }

  Lease lease_;
  ClientSet* clients_;
};

/// kUnsupported: the connections are those of the process that made the pool.
Error not_after_fork(const std::string& pool);

/// One named pool of connections to MongoDB: the policy, libmongoc's clients and the threads that connect.
/// Several may share a topology. Thread-safe.
class MongoPool {
 public:
  struct Parts {
    const Clock& clock;
    Keeper& keeper;
    Pool::OnOverdue on_overdue;
    PoolObserver* observer = nullptr;
  };
  /// To be made before the topology starts; the topology is to be shut down before this dies. Connects once a
  /// server was found.
  MongoPool(Topology& topology, PoolOptions options, Parts parts);
  ~MongoPool();

  /// Blocks the calling thread, at most for the pool's wait and until the deadline, which then also holds for
  /// what the client does.
  Result<ClientLease> acquire(LeaseTag tag = {}, SteadyTime deadline = SteadyTime::max());

  /// Suspends nobody: `done(Result<ClientLease>)` is called once, on the thread that decided, possibly before
  /// this returns; it must not block.
  template <class Done>
  void async_acquire(LeaseTag tag, SteadyTime deadline, Done done) {
    if (is_forked_child()) return done(not_after_fork(name()));
    pool_.async_acquire(std::move(tag), deadline,
                        [this, deadline, done = std::move(done)](Result<Lease> lease) mutable {
                          done(dress(std::move(lease), deadline));
                        });
  }

  /// As Pool::wait_warm().
  Result<void> wait_warm(SteadyTime until) { return pool_.wait_warm(until); }

  /// Every connection handed back to the topology: true. A second call only waits.
  bool close(std::chrono::milliseconds drain, std::chrono::milliseconds cut) {
    return pool_.close(drain, cut);
  }

  /// After close(): the goodbyes that the topology still says over these connections end by then.
  void finish_by(SteadyTime at) { clients_.set_deadlines(at); }

  const std::string& name() const { return pool_.name(); }
  PoolReport report() const { return pool_.report(); }
  std::optional<Pool::Refusal> refusal() const { return pool_.refusal(); }
  SocketReport sockets() const { return clients_.sockets(); }

 private:
  Result<ClientLease> dress(Result<Lease> lease, SteadyTime deadline);

  ClientSet clients_;
  runtime::Crew connectors_;
  Pool pool_;
};

}  // namespace wellspring::mongo::driver
