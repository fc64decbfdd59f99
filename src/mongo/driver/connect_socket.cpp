#include "mongo/driver/connect_socket.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

namespace wellspring::mongo::driver {
namespace {

// As libmongoc sets them: a dead peer is noticed after 120 + 9 x 10 seconds.
constexpr int kKeepIdleSeconds = 120;
constexpr int kKeepIntervalSeconds = 10;
constexpr int kKeepProbes = 9;

std::string text_of(int error) {
  return std::generic_category().message(error);
}

void set_option(int socket, int level, int name, int value) {
  // Comfort only: a connection works without.
  static_cast<void>(::setsockopt(socket, level, name, &value, sizeof value));
}

void prepare_tcp(int socket) {
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, kKeepIdleSeconds);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, kKeepIntervalSeconds);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, kKeepProbes);
}

/// Zero or why it failed.
int wait_until_connected(int socket, SteadyTime until) {
  if (!wait_for_socket(socket, POLLOUT, until)) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

/// A connected socket, or why not in `error`.
int connect_to(int family, const sockaddr* address, socklen_t size, SteadyTime until, int& error) {
  const int socket = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) {
    error = errno;
    return -1;
  }
  if (family != AF_UNIX) prepare_tcp(socket);
  error = 0;
  if (::connect(socket, address, size) != 0)
    error = errno == EINPROGRESS ? wait_until_connected(socket, until) : errno;
  if (error == 0) return socket;
  ::close(socket);
  return -1;
}

Error refused(const mongoc_host_list_t& host, const std::string& why) {
  return fail(ErrorKind::kUnavailable, "connecting to " + std::string(host.host_and_port) + ": " + why,
              host.host_and_port);
}

Result<int> connect_unix(const mongoc_host_list_t& host, SteadyTime until) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t length = std::strlen(host.host);
  if (length >= sizeof address.sun_path) return refused(host, "the path of the socket is too long");
  std::memcpy(address.sun_path, host.host, length);
  int error = 0;
  const int socket =
      connect_to(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof address, until, error);
  if (socket < 0) return refused(host, text_of(error));
  return socket;
}

}  // namespace

bool wait_for_socket(int socket, short events, SteadyTime until) {
  for (;;) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const auto left = until == SteadyTime::max()
                          ? std::chrono::milliseconds{60'000}
                          : std::chrono::ceil<std::chrono::milliseconds>(until - std::min(now, until));
    pollfd wait{.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return true;  // the read or write that follows says what is wrong
    if (ready == 0 && until != SteadyTime::max() && std::chrono::steady_clock::now() >= until) return false;
  }
}

Result<int> connect_socket(const mongoc_host_list_t& host, SteadyTime until, ConnectStage& stage) {
  stage = host.family == AF_UNIX ? ConnectStage::kTcp : ConnectStage::kDns;
  if (host.family == AF_UNIX) return connect_unix(host, until);
  addrinfo hints{};
  hints.ai_family = host.family;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(host.port);
  if (const int failed = ::getaddrinfo(host.host, port.c_str(), &hints, &found); failed != 0)
    return refused(host, std::string("cannot resolve the name: ") + ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  stage = ConnectStage::kTcp;
  int error = ECONNREFUSED;
  for (const addrinfo* one = all.get(); one != nullptr; one = one->ai_next) {
    const int socket = connect_to(one->ai_family, one->ai_addr, one->ai_addrlen, until, error);
    if (socket >= 0) return socket;
  }
  return refused(host, text_of(error));
}

}  // namespace wellspring::mongo::driver
