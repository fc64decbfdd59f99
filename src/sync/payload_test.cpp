#include "sync/payload.hpp"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "base/limits.hpp"
#include "sync/json_text.hpp"

namespace wellspring::sync {
namespace {

namespace json = boost::json;
using model::JobKind;

json::object sample_doc() {
  return {{"id", "65f0c0ffee"},
          {"title", "Fees"},
          {"createdAt", "2025-01-01T00:00:00.000Z"},
          {"updatedAt", "2025-01-02T03:04:05.678Z"},
          {"status", "published"},
          {"markdown", "# Fees\n\nLow."}};
}

std::string event(const json::object& doc, const std::string& operation = "update") {
  return json::serialize(json::object{{"operation", operation}, {"doc", doc}});
}

PayloadResult parse_doc(const json::object& doc, const std::string& operation = "update",
                        const std::string& locale = "") {
  return parse_payload(event(doc, operation), locale);
}

PayloadResult parse_with(const char* member, const json::value& value,
                         const std::string& operation = "update") {
  json::object doc = sample_doc();
  doc[member] = value;
  return parse_doc(doc, operation);
}

json::object without(const char* member) {
  json::object doc = sample_doc();
  doc.erase(member);
  return doc;
}

/// The only problem of a refused webhook, as `member:type`.
std::string only_problem(const PayloadResult& result) {
  if (result) return "accepted";
  const std::vector<FieldProblem> problems = result.error().problems;
  if (problems.size() != 1) return std::to_string(problems.size()) + " problems";
  return problems.front().loc.front() + ":" + problems.front().type;
}

json::object lexical(const std::string& text) {
  return {{"root",
           {{"type", "root"},
            {"children", {{{"type", "paragraph"}, {"children", {{{"type", "text"}, {"text", text}}}}}}}}}};
}

TEST(Payload, ReadsAPublishedArticle) {
  json::object doc = sample_doc();
  doc["author"] = json::object{{"id", "u1"}, {"email", "x@example.com"}};
  doc["category"] =
      json::array{"c1", json::object{{"id", 7}}, 8, nullptr, true, json::object{{"name", "odd"}}};
  doc["publishedDate"] = "2025-01-01";
  doc["slug"] = "fees";
  const auto read = parse_doc(doc, "create");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->operation, "create");
  EXPECT_TRUE(read->published);
  EXPECT_EQ(read->job.kind, JobKind::kPublish);
  EXPECT_EQ(read->job.priority, model::JobPriority::kWebhook);
  const model::Article& article = read->job.article;
  EXPECT_EQ(article.key.id.value(), "65f0c0ffee");
  EXPECT_EQ(article.key.locale, "en");
  EXPECT_EQ(article.title, "Fees");
  EXPECT_EQ(article.markdown, "# Fees\n\nLow.");
  EXPECT_EQ(article.updated_at, parse_timestamp("2025-01-02T03:04:05.678Z"));
  EXPECT_EQ(article.created_at, parse_timestamp("2025-01-01"));
  EXPECT_EQ(article.published_at, parse_timestamp("2025-01-01"));
  EXPECT_EQ(article.author, "u1");
  EXPECT_EQ(article.categories, (std::vector<std::string>{"c1", "7", "8"}));
  EXPECT_EQ(article.slug, "fees");
  EXPECT_EQ(article.source, "payload");
}

TEST(Payload, ANumberIsTheSameIdAsItsText) {
  for (const json::value& id :
       {json::value(1), json::value("1"), json::value(1.0), json::value(std::uint64_t{1})}) {
    const auto read = parse_with("id", id);
    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(read->job.article.key.id.value(), "1");
  }
}

TEST(Payload, RefusesWhatIsNoId) {
  for (const json::value& id :
       {json::value(1.5), json::value(true), json::value(""), json::value(json::array{}), json::value(1e300),
        json::value(json::object{{"id", "x"}})}) {
    EXPECT_EQ(only_problem(parse_with("id", id)), "id:string_type") << json::serialize(id);
  }
  EXPECT_EQ(only_problem(parse_with("id", nullptr)), "id:missing");
  EXPECT_EQ(only_problem(parse_doc(without("id"))), "id:missing");
  EXPECT_EQ(only_problem(parse_with("id", json::string(10'000, 'x'))), "id:string_too_long");
  EXPECT_EQ(only_problem(parse_with("id", json::string(10'000, 'x'), "delete")), "id:string_too_long");
}

TEST(Payload, RemovalsNeedOnlyAnId) {
  const json::object id_only{{"id", "a"}};
  EXPECT_EQ(parse_doc(id_only, "delete")->job.kind, JobKind::kDelete);
  EXPECT_EQ(parse_doc(id_only, "unpublish")->job.kind, JobKind::kUnpublish);
  const auto draft =
      parse_doc({{"id", "a"}, {"status", "draft"}, {"title", json::object{}}, {"updatedAt", "never"}});
  ASSERT_TRUE(draft.has_value());
  EXPECT_EQ(draft->job.kind, JobKind::kUnpublish);
  EXPECT_FALSE(draft->published);
  EXPECT_FALSE(draft->job.article.updated_at.has_value());
  const auto dated = parse_doc(sample_doc(), "delete");
  EXPECT_EQ(dated->job.article.updated_at, parse_timestamp("2025-01-02T03:04:05.678Z"));
  EXPECT_EQ(dated->job.article.title, "Fees");
  EXPECT_TRUE(dated->job.article.markdown.empty());
}

TEST(Payload, NamesWhatAPublishLacks) {
  EXPECT_EQ(only_problem(parse_doc(without("title"))), "title:missing");
  EXPECT_EQ(only_problem(parse_doc(without("updatedAt"))), "updatedAt:missing");
  EXPECT_EQ(only_problem(parse_doc(without("status"))), "status:missing");
  EXPECT_EQ(only_problem(parse_with("title", json::object{{"en", "Fees"}})), "title:string_type");
  EXPECT_EQ(only_problem(parse_with("title", json::string(limits::kTitleBytes + 1, 'x'))),
            "title:string_too_long");
  EXPECT_EQ(only_problem(parse_with("updatedAt", "yesterday")), "updatedAt:datetime_parsing");
  EXPECT_EQ(only_problem(parse_with("updatedAt", 1e300)), "updatedAt:datetime_parsing");
  EXPECT_EQ(only_problem(parse_with("createdAt", json::array{})), "createdAt:datetime_parsing");
  EXPECT_EQ(only_problem(parse_with("status", "archived")), "status:literal_error");
  EXPECT_EQ(only_problem(parse_with("status", 1)), "status:literal_error");
  EXPECT_EQ(only_problem(parse_with("markdown", 5)), "markdown:string_type");
  EXPECT_EQ(only_problem(parse_payload(R"({"operation":"update"})", "")), "doc:missing");
  EXPECT_EQ(only_problem(parse_payload(R"({"doc":null})", "")), "doc:dict_type");
  EXPECT_EQ(only_problem(parse_payload(R"({"operation":[],"doc":{}})", "")), "operation:string_type");
  EXPECT_EQ(parse_payload(R"({"doc":{}})", "").error().problems.size(), 4u);
}

TEST(Payload, ReadsTimesAsTextSecondsAndMilliseconds) {
  const auto updated_at = [](const json::value& value) {
    return parse_with("updatedAt", value)->job.article.updated_at;
  };
  const auto expected = parse_timestamp("2025-01-02T03:04:05Z");
  EXPECT_EQ(updated_at("2025-01-02T03:04:05Z"), expected);
  EXPECT_EQ(updated_at(1735787045), expected);
  EXPECT_EQ(updated_at(1735787045000), expected);
  EXPECT_EQ(updated_at(1735787045.25), *expected + std::chrono::milliseconds{250});
  EXPECT_EQ(updated_at("+010000-01-01T00:00:00Z"), parse_timestamp("+010000-01-01T00:00:00Z"));
}

TEST(Payload, DropsDecorationsItCannotRead) {
  json::object doc = sample_doc();
  doc["publishedDate"] = "soon";
  doc["author"] = json::array{};
  doc["category"] = "c1";
  doc["slug"] = 5;
  const auto read = parse_doc(doc);
  ASSERT_TRUE(read.has_value());
  EXPECT_FALSE(read->job.article.published_at);
  EXPECT_FALSE(read->job.article.author);
  EXPECT_TRUE(read->job.article.categories.empty());
  EXPECT_FALSE(read->job.article.slug);
  EXPECT_EQ(parse_with("author", 12)->job.article.author, "12");
}

TEST(Payload, BoundsTheCategories) {
  EXPECT_TRUE(parse_with("category", json::array(limits::kCategories, "c")).has_value());
  EXPECT_EQ(only_problem(parse_with("category", json::array(limits::kCategories + 1, "c"))),
            "category:too_long");
}

TEST(Payload, TakesTheTextFromContentOnlyWithoutMarkdown) {
  json::object doc = sample_doc();
  doc["content"] = lexical("From content");
  EXPECT_EQ(parse_doc(doc)->job.article.markdown, "# Fees\n\nLow.");
  doc["markdown"] = "";
  EXPECT_NE(parse_doc(doc)->job.article.markdown.find("From content"), std::string::npos);
  doc.erase("markdown");
  EXPECT_NE(parse_doc(doc)->job.article.markdown.find("From content"), std::string::npos);
  doc["content"] = nullptr;
  EXPECT_EQ(parse_doc(doc)->job.article.markdown, "");
  doc["content"] = "plain";
  EXPECT_EQ(only_problem(parse_doc(doc)), "content:lexical_type");
  doc["markdown"] = "";
  EXPECT_EQ(parse_doc(doc)->job.article.markdown, "");
}

TEST(Payload, TheLocaleComesFromTheBodyElseFromTheUrl) {
  EXPECT_EQ(parse_doc(sample_doc(), "update", "fr-CA")->job.article.key.locale, "fr-CA");
  const std::string body = json::serialize(json::object{{"locale", "es"}, {"doc", sample_doc()}});
  EXPECT_EQ(parse_payload(body, "fr")->job.article.key.locale, "es");
  EXPECT_EQ(parse_payload(body, "fr")->operation, "update");
  EXPECT_EQ(parse_doc(sample_doc(), "update", "")->job.article.key.locale, "en");
  for (const char* spelled : {"pt_BR", "PT-br", "pt-BR"}) {
    EXPECT_EQ(parse_doc(sample_doc(), "update", spelled)->job.article.key.locale, "pt-BR") << spelled;
  }
  for (const char* locale : {"e", "en/../x", "12", "en--US", "en-", "en-toolongsubtag", "\xC3\xA9n"}) {
    EXPECT_EQ(only_problem(parse_doc(sample_doc(), "update", locale)), "locale:locale") << locale;
  }
  EXPECT_EQ(only_problem(parse_doc(sample_doc(), "update", std::string(36, 'a'))), "locale:locale");
}

TEST(Payload, ALocaleThatIsNoTextDoesNotBecomeTheDefault) {
  const auto with_locale = [](json::value locale) {
    return parse_payload(json::serialize(json::object{{"locale", std::move(locale)}, {"doc", sample_doc()}}),
                         "fr");
  };
  EXPECT_EQ(only_problem(with_locale(5)), "locale:string_type");
  EXPECT_EQ(only_problem(with_locale(json::array{"es"})), "locale:string_type");
  EXPECT_EQ(only_problem(with_locale("nonsense!")), "locale:locale");
  EXPECT_EQ(with_locale(nullptr)->job.article.key.locale, "fr");
  EXPECT_EQ(with_locale("")->job.article.key.locale, "fr");
}

TEST(Payload, AnUnreadableBodyHasAMessageAndNoProblems) {
  const std::string deep =
      std::string(limits::kJsonDepth + 2, '[') + std::string(limits::kJsonDepth + 2, ']');
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("nonsense"), std::string("[]"), std::string("null"),
        std::string("{} {}"), std::string("{\"doc\":\"\xC3\x28\"}"), deep}) {
    const auto refused = parse_payload(body, "");
    ASSERT_TRUE(refused.has_error()) << body;
    EXPECT_EQ(refused.error().error.kind, ErrorKind::kInvalidArgument) << body;
    EXPECT_TRUE(refused.error().problems.empty()) << body;
    EXPECT_FALSE(refused.error().error.message.empty());
  }
  EXPECT_EQ(parse_payload(std::string(limits::kSyncBodyBytes + 1, ' '), "").error().error.kind,
            ErrorKind::kTooLarge);
}

TEST(Payload, RemovesNulAndRepairsLoneSurrogates) {
  const std::string body =
      R"({"doc":{"id":"a\u0000b","title":"x\uD83Dy \uD83D\uDE00 \uDE00 \\uD83D","updatedAt":1,"status":"published","markdown":"\uD800"}})";
  const auto read = parse_payload(body, "");
  ASSERT_TRUE(read.has_value()) << read.error().error.message;
  EXPECT_EQ(read->job.article.key.id.value(), "ab");
  EXPECT_EQ(read->job.article.title, "x\xEF\xBF\xBDy \xF0\x9F\x98\x80 \xEF\xBF\xBD \\uD83D");
  EXPECT_EQ(read->job.article.markdown, "\xEF\xBF\xBD");
}

TEST(JsonText, LeavesEverythingButLoneSurrogatesAlone) {
  for (const char* same :
       {"", "\\", "\\u", "\\uD8", "\\uD83D\\uDE00", "\\\\uD83D", "\\n\\u00e9", "\\uZZZZ"}) {
    EXPECT_EQ(replace_lone_surrogates(same), same);
  }
  EXPECT_EQ(replace_lone_surrogates("\\uD83D\\uD83D\\uDE00"), "\\uFFFD\\uD83D\\uDE00");
  EXPECT_EQ(replace_lone_surrogates("\\uDE00\\uD83D"), "\\uFFFD\\uFFFD");
}

TEST(ImportRow, ReadsARow) {
  const auto job = parse_import_row(
      R"({"id":4,"title":"T","text":"body","locale":"fr","updated_at":"2025-01-01","slug":"s","metadata":{"tags":"x"}})");
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->kind, JobKind::kPublish);
  EXPECT_EQ(job->priority, model::JobPriority::kImport);
  EXPECT_EQ(job->article.key, (model::ArticleKey{ArticleId("4"), "fr"}));
  EXPECT_EQ(job->article.markdown, "body");
  EXPECT_EQ(job->article.updated_at, parse_timestamp("2025-01-01"));
  EXPECT_EQ(job->article.extra.at("tags"), "x");
  EXPECT_EQ(job->article.source, "import");
  EXPECT_FALSE(parse_import_row(R"({"id":"a","text":""})")->article.updated_at);
}

TEST(ImportRow, ARowWithoutALocaleHasTheDefaultOne) {
  EXPECT_EQ(parse_import_row(R"({"id":"a","text":""})")->article.key.locale, "en");
  EXPECT_EQ(parse_import_row(R"({"id":"a","text":""})", "es")->article.key.locale, "es");
  EXPECT_EQ(parse_import_row(R"({"id":"a","text":"","locale":null})", "es")->article.key.locale, "es");
  EXPECT_EQ(parse_import_row(R"({"id":"a","text":"","locale":"FR_ca"})", "es")->article.key.locale, "fr-CA");
}

TEST(ImportRow, ADeletedRowNeedsOnlyAnId) {
  const auto job = parse_import_row(R"({"id":"a","deleted":true})");
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->kind, JobKind::kDelete);
}

TEST(ImportRow, NamesTheMemberThatIsWrong) {
  const auto message = [](std::string_view row) {
    const auto job = parse_import_row(row);
    return job ? std::string("accepted") : job.error().message;
  };
  EXPECT_NE(message(R"({"text":"x"})").find("'id'"), std::string::npos);
  EXPECT_NE(message(R"({"id":"a"})").find("'text'"), std::string::npos);
  EXPECT_NE(message(R"({"id":"a","text":"x","title":7})").find("'title'"), std::string::npos);
  EXPECT_NE(message(R"({"id":"a","text":"x","locale":"?"})").find("'locale'"), std::string::npos);
  EXPECT_NE(message(R"({"id":"a","text":"x","updated_at":"?"})").find("'updated_at'"), std::string::npos);
  EXPECT_NE(message(R"({"id":"a","text":"x","metadata":{"k":1}})").find("'metadata.k'"), std::string::npos);
  EXPECT_NE(message(R"({"id":"a","text":"x","deleted":"yes"})").find("'deleted'"), std::string::npos);
  EXPECT_NE(message("[1]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(message("{").find("not JSON"), std::string::npos);
}

}  // namespace
}  // namespace wellspring::sync
