#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <cstring>

#include "fake_mongod/fake_mongod.hpp"
#include "fake_mongod/wire.hpp"

namespace wellspring::testing {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

constexpr auto kLimit = 5s;
constexpr std::uint32_t kExhaustAllowed = 1U << 16;

struct Reply {
  MessageHeader header;
  std::uint32_t flags = 0;
  Document body;
};

/// A client that speaks OP_MSG over a bare socket.
class RawClient {
 public:
  explicit RawClient(const FakeMongod& server) : socket_(io_) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), server.port()});
  }

  void send(const std::string& json, std::uint32_t flags = 0) {
    const Document command = Document::from_json(json).value();
    const auto length = static_cast<std::int32_t>(kHeaderBytes + 5 + command.bytes().size());
    const std::array<std::int32_t, 4> header{length, ++last_id_, 0, 2013};
    const std::uint8_t kind = 0;
    const std::array<boost::asio::const_buffer, 4> parts{
        boost::asio::buffer(header), boost::asio::buffer(&flags, sizeof flags),
        boost::asio::buffer(&kind, sizeof kind),
        boost::asio::buffer(command.bytes().data(), command.bytes().size())};
    boost::asio::write(socket_, parts);
  }

  Reply receive() {
    std::array<std::uint8_t, kHeaderBytes> head{};
    boost::asio::read(socket_, boost::asio::buffer(head));
    Reply reply;
    reply.header = parse_header(head).value();
    std::vector<std::uint8_t> rest(static_cast<std::size_t>(reply.header.length) - kHeaderBytes);
    boost::asio::read(socket_, boost::asio::buffer(rest));
    std::memcpy(&reply.flags, rest.data(), sizeof reply.flags);
    reply.body = Document::from_bytes(std::span(rest).subspan(5)).value();
    return reply;
  }

  Document ask(const std::string& json) {
    send(json);
    return receive().body;
  }

  /// Sends a hello that waits for a change of the topology for a minute.
  void wait_for_topology() {
    const Document hello = ask(R"({"hello": 1, "$db": "admin"})");
    const Document version = find_document(*hello, "topologyVersion").value();
    Document waiting = Document().add("hello", 1).add("topologyVersion", version);
    waiting.add("maxAwaitTimeMS", 60'000).add("$db", "admin");
    send(waiting.json(), kExhaustAllowed);
  }

  tcp::socket& socket() { return socket_; }

 private:
  boost::asio::io_context io_;
  tcp::socket socket_;
  std::int32_t last_id_ = 100;
};

class ConnectionTest : public ::testing::Test {
 protected:
  bool all_left() {
    return server_.wait_until([](const Ledger& ledger) { return ledger.total().current == 0; }, kLimit);
  }
  bool sees_monitor() {
    return server_.wait_until([](const Ledger& ledger) { return ledger.current(Role::kMonitor) == 1; },
                              kLimit);
  }

  FakeMongod server_;
};

TEST_F(ConnectionTest, ResetByTheClientIsCounted) {
  RawClient client(server_);
  client.ask(R"({"ping": 1, "$db": "admin"})");
  client.socket().set_option(tcp::socket::linger(true, 0));
  client.socket().close();
  EXPECT_TRUE(all_left());
  EXPECT_EQ(server_.snapshot().resets(), 1U);
}

TEST_F(ConnectionTest, MalformedMessageEndsTheConnection) {
  RawClient client(server_);
  const std::array<std::int32_t, 4> header{3, 1, 0, 2013};
  boost::asio::write(client.socket(), boost::asio::buffer(header));
  EXPECT_TRUE(server_.wait_until(
      [](const Ledger& ledger) { return ledger.total().total_created == 1 && ledger.total().current == 0; },
      kLimit));
}

TEST_F(ConnectionTest, WaitingHelloNoticesThatTheClientLeft) {
  RawClient client(server_);
  client.wait_for_topology();
  ASSERT_TRUE(sees_monitor());
  client.socket().close();
  EXPECT_TRUE(all_left());
}

TEST_F(ConnectionTest, WaitingHelloStreamsChangesOfTheTopology) {
  RawClient client(server_);
  client.wait_for_topology();
  ASSERT_TRUE(sees_monitor());
  server_.set_writable_primary(false);
  const Reply first = client.receive();
  EXPECT_FALSE(find_flag(*first.body, "isWritablePrimary", true));
  EXPECT_EQ(first.flags, 2U);
  server_.set_writable_primary(true);
  const Reply second = client.receive();
  EXPECT_TRUE(find_flag(*second.body, "isWritablePrimary", false));
  EXPECT_EQ(second.header.response_to, first.header.request_id);
}

TEST_F(ConnectionTest, SwallowedRequestNoticesThatTheClientLeft) {
  server_.add_fault(black_hole());
  RawClient client(server_);
  client.send(R"({"hello": 1, "$db": "admin"})");
  ASSERT_TRUE(server_.wait_until([](const Ledger& ledger) { return ledger.commands("hello") == 1; }, kLimit));
  client.socket().close();
  EXPECT_TRUE(all_left());
  EXPECT_EQ(server_.snapshot().peak_handshaking(), 1U);
}

TEST_F(ConnectionTest, DelayedCommandNoticesThatTheClientLeft) {
  server_.add_fault(delay_of("ping", 60s));
  RawClient client(server_);
  client.send(R"({"ping": 1, "$db": "admin"})");
  ASSERT_TRUE(server_.wait_until([](const Ledger& ledger) { return ledger.commands("ping") == 1; }, kLimit));
  client.socket().close();
  EXPECT_TRUE(all_left());
}

TEST_F(ConnectionTest, DelayMayEndAtMaxTime) {
  FaultRule rule = delay_of("ping", 60s);
  rule.obeys_max_time = true;
  server_.add_fault(rule);
  RawClient client(server_);
  const Document reply = client.ask(R"({"ping": 1, "maxTimeMS": 20, "$db": "admin"})");
  EXPECT_EQ(find_integer(*reply, "code"), 50);
}

TEST_F(ConnectionTest, HalfClosedConnectionLivesUntilTheClientLeaves) {
  RawClient client(server_);
  client.ask(R"({"ping": 1, "$db": "admin"})");
  EXPECT_EQ(server_.kill({.role = Role::kApp}, Effect::kHalfClose), 1U);
  std::uint8_t byte = 0;
  boost::system::error_code failed;
  client.socket().read_some(boost::asio::buffer(&byte, 1), failed);
  EXPECT_EQ(failed, boost::asio::error::eof);
  EXPECT_EQ(server_.snapshot().current(Role::kApp), 1U);
  client.socket().close();
  EXPECT_TRUE(all_left());
}

}  // namespace
}  // namespace wellspring::testing
