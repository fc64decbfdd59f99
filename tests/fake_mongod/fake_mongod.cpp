#include "fake_mongod/fake_mongod.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <future>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "fake_mongod/connection.hpp"

namespace wellspring::testing {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Everything but `engine_.ledger` is touched on `thread_` only, once it runs.
class FakeMongod::Server {
 public:
  explicit Server(const FakeMongodOptions& options);
  ~Server();

  std::uint16_t port() const { return endpoint_.port(); }
  const SharedLedger& ledger() const { return engine_.ledger; }

  /// Runs `work` on the server's thread and waits for what it returns.
  template <class Work>
  auto on_thread(Work work) {
    std::packaged_task<decltype(work(std::declval<Server&>()))()> task([this, &work] { return work(*this); });
    auto outcome = task.get_future();
    asio::post(io_, [task = std::move(task)]() mutable { task(); });
    return outcome.get();
  }

  void refuse() { acceptor_.close(); }
  void accept();
  std::size_t kill(const ConnectionFilter& filter, Effect how);
  void wake_hellos();

  Engine& engine() { return engine_; }
  void limit_connections(std::optional<std::size_t> limit) { max_connections_ = limit; }

 private:
  static tcp::socket reserve(asio::io_context& io, std::uint16_t port);
  static asio::ssl::context tls_context(const std::optional<TlsIdentity>& identity);
  asio::awaitable<void> accept_loop();
  void welcome(tcp::socket socket);

  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{io_.get_executor()};
  /// Bound but never listening: nobody else gets the port while connections are refused.
  tcp::socket reservation_;
  const tcp::endpoint endpoint_;
  const Transport transport_;
  asio::ssl::context tls_;
  Engine engine_;
  tcp::acceptor acceptor_{io_};
  std::optional<std::size_t> max_connections_;
  std::map<std::int64_t, std::unique_ptr<Connection>> connections_;
  std::int64_t last_id_ = 0;
  std::jthread thread_;
};

FakeMongod::Server::Server(const FakeMongodOptions& options)
    : reservation_(reserve(io_, options.port)),
      endpoint_(reservation_.local_endpoint()),
      transport_(options.tls ? Transport::kTls : Transport::kPlain),
      tls_(tls_context(options.tls)),
      engine_(options.topology, endpoint_.port()),
      max_connections_(options.max_connections) {
  engine_.wake_hellos = [this] { wake_hellos(); };
  accept();
  thread_ = std::jthread([this] { io_.run(); });
}

FakeMongod::Server::~Server() {
  on_thread([](Server& server) {
    server.refuse();
    server.kill({}, Effect::kClose);
    server.work_.reset();
  });
  thread_.join();
}

tcp::socket FakeMongod::Server::reserve(asio::io_context& io, std::uint16_t port) {
  tcp::socket socket(io, tcp::v4());
  socket.set_option(tcp::socket::reuse_address(true));
  socket.bind({asio::ip::address_v4::loopback(), port});
  return socket;
}

asio::ssl::context FakeMongod::Server::tls_context(const std::optional<TlsIdentity>& identity) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  if (identity) {
    context.use_certificate_chain(asio::buffer(identity->certificate));
    context.use_private_key(asio::buffer(identity->private_key), asio::ssl::context::pem);
  }
  return context;
}

void FakeMongod::Server::accept() {
  if (acceptor_.is_open()) {
    return;
  }
  acceptor_.open(tcp::v4());
  acceptor_.set_option(tcp::acceptor::reuse_address(true));
  acceptor_.bind(endpoint_);
  acceptor_.listen();
  asio::co_spawn(io_, accept_loop(), [](const std::exception_ptr& failure) {
    if (failure) {
      std::rethrow_exception(failure);
    }
  });
}

asio::awaitable<void> FakeMongod::Server::accept_loop() {
  for (;;) {
    boost::system::error_code failed;
    tcp::socket socket = co_await acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, failed));
    if (!acceptor_.is_open() || failed == asio::error::operation_aborted) {
      co_return;
    }
    if (!failed) {
      welcome(std::move(socket));
    } else if (failed != asio::error::connection_aborted) {
      throw boost::system::system_error(failed, "accepting a connection");
    }
  }
}

