#include "http/wire/jobs.hpp"

#include <boost/json.hpp>

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;

constexpr model::JobState kStates[] = {model::JobState::kQueued, model::JobState::kRunning,
                                       model::JobState::kDone, model::JobState::kDead};

}  // namespace

json::value to_json(const std::optional<Timestamp>& at) {
  return at ? json::value(json::string(format_timestamp(*at))) : json::value();
}

json::object to_json(const model::Job& job) {
  const model::Article& article = job.article;
  return {{"id", job.id.value()},
          {"article_id", article.key.id.value()},
          {"locale", article.key.locale},
          {"title", article.title},
          {"updated_at", to_json(article.updated_at)},
          {"kind", model::name(job.kind)},
          {"priority", job.priority == model::JobPriority::kWebhook ? "webhook" : "import"},
          {"state", model::name(job.state)},
          {"outcome", model::name(job.outcome)},
          {"attempts", job.attempts},
          {"last_error", job.last_error},
          {"accepted_at", format_timestamp(job.accepted_at)},
          {"not_before", to_json(job.not_before)},
          {"finished_at", to_json(job.finished_at)}};
}

json::object to_json(const std::map<model::JobState, std::size_t>& counts) {
  json::object object;
  for (const model::JobState state : kStates) {
    const auto at = counts.find(state);
    object[model::name(state)] = at == counts.end() ? 0 : at->second;
  }
  return object;
}

std::optional<model::JobState> parse_job_state(std::string_view text) {
  for (const model::JobState state : kStates) {
    if (model::name(state) == text) return state;
  }
  return std::nullopt;
}

}  // namespace wellspring::http::wire
