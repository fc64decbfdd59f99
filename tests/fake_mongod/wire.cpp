#include "fake_mongod/wire.hpp"

#include <bit>
#include <cstring>

namespace wellspring::testing {
namespace {

static_assert(std::endian::native == std::endian::little, "the wire protocol is little-endian");

constexpr std::int32_t kOpReply = 1;
constexpr std::int32_t kOpQuery = 2004;
constexpr std::int32_t kOpMsg = 2013;
constexpr std::uint32_t kChecksumPresent = 1U << 0;
constexpr std::uint32_t kMoreToCome = 1U << 1;
constexpr std::uint32_t kExhaustAllowed = 1U << 16;
constexpr std::uint8_t kBodySection = 0;
constexpr std::uint8_t kSequenceSection = 1;

/// Takes values from the front of a message. After a failed take `ok` stays false and takes give nothing.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }

  std::span<const std::uint8_t> take(std::size_t count) {
    if (!ok_ || count > rest_.size()) {
      ok_ = false;
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  template <class Integer>
  Integer integer() {
    Integer value{};
    const auto bytes = take(sizeof value);
    if (ok_) {
      std::memcpy(&value, bytes.data(), sizeof value);
    }
    return value;
  }

  std::string c_string() {
    const void* end = rest_.empty() ? nullptr : std::memchr(rest_.data(), 0, rest_.size());
    if (end == nullptr) {
      ok_ = false;
      return {};
    }
    const auto length = static_cast<std::size_t>(static_cast<const std::uint8_t*>(end) - rest_.data());
    const auto bytes = take(length + 1);
    return {bytes.begin(), bytes.end() - 1};
  }

  Document document() {
    std::int32_t length = 0;
    if (rest_.size() >= sizeof length) {
      std::memcpy(&length, rest_.data(), sizeof length);
    }
    const auto bytes = take(length < 5 ? rest_.size() + 1 : static_cast<std::size_t>(length));
    auto parsed = ok_ ? Document::from_bytes(bytes) : std::nullopt;
    ok_ = parsed.has_value();
    return parsed ? std::move(*parsed) : Document();
  }

 private:
  std::span<const std::uint8_t> rest_;
  bool ok_ = true;
};

std::optional<Request> parse_query(std::span<const std::uint8_t> body) {
  Reader reader(body);
  Request request;
  request.framing = Framing::kOpQuery;
  reader.integer<std::uint32_t>();
  const std::string collection = reader.c_string();
  reader.take(2 * sizeof(std::int32_t));
  request.command = reader.document();
  if (!reader.ok()) {
    return std::nullopt;
  }
  if (auto wrapped = find_document(*request.command, "$query")) {
    request.command = std::move(*wrapped);
  }
  request.database = collection.substr(0, collection.find('.'));
  return request;
}

bool read_sequence(Reader& reader, Document& command) {
  const auto size = reader.integer<std::int32_t>();
  if (!reader.ok() || size < static_cast<std::int32_t>(sizeof size)) {
    return false;
  }
  Reader section(reader.take(static_cast<std::size_t>(size) - sizeof size));
  const std::string name = section.c_string();
  std::vector<Document> documents;
  while (section.ok() && !section.empty()) {
    documents.push_back(section.document());
  }
  command.add(name, documents);
  return reader.ok() && section.ok();
}

std::optional<Request> parse_message(std::span<const std::uint8_t> body) {
  Reader reader(body);
  const auto flags = reader.integer<std::uint32_t>();
  if ((flags & kChecksumPresent) != 0) {
    if (body.size() < 2 * sizeof flags) {
      return std::nullopt;
    }
    reader = Reader(body.subspan(sizeof flags, body.size() - 2 * sizeof flags));
  }
  Request request;
  request.more_to_come = (flags & kMoreToCome) != 0;
  request.exhaust_allowed = (flags & kExhaustAllowed) != 0;
  // A sequence may come before the body it belongs to.
  Document sequences;
  bool has_body = false;
  while (reader.ok() && !reader.empty()) {
    const auto kind = reader.integer<std::uint8_t>();
    if (kind == kBodySection && !has_body) {
      request.command = reader.document();
      has_body = true;
    } else if (kind != kSequenceSection || !read_sequence(reader, sequences)) {
      return std::nullopt;
    }
  }
  if (!reader.ok() || !has_body) {
    return std::nullopt;
  }
  bson_concat(request.command.get(), sequences.get());
  request.database = find_string(*request.command, "$db").value_or("");
  return request;
}

template <class Integer>
void put(std::vector<std::uint8_t>& out, Integer value) {
  const auto at = out.size();
  out.resize(at + sizeof value);
  std::memcpy(out.data() + at, &value, sizeof value);
}

}  // namespace

std::string Request::name() const {
  bson_iter_t iter;
  return bson_iter_init(&iter, command.get()) && bson_iter_next(&iter) ? bson_iter_key(&iter) : "";
}

std::optional<MessageHeader> parse_header(std::span<const std::uint8_t, kHeaderBytes> bytes) {
  Reader reader(bytes);
  MessageHeader header;
  header.length = reader.integer<std::int32_t>();
  header.request_id = reader.integer<std::int32_t>();
  header.response_to = reader.integer<std::int32_t>();
  header.opcode = reader.integer<std::int32_t>();
  const auto length = static_cast<std::int64_t>(header.length);
  const bool is_known = header.opcode == kOpQuery || header.opcode == kOpMsg;
  if (!is_known || length < static_cast<std::int64_t>(kHeaderBytes) ||
      length > static_cast<std::int64_t>(kMessageBytesMax)) {
    return std::nullopt;
  }
  return header;
}

std::optional<Request> parse_request(const MessageHeader& header, std::span<const std::uint8_t> body) {
  auto request = header.opcode == kOpQuery ? parse_query(body) : parse_message(body);
  if (request) {
    request->id = header.request_id;
  }
  return request;
}

std::vector<std::uint8_t> encode_reply(Framing framing, std::int32_t id, std::int32_t response_to,
                                       const Document& reply, ReplyFlags flags) {
  const auto document = reply.bytes();
  std::vector<std::uint8_t> out;
  out.reserve(kHeaderBytes + 20 + document.size());
  put<std::int32_t>(out, 0);
  put(out, id);
  put(out, response_to);
  if (framing == Framing::kOpQuery) {
    put(out, kOpReply);
    put<std::int32_t>(out, 8);  // AwaitCapable, as every server since 1.6 says
    put<std::int64_t>(out, 0);
    put<std::int32_t>(out, 0);
    put<std::int32_t>(out, 1);
  } else {
    put(out, kOpMsg);
    put<std::uint32_t>(out, flags.more_to_come ? kMoreToCome : 0);
    put(out, kBodySection);
  }
  out.insert(out.end(), document.begin(), document.end());
  const auto length = static_cast<std::int32_t>(out.size());
  std::memcpy(out.data(), &length, sizeof length);
  return out;
}

}  // namespace wellspring::testing
