#include "rag/grapheme_buffer.hpp"

#include <utf8proc.h>

#include <utility>

#include "base/utf8.hpp"

namespace wellspring::rag {
namespace {

constexpr std::size_t kClusterBytesMax = 256;  // a longer cluster is an attack on the reader's patience

/// Where the last cluster of well-formed `text` begins.
std::size_t last_cluster(std::string_view text) {
  utf8proc_int32_t previous = -1;
  utf8proc_int32_t state = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    utf8proc_int32_t code_point = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                                         static_cast<utf8proc_ssize_t>(text.size() - at), &code_point);
    if (length <= 0) return at;
    if (previous >= 0 && utf8proc_grapheme_break_stateful(previous, code_point, &state)) begin = at;
    previous = code_point;
    at += static_cast<std::size_t>(length);
  }
  return begin;
}

}  // namespace

std::string GraphemeBuffer::feed(std::string_view text) {
  held_ += text;
  const std::size_t complete = complete_prefix(held_);
  std::string ready = sanitize_utf8(std::string_view(held_).substr(0, complete));
  std::string rest = held_.substr(complete);
  const std::size_t begin = last_cluster(ready);
  const bool too_long = ready.size() - begin > kClusterBytesMax;
  held_ = (too_long ? std::string() : ready.substr(begin)) + rest;
  if (!too_long) ready.resize(begin);
  return ready;
}

std::string GraphemeBuffer::finish() {
  return sanitize_utf8(std::exchange(held_, {}));
}

}  // namespace wellspring::rag
