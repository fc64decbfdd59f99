#include "fake_mongod/wire.hpp"

#include <gtest/gtest.h>

#include <cstring>

namespace wellspring::testing {
namespace {

constexpr std::int32_t kOpMsg = 2013;
constexpr std::int32_t kOpQuery = 2004;

/// Builds what a client sends.
class Bytes {
 public:
  template <class Integer>
  Bytes& put(Integer value) {
    return append(&value, sizeof value);
  }
  Bytes& put_text(const std::string& text) { return append(text.c_str(), text.size() + 1); }
  Bytes& put_document(const char* json) {
    const Document document = Document::from_json(json).value();
    return append(document.bytes().data(), document.bytes().size());
  }
  Bytes& put_bytes(const Bytes& other) { return append(other.bytes_.data(), other.bytes_.size()); }

  std::span<const std::uint8_t> get() const {
    return {reinterpret_cast<const std::uint8_t*>(bytes_.data()), bytes_.size()};
  }

 private:
  Bytes& append(const void* data, std::size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
    return *this;
  }

  std::string bytes_;
};

std::optional<Request> parse(const Bytes& body, std::int32_t opcode = kOpMsg) {
  MessageHeader header;
  header.request_id = 7;
  header.opcode = opcode;
  return parse_request(header, body.get());
}

std::optional<MessageHeader> header_of(std::int32_t length, std::int32_t opcode) {
  const Bytes bytes = Bytes().put(length).put<std::int32_t>(1).put<std::int32_t>(0).put(opcode);
  std::array<std::uint8_t, kHeaderBytes> header{};
  std::memcpy(header.data(), bytes.get().data(), header.size());
  return parse_header(header);
}

TEST(WireTest, HeaderBoundsLengthAndOpcode) {
  EXPECT_TRUE(header_of(16, kOpMsg));
  EXPECT_TRUE(header_of(48'000'000, kOpQuery));
  EXPECT_FALSE(header_of(15, kOpMsg));
  EXPECT_FALSE(header_of(-1, kOpMsg));
  EXPECT_FALSE(header_of(48'000'001, kOpMsg));
  EXPECT_FALSE(header_of(100, 2012));
}

TEST(WireTest, MessageWithASequence) {
  const Bytes documents =
      Bytes().put_text("documents").put_document(R"({"x": 1})").put_document(R"({"x": 2})");
  const auto sequence_size = static_cast<std::int32_t>(documents.get().size() + 4);
  const Bytes body = Bytes()
                         .put<std::uint32_t>(1U << 1)
                         .put<std::uint8_t>(1)
                         .put(sequence_size)
                         .put_bytes(documents)
                         .put<std::uint8_t>(0)
                         .put_document(R"({"insert": "c", "$db": "test"})");
  const auto request = parse(body);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->id, 7);
  EXPECT_EQ(request->name(), "insert");
  EXPECT_EQ(request->database, "test");
  EXPECT_TRUE(request->more_to_come);
  EXPECT_FALSE(request->exhaust_allowed);
  EXPECT_EQ(find_documents(*request->command, "documents").size(), 2U);
}

TEST(WireTest, ChecksumIsLeftAside) {
  const Bytes body = Bytes()
                         .put<std::uint32_t>(1U << 0 | 1U << 16)
                         .put<std::uint8_t>(0)
                         .put_document(R"({"ping": 1, "$db": "admin"})")
                         .put<std::uint32_t>(0xdeadbeef);
  const auto request = parse(body);
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->exhaust_allowed);
}

TEST(WireTest, Query) {
  const Bytes body = Bytes()
                         .put<std::uint32_t>(4)
                         .put_text("admin.$cmd")
                         .put<std::int32_t>(0)
                         .put<std::int32_t>(-1)
                         .put_document(R"({"$query": {"isMaster": 1}})");
  const auto request = parse(body, kOpQuery);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->name(), "isMaster");
  EXPECT_EQ(request->database, "admin");
  EXPECT_EQ(request->framing, Framing::kOpQuery);
}

TEST(WireTest, MalformedBodiesAreRefused) {
  EXPECT_FALSE(parse(Bytes()));
  EXPECT_FALSE(parse(Bytes().put<std::uint32_t>(0)));
  EXPECT_FALSE(parse(Bytes().put<std::uint32_t>(1)));
  EXPECT_FALSE(parse(Bytes().put<std::uint32_t>(0).put<std::uint8_t>(9).put_document("{}")));
  EXPECT_FALSE(parse(Bytes().put<std::uint32_t>(0).put<std::uint8_t>(0).put<std::int32_t>(1'000)));
  EXPECT_FALSE(parse(Bytes().put<std::uint32_t>(0).put<std::uint8_t>(0).put<std::int32_t>(-5)));
  EXPECT_FALSE(parse(Bytes().put<std::uint32_t>(0).put<std::uint8_t>(1).put<std::int32_t>(2)));
  EXPECT_FALSE(parse(Bytes().put<std::uint32_t>(0).put<std::uint8_t>(1).put<std::int32_t>(9'000)));
  EXPECT_FALSE(parse(Bytes().put<std::uint32_t>(0), kOpQuery));
}

TEST(WireTest, RepliesCarryTheirLength) {
  const Document reply = Document().add("ok", 1.0);
  for (const Framing framing : {Framing::kOpMsg, Framing::kOpQuery}) {
    const auto message = encode_reply(framing, 8, 7, reply, {});
    std::int32_t length = 0;
    std::memcpy(&length, message.data(), sizeof length);
    EXPECT_EQ(static_cast<std::size_t>(length), message.size());
  }
}

}  // namespace
}  // namespace wellspring::testing
