#include "text/lexical.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/value.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "text/markdown_writer.hpp"
#include "text/split.hpp"

namespace wellspring::text {
namespace {

namespace json = boost::json;

const json::value* member(const json::object* object, std::string_view name) {
  return object == nullptr ? nullptr : object->if_contains(name);
}

const json::object* object_member(const json::object* object, std::string_view name) {
  const json::value* const value = member(object, name);
  return value == nullptr ? nullptr : value->if_object();
}

const json::array* array_member(const json::object* object, std::string_view name) {
  const json::value* const value = member(object, name);
  return value == nullptr ? nullptr : value->if_array();
}

/// The string under `name`, or an empty one.
std::string_view string_member(const json::object* object, std::string_view name) {
  const json::value* const value = member(object, name);
  const json::string* const text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::int64_t integer_member(const json::object* object, std::string_view name, std::int64_t otherwise) {
  const json::value* const value = member(object, name);
  if (value == nullptr || !value->is_number()) return otherwise;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? otherwise : number;
}

/// The first of some members that holds text.
template <std::size_t N>
std::string_view first_string(const json::object* object, const std::array<std::string_view, N>& names) {
  for (const std::string_view name : names) {
    if (const std::string_view text = string_member(object, name); !text.empty()) return text;
  }
  return {};
}

std::vector<const json::object*> children_of(const json::object& node) {
  std::vector<const json::object*> children;
  if (const json::array* const array = array_member(&node, "children")) {
    for (const json::value& child : *array) {
      if (const json::object* const object = child.if_object()) children.push_back(object);
    }
  }
  return children;
}

/// Looks at the tree without recursion, so that what follows may recurse.
bool is_deeper_than(const json::value& root, std::size_t allowed) {
  std::vector<std::pair<const json::value*, std::size_t>> pending{{&root, 1}};
  while (!pending.empty()) {
    const auto [value, depth] = pending.back();
    pending.pop_back();
    if (!value->is_structured()) continue;
    if (depth > allowed) return true;
    if (const json::array* const array = value->if_array()) {
      for (const json::value& element : *array) pending.emplace_back(&element, depth + 1);
    } else {
      for (const auto& pair : value->get_object()) pending.emplace_back(&pair.value(), depth + 1);
    }
  }
  return false;
}

/// A link's target as Markdown, or nothing when following it could run code.
std::string link_target(std::string_view url) {
  const std::size_t colon = url.find(':');
  if (colon != std::string_view::npos && url.find_first_of("/?#") > colon) {
    std::string scheme(url.substr(0, colon));
    std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (scheme != "http" && scheme != "https" && scheme != "mailto" && scheme != "tel") return {};
  }
  std::string target;
  for (const char c : url) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '(' || c == ')' || c == '<' || c == '>' || c == '\\') {
      target += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      target += c;
    }
  }
  return target;
}

std::string image_markdown(const json::object& node) {
  const json::object* const value = object_member(&node, "value");
  const std::string alt = collapse_white_space(first_string<3>(value, {"alt", "caption", "filename"}));
  if (alt.empty()) return {};
  const std::string text = inline_markdown({Run{alt}});
  const std::string target = link_target(string_member(value, "url"));
  return target.empty() ? text : fmt::format("![{}]({})", text, target);
}

class Converter {
 public:
  std::string convert(const json::object& root) {
    blocks(root);
    return sanitize_utf8(writer_.take());
  }

 private:
  /// Whether a node's kind stands inside a line. A paragraph of its own is made of such nodes between blocks.
  static bool is_inline(std::string_view type) {
    static constexpr std::array<std::string_view, 9> kInline = {
        "text", "linebreak", "tab", "link", "autolink", "mark", "hashtag", "inlineBlock", "code-highlight"};
    return std::find(kInline.begin(), kInline.end(), type) != kInline.end();
  }

  void blocks(const json::object& parent) {
    std::vector<Run> runs;
    for (const json::object* const child : children_of(parent)) {
      if (is_inline(string_member(child, "type"))) {
        add_inline(*child, runs);
      } else {
        flush(runs);
        block(*child);
      }
    }
    flush(runs);
  }

