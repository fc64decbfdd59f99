#include "text/chunker.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "text/chunk_header.hpp"
#include "text/markdown_blocks.hpp"
#include "text/pieces.hpp"
#include "text/split.hpp"

namespace wellspring::text {
namespace {

// A counter may take any run of bytes for one token (an unknown word, white space). Ordinary text has 2 to 6
// bytes a token, so this bounds chunks of such input without touching others.
constexpr std::size_t kBytesPerToken = 32;
// A longer heading is text: it would fill the header of every chunk below it.
constexpr std::size_t kHeadingBytes = 1024;

std::string normalized(std::string_view text) {
  std::string clean = is_valid_utf8(text) && text.find('\0') == std::string_view::npos ? std::string(text)
                                                                                       : sanitize_utf8(text);
  if (clean.find('\r') == std::string::npos) return clean;
  std::string lines;
  lines.reserve(clean.size());
  for (std::size_t i = 0; i < clean.size(); ++i) {
    if (clean[i] != '\r') {
      lines += clean[i];
    } else if (i + 1 == clean.size() || clean[i + 1] != '\n') {
      lines += '\n';
    }
  }
  return lines;
}

std::optional<std::string> if_present(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

class Chunker {
 public:
  Chunker(const model::Article& article, const ChunkerOptions& options, const TokenCounter& count)
      : article_(article),
        limit_(std::max<std::size_t>(options.max_tokens, 1)),
        count_(count),
        source_(normalized(article.markdown)),
        weigh_([this](std::string_view text) { return weigh(text); }),
        cutter_(source_, weigh_) {
    path_[0] = make_heading(0, collapse_white_space(normalized(article.title)), weigh_);
  }

  Result<std::vector<model::Chunk>> run() {
    if (is_blank_text(source_)) return std::vector<model::Chunk>{};
    Result<std::vector<Block>> blocks = parse_blocks(source_);
    if (blocks.has_error()) return about_article(std::move(blocks).error());
    for (Block& block : *blocks) {
      if (is_heading(block)) {
        finish_section();
        enter_heading(block);
      } else {
        cutter_.weigh(block);
        section_.push_back(&block);
      }
      if (chunks_.size() > limits::kChunksPerArticle) break;
    }
    finish_section();
    if (chunks_.empty()) add_title_summary();
    if (chunks_.size() > limits::kChunksPerArticle) return too_many_chunks();
    return std::move(chunks_);
  }

 private:
  std::size_t weigh(std::string_view text) const {
    if (text.empty()) return 0;
    return std::max(count_(text), (text.size() + kBytesPerToken - 1) / kBytesPerToken);
  }

  std::string_view slice(std::size_t begin, std::size_t end) const {
    return std::string_view(source_).substr(begin, end - begin);
  }

  bool is_heading(const Block& block) const {
    if (block.kind != Block::Kind::kHeading || block.heading_level > 4) return false;
    const std::string_view text = slice(block.begin, block.end);
    return text.find_last_not_of(" \t\n") - std::min(text.find_first_not_of('\n'), text.size()) <
           kHeadingBytes;
  }

  void enter_heading(const Block& block) {
    std::string text = heading_text(slice(block.begin, block.end));
    if (block.heading_level == 1 && article_.source == "import" && text == path_[0].text) text.clear();
    const auto level = static_cast<std::size_t>(std::max(block.heading_level, 2)) - 1;
    path_[level] = make_heading(level, std::move(text), weigh_);
    std::fill(path_.begin() + static_cast<std::ptrdiff_t>(level) + 1, path_.end(), Heading{});
  }

  void finish_section() {
    if (section_.empty()) return;
    const ChunkHeader header = make_header(path_, limit_ / 2, weigh_);
    const std::size_t room = limit_ - header.weight;
    std::vector<Piece> pieces;
    for (const Block* block : section_) cutter_.cut(*block, room, pieces);
    section_.clear();
    const bool in_section = std::any_of(path_.begin() + 1, path_.end(),
                                        [](const Heading& heading) { return !heading.text.empty(); });
    add_chunks(pieces, header, room, in_section ? model::ChunkType::kSection : model::ChunkType::kText);
  }

  /// An article of headings only is searchable by them.
  void add_title_summary() {
    std::fill(path_.begin() + 1, path_.end(), Heading{});
    const ChunkHeader header = make_header(path_, limit_ / 2, weigh_);
    std::vector<Piece> pieces;
    cutter_.cut_lines({0, source_.size()}, limit_ - header.weight, pieces);
    add_chunks(pieces, header, limit_ - header.weight, model::ChunkType::kTitleSummary);
  }

  void add_chunks(std::vector<Piece>& pieces, const ChunkHeader& header, std::size_t room,
                  model::ChunkType type) {
    std::erase_if(pieces,
                  [this](const Piece& piece) { return is_blank_text(slice(piece.begin, piece.end)); });
    for (const std::span<const Piece> group : pack(pieces, room)) {
      if (chunks_.size() > limits::kChunksPerArticle) return;
      add_chunk(body_of(group), header, type);
    }
  }

  /// Neighbouring pieces that share a chunk. First fit in order; then the last two chunks are evened out, so
  /// that a section does not end in a scrap.
  static std::vector<std::span<const Piece>> pack(std::span<const Piece> pieces, std::size_t room) {
    struct Group {
      std::size_t first;
      std::size_t weight;
    };
    std::vector<Group> groups;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      if (groups.empty() || groups.back().weight + pieces[i].weight > room) groups.push_back({i, 0});
      groups.back().weight += pieces[i].weight;
    }
    if (groups.size() >= 2) {
      Group& last = groups.back();
      Group& previous = groups[groups.size() - 2];
      while (last.first - 1 > previous.first) {
        const std::size_t moved = pieces[last.first - 1].weight;
        if (last.weight + moved > previous.weight - moved) break;
        --last.first;
        last.weight += moved;
        previous.weight -= moved;
      }
    }
    std::vector<std::span<const Piece>> packed;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const std::size_t end = i + 1 < groups.size() ? groups[i + 1].first : pieces.size();
      packed.push_back(pieces.subspan(groups[i].first, end - groups[i].first));
    }
    return packed;
  }

