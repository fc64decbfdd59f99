#include "http/wire/reconcile.hpp"

#include <boost/json.hpp>

#include "http/wire/jobs.hpp"

namespace wellspring::http::wire {
namespace {

namespace json = boost::json;
using sync::Drift;

json::object difference_json(const sync::Difference& difference) {
  return {{"kind", name(difference.kind)},
          {"id", difference.id.value()},
          {"locale", difference.locale.empty() ? json::value(nullptr) : json::value(difference.locale)},
          {"cms_updated_at", to_json(difference.cms)},
          {"held_updated_at", to_json(difference.held)}};
}

json::value id_json(const std::optional<JobId>& id) {
  return id ? json::value(id->value()) : json::value(nullptr);
}

bool flag(const json::object& body, std::string_view member, Problems& problems) {
  const json::value* value = body.if_contains(member);
  if (value == nullptr || value->is_null()) return false;
  if (const bool* on = value->if_bool()) return *on;
  problems.list.push_back(
      {"bool_type", {"body", std::string(member)}, "Input should be a valid boolean", "null"});
  return false;
}

}  // namespace

json::object to_json(const sync::ReconcileReport& report) {
  json::object drift;
  std::size_t found = 0;
  for (const Drift kind : {Drift::kMissing, Drift::kStale, Drift::kUnpublished, Drift::kDeleted}) {
    const std::size_t count = report.drift.at(static_cast<std::size_t>(kind));
    drift[name(kind)] = count;
    found += count;
  }
  json::array differences;
  for (const sync::Difference& difference : report.differences)
    differences.push_back(difference_json(difference));
  json::array refusals;
  for (const sync::Refusal& refusal : report.refusals)
    refusals.push_back(json::object{{"id", refusal.id.value()}, {"why", refusal.why}});
  return {{"outcome", name(report.outcome)},
          {"reason", report.reason},
          {"dry_run", report.request.dry_run},
          {"remove_many", report.request.remove_many},
          {"started_at", format_timestamp(report.started_at)},
          {"finished_at", to_json(report.finished_at)},
          {"held", report.held},
          {"listed", report.listed},
          {"total", report.total ? json::value(*report.total) : json::value(nullptr)},
          {"requests", report.requests},
          {"received_bytes", report.received_bytes},
          {"drift", std::move(drift)},
          {"differences", std::move(differences)},
          {"differences_omitted", found - report.differences.size()},
          {"held_back", report.held_back},
          {"under_way", report.under_way},
          {"unreadable", report.unreadable},
          {"refusals", std::move(refusals)},
          {"jobs", report.jobs},
          {"first_job", id_json(report.first_job)},
          {"last_job", id_json(report.last_job)}};
}

Parsed<sync::ReconcileRequest> parse_reconcile_request(const Request& request) {
  sync::ReconcileRequest wanted;
  if (request.body.empty()) return wanted;
  const auto body = parse_object(request.body);
  if (!body) return body.error();
  Problems problems;
  wanted.dry_run = flag(*body, "dry_run", problems);
  wanted.remove_many = flag(*body, "remove_many", problems);
  if (!problems.list.empty()) return problems;
  return wanted;
}

}  // namespace wellspring::http::wire
