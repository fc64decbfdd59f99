#pragma once

#include <mongoc/mongoc.h>

#include <functional>
#include <string>

#include "mongo/driver/client_set.hpp"
#include "mongo/pool.hpp"
#include "runtime/crew.hpp"

namespace wellspring::mongo::driver {

/// A client in use. Gives it back when it dies.
class ClientLease {
 public:
  ClientLease(Lease lease, ClientSet& clients) : lease_(std::move(lease)), clients_(&clients) {}
  mongoc_client_t* client() const { return clients_->client(lease_.slot()); }
  /// When what the client does has to be over.
  void set_deadline(SteadyTime at) const { clients_->seat(lease_.slot()).set_deadline(at); }
  /// After a failed operation: whether the connection may be used again.
  void mark(Returned how) { lease_.mark(how); }

 private:
  Lease lease_;
  ClientSet* clients_;
};

/// One named pool of connections to MongoDB: the policy, libmongoc's clients and the threads that connect.
/// Thread-safe.
class MongoPool {
 public:
  struct Parts {
    const Clock& clock;
    Keeper& keeper;
    Pool::OnOverdue on_overdue;
    PoolObserver* observer = nullptr;
  };
  /// Begins to connect; waits for nothing. Throws Failure on a URI that cannot be used.
  MongoPool(const mongoc_uri_t* uri, const std::string& app_name, PoolOptions options, Parts parts);
  ~MongoPool();

  /// Blocks the calling thread, at most for the pool's wait and until the deadline, which then also holds for
  /// what the client does.
  Result<ClientLease> acquire(LeaseTag tag = {}, SteadyTime deadline = SteadyTime::max());

  /// Every socket and monitor closed: true. A lease that does not come home in time keeps all of it open:
  /// false, and the process should end without more ado. A second call does nothing more.
  bool close(std::chrono::milliseconds drain, std::chrono::milliseconds cut);

  PoolReport report() const { return pool_.report(); }
  const ClientSet& clients() const { return clients_; }

 private:
  ClientSet clients_;
  runtime::Crew connectors_;
  Pool pool_;
  bool closed_ = false;
};

}  // namespace wellspring::mongo::driver
