#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace wellspring::http {

enum class Progress {
  kNeedMore,  ///< read more bytes and ask again
  kReady,
  kRefused,  ///< see RequestReader::refusal(); the connection cannot be used for more
};

/// Why a request cannot be read. `limit` is the label in wellspring_http_refused_total, empty for plain bad
/// syntax.
struct ReadRefusal {
  int status = 400;
  std::string detail;
  std::string_view limit;
};

/// Turns a connection's bytes into requests: head first, so that its route can set the body's limit, then the
/// body. A state machine without a socket. Bytes of pipelined requests wait inside, bounded by the head's
/// limit plus one read.
class RequestReader {
 public:
  explicit RequestReader(std::size_t header_bytes_max);
  ~RequestReader();
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// Room for the next read, never empty.
  std::span<char> prepare();
  void commit(std::size_t bytes);
  /// No byte of a further request has come.
  bool empty() const;
  /// So many bytes wait that a reader ahead of the parser should stop.
  bool full() const;

  /// Starts the next request. Ends the validity of all views into the last one.
  void begin();
  Progress parse_head();
  /// After the head. Bodies over the limit are refused with 413, by their announced length before any byte of
  /// them is read.
  Progress limit_body(std::size_t bytes_max);
  Progress parse_body();

  /// Valid between a kReady head and begin().
  Request& request();
  const Request& request() const;
  const ReadRefusal& refusal() const;
  bool complete() const;  ///< head and body were read
  bool keep_alive() const;
  bool http_1_0() const;
  bool expects_continue() const;
  /// The body's announced length; empty when it is chunked.
  std::optional<std::uint64_t> content_length() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wellspring::http
