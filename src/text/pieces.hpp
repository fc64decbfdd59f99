#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "text/chunk_header.hpp"
#include "text/markdown_blocks.hpp"

namespace wellspring::text {

/// A passage that stays in one chunk: a range of the source, with lines repeated from elsewhere where a block
/// had to be cut (the marks of a fence, the header of a table).
struct Piece {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t weight = 0;
  std::string_view opening{};  ///< lines before, ending in LF
  std::string_view closing{};  ///< line after
};

/// Cuts blocks into pieces. Every text is weighed a bounded number of times, whatever its shape: as a whole
/// block, and only where that is too heavy by lines or sentences, then by words, then by code points.
class PieceCutter {
 public:
  /// `weigh` must give a text no more than the sum of its parts' weights.
  PieceCutter(std::string_view source, Weigh weigh) : source_(source), weigh_(std::move(weigh)) {}

  /// Fills in the weight of `block` and of everything in it.
  void weigh(Block& block) const;

  /// Appends the pieces of a weighed block, none heavier than `limit` unless a single code point is.
  void cut(const Block& block, std::size_t limit, std::vector<Piece>& pieces) const;

  /// Cuts [begin, end) by lines, and those that are too heavy alone by words.
  void cut_lines(Piece range, std::size_t limit, std::vector<Piece>& pieces) const;

 private:
  using Emit = std::function<void(Piece)>;
  std::size_t weight_of(std::size_t begin, std::size_t end) const {
    return weigh_(source_.substr(begin, end - begin));
  }
  void cut_sentences(const Block& block, std::size_t limit, std::vector<Piece>& pieces) const;
  void cut_words(std::size_t begin, std::size_t end, std::size_t limit, const Emit& emit) const;
  void cut_code_points(std::size_t begin, std::size_t end, std::size_t limit, const Emit& emit) const;
  Piece frame(const Block& block, std::size_t limit) const;

  std::string_view source_;
  Weigh weigh_;
};

}  // namespace wellspring::text
