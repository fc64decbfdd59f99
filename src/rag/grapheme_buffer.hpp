#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace wellspring::rag {

/// Re-cuts a streamed text so that no piece ends inside a code point or a grapheme cluster (an accented
/// letter, a flag, a family emoji): the last cluster is held back until the next one begins. Input is UTF-8
/// cut anywhere.
class GraphemeBuffer {
 public:
  /// The whole clusters now known; may be empty.
  std::string feed(std::string_view text);
  /// Call once at the end: the last cluster. Bytes that never became a code point come out as U+FFFD.
  std::string finish();

 private:
  std::string held_;
};

}  // namespace wellspring::rag
