#include "mongo/driver/uri.hpp"

#include <gtest/gtest.h>

namespace wellspring::mongo::driver {
namespace {

TEST(ConnectionStringTest, TheBudgetsOptionsAreTakenOutAndTold) {
  const auto read = read_connection_string(
      "mongodb://a:27018,b/shop?minPoolSize=3&replicaSet=rs&maxIdleTimeMS=1000&waitQueueTimeoutMS=7");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->set_aside,
            (std::vector<std::string>{"minPoolSize=3", "maxIdleTimeMS=1000", "waitQueueTimeoutMS=7"}));
  EXPECT_EQ(read->hosts, "a:27018,b:27017");
  EXPECT_EQ(read->database, "shop");
  EXPECT_STREQ(mongoc_uri_get_replica_set(read->uri.get()), "rs");
  EXPECT_FALSE(mongoc_uri_has_option(read->uri.get(), MONGOC_URI_MINPOOLSIZE));
}

TEST(ConnectionStringTest, WaitsAreOursUnlessGiven) {
  const auto read = read_connection_string("mongodb://a/?connectTimeoutMS=300&retryReads=false");
  ASSERT_TRUE(read.has_value());
  const auto number = [&](const char* name) {
    return mongoc_uri_get_option_as_int32(read->uri.get(), name, -1);
  };
  EXPECT_EQ(number(MONGOC_URI_CONNECTTIMEOUTMS), 300);
  EXPECT_EQ(number(MONGOC_URI_SERVERSELECTIONTIMEOUTMS), 5'000);
  EXPECT_EQ(number(MONGOC_URI_HEARTBEATFREQUENCYMS), 1'000);
  EXPECT_FALSE(mongoc_uri_get_option_as_bool(read->uri.get(), MONGOC_URI_RETRYREADS, true));
  EXPECT_TRUE(mongoc_uri_get_option_as_bool(read->uri.get(), MONGOC_URI_RETRYWRITES, false));
  EXPECT_EQ(read->database, "");
}

TEST(ConnectionStringTest, WhatCannotBeReadIsToldWithoutQuotingIt) {
  for (const char* text : {"", "http://a", "localhost:27017", "mongodb://", "mongodb://u:hush@:99999",
                           "mongodb://u:hu/sh@a", "mongodb://u:hush@a:port/"}) {
    const auto read = read_connection_string(text);
    ASSERT_TRUE(read.has_error()) << text;
    EXPECT_EQ(read.error().kind, ErrorKind::kInvalidArgument);
    EXPECT_EQ(read.error().subject, "mongo.uri");
    EXPECT_EQ(read.error().message.find("hush"), std::string::npos) << read.error().message;
  }
}

}  // namespace
}  // namespace wellspring::mongo::driver
