#include "http/request_reader.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>

namespace wellspring::http {
namespace {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;

using Parser = bhttp::request_parser<bhttp::string_body>;

constexpr std::size_t kReadBytes = 4'096;
constexpr std::size_t kBodyReadBytes = 65'536;
constexpr std::size_t kTargetBytesMax = 8'192;
// Beast counts a head to within a few bytes, depending on how it came in; the exact limit is kept here, and
// Beast's, this much higher, only keeps it from looking further.
constexpr std::size_t kHeadSlackBytes = 256;
// A chunk's size line with extensions, and all trailers together, each less than this.
constexpr std::size_t kChunkHeaderBytesMax = 8'192;

ReadRefusal refusal_of(const beast::error_code& failed) {
  if (failed == bhttp::error::header_limit) return {431, "Request header fields too large", "header_bytes"};
  if (failed == bhttp::error::body_limit) return {413, "Request body too large", "body_bytes"};
  if (failed == bhttp::error::bad_version) return {505, "HTTP version not supported", {}};
  return {400, "Bad request: " + failed.message(), {}};
}

/// The path and query of an origin-form or absolute-form target; empty when it is neither.
std::optional<std::string_view> origin_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t path = target.find('/', scheme.size());
    return path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  if (target.starts_with('/') || target == "*") return target;
  return std::nullopt;
}

}  // namespace

struct RequestReader::State {
  explicit State(std::size_t head_bytes_max) : header_bytes_max(head_bytes_max) {}

  std::size_t header_bytes_max;
  std::size_t head_bytes = 0;  ///< of this request, parsed
  beast::flat_buffer buffer;
  std::optional<Parser> parser;
  Request request;
  ReadRefusal refusal;

  Progress refuse(ReadRefusal why) {
    refusal = std::move(why);
    return Progress::kRefused;
  }

  /// Feeds the parser until `done` or out of bytes.
  template <class Done>
  Progress advance(Done done, std::size_t unparsed_max, const ReadRefusal& too_much, std::size_t& parsed) {
    while (!done()) {
      if (buffer.size() == 0) return Progress::kNeedMore;
      beast::error_code failed;
      const std::size_t bytes = parser->put(buffer.data(), failed);
      buffer.consume(bytes);
      parsed += bytes;
      if (failed == bhttp::error::need_more) {
        return buffer.size() > unparsed_max ? refuse(too_much) : Progress::kNeedMore;
      }
      if (failed) return refuse(refusal_of(failed));
    }
    return Progress::kReady;
  }

  /// RFC 9112 2.2: a server should ignore empty lines before the request line. A lone CR may be half of one.
  void skip_empty_lines() {
    while (waiting().starts_with("\r\n")) buffer.consume(2);
  }
  bool half_an_empty_line() const { return waiting() == "\r"; }
  std::string_view waiting() const { return {static_cast<const char*>(buffer.data().data()), buffer.size()}; }

  Progress check_head();
  Progress check_framing();
  Progress read_target(std::string_view target);
};

/// What the parser lets pass but two parsers could read differently (request smuggling).
Progress RequestReader::State::check_framing() {
  const auto& head = parser->get();
  if (head.version() != 10 && head.version() != 11) return refuse({505, "HTTP version not supported", {}});
  const std::size_t hosts = head.count(bhttp::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() == 11))
    return refuse({400, "Bad request: need exactly one Host header", {}});
  const std::size_t codings = head.count(bhttp::field::transfer_encoding);
  const std::size_t lengths = head.count(bhttp::field::content_length);
  const std::string_view length = head[bhttp::field::content_length];
  if (lengths > 1 || length.find_first_not_of("0123456789") != std::string_view::npos)
    return refuse({400, "Bad request: Content-Length must be one number", {}});
  if (codings == 0) return Progress::kReady;
  if (lengths != 0 || codings > 1 || head.version() != 11) {
    return refuse({400, "Bad request: Transfer-Encoding must stand alone, in HTTP/1.1", {}});
  }
  if (!beast::iequals(head[bhttp::field::transfer_encoding], "chunked")) {
    return refuse({501, "Transfer-Encoding other than chunked is not supported", {}});
  }
  return Progress::kReady;
}

Progress RequestReader::State::read_target(std::string_view target) {
  if (target.size() > kTargetBytesMax) return refuse({414, "Request target too long", "header_bytes"});
  const std::optional<std::string_view> local = origin_form(target);
  if (!local || local->find('#') != std::string_view::npos)
    return refuse({400, "Bad request: bad target", {}});
  const std::size_t mark = std::min(local->find('?'), local->size());
  std::optional<std::string> path = percent_decode(local->substr(0, mark));
  if (!path) return refuse({400, "Bad request: bad escape in the path", {}});
  request.path = std::move(*path);
  request.query = local->substr(std::min(mark + 1, local->size()));
  return Progress::kReady;
}

