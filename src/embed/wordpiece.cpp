#include "embed/wordpiece.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/utf8.hpp"
#include "embed/unicode8.hpp"

namespace wellspring::embed {
namespace {

constexpr char32_t kReplacementCharacter = 0xFFFD;

/// BERT's own list of ideographs, which are words each; the gap from 2B820 to 2B91F is the reference
/// tokenizer's.
bool is_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF) ||
         (c >= 0x2A700 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

/// Controls that are white space to a text that is not cleaned of controls first.
bool is_control_space(char32_t c) {
  return c == 0x0B || c == 0x0C || c == 0x85;
}

/// Decodes the code point at `position` of well-formed UTF-8 and moves past it.
char32_t next_code_point(std::string_view text, std::size_t& position) {
  utf8proc_int32_t c = 0;
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto length =
      utf8proc_iterate(bytes + position, static_cast<utf8proc_ssize_t>(text.size() - position), &c);
  position += static_cast<std::size_t>(length);
  return static_cast<char32_t>(c);
}

}  // namespace

/// One pass over one text. Collects normalised characters into a word and turns each finished word into ids;
/// stops as soon as `limit` ids are there.
class WordPiece::Scan {
 public:
  Scan(const WordPiece& tokenizer, std::size_t limit) : tokenizer_(tokenizer), limit_(limit) {}

  std::vector<std::int32_t> run(std::string_view text) {
    for (std::size_t i = 0; i < text.size() && ids_.size() < limit_;) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (tokenizer_.starts_special_[byte] && take_special(text, i)) continue;
      if (byte < 0x80) {
        take_ascii(tokenizer_.ascii_[byte]);
        ++i;
      } else {
        take_code_point(next_code_point(text, i));
      }
    }
    finish_word();
    if (ids_.size() > limit_) ids_.resize(limit_);
    return std::move(ids_);
  }

 private:
  bool take_special(std::string_view text, std::size_t& position) {
    for (const auto& [piece, id] : tokenizer_.file_.special) {
      if (!text.substr(position).starts_with(piece)) continue;
      finish_word();
      ids_.push_back(id);
      position += piece.size();
      return true;
    }
    return false;
  }

  void take_ascii(AsciiRule rule) {
    switch (rule.action) {
      case Action::kKeep:
        append(rule.mapped);
        break;
      case Action::kDrop:
        break;
      case Action::kSplit:
        finish_word();
        break;
      case Action::kPunctuation:
        finish_word();
        append(rule.mapped);
        finish_word();
        break;
    }
  }

  /// The reference's order: clean, split off ideographs, decompose and strip marks, lower the case.
  void take_code_point(char32_t c) {
    const TokenizerFile& file = tokenizer_.file_;
    if (file.clean_text && (c == kReplacementCharacter || classify(c) == CharClass::kControl)) return;
    const bool alone = file.handle_chinese_chars && is_ideograph(c);
    if (alone) finish_word();
    mapped_.clear();
    if (file.strip_accents) {
      append_decomposed(c, mapped_);
      std::erase_if(mapped_, [](char32_t part) { return classify(part) == CharClass::kMark; });
    } else {
      mapped_ += c;
    }
    for (const char32_t part : mapped_) take_mapped(part);
    if (alone) finish_word();
  }

  void take_mapped(char32_t part) {
    lowered_.clear();
    if (tokenizer_.file_.lowercase) {
      append_lower(part, lowered_);
    } else {
      lowered_ += part;
    }
    for (const char32_t c : lowered_) take_normalized(c);
  }

  void take_normalized(char32_t c) {
    const CharClass kind = classify(c);
    if (kind == CharClass::kSpace || is_control_space(c)) {
      finish_word();
    } else if (kind == CharClass::kPunctuation) {
      finish_word();
      append(c);
      finish_word();
    } else {
      append(c);
    }
  }

  void append(char c) {
    if (++word_chars_ <= tokenizer_.file_.max_word_chars) word_ += c;
  }

