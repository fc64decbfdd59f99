#include "mongo/driver/errors.hpp"

#include <gtest/gtest.h>

#include "mongo/driver/diagnosis.hpp"
#include "mongo/driver/with_client.hpp"

namespace wellspring::mongo::driver {
namespace {

bson_error_t error_of(std::uint32_t domain, std::uint32_t code, const char* message = "as the driver says") {
  bson_error_t error;
  bson_set_error(&error, domain, code, "%s", message);
  return error;
}

ErrorKind kind_of(std::uint32_t domain, std::uint32_t code) {
  return classify(error_of(domain, code), "finding articles").kind;
}

TEST(ErrorsTest, EachErrorBecomesOneOfOurs) {
  EXPECT_EQ(kind_of(MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET), ErrorKind::kUnavailable);
  EXPECT_EQ(kind_of(MONGOC_ERROR_SERVER_SELECTION, MONGOC_ERROR_SERVER_SELECTION_FAILURE),
            ErrorKind::kUnavailable);
  EXPECT_EQ(kind_of(MONGOC_ERROR_SERVER, 10107), ErrorKind::kUnavailable);
  EXPECT_EQ(kind_of(MONGOC_ERROR_SERVER, 50), ErrorKind::kDeadline);
  EXPECT_EQ(kind_of(MONGOC_ERROR_SERVER, 11000), ErrorKind::kConflict);
  EXPECT_EQ(kind_of(MONGOC_ERROR_SERVER, 13), ErrorKind::kUnauthenticated);
  EXPECT_EQ(kind_of(MONGOC_ERROR_CLIENT, MONGOC_ERROR_CLIENT_AUTHENTICATE), ErrorKind::kUnauthenticated);
  EXPECT_EQ(kind_of(MONGOC_ERROR_SERVER, 10334), ErrorKind::kTooLarge);
  EXPECT_EQ(kind_of(MONGOC_ERROR_SERVER, 14031), ErrorKind::kResource);
  EXPECT_EQ(kind_of(MONGOC_ERROR_PROTOCOL, MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION), ErrorKind::kUnsupported);
  EXPECT_EQ(kind_of(MONGOC_ERROR_SERVER, 59), ErrorKind::kUpstream);
}

TEST(ErrorsTest, TheMessageBeginsWithTheOperationAndSaysWhatToDo) {
  const Error forbidden =
      classify(error_of(MONGOC_ERROR_SERVER, 13, "not authorized on shop"), "finding articles");
  EXPECT_TRUE(forbidden.message.starts_with("finding articles: ")) << forbidden.message;
  EXPECT_NE(forbidden.message.find("readWrite"), std::string::npos) << forbidden.message;
  EXPECT_NE(forbidden.message.find("not authorized on shop"), std::string::npos) << forbidden.message;
}

TEST(ErrorsTest, OnlyTheConnectionsErrorsSpoilIt) {
  EXPECT_TRUE(spoils_connection(error_of(MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET)));
  EXPECT_TRUE(spoils_connection(error_of(MONGOC_ERROR_PROTOCOL, MONGOC_ERROR_PROTOCOL_INVALID_REPLY)));
  EXPECT_FALSE(spoils_connection(error_of(MONGOC_ERROR_SERVER, 11000)));
  EXPECT_FALSE(spoils_connection(error_of(MONGOC_ERROR_SERVER, 91)));
}

TEST(DiagnosisTest, NamesTheOption) {
  EXPECT_NE(explain_unreachable("a:1", "TLS handshake failed").find("tlsCAFile"), std::string::npos);
  EXPECT_NE(explain_unreachable("a:1", "Failed to resolve a").find("host names"), std::string::npos);
  EXPECT_NE(explain_unreachable("a:1", "Failed to connect to target host").find("port"), std::string::npos);
  EXPECT_EQ(explain_unreachable("a:1", ""), "no MongoDB server at a:1 has answered");
  EXPECT_NE(explain_too_old("a:1", 5).find("MongoDB 3.6"), std::string::npos);
}

TEST(GateTest, OneAtATimeAfterASocketInUseDied) {
  const SteadyTime now = std::chrono::steady_clock::now();
  Gate gate(2);
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kOpen);
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kOpen);
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kFull);
  gate.succeeded("a");
  gate.succeeded("a");
  gate.suspect();
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kOpen);
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kFull);
  gate.succeeded("a");
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kOpen);
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kOpen);
}

TEST(GateTest, AFailureKeepsOthersFromThatHostUntilItIsFound) {
  const SteadyTime now = std::chrono::steady_clock::now();
  Gate gate(2);
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kOpen);
  gate.failed("a");
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kJustFailed);
  EXPECT_EQ(gate.enter("b", now), Gate::Entry::kOpen);
  gate.forget_failures();
  EXPECT_EQ(gate.enter("a", now), Gate::Entry::kOpen);
}

}  // namespace
}  // namespace wellspring::mongo::driver
