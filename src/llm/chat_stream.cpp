#include "llm/chat_stream.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/utf8.hpp"

namespace wellspring::llm {
namespace {

namespace json = boost::json;

constexpr std::size_t kErrorTextCodePoints =
    200;  // enough for every provider's sentence, short enough for a log line

const json::value* member(const json::value* parent, std::string_view name) {
  const json::object* object = parent == nullptr ? nullptr : parent->if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

const json::value* first_item(const json::value* parent) {
  const json::array* array = parent == nullptr ? nullptr : parent->if_array();
  return array == nullptr || array->empty() ? nullptr : &array->front();
}

std::string_view string_or_empty(const json::value* value) {
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view{} : std::string_view(text->data(), text->size());
}

std::size_t count_or_zero(const json::value* value) {
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return 0;
  return static_cast<std::size_t>(value->get_int64());
}

std::string one_line(std::string_view text) {
  std::string line = sanitize_utf8(first_code_points(sanitize_utf8(text), kErrorTextCodePoints));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

std::string error_text(const json::value& error) {
  if (const json::string* text = error.if_string()) return one_line(*text);
  return one_line(string_or_empty(member(&error, "message")));
}

}  // namespace

std::string error_text(std::string_view body) {
  boost::system::error_code failed;
  const json::value parsed = json::parse(body, failed);
  if (failed) return {};
  // Gemini wraps its error object in an array.
  const json::value* root = parsed.is_array() ? first_item(&parsed) : &parsed;
  const json::value* error = member(root, "error");
  return error == nullptr ? std::string{} : error_text(*error);
}

Result<std::string> ChatStream::feed(std::string_view body) {
  std::string text;
  if (done_) return text;
  const auto events = events_.feed(body);
  if (events.has_error()) return events.error();
  for (const std::string& event : *events) {
    if (done_) break;
    if (const auto read = read_event(event, text); read.has_error()) return read.error();
  }
  return text;
}

Result<std::string> ChatStream::finish() {
  std::string text;
  if (!done_) {
    if (const auto last = events_.finish()) {
      if (const auto read = read_event(*last, text); read.has_error()) return read.error();
    }
  }
  if (!done_ && !finish_reason_seen_) {
    return fail(ErrorKind::kUpstream,
                fmt::format("chat completion: the stream ended after {} bytes of text without its end mark",
                            answer_bytes_));
  }
  if (!has_text()) return fail(ErrorKind::kUpstream, "chat completion: the model ended without any text");
  return text;
}

Result<void> ChatStream::read_event(std::string_view data, std::string& text) {
  if (data == "[DONE]") {
    done_ = true;
    return {};
  }
  boost::system::error_code failed;
  const json::value event = json::parse(data, failed);
  if (failed || !event.is_object()) {
    return fail(ErrorKind::kUpstream, "chat completion: an event of the stream is not a JSON object");
  }
  if (const json::value* error = member(&event, "error"); error != nullptr && !error->is_null()) {
    return fail(ErrorKind::kUpstream, "chat completion: the provider reported: " + error_text(*error));
  }
  if (const json::value* usage = member(&event, "usage"); usage != nullptr && usage->is_object()) {
    usage_.input_tokens = count_or_zero(member(usage, "prompt_tokens"));
    usage_.output_tokens = count_or_zero(member(usage, "completion_tokens"));
  }
  const json::value* choice = first_item(member(&event, "choices"));
  const std::string_view reason = string_or_empty(member(choice, "finish_reason"));
  finish_reason_seen_ = finish_reason_seen_ || !reason.empty();
  usage_.cut = usage_.cut || reason == "length" || reason == "content_filter";
  const std::string_view content = string_or_empty(member(member(choice, "delta"), "content"));
  answer_bytes_ += content.size();
  if (answer_bytes_ > limits_.answer_bytes) {
    return fail(
        ErrorKind::kUpstream,
        fmt::format("chat completion: the answer is longer than the allowed {} bytes", limits_.answer_bytes));
  }
  text += content;
  return {};
}

}  // namespace wellspring::llm
