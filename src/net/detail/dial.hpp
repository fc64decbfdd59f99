#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <string>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"

/// What every outbound connection of the process needs. For the .cpp files that connect.
namespace wellspring::net::detail {

using TlsStream = boost::asio::ssl::stream<boost::beast::tcp_stream>;
using Endpoints = boost::asio::ip::tcp::resolver::results_type;

/// Looks up `host`; the wait ends at `by` with beast::error::timeout. getaddrinfo cannot be interrupted: the
/// look-up is left to finish by itself.
boost::asio::awaitable<std::pair<boost::system::error_code, Endpoints>> resolve(std::string host,
                                                                                std::string port,
                                                                                SteadyTime by);

/// A client's context that verifies peers against the system's authorities, and those in `ca_file` when it is
/// not empty. kUnavailable when they cannot be read.
Result<void> trust(boost::asio::ssl::context& context, const std::string& ca_file);

/// Makes the handshake ask for `host` and accept no certificate for another. kInvalidArgument when the name
/// cannot be used with TLS.
Result<void> expect_host(TlsStream& stream, const std::string& host);

}  // namespace wellspring::net::detail
