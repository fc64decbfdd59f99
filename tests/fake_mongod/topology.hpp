#pragma once

#include <cstdint>
#include <string>

#include "base/timestamp.hpp"
#include "fake_mongod/document.hpp"

namespace wellspring::testing {

struct TopologyOptions {
  bool topology_version = true;  ///< as MongoDB since 4.4: drivers then stream hello and measure RTT apart
  std::string replica_set;       ///< empty: a standalone server; else the only member of that set
  /// MongoDB 6.0 speaks up to 17, the newest that libmongoc 1.23 knows.
  std::int32_t max_wire_version = 17;
};

/// What hello says about the server. Pure; not thread-safe.
class Topology {
 public:
  Topology(TopologyOptions options, std::uint16_t port);

  Document hello_reply(std::int64_t connection_id, Timestamp now) const;
  /// Whether a hello waits: it carries maxAwaitTimeMS and a topologyVersion of ours.
  bool awaitable(const bson_t& hello) const;
  /// The topologyVersion counter in an awaitable hello; -1 when it is of another process.
  std::int64_t known_counter(const bson_t& hello) const;
  std::int64_t counter() const { return counter_; }

  void set_writable_primary(bool writable);
  /// Makes waiting hellos return: something may have changed.
  void announce() { ++counter_; }

 private:
  TopologyOptions options_;
  std::string address_;
  bson_oid_t process_id_;
  std::int64_t counter_ = 1;
  bool writable_primary_ = true;
};

}  // namespace wellspring::testing
