#include "llm/sse_parser.hpp"

#include <gtest/gtest.h>

namespace wellspring::llm {
namespace {

using Events = std::vector<std::string>;

/// Feeds `stream` in pieces of `size` bytes and closes it.
Events read_all(std::string_view stream, std::size_t size) {
  SseParser parser(1'000);
  Events events;
  for (std::size_t at = 0; at < stream.size(); at += size) {
    const auto part = parser.feed(stream.substr(at, size));
    EXPECT_TRUE(part.has_value());
    if (part.has_value()) events.insert(events.end(), part->begin(), part->end());
  }
  if (auto last = parser.finish()) events.push_back(std::move(*last));
  return events;
}

TEST(SseParser, ReadsTheSameEventsHoweverTheBytesAreCut) {
  const std::string stream =
      "\xEF\xBB\xBF: a comment\r\nevent: x\r\ndata: one\r\n\r\ndata:two\n\nid: 7\ndata: three\ndata:  "
      "four\n\n\n\n"
      "data\n\nretry: 5\n\ndata: caf\xC3\xA9\r\rdatabase: no\n\n";
  const Events expected{"one", "two", "three\n four", "", "caf\xC3\xA9"};
  for (std::size_t size = 1; size <= stream.size(); ++size)
    EXPECT_EQ(read_all(stream, size), expected) << size;
}

TEST(SseParser, GivesALastEventWithoutItsBlankLine) {
  EXPECT_EQ(read_all("data: a\n\ndata: b", 3), (Events{"a", "b"}));
  EXPECT_EQ(read_all("data: a\n\ndata: b\n", 3), (Events{"a", "b"}));
}

TEST(SseParser, WhatIsNoEventStreamGivesNoEvents) {
  EXPECT_EQ(read_all("<html>\n\n<body>oops</body>\n\n", 5), Events{});
  EXPECT_EQ(read_all("", 1), Events{});
}

TEST(SseParser, RefusesAnEventOverTheLimit) {
  SseParser one_line(10);
  EXPECT_TRUE(one_line.feed("data: 1234").has_value());
  EXPECT_EQ(one_line.feed("5").error().kind, ErrorKind::kUpstream);
  SseParser many_lines(10);
  EXPECT_TRUE(many_lines.feed("data: 123\ndata:").has_value());
  EXPECT_EQ(many_lines.feed("456").error().kind, ErrorKind::kUpstream);
}

}  // namespace
}  // namespace wellspring::llm
