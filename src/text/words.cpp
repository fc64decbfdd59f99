#include "text/words.hpp"

#include <utf8proc.h>

#include <array>
#include <cstdint>

namespace wellspring::text {
namespace {

enum : std::uint8_t { kOtherByte, kLetterByte, kDigitByte, kHighByte };

constexpr std::array<std::uint8_t, 256> kBytes = [] {
  std::array<std::uint8_t, 256> bytes{};
  for (std::size_t c = 0; c < 256; ++c) {
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) bytes[c] = kLetterByte;
    if (c >= '0' && c <= '9') bytes[c] = kDigitByte;
    if (c >= 0x80) bytes[c] = kHighByte;
  }
  return bytes;
}();

constexpr std::string_view kCurlyApostrophe = "\xE2\x80\x99";  // U+2019
constexpr utf8proc_int32_t kZeroWidthSpace = 0x200B;

std::uint8_t byte_kind(std::string_view text, std::size_t i) {
  return kBytes[static_cast<unsigned char>(text[i])];
}

/// Scripts written without spaces that are indexed by pairs: Han, kana, Hangul (blocks of Unicode 15).
bool is_cjk(utf8proc_int32_t c) {
  return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x3041 && c <= 0x30FF) ||
         (c >= 0x3105 && c <= 0x31BF) || (c >= 0x31F0 && c <= 0x31FF) || (c >= 0x1100 && c <= 0x11FF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFF66 && c <= 0xFFDC) || (c >= 0x20000 && c <= 0x323AF) ||
         c == 0x3005 || c == 0x3007;
}

}  // namespace

WordReader::Character WordReader::wide_at(std::size_t i) const {
  utf8proc_int32_t code_point = 0;
  const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data() + i),
                                       static_cast<utf8proc_ssize_t>(text_.size() - i), &code_point);
  if (length <= 0) return {};
  Character character{Kind::kOther, static_cast<std::size_t>(length)};
  const utf8proc_category_t category = utf8proc_category(code_point);
  const bool letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME;
  const bool number = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
  // Soft hyphens and joiners stand inside words; folding removes them.
  const bool format = category == UTF8PROC_CATEGORY_CF && code_point != kZeroWidthSpace;
  if (is_cjk(code_point) && (letter || number)) {
    character.kind = Kind::kCjk;
  } else if (letter || format) {
    character.kind = Kind::kLetter;
  } else if (number) {
    character.kind = Kind::kDigit;
  }
  return character;
}

WordReader::Character WordReader::at(std::size_t i) const {
  switch (byte_kind(text_, i)) {
    case kLetterByte:
      return {Kind::kLetter, 1};
    case kDigitByte:
      return {Kind::kDigit, 1};
    case kHighByte:
      return wide_at(i);
    default:
      return {};
  }
}

/// Bytes of punctuation at `i` that do not end the word begun at `begin`, or 0.
std::size_t WordReader::joiner_length(std::size_t begin, std::size_t i, bool after_digit) const {
  const char c = text_[i];
  if (c == '.') {
    return after_digit && i + 1 < text_.size() && byte_kind(text_, i + 1) == kDigitByte ? 1 : 0;
  }
  if (apostrophe_ == Apostrophe::kSplits || i == begin || after_digit) return 0;
  const std::size_t length = c == '\''                                       ? 1
                             : text_.substr(i).starts_with(kCurlyApostrophe) ? kCurlyApostrophe.size()
                                                                             : 0;
  if (length == 0 || i + length >= text_.size()) return 0;
  return at(i + length).kind == Kind::kLetter ? length : 0;
}

void WordReader::extend(Word& word, std::size_t begin) {
  std::size_t i = begin;
  bool after_digit = false;
  while (i < text_.size()) {
    const std::uint8_t kind = byte_kind(text_, i);
    if (kind == kLetterByte || kind == kDigitByte) {
      after_digit = kind == kDigitByte;
      word.plain = word.plain && !after_digit;
      ++i;
      continue;
    }
    const Character character = kind == kHighByte ? wide_at(i) : Character{};
    if (character.kind == Kind::kLetter || character.kind == Kind::kDigit) {
      after_digit = character.kind == Kind::kDigit;
      word.plain = word.plain && !after_digit;
      word.ascii = false;
      i += character.length;
      continue;
    }
    const std::size_t joiner = character.kind == Kind::kCjk ? 0 : joiner_length(begin, i, after_digit);
    if (joiner == 0) break;
    word.ascii = word.ascii && joiner == 1;
    i += joiner;
  }
  if (i == begin + 1 && word.plain) {
    const std::string_view rest = text_.substr(i);
    const std::size_t suffix = rest.starts_with("++") ? 2 : rest.starts_with('#') ? 1 : 0;
    word.plain = suffix == 0;
    i += suffix;
  }
  word.text = text_.substr(begin, i - begin);
  position_ = i;
}

bool WordReader::next(Word& word) {
  while (position_ < text_.size() && byte_kind(text_, position_) == kOtherByte) ++position_;
  while (position_ < text_.size()) {
    const Character first = at(position_);
    word = Word{};
    if (first.kind == Kind::kCjk) {
      const std::size_t begin = position_;
      for (Character c = first; c.kind == Kind::kCjk;
           c = position_ < text_.size() ? at(position_) : Character{}) {
        position_ += c.length;
      }
      word.text = text_.substr(begin, position_ - begin);
      word.ascii = false;
      word.cjk = true;
      return true;
    }
    if (first.kind != Kind::kOther) {
      extend(word, position_);
      return true;
    }
    position_ += first.length;
  }
  return false;
}

}  // namespace wellspring::text
