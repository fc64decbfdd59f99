#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>

#include "base/result.hpp"
#include "rag/answerer.hpp"
#include "rag/citation.hpp"
#include "rag/grapheme_buffer.hpp"

namespace wellspring::rag {

/// Between a model and a reader: passes text on with only valid citations, in pieces of whole graphemes.
class CitedText {
 public:
  CitedText(std::size_t sources, AnswerSink& sink) : citations_(sources), sink_(sink) {}
  boost::asio::awaitable<Result<void>> feed(std::string piece);
  /// Call once after the last piece.
  boost::asio::awaitable<Result<void>> finish();

 private:
  CitationFilter citations_;
  GraphemeBuffer graphemes_;
  AnswerSink& sink_;
};

}  // namespace wellspring::rag