  std::string body_of(std::span<const Piece> pieces) const {
    std::string body;
    const Piece* previous = nullptr;
    for (const Piece& piece : pieces) {
      const bool goes_on = previous != nullptr && previous->closing.empty() && piece.opening.empty() &&
                           previous->end == piece.begin;
      if (!goes_on && previous != nullptr) {
        trim_end(body);
        body += "\n\n";
      }
      body += piece.opening;
      body.append(source_, piece.begin, piece.end - piece.begin);
      if (!piece.closing.empty()) {
        if (!body.ends_with('\n')) body += '\n';
        body += piece.closing;
      }
      previous = &piece;
    }
    trim_end(body);
    return body.substr(first_text_line(body));
  }

  static void trim_end(std::string& body) {
    while (!body.empty() && is_blank_text({&body.back(), 1})) body.pop_back();
  }

  /// Leading blank lines go; the indentation of the first line stays, since it may be code.
  static std::size_t first_text_line(const std::string& body) {
    const std::size_t text = std::min(body.find_first_not_of(" \t\n\v\f"), body.size());
    const std::size_t line = body.rfind('\n', text);
    return line == std::string::npos || line > text ? 0 : line + 1;
  }

  void add_chunk(const std::string& body, const ChunkHeader& header, model::ChunkType type) {
    model::Chunk chunk;
    chunk.text = header.lines.empty() ? "" : header.lines + "\n";
    chunk.body_offset = chunk.text.size();
    chunk.text += body;
    model::ChunkMetadata& metadata = chunk.metadata;
    metadata.article = article_.key;
    metadata.source = article_.source;
    metadata.title = article_.title;
    metadata.author = article_.author;
    metadata.categories = article_.categories;
    metadata.published_at = article_.published_at;
    metadata.slug = article_.slug;
    metadata.section = if_present(path_[1].text);
    metadata.subsection = if_present(path_[2].text);
    metadata.subsubsection = if_present(path_[3].text);
    metadata.type = type;
    metadata.content_length = count_code_points(body);
    metadata.index = chunks_.size();
    metadata.is_title_chunk = type == model::ChunkType::kTitleSummary;
    metadata.extra = article_.extra;
    chunks_.push_back(std::move(chunk));
  }

  Error about_article(Error error) const {
    error.subject = article_.key.id.value();
    return error;
  }

  Error too_many_chunks() const {
    return about_article(fail(
        ErrorKind::kTooLarge,
        fmt::format("chunk article: more than {} chunks; split the article", limits::kChunksPerArticle)));
  }

  const model::Article& article_;
  const std::size_t limit_;
  const TokenCounter& count_;
  const std::string source_;
  const Weigh weigh_;
  const PieceCutter cutter_;
  HeadingPath path_;
  std::vector<const Block*> section_;
  std::vector<model::Chunk> chunks_;
};

}  // namespace

Result<std::vector<model::Chunk>> chunk_article(const model::Article& article, const ChunkerOptions& options,
                                                const TokenCounter& count) {
  return Chunker(article, options, count).run();
}

}  // namespace wellspring::text
