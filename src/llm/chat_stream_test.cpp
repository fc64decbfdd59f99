#include "llm/chat_stream.hpp"

#include <gtest/gtest.h>

#include "llm/scripted_llm.hpp"

namespace wellspring::llm {
namespace {

Result<std::string> read_all(ChatStream& stream, std::string_view body, std::size_t size) {
  std::string text;
  for (std::size_t at = 0; at < body.size(); at += size) {
    const auto part = stream.feed(body.substr(at, size));
    if (part.has_error()) return part.error();
    text += *part;
  }
  const auto rest = stream.finish();
  if (rest.has_error()) return rest.error();
  return text + *rest;
}

Result<std::string> read_all(std::string_view body) {
  ChatStream stream({});
  return read_all(stream, body, body.size());
}

TEST(ChatStream, ReadsTextAndUsageHoweverTheBytesAreCut) {
  const std::string body = text_event("") +
                           text_event(
                               "Sm\xC3\xB8rrebr\xC3\xB8"
                               "d ") +
                           ": ping\n\n" + text_event("\xF0\x9F\x8D\x9E") + finish_event() +
                           usage_event(120, 9) + done_event() + "data: ignored, not JSON\n\n";
  for (std::size_t size = 1; size <= body.size(); ++size) {
    ChatStream stream({});
    EXPECT_EQ(read_all(stream, body, size).value(),
              "Sm\xC3\xB8rrebr\xC3\xB8"
              "d \xF0\x9F\x8D\x9E")
        << size;
    EXPECT_EQ(stream.usage().input_tokens, 120U);
    EXPECT_EQ(stream.usage().output_tokens, 9U);
  }
}

TEST(ChatStream, AFinishReasonAndACleanEndAreATerminal) {
  EXPECT_EQ(read_all(text_event("all") + finish_event()).value(), "all");
  EXPECT_EQ(read_all(text_event("all") + "data: [DONE]").value(), "all");
}

TEST(ChatStream, AnAnswerThatEndedAtALimitIsCut) {
  const auto cut_by = [](const std::string& reason) {
    ChatStream stream({});
    const std::string end =
        R"(data: {"choices":[{"index":0,"delta":{},"finish_reason":")" + reason + "\"}]}\n\n";
    const std::string body = text_event("some") + end + usage_event(120, 9) + done_event();
    EXPECT_EQ(read_all(stream, body, body.size()).value(), "some");
    return stream.usage().cut;
  };
  EXPECT_FALSE(cut_by("stop"));
  EXPECT_TRUE(cut_by("length"));
  EXPECT_TRUE(cut_by("content_filter"));
}

TEST(ChatStream, AStreamWithoutTerminalIsAnUpstreamError) {
  const auto cut = read_all(text_event("half of"));
  ASSERT_TRUE(cut.has_error());
  EXPECT_EQ(cut.error().kind, ErrorKind::kUpstream);
  EXPECT_NE(cut.error().message.find("7 bytes"), std::string::npos);
}

TEST(ChatStream, NonsenseIsAnUpstreamError) {
  for (const std::string& body :
       {std::string("<html>busy</html>"), std::string("data: {\"choices\":"), std::string("data: 42\n\n"),
        std::string("data: {\"choices\":[{\"delta\":{\"content\":\"\xFF\"}}]}\n\n"), std::string()}) {
    const auto read = read_all(body);
    ASSERT_TRUE(read.has_error()) << body;
    EXPECT_EQ(read.error().kind, ErrorKind::kUpstream);
  }
}

TEST(ChatStream, OddButHarmlessEventsAreSkipped) {
  const std::string odd =
      "data: {}\n\ndata: {\"choices\":[]}\n\ndata: {\"choices\":[{\"delta\":null}]}\n\ndata: "
      "{\"choices\":[{\"delta\":{\"content\":null}}],"
      "\"error\":null,\"usage\":null}\n\ndata: "
      "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"reasoning\":\"hm\"}}]}\n\n";
  EXPECT_EQ(read_all(odd + text_event("fine") + done_event()).value(), "fine");
}

TEST(ChatStream, AnErrorEventEndsTheAnswerInTheProvidersWords) {
  const auto read =
      read_all(text_event("so") + "data: {\"error\":{\"message\":\"engine\\nexploded\",\"code\":500}}\n\n");
  ASSERT_TRUE(read.has_error());
  EXPECT_NE(read.error().message.find("engine exploded"), std::string::npos);
}

TEST(ChatStream, AnAnswerWithoutTextIsAnError) {
  EXPECT_EQ(read_all(finish_event() + done_event()).error().kind, ErrorKind::kUpstream);
}

TEST(ChatStream, AnEndlessAnswerIsCutOff) {
  ChatStream stream({.event_bytes = 4'096, .answer_bytes = 10});
  EXPECT_TRUE(stream.feed(text_event("0123456789")).has_value());
  EXPECT_EQ(stream.feed(text_event("x")).error().kind, ErrorKind::kUpstream);
}

TEST(ErrorText, FindsTheProvidersSentence) {
  EXPECT_EQ(error_text(R"({"error":{"message":"model not found"}})"), "model not found");
  EXPECT_EQ(error_text(R"([{"error":{"code":400,"message":"bad key"}}])"), "bad key");
  EXPECT_EQ(error_text(R"({"error":"no such model"})"), "no such model");
  EXPECT_EQ(error_text("<html>"), "");
  EXPECT_EQ(error_text("[]"), "");
  EXPECT_LE(error_text(R"({"error":")" + std::string(5'000, 'x') + "\"}").size(), 200U);
}

}  // namespace
}  // namespace wellspring::llm
