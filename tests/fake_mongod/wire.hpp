#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fake_mongod/document.hpp"

namespace wellspring::testing {

// MongoDB's wire protocol as far as drivers of wire version 17 use it: OP_QUERY for the first hello, OP_MSG
// for everything after it. https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/

inline constexpr std::size_t kHeaderBytes = 16;
/// The protocol's own maxMessageSizeBytes.
inline constexpr std::size_t kMessageBytesMax = 48'000'000;

struct MessageHeader {
  std::int32_t length = 0;
  std::int32_t request_id = 0;
  std::int32_t response_to = 0;
  std::int32_t opcode = 0;
};

enum class Framing { kOpQuery, kOpMsg };

struct Request {
  std::int32_t id = 0;
  Framing framing = Framing::kOpMsg;
  Document command;              ///< with the document sequences of kind 1 sections put back as arrays
  bool more_to_come = false;     ///< the client wants no reply
  bool exhaust_allowed = false;  ///< the server may send several replies

  /// The first key: the command's name.
  std::string name() const;
  /// `$db`, or the database of the OP_QUERY's collection.
  std::string database;
};

struct ReplyFlags {
  bool more_to_come = false;
};

/// Nothing when the length is below the header's or over kMessageBytesMax, or when the opcode is another: so
/// a TLS client is turned away at once.
std::optional<MessageHeader> parse_header(std::span<const std::uint8_t, kHeaderBytes> bytes);

/// Nothing when the body is malformed: the connection is to be closed then.
std::optional<Request> parse_request(const MessageHeader& header, std::span<const std::uint8_t> body);

/// A whole message, header included, framed as the request was.
std::vector<std::uint8_t> encode_reply(Framing framing, std::int32_t id, std::int32_t response_to,
                                       const Document& reply, ReplyFlags flags);

}  // namespace wellspring::testing
