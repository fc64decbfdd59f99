#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace wellspring::llm {

/// Reads a stream of server-sent events (HTML Living Standard, 9.2.6) from bytes cut anywhere. Lines end with
/// LF, CRLF or CR. Comments, event names, ids and retry hints are skipped: only data matters to us.
class SseParser {
 public:
  explicit SseParser(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

  /// The data of every event that `bytes` completes, in order; the data lines of one event are joined by LF.
  /// kUpstream when an event is longer than allowed; the parser is of no use afterwards.
  Result<std::vector<std::string>> feed(std::string_view bytes);

  /// Call once at the end of the stream: the data of a last event whose closing blank line never came.
  std::optional<std::string> finish();

 private:
  void end_line();
  void end_event(std::vector<std::string>& events);

  std::size_t event_bytes_max_;
  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_cr_ = false;
};

}  // namespace wellspring::llm
