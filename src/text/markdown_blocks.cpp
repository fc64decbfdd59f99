#include "text/markdown_blocks.hpp"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>
#include <cmark-gfm.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "text/markdown_skeleton.hpp"
#include "text/split.hpp"

namespace wellspring::text {
namespace {

struct NodeFree {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
};
struct ParserFree {
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
};
struct IterFree {
  void operator()(cmark_iter* iter) const { cmark_iter_free(iter); }
};
using Document = std::unique_ptr<cmark_node, NodeFree>;

/// Only the table extension adds block structure. The inline ones are left out for a second reason: attaching
/// them changes tables that all of cmark's parsers share, so two threads would race.
cmark_syntax_extension* table_extension() {
  static cmark_syntax_extension* const extension = [] {
    cmark_gfm_core_extensions_ensure_registered();
    return cmark_find_syntax_extension("table");
  }();
  return extension;
}

Document parse(std::string_view source) {
  cmark_syntax_extension* const table = table_extension();
  const std::unique_ptr<cmark_parser, ParserFree> parser(cmark_parser_new(CMARK_OPT_DEFAULT));
  cmark_parser_attach_syntax_extension(parser.get(), table);
  cmark_parser_feed(parser.get(), source.data(), source.size());
  return Document(cmark_parser_finish(parser.get()));
}

class Converter {
 public:
  explicit Converter(std::string_view skeleton) : skeleton_(skeleton) {
    for (std::size_t i = 0; i < skeleton.size(); i = std::min(skeleton.find('\n', i), skeleton.size()) + 1) {
      line_starts_.push_back(static_cast<std::uint32_t>(i));
    }
  }

  /// The children of `parent`, which covers [begin, end).
  std::vector<Block> children_of(cmark_node* parent, std::size_t begin, std::size_t end) const {
    std::vector<Block> blocks;
    for (cmark_node* node = cmark_node_first_child(parent); node != nullptr; node = cmark_node_next(node)) {
      Block block = shallow_block(node);
      const std::size_t least = blocks.empty() ? begin : blocks.back().begin;
      block.begin = blocks.empty() ? begin : std::clamp(start_of(node), least, end);
      if (!blocks.empty()) blocks.back().end = block.begin;
      block.end = end;
      blocks.push_back(std::move(block));
    }
    std::size_t i = 0;
    for (cmark_node* node = cmark_node_first_child(parent); node != nullptr; node = cmark_node_next(node)) {
      Block& block = blocks[i++];
      if (block.kind == Block::Kind::kList || block.kind == Block::Kind::kContainer) {
        block.children = children_of(node, block.begin, block.end);
      }
    }
    return blocks;
  }

 private:
  static Block shallow_block(cmark_node* node) {
    Block block;
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_HEADING) {
      block.kind = Block::Kind::kHeading;
      block.heading_level = cmark_node_get_heading_level(node);
    } else if (type == CMARK_NODE_CODE_BLOCK) {
      int length = 0;
      int offset = 0;
      char character = 0;
      block.kind = cmark_node_get_fenced(node, &length, &offset, &character) != 0
                       ? Block::Kind::kFencedCode
                       : Block::Kind::kIndentedCode;
    } else if (type == CMARK_NODE_LIST) {
      block.kind = Block::Kind::kList;
    } else if (type == CMARK_NODE_ITEM || type == CMARK_NODE_BLOCK_QUOTE) {
      block.kind = Block::Kind::kContainer;
    } else if (is_table(node)) {
      block.kind = Block::Kind::kTable;
    }
    return block;
  }

  static bool is_table(cmark_node* node) {
    return std::string_view(cmark_node_get_type_string(node)) == "table";
  }

  std::size_t line_start(int line) const {
    const auto index = static_cast<std::size_t>(std::max(line, 1)) - 1;
    return index < line_starts_.size() ? line_starts_[index] : skeleton_.size();
  }

  /// cmark 0.29 gives a table that interrupts a paragraph the paragraph's line, and the paragraph line 0. The
  /// header is the line before the delimiter row, and a skeleton has no other bars than those of delimiter
  /// rows.
  std::size_t start_of(cmark_node* node) const {
    if (!is_table(node)) {
      const int line = cmark_node_get_start_line(node);
      return line_start(line != 0 || cmark_node_next(node) == nullptr
                            ? line
                            : cmark_node_get_start_line(cmark_node_next(node)));
    }
    const std::size_t start = line_start(cmark_node_get_start_line(node));
    const std::size_t bar = skeleton_.find('|', start);
    if (bar == std::string_view::npos) return start;
    const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), bar);
    const auto lines = after - line_starts_.begin();
    return lines >= 2 ? std::max<std::size_t>(start, line_starts_[static_cast<std::size_t>(lines) - 2])
                      : start;
  }

  std::string_view skeleton_;
  std::vector<std::uint32_t> line_starts_;
};

std::size_t count_text_lines(std::string_view source) {
  std::size_t lines = 0;
  for (std::size_t i = 0; (i = source.find_first_not_of(" \t\n", i)) != std::string_view::npos; ++lines) {
    i = std::min(source.find('\n', i), source.size());
  }
  return lines;
}

}  // namespace

Result<std::vector<Block>> parse_blocks(std::string_view source) {
  if (source.size() > kMarkdownBytes) {
    return fail(ErrorKind::kTooLarge, fmt::format("parse Markdown: {} bytes, allowed {}; split the article",
                                                  source.size(), kMarkdownBytes));
  }
  if (const std::size_t lines = count_text_lines(source); lines > kMarkdownLines) {
    return fail(ErrorKind::kTooLarge,
                fmt::format("parse Markdown: {} lines with text, allowed {}; split the article", lines,
                            kMarkdownLines));
  }
  const std::string skeleton = block_skeleton(source);
  const Document document = parse(skeleton);
  return Converter(skeleton).children_of(document.get(), 0, source.size());
}

std::string heading_text(std::string_view source) {
  const Document document = parse(source);
  const std::unique_ptr<cmark_iter, IterFree> iter(cmark_iter_new(document.get()));
  std::string text;
  while (cmark_iter_next(iter.get()) != CMARK_EVENT_DONE) {
    cmark_node* const node = cmark_iter_get_node(iter.get());
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE) {
      text += cmark_node_get_literal(node);
    } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
      text += ' ';
    }
  }
  return collapse_white_space(text);
}

}  // namespace wellspring::text
