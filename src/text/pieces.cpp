#include "text/pieces.hpp"

#include <algorithm>

#include "base/utf8.hpp"
#include "text/split.hpp"

namespace wellspring::text {
namespace {

// Sentences of a cut paragraph travel in groups of at most this share of a chunk: small enough to fill chunks
// well, large enough that a paragraph of a million sentences stays a short list.
constexpr std::size_t kGroupsPerChunk = 8;

/// The run of fence characters in a fence's line, or nothing.
std::string_view fence_run(std::string_view line) {
  const std::size_t begin = line.find_first_of("`~");
  if (begin == std::string_view::npos) return {};
  std::size_t end = begin;
  while (end < line.size() && line[end] == line[begin]) ++end;
  return line.substr(begin, end - begin);
}

/// True when `line` is nothing but container marks and a run of fence characters.
bool is_closing_fence(std::string_view line) {
  return line.find_first_not_of("`~ \t>\n") == std::string_view::npos && fence_run(line).size() >= 3;
}

std::size_t rtrimmed_end(std::string_view source, std::size_t begin, std::size_t end) {
  while (end > begin && is_blank_text(source.substr(end - 1, 1))) --end;
  return end;
}

}  // namespace

void PieceCutter::weigh(Block& block) const {
  if (block.children.empty()) {
    block.weight = weight_of(block.begin, block.end);
    return;
  }
  for (Block& child : block.children) {
    weigh(child);
    block.weight += child.weight;
  }
}

void PieceCutter::cut(const Block& block, std::size_t limit, std::vector<Piece>& pieces) const {
  if (!block.children.empty() && (block.kind == Block::Kind::kList || block.weight > limit)) {
    for (const Block& child : block.children) cut(child, limit, pieces);
  } else if (block.weight <= limit) {
    pieces.push_back({block.begin, block.end, block.weight});
  } else if (block.kind == Block::Kind::kText || block.kind == Block::Kind::kContainer) {
    cut_sentences(block, limit, pieces);
  } else {
    cut_lines(frame(block, limit), limit, pieces);
  }
}

/// What is left to cut of a code block or table, with the lines that every piece repeats.
Piece PieceCutter::frame(const Block& block, std::size_t limit) const {
  Piece whole{block.begin, block.end};
  std::size_t begin = block.begin;
  while (begin < block.end && source_[begin] == '\n') ++begin;
  const std::size_t lines = block.kind == Block::Kind::kTable        ? 2
                            : block.kind == Block::Kind::kFencedCode ? 1
                                                                     : 0;
  std::size_t inside = begin;
  for (std::size_t i = 0; i < lines; ++i) inside += line_length(source_.substr(inside, block.end - inside));
  Piece framed{inside, block.end};
  framed.opening = source_.substr(begin, inside - begin);
  if (block.kind == Block::Kind::kFencedCode) {
    const std::size_t end = rtrimmed_end(source_, inside, block.end);
    const std::size_t last = end == 0 ? inside : std::max(source_.rfind('\n', end - 1) + 1, inside);
    framed.closing = fence_run(framed.opening);
    if (is_closing_fence(source_.substr(last, end - last))) {
      framed.closing = source_.substr(last, end - last);
      framed.end = last;
    }
  }
  framed.weight = weigh_(framed.opening) + weigh_(framed.closing);
  const bool usable = framed.weight * 2 <= limit && framed.opening.ends_with('\n') &&
                      !is_blank_text(source_.substr(framed.begin, framed.end - framed.begin));
  return usable ? framed : whole;
}

void PieceCutter::cut_lines(Piece range, std::size_t limit, std::vector<Piece>& pieces) const {
  const std::size_t frame_weight = range.opening.empty() ? 0 : range.weight;
  Piece group = range;
  group.weight = frame_weight;
  group.end = group.begin;
  const auto flush = [&](std::size_t next) {
    if (group.end > group.begin) pieces.push_back(group);
    group.begin = group.end = next;
    group.weight = frame_weight;
  };
  for (std::size_t i = range.begin; i < range.end;) {
    const std::size_t end = i + line_length(source_.substr(i, range.end - i));
    const std::size_t weight = weight_of(i, end);
    if (frame_weight + weight > limit) {
      flush(end);
      cut_words(i, end, limit - frame_weight, [&](Piece part) {
        pieces.push_back({part.begin, part.end, part.weight + frame_weight, range.opening, range.closing});
      });
    } else {
      if (group.weight + weight > limit) flush(i);
      group.weight += weight;
      group.end = end;
    }
    i = end;
  }
  flush(range.end);
}

void PieceCutter::cut_sentences(const Block& block, std::size_t limit, std::vector<Piece>& pieces) const {
  const std::size_t group_limit = std::max<std::size_t>(limit / kGroupsPerChunk, 1);
  Piece group{block.begin, block.begin};
  const auto flush = [&](std::size_t next) {
    if (group.end > group.begin) pieces.push_back(group);
    group = {next, next};
  };
  for (std::size_t i = block.begin; i < block.end;) {
    const std::size_t end = i + sentence_length(source_.substr(i, block.end - i));
    const std::size_t weight = weight_of(i, end);
    if (weight > limit) {
      flush(end);
      cut_words(i, end, limit, [&](Piece part) { pieces.push_back(part); });
    } else {
      if (group.weight + weight > group_limit) flush(i);
      group.weight += weight;
      group.end = end;
    }
    i = end;
  }
  flush(block.end);
}

void PieceCutter::cut_words(std::size_t begin, std::size_t end, std::size_t limit, const Emit& emit) const {
  Piece group{begin, begin};
  const auto flush = [&](std::size_t next) {
    if (group.end > group.begin) emit(group);
    group = {next, next};
  };
  for (std::size_t i = begin; i < end;) {
    const std::size_t next = i + word_length(source_.substr(i, end - i));
    const std::size_t weight = weight_of(i, next);
    if (weight > limit) {
      flush(next);
      cut_code_points(i, next, limit, emit);
    } else {
      if (group.weight + weight > limit) flush(i);
      group.weight += weight;
      group.end = next;
    }
    i = next;
  }
  flush(end);
}

void PieceCutter::cut_code_points(std::size_t begin, std::size_t end, std::size_t limit,
                                  const Emit& emit) const {
  std::size_t length = end - begin;
  while (begin < end) {
    // The next part is tried at twice the last one's length, so that finding a length costs a few tries once.
    length = std::min(length * 2, end - begin);
    std::size_t weight = 0;
    while (true) {
      length = std::max(complete_prefix(source_.substr(begin, length)),
                        first_code_points(source_.substr(begin), 1).size());
      weight = weight_of(begin, begin + length);
      if (weight <= limit || count_code_points(source_.substr(begin, length)) == 1) break;
      length /= 2;
    }
    emit({begin, begin + length, weight});
    begin += length;
  }
}

}  // namespace wellspring::text
