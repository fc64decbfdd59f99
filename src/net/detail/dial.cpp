#include "net/detail/dial.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <memory>
#include <optional>

#include "net/ip_address.hpp"

namespace wellspring::net::detail {
namespace {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

/// Shared by the look-up and the waiting coroutine, which may be gone when it ends.
struct Lookup {
  Lookup(const asio::any_io_executor& executor, SteadyTime by) : resolver(executor), done(executor, by) {}
  tcp::resolver resolver;
  asio::steady_timer done;
  std::optional<error_code> failed;
  Endpoints endpoints;
};

}  // namespace

asio::awaitable<std::pair<error_code, Endpoints>> resolve(std::string host, std::string port, SteadyTime by) {
  const auto lookup = std::make_shared<Lookup>(co_await asio::this_coro::executor, by);
  lookup->resolver.async_resolve(host, port, [lookup](error_code ec, Endpoints found) {
    lookup->failed = ec;
    lookup->endpoints = std::move(found);
    lookup->done.cancel();
  });
  const auto [woken] = co_await lookup->done.async_wait(kAwait);
  if (lookup->failed) co_return std::pair(*lookup->failed, lookup->endpoints);
  error_code ec = boost::beast::error::timeout;
  if (woken) ec = asio::error::operation_aborted;
  co_return std::pair(ec, Endpoints{});
}

Result<void> trust(ssl::context& context, const std::string& ca_file) {
  error_code failed;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                          ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1,
                      failed);
  if (!failed) context.set_verify_mode(ssl::verify_peer, failed);
  if (!failed) context.set_default_verify_paths(failed);
  if (!failed && !ca_file.empty()) context.load_verify_file(ca_file, failed);
  if (failed) {
    return fail(ErrorKind::kUnavailable, "trusted certificates cannot be loaded: " + failed.message(),
                ca_file);
  }
  return {};
}

Result<void> expect_host(TlsStream& stream, const std::string& host) {
  stream.set_verify_callback(ssl::host_name_verification(host));
  if (parse_ip(host)) return {};  // SNI is for names only
  if (SSL_set_tlsext_host_name(stream.native_handle(), host.c_str()) != 1)
    return fail(ErrorKind::kInvalidArgument, "the host name is not usable with TLS", host);
  return {};
}

}  // namespace wellspring::net::detail
