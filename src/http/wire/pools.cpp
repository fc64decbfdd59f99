#include "http/wire/pools.hpp"

#include <boost/json.hpp>

#include <string>

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

template <class Enum, std::size_t kCount>
json::object by_name(const std::array<std::uint64_t, kCount>& totals) {
  json::object named;
  for (std::size_t i = 0; i < kCount; ++i) named[name(static_cast<Enum>(i))] = totals[i];
  return named;
}

/// The file alone: where it was built tells nobody anything.
std::string site_of(const mongo::LeaseTag& tag) {
  const std::string file = tag.site.file_name();
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(tag.site.line());
}

json::array holders(const mongo::PoolReport& pool, SteadyTime now) {
  json::array all;
  for (const mongo::PoolState::Holder& holder : pool.holders) {
    all.push_back(json::object{{"site", site_of(holder.tag)},
                               {"request", holder.tag.request},
                               {"thread", holder.tag.thread},
                               {"held_seconds", seconds(now - holder.since)},
                               {"overdue", holder.overdue}});
  }
  return all;
}

json::object connections(const mongo::PoolReport& pool) {
  const mongo::PoolCounts& counts = pool.counts;
  return {{"min", pool.options.min_size}, {"max", pool.options.max_size}, {"open", counts.total()},
          {"idle", counts.idle},          {"in_use", counts.in_use},      {"pending", counts.pending}};
}

json::object pool_json(const mongo::PoolsReport::One& one, SteadyTime now) {
  const mongo::PoolReport& pool = one.pool;
  const mongo::SizeAdvice advice = mongo::advise_sizes(pool.options, pool.usage);
  return {{"name", pool.options.name},
          {"state", mongo::state_name(pool)},
          {"connections", connections(pool)},
          {"sockets", json::object{{"open", one.sockets.opened - one.sockets.closed},
                                   {"opened", one.sockets.opened},
                                   {"closed", one.sockets.closed}}},
          {"waiters", pool.counts.waiters},
          {"oldest_waiter_seconds", seconds(pool.oldest_wait)},
          {"acquired", by_name<mongo::AcquireOutcome>(pool.totals.acquired)},
          {"created", by_name<mongo::CreateCause>(pool.totals.created)},
          {"closed", by_name<mongo::CloseReason>(pool.totals.closed)},
          {"leaks", json::object{{"suspected", pool.totals.leaks_suspected},
                                 {"recovered", pool.totals.leaks_recovered},
                                 {"overdue", pool.counts.overdue}}},
          {"leases", holders(pool, now)},
          {"advice", json::object{{"min", advice.min_size}, {"max", advice.max_size}, {"why", advice.why}}}};
}

}  // namespace

json::object to_json(const mongo::PoolsReport& report, SteadyTime now) {
  json::array pools;
  std::size_t open = 0, min = 0, max = 0, monitors = 0;
  for (const auto& one : report.pools) {
    pools.push_back(pool_json(one, now));
    open += one.pool.counts.total();
    min += one.pool.options.min_size;
    max += one.pool.options.max_size;
  }
  json::array topologies;
  for (const mongo::TopologyReport& topology : report.topologies) {
    monitors += topology.monitor_sockets_expected;
    topologies.push_back(json::object{{"application", topology.app_name},
                                      {"reachable", topology.reachable},
                                      {"monitor_sockets_expected", topology.monitor_sockets_expected},
                                      {"times_lost", topology.times_lost}});
  }
  return {{"layout", report.topologies.size() == 1 ? "shared" : "split"},
          {"budget",
           json::object{{"min", min}, {"max", max}, {"open", open}, {"monitor_sockets_expected", monitors}}},
          {"pools", std::move(pools)},
          {"topologies", std::move(topologies)}};
}

}  // namespace wellspring::http::wire
