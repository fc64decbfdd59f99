#include "rag/question_text.hpp"

#include "base/utf8.hpp"

namespace wellspring::rag {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

/// C0, DEL and C1 (which UTF-8 writes as C2 80 to C2 9F), but for the blanks.
std::size_t control_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if ((first < 0x20 && kBlanks.find(text[0]) == std::string_view::npos) || first == 0x7F) return 1;
  return first == 0xC2 && text.size() > 1 && static_cast<unsigned char>(text[1]) < 0xA0 ? 2 : 0;
}

}  // namespace

std::string sanitize_text(std::string_view text, std::size_t code_points) {
  // Bytes beyond what the limit can hold are not worth reading.
  const std::string valid = sanitize_utf8(text.substr(0, std::min(text.size(), 8 * code_points + 64)));
  std::string clean;
  for (std::string_view rest = valid; !rest.empty();) {
    const std::size_t control = control_length(rest);
    if (control == 0) clean += rest.front();
    rest.remove_prefix(std::max<std::size_t>(control, 1));
  }
  std::string_view kept = first_code_points(clean, code_points);
  const std::size_t first = kept.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return std::string(kept.substr(first, kept.find_last_not_of(kBlanks) - first + 1));
}

}  // namespace wellspring::rag
