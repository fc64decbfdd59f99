#include "app/pool_metrics.hpp"

#include <algorithm>

namespace wellspring::app {
namespace {

using obs::Labels;

double number(std::uint64_t count) {
  return static_cast<double>(count);
}

double seconds(std::chrono::milliseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// A total for each value of an enumeration, whose names are the label's values.
template <class Enum, std::size_t kCount>
void raise_each(obs::Metrics& metrics, std::string_view family, const std::string& pool, const char* label,
                const std::array<std::uint64_t, kCount>& totals) {
  for (std::size_t i = 0; i < kCount; ++i) {
    metrics.raise(family, {{"pool", pool}, {label, std::string(name(static_cast<Enum>(i)))}},
                  number(totals[i]));
  }
}

void publish_gauges(const mongo::PoolReport& pool, obs::Metrics& metrics) {
  const std::string& name = pool.options.name;
  const Labels labels{{"pool", name}};
  const auto set = [&](std::string_view family, double value) { metrics.set(family, labels, value); };
  const auto by_state = [&](const char* state, std::size_t count) {
    metrics.set("mongo_pool_connections", {{"pool", name}, {"state", state}}, number(count));
  };
  by_state("idle", pool.counts.idle);
  by_state("in_use", pool.counts.in_use);
  by_state("pending", pool.counts.pending);
  set("mongo_pool_min_size", number(pool.options.min_size));
  set("mongo_pool_max_size", number(pool.options.max_size));
  set("mongo_pool_waiters", number(pool.counts.waiters));
  set("mongo_pool_oldest_waiter_seconds", seconds(pool.oldest_wait));
  set("mongo_pool_oldest_lease_seconds", seconds(pool.oldest_lease));
  set("mongo_pool_leases_overdue", number(pool.counts.overdue));
  set("mongo_pool_generation", number(pool.generation));
  set("mongo_pool_below_min_seconds", seconds(pool.below_min));
  for (const char* state : {"paused", "ready", "draining", "closed"}) {
    metrics.set("mongo_pool_state", {{"pool", name}, {"state", state}},
                state == mongo::state_name(pool) ? 1 : 0);
  }
}

void publish_totals(const mongo::PoolReport& pool, obs::Metrics& metrics) {
  const std::string& name = pool.options.name;
  const mongo::PoolTotals& totals = pool.totals;
  raise_each<mongo::AcquireOutcome>(metrics, "mongo_pool_acquire_total", name, "outcome", totals.acquired);
  raise_each<mongo::CreateCause>(metrics, "mongo_pool_connections_created_total", name, "cause",
                                 totals.created);
  raise_each<mongo::CloseReason>(metrics, "mongo_pool_connections_closed_total", name, "reason",
                                 totals.closed);
  const Labels labels{{"pool", name}};
  const auto raise = [&](std::string_view family, std::uint64_t total) {
    metrics.raise(family, labels, number(total));
  };
  raise("mongo_pool_cleared_total", totals.cleared);
  raise("mongo_pool_leak_suspected_total", totals.leaks_suspected);
  raise("mongo_pool_leak_recovered_total", totals.leaks_recovered);
  raise("mongo_pool_dirty_returns_total", totals.dirty_returns);
  raise("mongo_pool_maintenance_runs_total", totals.maintenance_runs);
  metrics.raise("mongo_pool_keepalive_pings_total", {{"pool", name}, {"outcome", "alive"}},
                number(totals.checks - totals.failed_checks));
  metrics.raise("mongo_pool_keepalive_pings_total", {{"pool", name}, {"outcome", "dead"}},
                number(totals.failed_checks));
  metrics.raise("mongo_pool_acquire_wait_seconds", labels, totals.acquire_wait.counts,
                totals.acquire_wait.sum);
  metrics.raise("mongo_pool_lease_held_seconds", labels, totals.lease_held.counts, totals.lease_held.sum);
}

void publish_sockets(const std::string& pool, const mongo::SocketReport& sockets, obs::Metrics& metrics) {
  const Labels labels{{"pool", pool}};
  metrics.set("mongo_pool_sockets_open", labels, number(sockets.opened - sockets.closed));
  metrics.raise("mongo_pool_sockets_opened_total", labels, number(sockets.opened));
  metrics.raise("mongo_pool_sockets_closed_total", labels, number(sockets.closed));
  raise_each<mongo::ConnectStage>(metrics, "mongo_pool_connect_failures_total", pool, "kind",
                                  sockets.connect_failures);
  metrics.raise("mongo_pool_connect_seconds", labels, sockets.connect.counts, sockets.connect.sum);
}

void publish_topology(const mongo::TopologyReport& topology, obs::Metrics& metrics) {
  const std::string& name = topology.app_name;
  metrics.set("mongo_pool_monitor_sockets_expected", {{"topology", name}},
              number(topology.monitor_sockets_expected));
  metrics.raise("mongo_sdam_heartbeats_total", {{"topology", name}, {"outcome", "success"}},
                number(topology.heartbeats));
  metrics.raise("mongo_sdam_heartbeats_total", {{"topology", name}, {"outcome", "failure"}},
                number(topology.failed_heartbeats));
  metrics.raise("mongo_sdam_lost_total", {{"topology", name}}, number(topology.times_lost));
  for (const mongo::CommandReport& command : topology.commands) {
    const auto raise = [&](const char* outcome, const mongo::Histogram& times) {
      metrics.raise("mongo_command_seconds",
                    {{"topology", name}, {"command", command.command}, {"outcome", outcome}}, times.counts,
                    times.sum);
    };
    raise("success", command.succeeded);
    raise("failure", command.failed);
  }
}

}  // namespace

void publish_pool_metrics(const mongo::PoolsReport& report, obs::Metrics& metrics) {
  for (const auto& [pool, sockets] : report.pools) {
    publish_gauges(pool, metrics);
    publish_totals(pool, metrics);
    publish_sockets(pool.options.name, sockets, metrics);
  }
  for (const mongo::TopologyReport& topology : report.topologies) publish_topology(topology, metrics);
}

}  // namespace wellspring::app
