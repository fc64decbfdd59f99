#include "llm/sse_parser.hpp"

#include <fmt/format.h>

#include <utility>

namespace wellspring::llm {

Result<std::vector<std::string>> SseParser::feed(std::string_view bytes) {
  std::vector<std::string> events;
  for (const char c : bytes) {
    const bool second_half_of_crlf = after_cr_ && c == '\n';
    after_cr_ = c == '\r';
    if (second_half_of_crlf) continue;
    if (c != '\n' && c != '\r') {
      line_ += c;
      if (line_.size() + data_.size() > event_bytes_max_) {
        return fail(
            ErrorKind::kUpstream,
            fmt::format("event stream: an event is longer than the allowed {} bytes", event_bytes_max_));
      }
    } else if (line_.empty()) {
      end_event(events);
    } else {
      end_line();
    }
  }
  return events;
}

std::optional<std::string> SseParser::finish() {
  if (!line_.empty()) end_line();
  std::vector<std::string> events;
  end_event(events);
  if (events.empty()) return std::nullopt;
  return std::move(events.front());
}

void SseParser::end_line() {
  constexpr std::string_view kField = "data";
  std::string_view line = line_;
  if (line.starts_with("\xEF\xBB\xBF"))
    line.remove_prefix(3);  // the byte order mark that may open the stream
  if (line.starts_with(kField) && (line.size() == kField.size() || line[kField.size()] == ':')) {
    line.remove_prefix(std::min(line.size(), kField.size() + 1));
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (has_data_) data_ += '\n';
    data_ += line;
    has_data_ = true;
  }
  line_.clear();
}

void SseParser::end_event(std::vector<std::string>& events) {
  if (has_data_) events.push_back(std::exchange(data_, {}));
  has_data_ = false;
}

}  // namespace wellspring::llm
