#include "net/scripted_server.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <cstdio>
#include <optional>
#include <stdexcept>

namespace wellspring::net {

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using asio::ip::tcp;

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

struct PkeyDeleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateDeleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct ExtensionDeleter {
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
struct FileDeleter {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

/// Uses a new self-signed certificate for `localhost` and leaves it in `file` for the client to trust.
void use_fresh_certificate(ssl::context& context, const std::string& file) {
  const std::unique_ptr<EVP_PKEY, PkeyDeleter> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, CertificateDeleter> certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3'600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  const auto* host = reinterpret_cast<const unsigned char*>("localhost");
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, host, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  const std::unique_ptr<X509_EXTENSION, ExtensionDeleter> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost"));
  X509_add_ext(certificate.get(), names.get(), -1);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::unique_ptr<std::FILE, FileDeleter> out(std::fopen(file.c_str(), "w"));
  if (!out || PEM_write_X509(out.get(), certificate.get()) != 1 ||
      SSL_CTX_use_certificate(context.native_handle(), certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.native_handle(), key.get()) != 1) {
    throw std::runtime_error("scripted server: no certificate could be made");
  }
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "Content-Length: ";
  const std::size_t at = head.find(kName);
  std::size_t length = 0;
  if (at != std::string_view::npos) {
    std::from_chars(head.data() + at + kName.size(), head.data() + head.size(), length);
  }
  return length;
}

}  // namespace

struct ScriptedServer::State : std::enable_shared_from_this<State> {
  State(asio::io_context& io, std::vector<Script> with)
      : acceptor(io, {asio::ip::address_v4::loopback(), 0}), scripts(std::move(with)) {}

  asio::awaitable<void> accept() {
    const auto self = shared_from_this();
    for (;;) {
      auto [failed, socket] = co_await acceptor.async_accept(kAwait);
      if (failed) co_return;
      asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
    }
  }
  asio::awaitable<void> serve(tcp::socket socket) {
    const auto self = shared_from_this();
    socket.set_option(tcp::no_delay(true));
    if (!tls) {
      co_await play(socket);
      co_return;
    }
    ssl::stream<tcp::socket> stream(std::move(socket), *tls);
    const auto [failed] = co_await stream.async_handshake(ssl::stream_base::server, kAwait);
    if (!failed) co_await play(stream);
  }
  template <class Stream>
  asio::awaitable<void> play(Stream& stream) {
    std::string request;
    const auto [no_head, head] =
        co_await asio::async_read_until(stream, asio::dynamic_buffer(request), "\r\n\r\n", kAwait);
    if (no_head) co_return;
    const std::size_t whole = head + content_length(request);
    if (request.size() < whole) {
      const auto [no_body, read] = co_await asio::async_read(
          stream, asio::dynamic_buffer(request), asio::transfer_exactly(whole - request.size()), kAwait);
      if (no_body) co_return;
    }
    const Script& script = scripts[std::min(requests.size(), scripts.size() - 1)];
    requests.push_back(std::move(request));
    for (const std::string& piece : script.writes) {
      const auto [broken, written] = co_await asio::async_write(stream, asio::buffer(piece), kAwait);
      if (broken) {
        ++closed_by_client;
        co_return;
      }
    }
    if (script.then == Script::Then::kClose) co_return;
    char byte = 0;
    const auto [closed, read] = co_await stream.async_read_some(asio::buffer(&byte, 1), kAwait);
    if (closed) ++closed_by_client;
  }

  tcp::acceptor acceptor;
  std::vector<Script> scripts;
  std::optional<ssl::context> tls;
  std::vector<std::string> requests;
  std::size_t closed_by_client = 0;
};

ScriptedServer::ScriptedServer(asio::io_context& io, std::vector<Script> scripts)
    : state_(std::make_shared<State>(io, std::move(scripts))) {
  asio::co_spawn(io, state_->accept(), asio::detached);
}

ScriptedServer::ScriptedServer(asio::io_context& io, std::vector<Script> scripts,
                               const std::string& certificate_file)
    : ScriptedServer(io, std::move(scripts)) {
  use_fresh_certificate(state_->tls.emplace(ssl::context::tls_server), certificate_file);
}

ScriptedServer::~ScriptedServer() {
  stop();
}

unsigned short ScriptedServer::port() const {
  return state_->acceptor.local_endpoint().port();
}

std::string ScriptedServer::origin() const {
  return state_->tls ? fmt::format("https://localhost:{}", port())
                     : fmt::format("http://127.0.0.1:{}", port());
}

const std::vector<std::string>& ScriptedServer::requests() const {
  return state_->requests;
}

std::size_t ScriptedServer::closed_by_client() const {
  return state_->closed_by_client;
}

void ScriptedServer::stop() {
  boost::system::error_code closed_already;
  state_->acceptor.close(closed_already);
}

std::string json_response(int status, std::string_view body, std::string_view extra_headers) {
  return fmt::format(
      "HTTP/1.1 {} Scripted\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}", status,
      body.size(), extra_headers, body);
}

std::vector<std::string> split_every_byte(std::string_view bytes) {
  std::vector<std::string> pieces;
  for (const char c : bytes) pieces.emplace_back(1, c);
  return pieces;
}

}  // namespace wellspring::net