  void flush(std::vector<Run>& runs) {
    const std::string text = inline_markdown(std::exchange(runs, {}));
    if (!is_blank_text(text)) writer_.block(text);
  }

  void block(const json::object& node) {
    const std::string_view type = string_member(&node, "type");
    if (type == "heading") {
      heading(node);
    } else if (type == "list") {
      list(node);
    } else if (type == "quote") {
      writer_.open("> ", "> ");
      blocks(node);
      writer_.close();
    } else if (type == "code") {
      code(code_text(node), string_member(&node, "language"));
    } else if (type == "horizontalrule") {
      writer_.block("---");
    } else if (type == "table") {
      table(node);
    } else if (type == "upload") {
      if (const std::string image = image_markdown(node); !image.empty()) writer_.block(image);
    } else if (type == "relationship") {
      const std::string_view name =
          first_string<3>(object_member(&node, "value"), {"title", "name", "label"});
      if (!name.empty()) writer_.block(inline_markdown({Run{std::string(name)}}));
    } else if (type == "block") {
      fields(object_member(&node, "fields"));
    } else {
      blocks(node);
    }
  }

  void heading(const json::object& node) {
    const std::string_view tag = string_member(&node, "tag");
    const std::size_t level = tag.size() == 2 && tag[0] == 'h' && tag[1] >= '1' && tag[1] <= '6'
                                  ? static_cast<std::size_t>(tag[1] - '0')
                                  : 2;
    const std::string text = collapse_white_space(inline_of(node));
    if (!text.empty()) writer_.block(std::string(level, '#') + " " + text);
  }

  void list(const json::object& node) {
    const std::string_view kind = string_member(&node, "listType");
    std::int64_t number = std::clamp<std::int64_t>(integer_member(&node, "start", 1), 0, 99'999'999);
    bool first = true;
    std::string indent = "  ";
    for (const json::object* const item : children_of(node)) {
      if (!first) writer_.tighten();
      first = false;
      if (holds_only_lists(*item)) {  // Lexical's form of a nested list
        writer_.open(indent, indent);
        item_content(*item);
        writer_.close();
        continue;
      }
      std::string marker = kind == "number" ? fmt::format("{}. ", number++) : "- ";
      indent.assign(marker.size(), ' ');
      if (kind == "check") marker += checked(*item) ? "[x] " : "[ ] ";
      writer_.open(marker, indent);
      item_content(*item);
      writer_.close();
    }
  }

  static bool checked(const json::object& item) {
    const json::value* const value = member(&item, "checked");
    return value != nullptr && value->is_bool() && value->get_bool();
  }

  static bool holds_only_lists(const json::object& item) {
    const auto children = children_of(item);
    return !children.empty() && std::all_of(children.begin(), children.end(), [](const json::object* child) {
      return string_member(child, "type") == "list";
    });
  }

  void item_content(const json::object& item) {
    std::vector<Run> runs;
    for (const json::object* const child : children_of(item)) {
      const std::string_view type = string_member(child, "type");
      if (is_inline(type)) {
        add_inline(*child, runs);
        continue;
      }
      flush(runs);
      if (type == "list") writer_.tighten();
      block(*child);
    }
    flush(runs);
  }

  static std::string code_text(const json::object& node) {
    std::string text;
    for (const json::object* const child : children_of(node)) {
      const std::string_view type = string_member(child, "type");
      if (type == "linebreak") text += '\n';
      if (type == "tab") text += '\t';
      if (type != "tab" && type != "linebreak") text += string_member(child, "text");
    }
    return text;
  }

  void code(std::string_view text, std::string_view language) {
    const std::string fence = fence_for(text, '`', 3);
    std::string info = collapse_white_space(language);
    std::erase(info, '`');
    writer_.block(fmt::format("{}{}\n{}\n{}", fence, info, text, fence));
  }