Progress RequestReader::State::check_head() {
  if (check_framing() == Progress::kRefused) return Progress::kRefused;
  const auto& head = parser->get();
  if (read_target(head.target()) == Progress::kRefused) return Progress::kRefused;
  request.method = parse_method(head.method_string());
  for (const auto& field : head) request.headers.emplace_back(field.name_string(), field.value());
  const std::string_view expect = head[bhttp::field::expect];
  if (!expect.empty() && !beast::iequals(expect, "100-continue"))
    return refuse({417, "Expectation failed", {}});
  return Progress::kReady;
}

RequestReader::RequestReader(std::size_t header_bytes_max)
    : state_(std::make_unique<State>(header_bytes_max)) {
  begin();
}

RequestReader::~RequestReader() = default;

std::span<char> RequestReader::prepare() {
  const bool in_body = state_->parser->is_header_done() && !state_->parser->is_done();
  const auto room = state_->buffer.prepare(
      in_body && content_length().value_or(kBodyReadBytes) > kReadBytes ? kBodyReadBytes : kReadBytes);
  return {static_cast<char*>(room.data()), room.size()};
}

void RequestReader::commit(std::size_t bytes) {
  state_->buffer.commit(bytes);
}

bool RequestReader::empty() const {
  return state_->buffer.size() == 0;
}

bool RequestReader::full() const {
  return state_->buffer.size() >= state_->header_bytes_max;
}

void RequestReader::begin() {
  state_->parser.emplace();
  state_->parser->header_limit(static_cast<std::uint32_t>(state_->header_bytes_max + kHeadSlackBytes));
  state_->head_bytes = 0;
  state_->parser->body_limit(boost::none);
  Request& request = state_->request;
  request.headers.clear();
  request.path_parameters.clear();
  request.query = {};
  request.body = {};
  if (state_->buffer.capacity() > kBodyReadBytes / 2) state_->buffer.shrink_to_fit();
}

Progress RequestReader::parse_head() {
  if (!state_->parser->got_some()) {
    state_->skip_empty_lines();
    if (state_->half_an_empty_line()) return Progress::kNeedMore;
  }
  const ReadRefusal too_much{431, "Request header fields too large", "header_bytes"};
  const Progress progress =
      state_->advance([this] { return state_->parser->is_header_done(); },
                      state_->header_bytes_max - std::min(state_->head_bytes, state_->header_bytes_max),
                      too_much, state_->head_bytes);
  if (progress != Progress::kReady) return progress;
  return state_->head_bytes > state_->header_bytes_max ? state_->refuse(too_much) : state_->check_head();
}

Progress RequestReader::limit_body(std::size_t bytes_max) {
  const auto announced = state_->parser->content_length();
  if (announced && *announced > bytes_max) {
    return state_->refuse({413,
                           "Request body too large: " + std::to_string(*announced) + " bytes, at most " +
                               std::to_string(bytes_max) + " are allowed here",
                           "body_bytes"});
  }
  state_->parser->body_limit(bytes_max);
  state_->parser->eager(true);
  return Progress::kReady;
}

Progress RequestReader::parse_body() {
  const ReadRefusal too_much{400, "Bad request: chunk header or trailers too large", {}};
  std::size_t unused = 0;
  const Progress progress = state_->advance([this] { return state_->parser->is_done(); },
                                            kBodyReadBytes + kChunkHeaderBytesMax, too_much, unused);
  if (progress == Progress::kReady) state_->request.body = std::move(state_->parser->get().body());
  return progress;
}

const Request& RequestReader::request() const {
  return state_->request;
}
Request& RequestReader::request() {
  return state_->request;
}
const ReadRefusal& RequestReader::refusal() const {
  return state_->refusal;
}
bool RequestReader::complete() const {
  return state_->parser->is_done();
}
bool RequestReader::keep_alive() const {
  return state_->parser->is_header_done() && state_->parser->keep_alive();
}
bool RequestReader::http_1_0() const {
  return state_->parser->get().version() == 10;
}

bool RequestReader::expects_continue() const {
  return !http_1_0() && !state_->parser->get()[bhttp::field::expect].empty();
}

std::optional<std::uint64_t> RequestReader::content_length() const {
  if (state_->parser->chunked()) return std::nullopt;
  const auto length = state_->parser->content_length();
  return length ? *length : 0;
}

}  // namespace wellspring::http
