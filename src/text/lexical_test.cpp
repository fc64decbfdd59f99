#include "text/lexical.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>

#include "base/limits.hpp"
#include "base/utf8.hpp"

namespace wellspring::text {
namespace {

/// The Markdown of a root with the given children, written as JSON with ' for ".
std::string markdown_of(std::string children) {
  for (char& c : children) c = c == '\'' ? '"' : c;
  const auto state = boost::json::parse(R"({"root":{"type":"root","children":[)" + children + "]}}");
  return lexical_to_markdown(state).value();
}

std::string text_node(const std::string& text, int format = 0) {
  boost::json::object node{{"type", "text"}, {"text", text}, {"format", format}};
  return boost::json::serialize(node);
}

std::string paragraph(const std::string& children) {
  return "{'type':'paragraph','children':[" + children + "]}";
}

/// What one paragraph of plain text becomes.
std::string plain(const std::string& text) {
  const auto state = boost::json::parse(R"({"root":{"children":[{"type":"paragraph","children":[)" +
                                        text_node(text) + "]}]}}");
  return lexical_to_markdown(state).value();
}

TEST(Lexical, ParagraphsAndHeadings) {
  EXPECT_EQ(
      markdown_of(
          "{'type':'heading','tag':'h3','children':[{'type':'text','text':'Fees'}]}," +
          paragraph("{'type':'text','text':'Low.'},{'type':'linebreak'},{'type':'text','text':'Fast.'}")),
      "### Fees\n\nLow.\nFast.");
}

TEST(Lexical, FormatsTouchTheirTextAndNeighboursJoin) {
  EXPECT_EQ(markdown_of(paragraph(text_node("a ") + "," + text_node("bold ", 1) + "," + text_node("more", 9) +
                                  "," + text_node(" both", 3) + "," + text_node(" x`y", 16) + "," +
                                  text_node(" gone", 4))),
            "a **bold more** ***both*** ``x`y`` ~~gone~~");
}

TEST(Lexical, Lists) {
  EXPECT_EQ(markdown_of("{'type':'list','listType':'number','start':3,'children':["
                        "{'type':'listitem','children':[{'type':'text','text':'three'}]},"
                        "{'type':'listitem','children':[{'type':'list','listType':'bullet','children':["
                        "{'type':'listitem','children':[{'type':'text','text':'inner'}]}]}]},"
                        "{'type':'listitem','children':[{'type':'text','text':'four'}]}]},"
                        "{'type':'list','listType':'check','children':["
                        "{'type':'listitem','checked':true,'children':[{'type':'text','text':'done'}]},"
                        "{'type':'listitem','children':[{'type':'text','text':'open'}]}]}"),
            "3. three\n   - inner\n4. four\n\n- [x] done\n- [ ] open");
}

TEST(Lexical, QuotesAndRules) {
  EXPECT_EQ(markdown_of("{'type':'quote','children':[{'type':'text','text':'one'},{'type':'linebreak'},"
                        "{'type':'text','text':'two'}]},{'type':'horizontalrule'}," +
                        paragraph(text_node("x"))),
            "> one\n> two\n\n---\n\nx");
}

TEST(Lexical, Links) {
  EXPECT_EQ(
      markdown_of(paragraph(
          "{'type':'link','fields':{'url':'https://a.b/c (d)'},'children':[{'type':'text','text':'here'}]}")),
      "[here](https://a.b/c%20%28d%29)");
  EXPECT_EQ(markdown_of(paragraph(
                "{'type':'autolink','url':'https://a.b','children':[{'type':'text','text':'https://a.b'}]}")),
            "https://a.b");
  EXPECT_EQ(markdown_of(paragraph("{'type':'link','fields':{'linkType':'internal','doc':{'value':'id'}},'"
                                  "children':[{'type':'text','text':'in'}]}")),
            "in");
  EXPECT_EQ(
      markdown_of(paragraph(
          "{'type':'link','fields':{'url':'JavaScript:alert(1)'},'children':[{'type':'text','text':'x'}]}")),
      "x");
}

TEST(Lexical, CodeIsVerbatimInAFenceLongEnough) {
  EXPECT_EQ(
      markdown_of("{'type':'code','language':'cpp','children':[{'type':'code-highlight','text':'a *b* ```'},"
                  "{'type':'linebreak'},{'type':'tab'},{'type':'text','text':'c'}]}"),
      "````cpp\na *b* ```\n\tc\n````");
  EXPECT_EQ(markdown_of("{'type':'block','fields':{'blockType':'Code','language':'sh','code':'ls'}}"),
            "```sh\nls\n```");
}

TEST(Lexical, TablesEscapeBarsAndFillTheirHeader) {
  const std::string cell = "{'type':'tablecell','children':[" + paragraph(text_node("a|b")) + "," +
                           paragraph(text_node("c")) + "]}";
  EXPECT_EQ(markdown_of("{'type':'table','children':[{'type':'tablerow','children':[" + cell +
                        "]},{'type':'tablerow','children':[" + cell + "," + cell + "]}]}"),
            "| a\\|b c |  |\n| --- | --- |\n| a\\|b c | a\\|b c |");
}

TEST(Lexical, UploadsRelationshipsAndBlocksGiveTheirText) {
  EXPECT_EQ(
      markdown_of(
          "{'type':'upload','value':{'alt':'A "
          "map','url':'/m.png'}},{'type':'upload','value':{'filename':'f.pdf'}},"
          "{'type':'upload','value':'id'},{'type':'relationship','value':{'title':'Other'}},"
          "{'type':'block','fields':{'id':'1','style':'info','title':'Note','content':{'root':{'children':[" +
          paragraph(text_node("inside")) + "]}}}}"),
      "![A map](/m.png)\n\nf.pdf\n\nOther\n\nNote\n\ninside");
}

TEST(Lexical, UnknownNodesGiveTheirChildrensText) {
  EXPECT_EQ(markdown_of("{'type':'fancy','children':[" + paragraph(text_node("kept")) +
                        ",{'type':'text','text':'also'}]}"),
            "kept\n\nalso");
  EXPECT_EQ(markdown_of("7,null,'x',{'children':3},{'type':5,'children':[{}]}"), "");
}

TEST(Lexical, EscapesOnlyWhereNeeded) {
  EXPECT_EQ(plain("2 * 3 = 6, snake_case, a < b, AT&T, C++, [1], ~5"),
            "2 * 3 = 6, snake_case, a < b, AT&T, C++, [1], ~5");
  EXPECT_EQ(plain("*a* _b_ `c` <d> &amp; ~~e~~ [f](g) \\*"),
            "\\*a\\* \\_b\\_ \\`c\\` \\<d> \\&amp; \\~\\~e\\~\\~ [f\\](g) \\\\\\*");
  EXPECT_EQ(plain("# a\n- b\n+ c\n* d\n1. e\n> f\n---\n| g"),
            "\\# a\n\\- b\n\\+ c\n\\* d\n1\\. e\n\\> f\n\\---\n\\| g");
  EXPECT_EQ(plain("    indented\n#tag 1.5 -1"), "indented\n#tag 1.5 -1");
}

TEST(Lexical, ToleratesLoneSurrogatesAndNul) {
  boost::json::value state = boost::json::parse(R"({"root":{"children":[{"type":"text","text":""}]}})");
  state.at("root").at("children").at(0).at("text") = std::string("a\xED\xA0\x80\0b", 6);
  const std::string markdown = lexical_to_markdown(state).value();
  EXPECT_TRUE(is_valid_utf8(markdown));
  EXPECT_EQ(markdown.front(), 'a');
  EXPECT_EQ(markdown.back(), 'b');
}

TEST(Lexical, RefusesWhatIsNoEditorState) {
  for (const char* text : {"null", "[]", "3", "{}", R"({"root":[]})", R"({"root":"x"})"}) {
    const auto result = lexical_to_markdown(boost::json::parse(text));
    ASSERT_TRUE(result.has_error()) << text;
    EXPECT_EQ(result.error().kind, ErrorKind::kInvalidArgument);
  }
  EXPECT_EQ(lexical_to_markdown(boost::json::parse(R"({"root":{}})")).value(), "");
}

std::string nested(std::size_t levels) {
  std::string text = R"({"type":"text","text":"deep"})";
  for (std::size_t i = 0; i < levels; ++i) text = R"({"type":"quote","children":[)" + text + "]}";
  return R"({"root":)" + text + "}";
}

boost::json::value parse_deep(const std::string& text) {
  boost::json::parse_options options;
  options.max_depth = 10'000;
  return boost::json::parse(text, {}, options);
}

TEST(Lexical, BoundsDepth) {
  const std::size_t levels = (limits::kJsonDepth - 2) / 2;
  EXPECT_NE(lexical_to_markdown(parse_deep(nested(levels))).value().find("deep"), std::string::npos);
  EXPECT_EQ(lexical_to_markdown(parse_deep(nested(levels + 1))).error().kind, ErrorKind::kTooLarge);
  EXPECT_EQ(lexical_to_markdown(parse_deep(nested(4000))).error().kind, ErrorKind::kTooLarge);
}

TEST(Lexical, DeepQuotesOfManyLinesStaySmall) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += R"({"type":"linebreak"},{"type":"text","text":"x"},)";
  std::string text = lines + R"({"type":"text","text":"end"})";
  for (int i = 0; i < 200; ++i) text = R"({"type":"quote","children":[)" + text + "]}";
  EXPECT_LT(lexical_to_markdown(parse_deep(R"({"root":)" + text + "}")).value().size(), 1000u * 40);
}

}  // namespace
}  // namespace wellspring::text
