#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "cli/sse_lines.hpp"

namespace wellspring::cli {
namespace {

namespace json = boost::json;

Result<json::object> parse_object(std::string_view body, std::string_view what) {
  boost::system::error_code failed;
  json::value parsed = json::parse(body, failed);
  if (failed || !parsed.is_object())
    return fail(ErrorKind::kUpstream, fmt::format("{}: the server's answer is no JSON object", what));
  return std::move(parsed.get_object());
}

std::string member_text(const json::object& object, std::string_view name) {
  const json::value* member = object.if_contains(name);
  return member != nullptr && member->is_string() ? std::string(member->get_string()) : "";
}

/// The passage below its header lines, on one line.
std::string excerpt(const std::string& text, std::size_t width) {
  const std::size_t body = text.find("\n\n");
  std::string line = text.substr(body == std::string::npos ? 0 : body + 2);
  for (char& c : line) {
    if (c == '\n') c = ' ';
  }
  return line.size() <= width ? line : line.substr(0, line.rfind(' ', width)) + " ...";
}

void print_hits(const json::object& answer) {
  const json::array& hits = answer.at("hits").as_array();
  if (hits.empty()) fmt::print("nothing found\n");
  std::size_t rank = 0;
  for (const json::value& item : hits) {
    const json::object& hit = item.as_object();
    const json::object& scores = hit.at("scores").as_object();
    fmt::print("{}. {} ({} #{})  score {:.3f}  bm25 {:.2f}  dense {:.3f}\n   {}\n", ++rank,
               member_text(hit, "title"), member_text(hit, "document_id"),
               hit.at("chunk_index").to_number<std::int64_t>(), hit.at("score").to_number<double>(),
               scores.at("bm25").to_number<double>(), scores.at("dense").to_number<double>(),
               excerpt(member_text(hit, "text"), 200));
  }
}

/// Prints a streamed answer as it arrives and keeps what the end needs.
class AnswerPrinter {
 public:
  void on_event(const json::object& event) {
    const std::string status = member_text(event, "status");
    if (status == "streaming") {
      fmt::print("{}", member_text(event, "chunk"));
      std::fflush(stdout);
    } else if (status == "sources") {
      sources_ = event.at("sources").as_array();
    } else if (status == "error") {
      error_ = member_text(event, "error");
    } else if (status == "complete") {
      complete_ = true;
    }
  }
  Result<void> finish() const {
    fmt::print("\n");
    std::size_t n = 0;
    for (const json::value& source : sources_) {
      const json::object& metadata = source.as_object().at("metadata").as_object();
      const std::string section = member_text(metadata, "section_title");
      fmt::print("  [{}] {}{} ({})\n", ++n, member_text(metadata, "title"),
                 section.empty() ? "" : " > " + section, member_text(metadata, "payload_id"));
    }
    if (!error_.empty()) return fail(ErrorKind::kUpstream, "ask: " + error_);
    if (!complete_) return fail(ErrorKind::kUpstream, "ask: the answer broke off; try again");
    return {};
  }

 private:
  json::array sources_;
  std::string error_;
  bool complete_ = false;
};

Result<void> ask_streamed(HttpClient& client, const std::string& body) {
  AnswerPrinter printer;
  SseLines lines([&](std::string_view data) {
    boost::system::error_code failed;
    const json::value event = json::parse(data, failed);
    if (!failed && event.is_object()) printer.on_event(event.get_object());
  });
  auto reply =
      client.post_streamed("/api/v1/chat/stream", body, [&](std::string_view piece) { lines.feed(piece); });
  if (reply.has_error()) return reply.error();
  if (reply->status != 200) return reply_error(*reply, "ask");
  return printer.finish();
}

}  // namespace

Result<void> search(const Context& context, const SearchRequest& request) {
  json::object body{{"query", request.query}, {"k", request.k}, {"mode", request.mode}};
  if (!request.locale.empty()) body["locale"] = request.locale;
  return with_server(context, [&](HttpClient& client) -> Result<void> {
    auto reply = client.post("/api/v1/search", "application/json", json::serialize(body));
    if (reply.has_error()) return reply.error();
    if (reply->status != 200) return reply_error(*reply, "search");
    if (request.json) {
      fmt::print("{}\n", reply->body);
      return {};
    }
    auto answer = parse_object(reply->body, "search");
    if (answer.has_error()) return answer.error();
    print_hits(*answer);
    return {};
  });
}

Result<void> ask(const Context& context, const AskRequest& request) {
  json::object asked{{"query", request.question}};
  if (!request.locale.empty()) asked["locale"] = request.locale;
  const std::string body = json::serialize(asked);
  return with_server(context, [&](HttpClient& client) -> Result<void> {
    if (!request.json) return ask_streamed(client, body);
    auto reply = client.post("/api/v1/chat", "application/json", body);
    if (reply.has_error()) return reply.error();
    if (reply->status != 200) return reply_error(*reply, "ask");
    fmt::print("{}\n", reply->body);
    return {};
  });
}

}  // namespace wellspring::cli
