#include "store/sqlite/questions.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

namespace wellspring::store::sqlite {
namespace {

namespace json = boost::json;
using model::QuestionEndpoint;
using model::QuestionOutcome;
using model::UserQuestion;

// The values that are stored.
static_assert(static_cast<int>(QuestionEndpoint::kChat) == 0 &&
              static_cast<int>(QuestionEndpoint::kStream) == 1);
static_assert(static_cast<int>(QuestionOutcome::kUnknown) == 0 &&
              static_cast<int>(QuestionOutcome::kAnswered) == 1 &&
              static_cast<int>(QuestionOutcome::kRefused) == 2);

constexpr std::string_view kColumns =
    "id, question, chat_history_length, endpoint, asked_at, category, tags, analyzed, analyzed_at, locale, "
    "outcome, helpful, comment, feedback_at";

std::string write_tags(const std::vector<std::string>& tags) {
  return json::serialize(json::array(tags.begin(), tags.end()));
}

std::vector<std::string> read_tags(const std::string& text) {
  json::error_code failed;
  const json::value value = json::parse(text, failed);
  auto tags = json::try_value_to<std::vector<std::string>>(value);
  if (failed || !tags) throw Failure(fail(ErrorKind::kCorrupt, "the tags of a question are no JSON array"));
  return std::move(*tags);
}

UserQuestion read_question(const Statement& row) {
  UserQuestion question;
  question.id = model::QuestionId(row.text(0));
  question.text = row.text(1);
  question.history_length = row.count(2);
  question.endpoint = static_cast<QuestionEndpoint>(row.integer(3));
  question.asked_at = row.time(4);
  question.category = row.optional_text(5);
  question.tags = read_tags(row.text(6));
  question.analyzed = row.integer(7) != 0;
  question.analyzed_at = row.optional_time(8);
  question.locale = row.text(9);
  question.outcome = static_cast<QuestionOutcome>(row.integer(10));
  if (const auto given_at = row.optional_time(13)) {
    question.feedback = model::Feedback{.helpful = row.integer(11) != 0,
                                        .comment = row.optional_text(12).value_or(""),
                                        .given_at = *given_at};
  }
  return question;
}

void insert(Connection& connection, const UserQuestion& question, const std::string& id) {
  const std::optional<model::Feedback>& feedback = question.feedback;
  connection
      .prepare(fmt::format(
          "INSERT INTO user_questions ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kColumns))
      .bind(id, question.text, question.history_length, question.endpoint, question.asked_at,
            question.category, write_tags(question.tags), std::int64_t{question.analyzed},
            question.analyzed_at, question.locale, question.outcome,
            feedback ? std::optional(std::int64_t{feedback->helpful}) : std::nullopt,
            feedback ? std::optional(feedback->comment) : std::nullopt,
            feedback ? std::optional(feedback->given_at) : std::nullopt)
      .run();
}

/// Parameters 1 to 3 are the filter's members. A text for each combination, so that each finds its index;
/// all name every parameter, so that all are bound alike.
std::string where(const QuestionFilter& filter) {
  std::string text = "WHERE ?1 IS ?1 AND ?2 IS ?2 AND ?3 IS ?3 ";
  if (filter.analyzed) text += "AND analyzed = ?1 ";
  if (filter.endpoint) text += "AND endpoint = ?2 ";
  if (filter.outcome) text += "AND outcome = ?3 ";
  return text;
}

std::optional<std::int64_t> as_number(std::optional<bool> flag) {
  return flag ? std::optional(std::int64_t{*flag}) : std::nullopt;
}

std::size_t count(Connection& connection, const QuestionFilter& filter) {
  Statement query = connection.prepare("SELECT count(*) FROM user_questions " + where(filter));
  return query.bind(as_number(filter.analyzed), filter.endpoint, filter.outcome).step() ? query.count(0) : 0;
}

}  // namespace

Result<void> SqliteQuestions::append(std::span<const UserQuestion> questions) {
  return database_.write({"append questions"}, [&](Connection& connection) {
    for (const UserQuestion& question : questions) {
      const std::string& id = question.id.value();
      insert(connection, question, id.empty() ? ids_.next(question.asked_at) : id);
    }
  });
}

Result<QuestionPage> SqliteQuestions::page(const QuestionFilter& filter, std::size_t offset,
                                           std::size_t limit) {
  return database_.read({"list questions"}, [&](Connection& connection) {
    QuestionPage page{.questions = {}, .total = count(connection, filter)};
    Statement query = connection.prepare(fmt::format(
        "SELECT {} FROM user_questions {} ORDER BY asked_at DESC, position DESC LIMIT ?4 OFFSET ?5", kColumns,
        where(filter)));
    query.bind(as_number(filter.analyzed), filter.endpoint, filter.outcome, limit, offset);
    while (query.step()) page.questions.push_back(read_question(query));
    return page;
  });
}

Result<QuestionStats> SqliteQuestions::stats() {
  return database_.read({"count questions"}, [](Connection& connection) {
    QuestionStats stats;
    stats.chat = count(connection, {.endpoint = QuestionEndpoint::kChat});
    stats.stream = count(connection, {.endpoint = QuestionEndpoint::kStream});
    stats.analyzed = count(connection, {.analyzed = true});
    // Two queries: SQLite answers min() or max() from one end of an index, both together by a scan.
    Statement oldest = connection.prepare("SELECT min(asked_at) FROM user_questions");
    if (oldest.step()) stats.oldest = oldest.optional_time(0);
    Statement newest = connection.prepare("SELECT max(asked_at) FROM user_questions");
    if (newest.step()) stats.newest = newest.optional_time(0);
    return stats;
  });
}

Result<std::size_t> SqliteQuestions::prune(std::size_t keep) {
  return database_.write({"prune questions"}, [&](Connection& connection) {
    const std::size_t stored = count(connection, {});
    if (stored <= keep) return std::size_t{0};
    connection
        .prepare(
            "DELETE FROM user_questions WHERE position IN "
            "(SELECT position FROM user_questions ORDER BY position LIMIT ?)")
        .bind(stored - keep)
        .run();
    return connection.changes();
  });
}

Result<std::size_t> SqliteQuestions::forget(Timestamp before, std::size_t limit) {
  return database_.write({"forget questions"}, [&](Connection& connection) {
    connection
        .prepare(
            "DELETE FROM user_questions WHERE position IN "
            "(SELECT position FROM user_questions WHERE asked_at < ? ORDER BY asked_at LIMIT ?)")
        .bind(before, limit)
        .run();
    return connection.changes();
  });
}

Result<void> SqliteQuestions::set_feedback(const model::QuestionId& id, const model::Feedback& feedback) {
  const auto changed = database_.write({"store feedback"}, [&](Connection& connection) {
    connection.prepare("UPDATE user_questions SET helpful = ?, comment = ?, feedback_at = ? WHERE id = ?")
        .bind(std::int64_t{feedback.helpful}, feedback.comment, feedback.given_at, id.value())
        .run();
    return connection.changes();
  });
  if (!changed) return changed.error();
  if (*changed == 0) return no_such_question(id);
  return {};
}

}  // namespace wellspring::store::sqlite
