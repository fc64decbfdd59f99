#include "real_server.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "mongo/driver/uri.hpp"

extern char** environ;

namespace wellspring::testing {
namespace {

namespace asio = boost::asio;

std::uint16_t free_port() {
  asio::io_context io;
  const asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  return acceptor.local_endpoint().port();
}

}  // namespace

std::unique_ptr<RealServer> RealServer::find() {
  std::unique_ptr<RealServer> server(new RealServer());
  if (const char* const uri = std::getenv("WELLSPRING_TEST_MONGODB_URI")) {
    const auto connection = mongo::driver::read_connection_string(uri).value();
    const mongoc_host_list_t* const host = mongoc_uri_get_hosts(connection.uri.get());
    const std::string text = uri;
    const std::size_t at = text.find(host->host_and_port);
    if (at == std::string::npos) throw std::runtime_error("WELLSPRING_TEST_MONGODB_URI: name host and port");
    server->host_ = host->host;
    server->port_ = host->port;
    server->prefix_ = text.substr(0, at);
    server->suffix_ = text.substr(at + std::string(host->host_and_port).size());
    if (server->suffix_.empty()) server->suffix_ = "/";
    server->suffix_ += server->suffix_.find('?') == std::string::npos ? "?" : "&";
    server->suffix_ += "directConnection=true";
    return server;
  }
  const std::string program = WELLSPRING_SOURCE_DIR "/.deps/ferretdb/ferretdb";
  if (!std::filesystem::exists(program)) return nullptr;
  server->start(program);
  return server;
}

void RealServer::start(const std::string& program) {
  std::string folder = std::filesystem::temp_directory_path() / "wellspring-ferretdb-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make a folder for FerretDB");
  folder_ = folder;
  port_ = free_port();
  const std::vector<std::string> words{program,
                                       "--handler=sqlite",
                                       fmt::format("--sqlite-url=file:{}/", folder_),
                                       fmt::format("--listen-addr=127.0.0.1:{}", port_),
                                       "--telemetry=disable",
                                       "--state-dir=" + folder_,
                                       "--debug-addr=-",
                                       "--log-level=error"};
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  if (::posix_spawn(&process_, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0)
    throw std::runtime_error("cannot start " + program);
}

RealServer::~RealServer() {
  if (process_ == 0) return;
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
  std::filesystem::remove_all(folder_);
}

std::string RealServer::uri_through(std::uint16_t port, const std::string& parameters) const {
  return fmt::format("{}127.0.0.1:{}{}{}{}", prefix_, port, suffix_, parameters.empty() ? "" : "&",
                     parameters);
}

}  // namespace wellspring::testing
