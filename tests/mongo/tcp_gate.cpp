#include "tcp_gate.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <future>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/mutex.hpp"

namespace wellspring::testing {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

constexpr auto kToken = asio::as_tuple(asio::use_awaitable);

/// Two sockets; shared by the two coroutines that pass bytes on.
struct Pair {
  explicit Pair(tcp::socket from_client) : client(std::move(from_client)), server(client.get_executor()) {}
  tcp::socket client;
  tcp::socket server;
  SteadyTime used = std::chrono::steady_clock::now();
  bool is_open = true;
};
using PairPtr = std::shared_ptr<Pair>;

}  // namespace

/// All of it is touched on `thread_` only, but for the counts.
class TcpGate::Relay {
 public:
  Relay(const std::string& host, std::uint16_t port)
      : target_(asio::ip::make_address(host), port),
        acceptor_(io_, {asio::ip::address_v4::loopback(), 0}),
        changed_mode_(io_, SteadyTime::max()) {
    asio::co_spawn(io_, accept(), asio::detached);
    thread_ = std::jthread([this] { io_.run(); });
  }
  template <class Work>
  auto on_thread(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto outcome = task.get_future();
    asio::post(io_, [task = std::move(task)]() mutable { task(); });
    return outcome.get();
  }

  ~Relay() {
    on_thread([this] {
      error_code ignored;
      acceptor_.close(ignored);
      changed_mode_.cancel();
      cut(pairs_.size());
    });
    io_.stop();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  GateCounts counts() const {
    const MutexLock lock(mutex_);
    return counts_;
  }
  bool wait_current(std::size_t count, milliseconds limit) const {
    const SteadyTime end = std::chrono::steady_clock::now() + limit;
    const MutexLock lock(mutex_);
    while (counts_.current != count) {
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= end) return false;
      changed_.wait_for(mutex_, end - now);
    }
    return true;
  }

  enum class Mode { kPass, kRefuse, kBlackHole };
  void set_mode(Mode mode) {
    mode_ = mode;
    changed_mode_.cancel();
  }
  void set_delay(milliseconds delay) { delay_ = delay; }

  std::size_t cut(std::size_t most) {
    std::sort(pairs_.begin(), pairs_.end(),
              [](const PairPtr& left, const PairPtr& right) { return left->used > right->used; });
    const std::vector<PairPtr> chosen(
        pairs_.begin(), pairs_.begin() + static_cast<std::ptrdiff_t>(std::min(most, pairs_.size())));
    for (const PairPtr& pair : chosen) end(pair);
    return chosen.size();
  }

 private:
  asio::awaitable<void> accept() {
    for (;;) {
      auto [failed, socket] = co_await acceptor_.async_accept(kToken);
      if (failed) co_return;
      if (mode_ == Mode::kRefuse) {
        count([](GateCounts& counts) { ++counts.refused; });
        continue;
      }
      auto pair = std::make_shared<Pair>(std::move(socket));
      pairs_.push_back(pair);
      count([](GateCounts& counts) {
        ++counts.total;
        counts.peak = std::max(counts.peak, ++counts.current);
      });
      asio::co_spawn(io_, serve(pair), asio::detached);
    }
  }

  asio::awaitable<void> serve(PairPtr pair) {
    const auto [failed] = co_await pair->server.async_connect(target_, kToken);
    if (failed) {
      end(pair);
      co_return;
    }
    error_code ignored;
    pair->client.set_option(tcp::no_delay(true), ignored);
    pair->server.set_option(tcp::no_delay(true), ignored);
    asio::co_spawn(io_, pump(pair, pair->server, pair->client, true), asio::detached);
    co_await pump(pair, pair->client, pair->server, false);
  }

  asio::awaitable<void> pump(PairPtr pair, tcp::socket& from, tcp::socket& to, bool is_reply) {
    std::vector<char> buffer(64 * 1024);
    while (pair->is_open) {
      const auto [failed, size] = co_await from.async_read_some(asio::buffer(buffer), kToken);
      if (failed) break;
      pair->used = std::chrono::steady_clock::now();
      while (mode_ == Mode::kBlackHole && pair->is_open) co_await changed_mode_.async_wait(kToken);
      if (is_reply && delay_.count() > 0) {
        asio::steady_timer timer(io_, delay_);
        co_await timer.async_wait(kToken);
      }
      if (!pair->is_open) break;
      const auto [lost, written] = co_await asio::async_write(to, asio::buffer(buffer.data(), size), kToken);
      if (lost) break;
    }
    end(pair);
  }

  void end(const PairPtr& pair) {
    if (!std::exchange(pair->is_open, false)) return;
    error_code ignored;
    pair->client.close(ignored);
    pair->server.close(ignored);
    std::erase(pairs_, pair);
    changed_mode_.cancel();
    count([](GateCounts& counts) { --counts.current; });
  }

  template <class Change>
  void count(const Change& change) {
    const MutexLock lock(mutex_);
    change(counts_);
    changed_.notify_all();
  }

  asio::io_context io_{1};
  const tcp::endpoint target_;
  tcp::acceptor acceptor_;
  asio::steady_timer changed_mode_;  ///< cancelled when what is held back should look again
  Mode mode_ = Mode::kPass;
  milliseconds delay_{0};
  std::vector<PairPtr> pairs_;
  mutable Mutex mutex_;
  mutable Condition changed_;
  GateCounts counts_ WELLSPRING_GUARDED_BY(mutex_);
  std::jthread thread_;
};

TcpGate::TcpGate(const std::string& host, std::uint16_t port) : relay_(std::make_unique<Relay>(host, port)) {}
TcpGate::~TcpGate() = default;

std::uint16_t TcpGate::port() const {
  return relay_->port();
}
GateCounts TcpGate::counts() const {
  return relay_->counts();
}
bool TcpGate::wait_current(std::size_t count, milliseconds limit) const {
  return relay_->wait_current(count, limit);
}
void TcpGate::refuse() {
  relay_->on_thread([this] { relay_->set_mode(Relay::Mode::kRefuse); });
}
void TcpGate::black_hole() {
  relay_->on_thread([this] { relay_->set_mode(Relay::Mode::kBlackHole); });
}
void TcpGate::pass() {
  relay_->on_thread([this] { relay_->set_mode(Relay::Mode::kPass); });
}
void TcpGate::delay(milliseconds time) {
  relay_->on_thread([this, time] { relay_->set_delay(time); });
}
std::size_t TcpGate::cut(std::size_t most) {
  return relay_->on_thread([this, most] { return relay_->cut(most); });
}
std::size_t TcpGate::cut_all() {
  return relay_->on_thread([this] { return relay_->cut(SIZE_MAX); });
}

}  // namespace wellspring::testing
