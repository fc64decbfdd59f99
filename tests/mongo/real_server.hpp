#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace wellspring::testing {

/// A MongoDB-compatible server that is not ours: the one of WELLSPRING_TEST_MONGODB_URI, or FerretDB as
/// scripts/setup_ferretdb.sh built it, started on a free port with a folder of its own and ended with this.
class RealServer {
 public:
  /// Null when there is none; then a test skips.
  static std::unique_ptr<RealServer> find();
  ~RealServer();
  RealServer(const RealServer&) = delete;
  RealServer& operator=(const RealServer&) = delete;

  const std::string& host() const { return host_; }
  std::uint16_t port() const { return port_; }
  /// The same server at another address, as that of a gate.
  std::string uri_through(std::uint16_t port, const std::string& parameters) const;

 private:
  RealServer() = default;
  void start(const std::string& program);

  std::string prefix_ = "mongodb://";  ///< up to the host, with credentials
  std::string suffix_ = "/?directConnection=true";
  std::string host_ = "127.0.0.1";
  std::uint16_t port_ = 0;
  std::string folder_;
  int process_ = 0;
};

}  // namespace wellspring::testing
