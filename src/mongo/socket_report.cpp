#include "mongo/socket_report.hpp"

namespace wellspring::mongo {

std::string_view name(ConnectStage stage) {
  constexpr std::array<std::string_view, kConnectStages> kNames{"dns", "tcp", "tls", "hello", "auth"};
  return kNames[static_cast<std::size_t>(stage)];
}

}  // namespace wellspring::mongo