  void table(const json::object& node) {
    std::vector<std::vector<std::string>> rows;
    std::size_t columns = 0;
    for (const json::object* const row : children_of(node)) {
      std::vector<std::string> cells;
      for (const json::object* const cell : children_of(*row)) cells.push_back(cell_text(*cell));
      columns = std::max(columns, cells.size());
      if (!cells.empty()) rows.push_back(std::move(cells));
    }
    if (rows.empty()) return;
    std::string text;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i != 0) text += '\n';
      text += '|';
      for (const std::string& cell : rows[i]) text += fmt::format(" {} |", cell);
      if (i != 0) continue;
      for (std::size_t missing = rows[0].size(); missing < columns; ++missing) text += "  |";
      text += "\n|";
      for (std::size_t column = 0; column < columns; ++column) text += " --- |";
    }
    writer_.block(text);
  }

  std::string cell_text(const json::object& cell) {
    const std::string text = collapse_white_space(inline_of(cell));
    std::string escaped;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '|' && (i == 0 || text[i - 1] != '\\')) escaped += '\\';
      escaped += text[i];
    }
    return escaped;
  }

  /// A block of the CMS's own: code, and the rich texts and texts among its fields.
  void fields(const json::object* fields) {
    if (fields == nullptr) return;
    for (const auto& field : *fields) {
      const json::value& value = field.value();
      if (const json::object* const nested = value.if_object()) {
        if (const json::object* const root = object_member(nested, "root")) blocks(*root);
      } else if (const json::string* const text = value.if_string()) {
        text_field(field.key(), {text->data(), text->size()}, *fields);
      }
    }
  }

  void text_field(std::string_view name, std::string_view text, const json::object& fields) {
    static constexpr std::array<std::string_view, 10> kTexts = {
        "title", "heading", "text", "content", "body", "description", "caption", "label", "quote", "alt"};
    if (is_blank_text(text)) return;
    if (name == "code") {
      code(text, string_member(&fields, "language"));
    } else if (std::find(kTexts.begin(), kTexts.end(), name) != kTexts.end()) {
      writer_.block(inline_markdown({Run{std::string(text)}}));
    }
  }

  std::string inline_of(const json::object& node) {
    std::vector<Run> runs;
    add_children(node, runs);
    return inline_markdown(runs);
  }

  void add_children(const json::object& node, std::vector<Run>& runs) {
    for (const json::object* const child : children_of(node)) {
      if (!runs.empty() && !is_inline(string_member(child, "type"))) add_run(runs, {" ", 0, true});
      add_inline(*child, runs);
    }
  }

  void add_inline(const json::object& node, std::vector<Run>& runs) {
    const std::string_view type = string_member(&node, "type");
    if (type == "linebreak") {
      add_run(runs, {"\n", 0, true});
    } else if (type == "tab") {
      add_run(runs, {" ", 0, true});
    } else if (type == "link" || type == "autolink") {
      link(node, runs);
    } else if (type == "upload") {
      add_run(runs, {image_markdown(node), 0, true});
    } else if (const std::string_view text = string_member(&node, "text"); !text.empty()) {
      add_run(runs, {std::string(text), static_cast<unsigned>(integer_member(&node, "format", 0))});
    } else {
      add_children(node, runs);
    }
  }

  void link(const json::object& node, std::vector<Run>& runs) {
    const std::string_view in_fields = string_member(object_member(&node, "fields"), "url");
    const std::string target = link_target(in_fields.empty() ? string_member(&node, "url") : in_fields);
    const std::string text = collapse_white_space(inline_of(node));
    if (text.empty()) return;
    // A link to another document of the CMS names its id, from which no address follows.
    const bool shows_its_target = target.empty() || text == target;
    add_run(runs, {shows_its_target ? text : fmt::format("[{}]({})", text, target), 0, true});
  }

  MarkdownWriter writer_;
};

}  // namespace

Result<std::string> lexical_to_markdown(const json::value& state) {
  if (is_deeper_than(state, limits::kJsonDepth)) {
    return fail(
        ErrorKind::kTooLarge,
        fmt::format("read Lexical content: nested deeper than the allowed {} levels", limits::kJsonDepth));
  }
  const json::object* const root = object_member(state.if_object(), "root");
  if (root == nullptr) {
    return fail(ErrorKind::kInvalidArgument,
                "read Lexical content: expected an object with an object \"root\"; send the editor's state "
                "as it is stored");
  }
  return Converter().convert(*root);
}

}  // namespace wellspring::text
