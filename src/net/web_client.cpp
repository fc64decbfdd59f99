#include "net/web_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "net/detail/dial.hpp"

namespace wellspring::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 64u << 10;

enum class Phase {
  kConnecting,  ///< nothing sent yet
  kExchanging,
};

/// The one place where errors of sockets, TLS and HTTP framing become ours.
Error broken(error_code ec, const Url& url, std::string_view doing, Phase phase, const GetLimits& limits) {
  const std::string what = fmt::format("fetch {}: ", url.shown());
  if (ec == asio::error::operation_aborted)
    return fail(ErrorKind::kCancelled, fmt::format("{}cancelled while {}", what, doing), url.host);
  if (ec == http::error::body_limit) {
    return fail(ErrorKind::kTooLarge,
                fmt::format("{}the body is larger than the {} bytes allowed", what, limits.body_bytes),
                url.host);
  }
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow) {
    return fail(ErrorKind::kTooLarge,
                fmt::format("{}the header is larger than the {} bytes allowed", what, limits.header_bytes),
                url.host);
  }
  if (ec == beast::error::timeout) {
    return fail(ErrorKind::kDeadline,
                fmt::format("{}out of time while {} (allowed: {} ms to connect, {} ms in all)", what, doing,
                            limits.connect_timeout.count(), limits.total_timeout.count()),
                url.host);
  }
  return fail(phase == Phase::kConnecting ? ErrorKind::kUnavailable : ErrorKind::kUpstream,
              fmt::format("{}{} failed: {}", what, doing, ec.message()), url.host);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

IpAddress to_ours(const asio::ip::address& address) {
  IpAddress ours{.v4 = address.is_v4()};
  if (ours.v4) {
    const auto bytes = address.to_v4().to_bytes();
    std::copy(bytes.begin(), bytes.end(), ours.bytes.begin());
  } else {
    ours.bytes = address.to_v6().to_bytes();
  }
  return ours;
}

tcp::endpoint to_endpoint(const IpAddress& address, std::uint16_t port) {
  if (!address.v4) return {asio::ip::address_v6(address.bytes), port};
  const asio::ip::address_v4::bytes_type bytes{address.bytes[0], address.bytes[1], address.bytes[2],
                                               address.bytes[3]};
  return {asio::ip::address_v4(bytes), port};
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

/// A header that would break the request's framing, or none.
const std::pair<std::string, std::string>* unsendable(const GetRequest& request) {
  const auto breaks = [](const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
  };
  for (const auto& header : request.headers) {
    if (breaks(header.first) || breaks(header.second)) return &header;
  }
  return nullptr;
}

}  // namespace

struct WebClient::State {
  State(AddressGuard guard_in, WebClientOptions options_in, const Clock& clock_in)
      : guard(std::move(guard_in)), options(std::move(options_in)), clock(clock_in) {}

  asio::awaitable<Result<GetResponse>> follow(GetRequest request, SteadyTime end);
  asio::awaitable<Result<GetResponse>> fetch(const GetRequest& request, SteadyTime end);
  asio::awaitable<Result<std::vector<tcp::endpoint>>> permitted(const GetRequest& request, SteadyTime by);
  asio::awaitable<Result<std::vector<IpAddress>>> look_up(const GetRequest& request, SteadyTime by);
  template <class Stream>
  asio::awaitable<Result<GetResponse>> exchange(Stream& stream, const GetRequest& request, SteadyTime end);
  Result<void> prepare_tls();

  const AddressGuard guard;
  const WebClientOptions options;
  const Clock& clock;
  std::optional<asio::ssl::context> tls;  ///< read when first wanted: the system's list is long
};

Result<void> WebClient::State::prepare_tls() {
  if (tls) return {};
  asio::ssl::context context(asio::ssl::context::tls_client);
  if (auto trusted = detail::trust(context, options.ca_file); !trusted) return trusted.error();
  tls.emplace(std::move(context));
  return {};
}

asio::awaitable<Result<GetResponse>> WebClient::State::follow(GetRequest request, SteadyTime end) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorKind::kUpstream, fmt::format("fetch {}: {}", request.url.shown(), why),
                request.url.host);
  };
  std::size_t received = 0;
  for (int hops = 0;; ++hops) {
    Result<GetResponse> answer = co_await fetch(request, end);
    if (!answer) co_return answer.error();
    received += answer->received;
    const auto location = answer->headers.find("location");
    if (!is_redirect(answer->status) || location == answer->headers.end()) {
      answer->received = received;
      co_return answer;
    }
    if (hops == request.limits.redirects)
      co_return refuse(fmt::format("more than {} redirects", request.limits.redirects));
    auto next = resolve_location(request.url, location->second);
    if (!next) co_return next.error();
    const bool stays = is_same_origin(*next, request.url);
    if (!stays && request.redirects == Redirects::kSameOrigin)
      co_return refuse(fmt::format("it redirects to {}, which is not the same origin", next->origin()));
    if (request.url.tls && !next->tls)
      co_return refuse(fmt::format("it redirects from https to {}", next->origin()));
    if (!stays) request.headers.clear();  // they may hold a key that is not for others
    request.url = std::move(*next);
  }
}

