#include "fake_mongod/control.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "fake_mongod/document.hpp"

namespace wellspring::testing {
namespace {

using namespace std::chrono_literals;

class ControlTest : public ::testing::Test {
 protected:
  Document tell(const std::string& line) { return Document::from_json(control(server_, line)).value(); }
  bool succeeds(const std::string& line) { return find_integer(*tell(line), "ok") == 1; }

  FakeMongod server_;
};

TEST_F(ControlTest, ListsAndKillsConnections) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::socket client(io);
  client.connect({boost::asio::ip::address_v4::loopback(), server_.port()});
  ASSERT_TRUE(server_.wait_until([](const Ledger& ledger) { return ledger.total().current == 1; }, 5s));
  const auto rows = find_documents(*tell(R"({"connections": 1})"), "connections");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(find_integer(*rows[0], "clientPort"), client.local_endpoint().port());
  EXPECT_EQ(find_string(*rows[0], "role"), "undecided");
  EXPECT_EQ(find_integer(*tell(R"({"kill": {"role": "app"}})"), "closed"), 0);
  EXPECT_EQ(find_integer(*tell(R"({"kill": {"role": "undecided", "effect": "reset"}})"), "closed"), 1);
  const Document counts = tell(R"({"counts": 1})");
  EXPECT_EQ(find_integer(**find_document(*counts, "connections"), "current"), 0);
  EXPECT_EQ(find_integer(**find_document(*counts, "connections"), "totalCreated"), 1);
}

TEST_F(ControlTest, CountsWhatHasArrivedBefore) {
  boost::asio::io_context io;
  constexpr int kClients = 200;
  for (int opened = 1; opened <= kClients; ++opened) {
    boost::asio::ip::tcp::socket client(io);
    client.connect({boost::asio::ip::address_v4::loopback(), server_.port()});
    client.close();
    const Document counts = tell(R"({"counts": 1})");
    const Document connections = *find_document(*counts, "connections");
    ASSERT_EQ(find_integer(*connections, "totalCreated"), opened);
    ASSERT_EQ(find_integer(*connections, "current"), 0);
  }
}

TEST_F(ControlTest, EveryCommandAnswers) {
  const Document fault = tell(R"({"fault": {"command": "find", "delayMS": 5, "times": 1, "effect": "error",
                                  "stage": "after", "code": 91, "codeName": "ShutdownInProgress"}})");
  const auto id = find_integer(*fault, "id");
  ASSERT_TRUE(id);
  EXPECT_TRUE(succeeds(R"({"removeFault": )" + std::to_string(*id) + "}"));
  for (const char* line : {R"({"clearFaults": 1})", R"({"refuse": 1})", R"({"accept": 1})",
                           R"({"maxConnections": 3})", R"({"maxConnections": -1})", R"({"primary": false})",
                           R"({"clearData": 1})", R"({"peakHandshaking": {"role": "app"}})"}) {
    EXPECT_TRUE(succeeds(line)) << line;
  }
}

TEST_F(ControlTest, WrongLinesAreAnsweredWithAReason) {
  for (const char* line :
       {"", "nonsense", "{}", R"({"fly": 1})", R"({"fault": 1})", R"({"fault": {"effect": "explode"}})",
        R"({"fault": {"skip": -1}})", R"({"kill": {"role": "boss"}})"}) {
    const Document answer = tell(line);
    EXPECT_EQ(find_integer(*answer, "ok"), 0) << line;
    EXPECT_FALSE(find_string(*answer, "error").value_or("").empty()) << line;
  }
}

}  // namespace
}  // namespace wellspring::testing
