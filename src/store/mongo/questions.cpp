#include "store/mongo/questions.hpp"

#include <algorithm>

namespace wellspring::store::mongo {
namespace {

using model::QuestionEndpoint;
using model::QuestionOutcome;
using model::UserQuestion;

constexpr std::size_t kIdsPerDelete = 10'000;

/// Null when it is not known, as in rows that lack the member.
std::optional<std::string> outcome_name(QuestionOutcome outcome) {
  if (outcome == QuestionOutcome::kUnknown) return std::nullopt;
  return std::string(name(outcome));
}

QuestionOutcome outcome_of(const std::optional<std::string>& text) {
  for (const auto outcome : {QuestionOutcome::kAnswered, QuestionOutcome::kRefused}) {
    if (text && *text == name(outcome)) return outcome;
  }
  return QuestionOutcome::kUnknown;
}

Doc row_of(const model::Feedback& feedback) {
  return doc("helpful", feedback.helpful, "comment", feedback.comment, "given_at", feedback.given_at);
}

std::optional<Doc> row_of(const std::optional<model::Feedback>& feedback) {
  return feedback ? std::optional(row_of(*feedback)) : std::nullopt;
}

std::optional<model::Feedback> feedback_of(const Fields& question) {
  const auto row = question.optional_document("feedback");
  if (!row) return std::nullopt;
  const Fields fields(**row, "feedback");
  const auto given_at = fields.optional_time("given_at");
  if (!given_at) return std::nullopt;
  return model::Feedback{.helpful = fields.flag("helpful"),
                         .comment = fields.optional_text("comment").value_or(""),
                         .given_at = *given_at};
}

Doc row_of(const UserQuestion& question, const std::string& id, std::int64_t position) {
  Array tags;
  for (const std::string& tag : question.tags) tags.push(tag);
  return doc("_id", Oid{id}, "id", nullptr, "question", question.text, "chat_history_length",
             question.history_length, "endpoint_type", name(question.endpoint), "timestamp",
             question.asked_at, "category", question.category, "tags", tags, "analyzed", question.analyzed,
             "analyzed_at", question.analyzed_at, "locale", question.locale, "outcome",
             outcome_name(question.outcome), "feedback", row_of(question.feedback), "position", position);
}

Doc to_bson(const QuestionFilter& filter) {
  Doc rows;
  if (filter.analyzed) add_to(rows, "analyzed", *filter.analyzed);
  if (filter.endpoint) add_to(rows, "endpoint_type", name(*filter.endpoint));
  if (filter.outcome) add_to(rows, "outcome", outcome_name(*filter.outcome));
  return rows;
}

/// Removes the first `limit` rows in the given order; how many there were.
std::size_t remove_first(Session& session, const std::string& collection, const Doc& filter, const Doc& order,
                         std::size_t limit) {
  if (limit == 0) return 0;
  Array ids;
  session.find(collection, filter, doc("sort", order, "projection", doc("_id", 1), "limit", limit),
               [&](const bson_t& row) {
                 bson_iter_t at;
                 if (bson_iter_init_find(&at, &row, "_id")) ids.push(*bson_iter_value(&at));
                 return true;
               });
  return ids.size() == 0 ? 0 : session.remove(collection, any_of("_id", ids));
}

}  // namespace

std::optional<UserQuestion> MongoQuestions::read(const bson_t& row) {
  const std::string label = label_of(row, "_id");
  const Fields fields(row, "question " + label);
  const auto id = fields.optional_oid("_id");
  auto text = fields.optional_text("question");
  const auto at = fields.optional_time("timestamp");
  if (!id || !text || !at) {
    bad_rows_.tell(names_.questions, label, "question or timestamp is missing or has the wrong type");
    return std::nullopt;
  }
  const std::int64_t messages = fields.optional_integer("chat_history_length").value_or(0);
  return UserQuestion{.id = model::QuestionId(id->hex),
                      .text = std::move(*text),
                      .history_length = static_cast<std::size_t>(std::max<std::int64_t>(messages, 0)),
                      .endpoint = fields.optional_text("endpoint_type") == "stream"
                                      ? QuestionEndpoint::kStream
                                      : QuestionEndpoint::kChat,
                      .asked_at = *at,
                      .category = fields.optional_text("category"),
                      .tags = fields.texts("tags"),
                      .analyzed = fields.flag("analyzed"),
                      .analyzed_at = fields.optional_time("analyzed_at"),
                      .locale = fields.optional_text("locale").value_or(""),
                      .outcome = outcome_of(fields.optional_text("outcome")),
                      .feedback = feedback_of(fields)};
}

Result<void> MongoQuestions::append(std::span<const UserQuestion> questions) {
  if (questions.empty()) return {};
  return attempt({"append questions"}, [&] {
    const auto count = static_cast<std::int64_t>(questions.size());
    std::int64_t position = channel_.use(
        [&](Session& session) { return session.add_to_counter(names_.counters, kQuestionCounter, count); });
    position -= count;
    std::vector<Doc> rows;
    for (const UserQuestion& question : questions) {
      const std::string& id = question.id.value();
      rows.push_back(row_of(question, id.empty() ? ids_.next(question.asked_at) : id, ++position));
    }
    insert_all(channel_, names_.questions, rows);
  });
}

Result<QuestionPage> MongoQuestions::page(const QuestionFilter& filter, std::size_t offset,
                                          std::size_t limit) {
  return attempt({"list questions"}, [&] {
    return channel_.use([&](Session& session) {
      QuestionPage page{.questions = {}, .total = session.count(names_.questions, to_bson(filter))};
      if (limit == 0) return page;
      session.find(
          names_.questions, to_bson(filter),
          doc("sort", doc("timestamp", -1, "position", -1, "_id", -1), "skip", offset, "limit", limit),
          [&](const bson_t& row) {
            if (auto question = read(row)) page.questions.push_back(std::move(*question));
            return true;
          });
      return page;
    });
  });
}

Result<QuestionStats> MongoQuestions::stats() {
  return attempt({"count questions"}, [&] {
    return channel_.use([&](Session& session) {
      QuestionStats stats;
      stats.stream = session.count(names_.questions, doc("endpoint_type", name(QuestionEndpoint::kStream)));
      stats.chat = session.count(names_.questions, {}) - stats.stream;
      stats.analyzed = session.count(names_.questions, doc("analyzed", true));
      const auto end = [&](int direction) -> std::optional<Timestamp> {
        const auto row =
            session.find_one(names_.questions, doc("timestamp", doc("$gt", Timestamp::min())),
                             doc("sort", doc("timestamp", direction), "projection", doc("timestamp", 1)));
        return row ? Fields(**row, "question").optional_time("timestamp") : std::nullopt;
      };
      stats.oldest = end(1);
      stats.newest = end(-1);
      return stats;
    });
  });
}

Result<std::size_t> MongoQuestions::prune(std::size_t keep) {
  return attempt({"prune questions"}, [&] {
    const auto prune_some = [&](Session& session) -> std::size_t {
      const std::size_t count = session.count(names_.questions, {});
      if (count <= keep) return 0;
      return remove_first(session, names_.questions, {}, doc("position", 1, "_id", 1),
                          std::min(count - keep, kIdsPerDelete));
    };
    std::size_t pruned = 0;
    while (const std::size_t some = channel_.use(prune_some)) pruned += some;
    return pruned;
  });
}

Result<std::size_t> MongoQuestions::forget(Timestamp before, std::size_t limit) {
  return attempt({"forget questions"}, [&] {
    const Doc ours = doc("timestamp", doc("$lt", before), "position", doc("$exists", true));
    return channel_.use([&](Session& session) {
      return remove_first(session, names_.questions, ours, doc("timestamp", 1, "position", 1),
                          std::min(limit, kIdsPerDelete));
    });
  });
}

Result<void> MongoQuestions::set_feedback(const model::QuestionId& id, const model::Feedback& feedback) {
  const auto found = attempt({"store feedback", id.value()}, [&] {
    const Doc change = doc("$set", doc("feedback", row_of(feedback)));
    return channel_.use([&](Session& session) {
      return session.update_one(names_.questions, doc("_id", Oid{id.value()}), change);
    });
  });
  if (!found) return found.error();
  if (!*found) return no_such_question(id);
  return {};
}

}  // namespace wellspring::store::mongo