asio::awaitable<Result<std::vector<IpAddress>>> WebClient::State::look_up(const GetRequest& request,
                                                                          SteadyTime by) {
  if (options.resolver) co_return options.resolver(request.url.host);
  auto [failed, endpoints] = co_await detail::resolve(request.url.host, std::to_string(request.url.port), by);
  if (failed)
    co_return broken(failed, request.url, "looking up the host", Phase::kConnecting, request.limits);
  std::vector<IpAddress> addresses;
  for (const auto& entry : endpoints) addresses.push_back(to_ours(entry.endpoint().address()));
  co_return addresses;
}

asio::awaitable<Result<std::vector<tcp::endpoint>>> WebClient::State::permitted(const GetRequest& request,
                                                                                SteadyTime by) {
  Result<std::vector<IpAddress>> addresses = co_await look_up(request, by);
  if (!addresses) co_return addresses.error();
  std::vector<tcp::endpoint> endpoints;
  std::optional<Error> refusal;
  for (const IpAddress& address : *addresses) {
    auto checked = guard.check(request.url, address);
    if (checked) {
      endpoints.push_back(to_endpoint(address, request.url.port));
    } else if (!refusal) {
      refusal = checked.error();
    }
  }
  if (!endpoints.empty()) co_return endpoints;
  if (refusal) co_return *refusal;
  co_return fail(ErrorKind::kUnavailable,
                 fmt::format("fetch {}: the host has no address", request.url.shown()), request.url.host);
}

asio::awaitable<Result<GetResponse>> WebClient::State::fetch(const GetRequest& request, SteadyTime end) {
  const SteadyTime connect_by = std::min(end, clock.steady() + request.limits.connect_timeout);
  Result<std::vector<tcp::endpoint>> endpoints = co_await permitted(request, connect_by);
  if (!endpoints) co_return endpoints.error();
  beast::tcp_stream socket(co_await asio::this_coro::executor);
  socket.expires_at(connect_by);
  const auto [refused, endpoint] = co_await socket.async_connect(*endpoints, kAwait);
  if (refused) co_return broken(refused, request.url, "connecting", Phase::kConnecting, request.limits);
  if (!request.url.tls) co_return co_await exchange(socket, request, end);

  if (auto prepared = prepare_tls(); !prepared) co_return prepared.error();
  detail::TlsStream secured(std::move(socket), *tls);
  if (auto named = detail::expect_host(secured, request.url.host); !named) co_return named.error();
  const auto [untrusted] = co_await secured.async_handshake(asio::ssl::stream_base::client, kAwait);
  if (untrusted)
    co_return broken(untrusted, request.url, "the TLS handshake", Phase::kConnecting, request.limits);
  co_return co_await exchange(secured, request, end);
}

template <class Stream>
asio::awaitable<Result<GetResponse>> WebClient::State::exchange(Stream& stream, const GetRequest& request,
                                                                SteadyTime end) {
  beast::get_lowest_layer(stream).expires_at(end);
  http::request<http::empty_body> sent(http::verb::get, request.url.target(), 11);
  sent.set(http::field::host, request.url.authority);
  sent.set(http::field::user_agent, "wellspring");
  sent.set(http::field::accept, "*/*");
  sent.set(http::field::connection, "close");
  for (const auto& [name, value] : request.headers) sent.set(name, value);
  const auto [unsent, written] = co_await http::async_write(stream, sent, kAwait);
  if (unsent)
    co_return broken(unsent, request.url, "sending the request", Phase::kExchanging, request.limits);

  beast::flat_buffer buffer(request.limits.header_bytes + kReadBytes);
  http::response_parser<http::string_body> parser;
  parser.header_limit(request.limits.header_bytes);
  parser.body_limit(request.limits.body_bytes);
  const auto [cut, read] = co_await http::async_read(stream, buffer, parser, kAwait);
  if (cut) co_return broken(cut, request.url, "reading the answer", Phase::kExchanging, request.limits);
  GetResponse answer;
  answer.status = static_cast<int>(parser.get().result_int());
  for (const auto& field : parser.get()) {
    answer.headers.emplace(lower_case({field.name_string().data(), field.name_string().size()}),
                           std::string(field.value().data(), field.value().size()));
  }
  answer.body = std::move(parser.get().body());
  answer.url = request.url;
  answer.received = read;
  co_return answer;
}

WebClient::WebClient(AddressGuard guard, WebClientOptions options, const Clock& clock)
    : state_(std::make_unique<State>(std::move(guard), std::move(options), clock)) {}
WebClient::~WebClient() = default;

asio::awaitable<Result<GetResponse>> WebClient::get(GetRequest request, Deadline deadline) {
  if (const auto* header = unsendable(request)) {
    co_return fail(ErrorKind::kInvalidArgument,
                   fmt::format("fetch {}: the value of header {} holds control characters; set it again",
                               request.url.shown(), header->first));
  }
  const SteadyTime end = std::min(deadline.at(), state_->clock.steady() + request.limits.total_timeout);
  const std::string shown = request.url.shown();
  try {
    co_return co_await state_->follow(std::move(request), end);
  } catch (const boost::system::system_error& thrown) {
    // Awaiting after a cancellation throws; nothing else here reports by exception.
    if (thrown.code() != asio::error::operation_aborted) throw;
  }
  co_return fail(ErrorKind::kCancelled, fmt::format("fetch {}: cancelled", shown));
}

}  // namespace wellspring::net
