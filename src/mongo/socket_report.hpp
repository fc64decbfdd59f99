#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "mongo/histogram.hpp"

namespace wellspring::mongo {

/// How far an attempt to connect came before it failed.
enum class ConnectStage { kDns, kTcp, kTls, kHello, kAuth };
inline constexpr std::size_t kConnectStages = 5;
std::string_view name(ConnectStage stage);

/// The sockets of one pool, by our own count; monitors are not among them.
struct SocketReport {
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  std::array<std::uint64_t, kConnectStages> connect_failures{};
  Histogram connect;  ///< from the first look at the address until hello was answered
};

}  // namespace wellspring::mongo
