// A server of others: the one that WELLSPRING_TEST_MONGODB_URI names, or a FerretDB of our own.
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "store/temp_dir.hpp"
#include "store_mongo/server.hpp"

namespace wellspring::store::mongo::testing {
namespace {

/// A port that was free a moment ago.
std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(socket);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

/// FerretDB over SQLite in a directory of its own.
class FerretDb {
 public:
  explicit FerretDb(const std::string& program) : port_(free_port()) {
    const std::string directory = directory_.path().string();
    const std::string url = "--sqlite-url=file:" + directory + "/";
    const std::string listen = "--listen-addr=127.0.0.1:" + std::to_string(port_);
    const std::string state = "--state-dir=" + directory;
    std::array<const char*, 9> arguments{program.c_str(),  "--handler=sqlite",    url.c_str(),
                                         listen.c_str(),   "--telemetry=disable", state.c_str(),
                                         "--debug-addr=-", "--log-level=error",   nullptr};
    pid_ = ::fork();
    if (pid_ < 0) throw std::runtime_error("cannot start " + program);
    if (pid_ == 0) {
      // A test program that is killed takes its server along.
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
      ::execv(program.c_str(), const_cast<char* const*>(arguments.data()));
      ::_exit(127);
    }
  }
  ~FerretDb() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  FerretDb(const FerretDb&) = delete;
  FerretDb& operator=(const FerretDb&) = delete;
  std::string uri() const { return "mongodb://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  TempDir directory_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

std::unique_ptr<FerretDb>& ferretdb() {
  static std::unique_ptr<FerretDb> server;
  return server;
}

}  // namespace

std::optional<std::string> Server::start() {
  const char* const given = std::getenv("WELLSPRING_TEST_MONGODB_URI");
  if (given != nullptr && *given != '\0') {
    set_shared_pool(std::make_unique<TestPool>(given));
    return std::nullopt;
  }
  const std::filesystem::path program =
      std::filesystem::path(WELLSPRING_SOURCE_DIR) / ".deps/ferretdb/ferretdb";
  if (!std::filesystem::exists(program)) {
    return "there is no .deps/ferretdb/ferretdb (scripts/setup_ferretdb.sh builds it) and no "
           "WELLSPRING_TEST_MONGODB_URI";
  }
  ferretdb() = std::make_unique<FerretDb>(program.string());
  set_shared_pool(std::make_unique<TestPool>(ferretdb()->uri()));
  return std::nullopt;
}

void Server::stop() {
  ferretdb().reset();
}

}  // namespace wellspring::store::mongo::testing
