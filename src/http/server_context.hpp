#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "http/access.hpp"
#include "http/client_address.hpp"
#include "http/cors.hpp"
#include "http/request_metrics.hpp"
#include "http/server.hpp"

namespace wellspring::http {

class Session;

/// What a server and its sessions share. One thread.
struct ServerContext {
  ServerContext(Router table, ServerOptions server_options, boost::asio::io_context& io_context,
                obs::Metrics& all_metrics, obs::Log& server_log, const Clock& server_clock);

  /// The caller's id when it is short and plain, else a new one.
  std::string request_id(std::string_view offered);
  void count_refusal(std::string_view limit) {
    metrics.count("wellspring_http_refused_total", {{"limit", std::string(limit)}});
  }
  void enter(Session& session);
  void leave(Session& session);
  /// Brings `now` and `date` up to date: they may be a tick old, which saves two clock readings per request.
  void tick();

  const Router router;
  const ServerOptions options;
  const Cors cors;
  const ProxyTrust proxies;
  AccessRules access;
  boost::asio::io_context& io;
  obs::Metrics& metrics;
  obs::Log& log;
  const Clock& clock;
  RequestMetrics request_metrics;
  obs::Gauge connections_gauge;
  obs::Gauge requests_gauge;
  obs::Gauge streams_gauge;

  std::list<boost::asio::ip::tcp::acceptor> acceptors;
  boost::asio::steady_timer ticker;
  boost::asio::steady_timer all_left;  ///< cancelled when the last session leaves
  std::set<Session*> sessions;
  std::size_t requests = 0;
  std::size_t streams = 0;
  std::size_t body_bytes = 0;
  bool draining = false;
  bool stopped = false;
  SteadyTime now;
  std::string date;

 private:
  std::string id_prefix_;
  std::uint64_t ids_made_ = 0;
};

/// Something taken from a bounded total for as long as this lives.
class Share {
 public:
  /// Empty when `amount` more would exceed `max`.
  static std::optional<Share> take(std::size_t& total, std::size_t amount, std::size_t max,
                                   obs::Gauge* gauge = nullptr) {
    if (amount > max || total > max - amount) return std::nullopt;
    return Share(total, amount, gauge);
  }
  Share(Share&& other) noexcept
      : total_(std::exchange(other.total_, nullptr)), amount_(other.amount_), gauge_(other.gauge_) {}
  Share& operator=(Share&& other) noexcept {
    std::swap(total_, other.total_);
    std::swap(amount_, other.amount_);
    std::swap(gauge_, other.gauge_);
    return *this;
  }
  ~Share() {
    if (total_ == nullptr) return;
    *total_ -= amount_;
    if (gauge_ != nullptr) gauge_->add(-static_cast<double>(amount_));
  }

 private:
  Share(std::size_t& total, std::size_t amount, obs::Gauge* gauge)
      : total_(&total), amount_(amount), gauge_(gauge) {
    total += amount;
    if (gauge_ != nullptr) gauge_->add(static_cast<double>(amount));
  }
  std::size_t* total_;
  std::size_t amount_;
  obs::Gauge* gauge_;
};

}  // namespace wellspring::http
