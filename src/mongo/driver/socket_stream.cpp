#include "mongo/driver/socket_stream.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "mongo/driver/connect_socket.hpp"

namespace wellspring::mongo::driver {
namespace {

constexpr int kStreamType = 0x57;  // none of libmongoc's
constexpr std::size_t kBufferBytes = 16 * 1024;
constexpr std::int32_t kConnectMs = 2'000;
// Longer than many handshakes in a row: giving up here costs the pool all its connections.
constexpr std::chrono::milliseconds kGateWait{5'000};

/// libmongoc knows the first member, we the rest.
struct SocketStream {
  mongoc_stream_t base{};
  Seat* seat = nullptr;
  int socket = -1;
  std::string host;  ///< "host:port"
  SteadyTime begun;
  SteadyTime handshake_until;
  ConnectStage stage = ConnectStage::kTcp;
  bool shaking_hands = true;  ///< until hello was answered; holds a place in the gate
  bool answered = false;      ///< something was read since TLS, if any, was set up
  bool timed_out = false;
};
static_assert(offsetof(SocketStream, base) == 0);

SocketStream& self(mongoc_stream_t* stream) {
  return *reinterpret_cast<SocketStream*>(stream);
}

/// What is written after the first answer is no handshake any more: hello was to the driver's liking.
void end_handshake(SocketStream& stream) {
  if (!stream.answered || !std::exchange(stream.shaking_hands, false)) return;
  stream.seat->gate().succeeded(stream.host);
  stream.seat->books().connected(std::chrono::steady_clock::now() - stream.begun);
}

void give_up_handshake(SocketStream& stream) {
  end_handshake(stream);  // closed right after hello was answered: the server is there
  if (!std::exchange(stream.shaking_hands, false)) return;
  stream.seat->gate().failed(stream.host);
  stream.seat->books().failed(stream.stage);
}

int close_stream(mongoc_stream_t* base) {
  SocketStream& stream = self(base);
  give_up_handshake(stream);
  if (stream.socket < 0) return 0;
  stream.seat->detach(stream.socket);
  return ::close(std::exchange(stream.socket, -1));
}

void destroy_stream(mongoc_stream_t* base) {
  close_stream(base);
  delete &self(base);
}

int flush_stream(mongoc_stream_t*) {
  return 0;
}

/// The holder's deadline does not count while connecting again: a handshake cut short by it would make
/// libmongoc give up every connection of the pool. connectTimeoutMS does: libmongoc itself would wait for
/// hello as long as for an operation.
SteadyTime limit_of(const SocketStream& stream, std::int32_t timeout_ms) {
  const SteadyTime now = std::chrono::steady_clock::now();
  const SteadyTime own = timeout_ms < 0 ? SteadyTime::max() : now + std::chrono::milliseconds{timeout_ms};
  return std::min(own, stream.shaking_hands ? stream.handshake_until : stream.seat->deadline());
}

/// A connection that was once established fails as if it had run out of time; see the header.
ssize_t fail_with(SocketStream& stream, int error) {
  stream.timed_out = error == ETIMEDOUT || !stream.shaking_hands;
  if (error != ETIMEDOUT && !stream.shaking_hands && !stream.seat->is_cut()) stream.seat->gate().suspect();
  errno = stream.timed_out ? ETIMEDOUT : error;
  return -1;
}

ssize_t write_stream(mongoc_stream_t* base, mongoc_iovec_t* parts, std::size_t count,
                     std::int32_t timeout_ms) {
  SocketStream& stream = self(base);
  stream.timed_out = false;
  end_handshake(stream);
  if (!stream.shaking_hands) {
    // libmongoc's own repeat knows no deadline: it may connect again, but asks nothing any more.
    const bool is_late = std::chrono::steady_clock::now() >= stream.seat->deadline();
    if (is_late || stream.seat->is_cut()) return fail_with(stream, ETIMEDOUT);
    stream.seat->note_sent();
  }
  const SteadyTime until = limit_of(stream, timeout_ms);
  ssize_t written = 0;
  std::size_t at = 0;
  while (at < count) {
    msghdr message{};
    message.msg_iov = reinterpret_cast<iovec*>(parts + at);
    message.msg_iovlen = count - at;
    ssize_t sent = ::sendmsg(stream.socket, &message, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return fail_with(stream, errno);
      if (!wait_for_socket(stream.socket, POLLOUT, until)) return fail_with(stream, ETIMEDOUT);
      continue;
    }
    written += sent;
    for (; at < count && static_cast<std::size_t>(sent) >= parts[at].iov_len; ++at)
      sent -= static_cast<ssize_t>(parts[at].iov_len);
    if (at < count) {
      parts[at].iov_base = static_cast<char*>(parts[at].iov_base) + sent;
      parts[at].iov_len -= static_cast<std::size_t>(sent);
    }
  }
  return written;
}

ssize_t read_stream(mongoc_stream_t* base, mongoc_iovec_t* parts, std::size_t count, std::size_t least,
                    std::int32_t timeout_ms) {
  SocketStream& stream = self(base);
  stream.timed_out = false;
  const SteadyTime until = limit_of(stream, timeout_ms);
  std::size_t got = 0;
  for (std::size_t at = 0; at < count;) {
    if (parts[at].iov_len == 0) {
      ++at;
      continue;
    }
    const ssize_t bytes = ::recv(stream.socket, parts[at].iov_base, parts[at].iov_len, 0);
    if (bytes > 0) {
      got += static_cast<std::size_t>(bytes);
      parts[at].iov_base = static_cast<char*>(parts[at].iov_base) + bytes;
      parts[at].iov_len -= static_cast<std::size_t>(bytes);
      stream.answered = true;
      continue;
    }
    if (bytes == 0) {
      if (got >= least && got > 0) break;
      return fail_with(stream, ECONNRESET);
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return fail_with(stream, errno);
    if (got >= least && got > 0) break;
    if (!wait_for_socket(stream.socket, POLLIN, until)) return fail_with(stream, ETIMEDOUT);
  }
  return static_cast<ssize_t>(got);
}

int set_stream_option(mongoc_stream_t* base, int level, int name, void* value, mongoc_socklen_t size) {
  return ::setsockopt(self(base).socket, level, name, value, size);
}

bool is_stream_closed(mongoc_stream_t* base) {
  pollfd look{.fd = self(base).socket, .events = POLLIN, .revents = 0};
  return ::poll(&look, 1, 0) != 0;
}

ssize_t poll_streams(mongoc_stream_poll_t* streams, std::size_t count, std::int32_t timeout_ms) {
  std::vector<pollfd> waits;
  for (std::size_t at = 0; at < count; ++at)
    waits.push_back({self(streams[at].stream).socket, static_cast<short>(streams[at].events), 0});
  const int ready = ::poll(waits.data(), waits.size(), timeout_ms);
  for (std::size_t at = 0; at < count; ++at) streams[at].revents = waits[at].revents;
  return ready;
}

bool has_stream_timed_out(mongoc_stream_t* base) {
  return self(base).timed_out;
}

bool should_stream_retry(mongoc_stream_t*) {
  return false;  // reads and writes wait by themselves
}

mongoc_stream_t* make_stream(Seat& seat, int socket, const mongoc_host_list_t& host, SteadyTime begun,
                             SteadyTime until) {
  auto stream = std::make_unique<SocketStream>();
  stream->base.type = kStreamType;
  stream->base.destroy = destroy_stream;
  stream->base.failed = destroy_stream;
  stream->base.close = close_stream;
  stream->base.flush = flush_stream;
  stream->base.writev = write_stream;
  stream->base.readv = read_stream;
  stream->base.setsockopt = set_stream_option;
  stream->base.check_closed = is_stream_closed;
  stream->base.poll = poll_streams;
  stream->base.timed_out = has_stream_timed_out;
  stream->base.should_retry = should_stream_retry;
  stream->seat = &seat;
  stream->socket = socket;
  stream->host = host.host_and_port;
  stream->begun = begun;
  stream->handshake_until = until;
  stream->stage = ConnectStage::kHello;
  seat.attach(socket);
  return &stream.release()->base;
}

std::int32_t connect_ms(const mongoc_uri_t* uri) {
  return mongoc_uri_get_option_as_int32(uri, MONGOC_URI_CONNECTTIMEOUTMS, kConnectMs);
}

/// The tls* options of the URI. The strings stay the URI's.
mongoc_ssl_opt_t tls_options(const mongoc_uri_t* uri) {
  mongoc_ssl_opt_t options = *mongoc_ssl_opt_get_default();
  options.pem_file = mongoc_uri_get_option_as_utf8(uri, MONGOC_URI_TLSCERTIFICATEKEYFILE, nullptr);
  options.pem_pwd = mongoc_uri_get_option_as_utf8(uri, MONGOC_URI_TLSCERTIFICATEKEYFILEPASSWORD, nullptr);
  options.ca_file = mongoc_uri_get_option_as_utf8(uri, MONGOC_URI_TLSCAFILE, nullptr);
  const bool insecure = mongoc_uri_get_option_as_bool(uri, MONGOC_URI_TLSINSECURE, false);
  options.weak_cert_validation =
      insecure || mongoc_uri_get_option_as_bool(uri, MONGOC_URI_TLSALLOWINVALIDCERTIFICATES, false);
  options.allow_invalid_hostname =
      insecure || mongoc_uri_get_option_as_bool(uri, MONGOC_URI_TLSALLOWINVALIDHOSTNAMES, false);
  return options;
}

/// Takes the stream; null and an error when the handshake fails.
mongoc_stream_t* add_tls(mongoc_stream_t* stream, const mongoc_uri_t* uri, const mongoc_host_list_t* host,
                         bson_error_t* error) {
  self(stream).stage = ConnectStage::kTls;
  mongoc_ssl_opt_t options = tls_options(uri);
  mongoc_stream_t* const tls = mongoc_stream_tls_new_with_hostname(stream, host->host, &options, 1);
  if (tls == nullptr) {
    mongoc_stream_destroy(stream);
    bson_set_error(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET,
                   "TLS cannot be set up; check the tls options of the URI");
    return nullptr;
  }
  if (!mongoc_stream_tls_handshake_block(tls, host->host, connect_ms(uri), error)) {
    mongoc_stream_destroy(tls);
    return nullptr;
  }
  self(stream).stage = ConnectStage::kHello;
  self(stream).answered = false;
  return tls;
}

}  // namespace

mongoc_stream_t* open_stream(const mongoc_uri_t* uri, const mongoc_host_list_t* host, void* user_data,
                             bson_error_t* error) {
  Seat& seat = *static_cast<Seat*>(user_data);
  // Not the holder's deadline: many operations that run out of time together connect again inside libmongoc,
  // and to turn one of them away here would have the server called unknown.
  const SteadyTime asked = std::chrono::steady_clock::now();
  const Gate::Entry entry = seat.gate().enter(host->host_and_port, asked + kGateWait);
  if (entry != Gate::Entry::kOpen) {
    const char* const why = entry == Gate::Entry::kFull ? "too many handshakes are under way"
                                                        : "another connection failed a moment ago";
    bson_set_error(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_CONNECT, "not connecting to %s: %s",
                   host->host_and_port, why);
    return nullptr;
  }
  const SteadyTime begun = std::chrono::steady_clock::now();
  const SteadyTime until = begun + std::chrono::milliseconds{connect_ms(uri)};
  ConnectStage stage = ConnectStage::kDns;
  const Result<int> socket = connect_socket(*host, until, stage);
  if (!socket) {
    seat.gate().failed(host->host_and_port);
    seat.books().failed(stage);
    bson_set_error(error, MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_CONNECT, "%s",
                   socket.error().message.c_str());
    return nullptr;
  }
  mongoc_stream_t* stream = make_stream(seat, *socket, *host, begun, until);
  if (mongoc_uri_get_tls(uri)) stream = add_tls(stream, uri, host, error);
  return stream != nullptr ? mongoc_stream_buffered_new(stream, kBufferBytes) : nullptr;
}

}  // namespace wellspring::mongo::driver
