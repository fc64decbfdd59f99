#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <optional>

#include "cli/commands.hpp"
#include "cli/job_wait.hpp"
#include "cli/progress.hpp"
#include "cli/session.hpp"

namespace wellspring::cli {
namespace {

namespace json = boost::json;

constexpr const char* kRoute = "/api/v1/admin/reconcile";
constexpr unsigned kLookEveryUs = 100'000;

std::size_t number(const json::value& report, const char* member) {
  return report.at(member).to_number<std::size_t>();
}

std::string text(const json::value& report, const char* member) {
  return report.at(member).is_string() ? std::string(report.at(member).as_string()) : "-";
}

/// Until no sweep is under way. Returns the report of the last one.
Result<json::value> await_sweep(const Context& context, HttpClient& client) {
  std::optional<Progress> progress;
  for (;;) {
    auto state = json_reply(client.get(kRoute), "reconcile");
    if (state.has_error()) return state.error();
    const json::value& report = state->at("report");
    if (report.is_object() && report.at("total").is_number()) {
      if (!progress) progress.emplace(context.clock, "comparing", number(report, "total"));
      progress->update(number(report, "listed"));
    }
    if (!state->at("running").as_bool()) return json::value(report);
    usleep(kLookEveryUs);
  }
}

/// Begins a sweep, after the one that may be under way.
Result<void> begin(const Context& context, HttpClient& client, const ReconcileRequest& request) {
  const std::string body =
      json::serialize(json::object{{"dry_run", request.dry_run}, {"remove_many", request.remove_many}});
  for (;;) {
    const auto begun = json_reply(client.post(kRoute, "application/json", body), "reconcile", 202);
    if (begun.has_value()) return {};
    if (begun.error().kind != ErrorKind::kConflict) return begun.error();
    if (const auto ended = await_sweep(context, client); ended.has_error()) return ended.error();
  }
}

void print(const json::value& report) {
  const json::value& drift = report.at("drift");
  for (const json::value& one : report.at("differences").as_array()) {
    fmt::print("{:<11} {}{}  cms {}  here {}\n", text(one, "kind"), text(one, "id"),
               one.at("locale").is_null() ? "" : " (" + text(one, "locale") + ")",
               text(one, "cms_updated_at"), text(one, "held_updated_at"));
  }
  if (const std::size_t omitted = number(report, "differences_omitted"); omitted > 0)
    fmt::print("... and {} more\n", omitted);
  for (const json::value& one : report.at("refusals").as_array())
    fmt::print("unreadable  {}  {}\n", text(one, "id"), text(one, "why"));
  fmt::print(
      "{}: {} documents listed, {} articles held; {} missing, {} stale, {} unpublished, {} deleted; {}\n",
      text(report, "outcome"), number(report, "listed"), number(report, "held"), number(drift, "missing"),
      number(drift, "stale"), number(drift, "unpublished"), number(drift, "deleted"),
      report.at("dry_run").as_bool() ? "nothing was changed"
                                     : fmt::format("{} jobs", number(report, "jobs")));
}

Result<void> finish(const Context& context, HttpClient& client, const json::value& report) {
  const std::string outcome = text(report, "outcome");
  if (outcome == "failed" || outcome == "cancelled")
    return fail(ErrorKind::kUpstream, fmt::format("reconcile: {}", text(report, "reason")));
  if (number(report, "jobs") > 0) {
    const auto dead = wait_for_jobs(context, client, number(report, "jobs"),
                                    report.at("first_job").as_int64(), report.at("last_job").as_int64());
    if (dead.has_error()) return dead.error();
    if (!dead->empty())
      return fail(ErrorKind::kUpstream,
                  fmt::format("reconcile: {} jobs failed:\n  {}", dead->size(), fmt::join(*dead, "\n  ")));
  }
  if (outcome == "held_back") {
    return fail(
        ErrorKind::kConflict,
        fmt::format("reconcile: {}; look at the CMS first, then repeat with --remove-many if they are "
                    "meant to go",
                    text(report, "reason")));
  }
  return {};
}

}  // namespace

Result<void> reconcile(const Context& context, const ReconcileRequest& request) {
  return with_server(context, [&](HttpClient& client) -> Result<void> {
    if (auto begun = begin(context, client, request); begun.has_error()) return begun.error();
    const auto report = await_sweep(context, client);
    if (report.has_error()) return report.error();
    if (request.json) {
      fmt::print("{}\n", json::serialize(*report));
    } else {
      print(*report);
    }
    return finish(context, client, *report);
  });
}

}  // namespace wellspring::cli