  void append(char32_t c) {
    if (++word_chars_ > tokenizer_.file_.max_word_chars) return;
    std::array<utf8proc_uint8_t, 4> bytes;
    const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes.data());
    word_.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
  }

  void finish_word() {
    if (word_chars_ == 0) return;
    if (word_chars_ > tokenizer_.file_.max_word_chars || !split_word())
      ids_.push_back(tokenizer_.file_.unknown_id);
    word_.clear();
    word_chars_ = 0;
  }

  /// Greedy longest match from the left. Adds nothing and returns false when some part of the word matches no
  /// piece.
  bool split_word() {
    const std::size_t before = ids_.size();
    auto root = PieceTrie::Root::kInitial;
    for (std::string_view rest = word_; !rest.empty(); root = PieceTrie::Root::kContinuation) {
      const PieceTrie::Match match = tokenizer_.pieces_.longest(root, rest);
      if (match.bytes == 0) {
        ids_.resize(before);
        return false;
      }
      ids_.push_back(match.id);
      rest.remove_prefix(match.bytes);
    }
    return true;
  }

  const WordPiece& tokenizer_;
  const std::size_t limit_;
  std::vector<std::int32_t> ids_;
  std::string word_;
  std::size_t word_chars_ = 0;  ///< goes on counting where `word_` stops growing
  std::u32string mapped_;
  std::u32string lowered_;
};

WordPiece::WordPiece(TokenizerFile file) : file_(std::move(file)) {
  for (unsigned char c = 0; c < 128; ++c) {
    AsciiRule& rule = ascii_[c];
    rule.mapped = static_cast<char>(file_.lowercase && c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    switch (classify(c)) {
      case CharClass::kSpace:
        rule.action = Action::kSplit;
        break;
      case CharClass::kPunctuation:
        rule.action = Action::kPunctuation;
        break;
      case CharClass::kControl:
        rule.action = file_.clean_text ? Action::kDrop : is_control_space(c) ? Action::kSplit : Action::kKeep;
        break;
      case CharClass::kMark:
      case CharClass::kOther:
        rule.action = Action::kKeep;
        break;
    }
  }
  for (const auto& [piece, id] : file_.special)
    starts_special_[static_cast<unsigned char>(piece.front())] = true;
}

Result<WordPiece> WordPiece::parse(std::string_view tokenizer_json) {
  Result<TokenizerFile> file = parse_tokenizer_file(tokenizer_json);
  if (!file) return file.error();
  const auto words = std::exchange(file->words, {});
  const auto continuations = std::exchange(file->continuations, {});
  WordPiece tokenizer(std::move(*file));
  bool fits = true;
  for (const auto& [piece, id] : words)
    fits &= tokenizer.pieces_.insert(PieceTrie::Root::kInitial, piece, id);
  for (const auto& [piece, id] : continuations) {
    fits &= tokenizer.pieces_.insert(PieceTrie::Root::kContinuation, piece, id);
  }
  if (!fits) {
    return fail(ErrorKind::kUnsupported,
                "reading tokenizer.json: the vocabulary needs more than " +
                    std::to_string(PieceTrie::kMaxNodes) + " nodes; use a model with a smaller one",
                "tokenizer.json");
  }
  return tokenizer;
}

std::vector<std::int32_t> WordPiece::encode(std::string_view text, std::size_t max_pieces) const {
  const std::size_t limit = max_pieces - std::min(max_pieces, special_pieces());
  const std::vector<std::int32_t> inner =
      is_valid_utf8(text) ? Scan(*this, limit).run(text) : Scan(*this, limit).run(sanitize_utf8(text));
  std::vector<std::int32_t> ids = file_.before;
  ids.insert(ids.end(), inner.begin(), inner.end());
  ids.insert(ids.end(), file_.after.begin(), file_.after.end());
  return ids;
}

std::size_t WordPiece::count(std::string_view text) const {
  constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max();
  return is_valid_utf8(text) ? Scan(*this, kUnlimited).run(text).size()
                             : Scan(*this, kUnlimited).run(sanitize_utf8(text)).size();
}

}  // namespace wellspring::embed