void FakeMongod::Server::welcome(tcp::socket socket) {
  boost::system::error_code gone;
  const tcp::endpoint client = socket.remote_endpoint(gone);
  if (gone || (max_connections_ && connections_.size() >= *max_connections_)) {
    engine_.ledger.record([](Ledger& ledger) { ledger.rejected(); });
    return;
  }
  socket.set_option(tcp::no_delay(true));
  const std::int64_t id = ++last_id_;
  engine_.ledger.record([&](Ledger& ledger) { ledger.accepted(id, client.port(), engine_.clock.steady()); });
  auto& connection = connections_[id] =
      std::make_unique<Connection>(id, std::move(socket), transport_, tls_, engine_);
  asio::co_spawn(io_, connection->run(), [this, id](const std::exception_ptr& failure) {
    connections_.erase(id);
    if (failure) {
      std::rethrow_exception(failure);
    }
  });
}

std::size_t FakeMongod::Server::kill(const ConnectionFilter& filter, Effect how) {
  std::vector<ConnectionRecord> chosen =
      engine_.ledger.read([](const Ledger& ledger) { return ledger.open(); });
  std::erase_if(chosen, [&](const ConnectionRecord& record) {
    return (filter.role && record.role != *filter.role) ||
           (filter.app_name && record.app_name != *filter.app_name) || (filter.idle_only && record.busy);
  });
  std::sort(chosen.begin(), chosen.end(), [](const ConnectionRecord& left, const ConnectionRecord& right) {
    return left.last_used_at > right.last_used_at;
  });
  chosen.resize(std::min(chosen.size(), filter.first.value_or(chosen.size())));
  for (const ConnectionRecord& record : chosen) {
    connections_.at(record.id)->close(how);
  }
  return chosen.size();
}

void FakeMongod::Server::wake_hellos() {
  for (const auto& [id, connection] : connections_) {
    connection->wake();
  }
}

FakeMongod::FakeMongod(const FakeMongodOptions& options) : server_(std::make_unique<Server>(options)) {}
FakeMongod::~FakeMongod() = default;

std::uint16_t FakeMongod::port() const {
  return server_->port();
}

std::string FakeMongod::uri(const std::string& parameters) const {
  const std::string base = "mongodb://127.0.0.1:" + std::to_string(port()) + "/";
  return parameters.empty() ? base : base + "?" + parameters;
}

Ledger FakeMongod::snapshot() const {
  return server_->ledger().snapshot();
}

bool FakeMongod::wait_until(const std::function<bool(const Ledger&)>& predicate,
                            std::chrono::milliseconds limit) const {
  return server_->ledger().wait_until(predicate, limit);
}

int FakeMongod::add_fault(FaultRule rule) {
  return server_->on_thread([&](Server& server) { return server.engine().faults.add(std::move(rule)); });
}
void FakeMongod::remove_fault(int id) {
  server_->on_thread([&](Server& server) { server.engine().faults.remove(id); });
}
void FakeMongod::clear_faults() {
  server_->on_thread([](Server& server) { server.engine().faults.clear(); });
}
void FakeMongod::refuse() {
  server_->on_thread([](Server& server) { server.refuse(); });
}
void FakeMongod::accept() {
  server_->on_thread([](Server& server) { server.accept(); });
}
void FakeMongod::set_max_connections(std::optional<std::size_t> limit) {
  server_->on_thread([&](Server& server) { server.limit_connections(limit); });
}
std::size_t FakeMongod::kill(const ConnectionFilter& filter, Effect how) {
  return server_->on_thread([&](Server& server) { return server.kill(filter, how); });
}
void FakeMongod::set_writable_primary(bool writable) {
  server_->on_thread([&](Server& server) {
    server.engine().topology.set_writable_primary(writable);
    server.wake_hellos();
  });
}
std::size_t FakeMongod::open_cursors() const {
  return server_->on_thread([](Server& server) { return server.engine().store.open_cursors(); });
}
void FakeMongod::clear_data() {
  server_->on_thread([](Server& server) { server.engine().store = Store(); });
}

}  // namespace wellspring::testing
