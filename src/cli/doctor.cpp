#include <fmt/format.h>
#include <sys/statvfs.h>

#include <boost/json.hpp>
#include <filesystem>

#include "app/engine.hpp"
#include "cli/commands.hpp"

namespace wellspring::cli {
namespace {

enum class Verdict { kOk, kWarning, kFailed };

struct Finding {
  Verdict verdict;
  std::string subject;
  std::string text;
};

Finding ok(std::string subject, std::string text) {
  return {Verdict::kOk, std::move(subject), std::move(text)};
}
Finding warning(std::string subject, std::string text) {
  return {Verdict::kWarning, std::move(subject), std::move(text)};
}
Finding failed(std::string subject, std::string text) {
  return {Verdict::kFailed, std::move(subject), std::move(text)};
}

Finding check_listen(const config::Settings& settings) {
  const bool loopback = settings.listen.starts_with("127.") || settings.listen.starts_with("localhost") ||
                        settings.listen.starts_with("[::1]");
  if (!loopback && settings.admin_token.empty()) {
    return warning("access", fmt::format("listens on {} without server.admin_token: documents and jobs "
                                         "answer loopback peers only, and a proxy on this "
                                         "machine is one; set ADMIN_TOKEN",
                                         settings.listen));
  }
  return ok("access", fmt::format("listens on {}{}", settings.listen,
                                  settings.admin_token.empty() ? ", admin routes for this machine only"
                                                               : ", admin token set"));
}

Finding check_model(const config::Settings& settings) {
  auto embedder = app::make_embedder(settings);
  if (embedder.has_error()) return failed("model", embedder.error().message);
  const std::string_view probe = "Is the model working?";
  auto vector = (*embedder)->embed({&probe, 1});
  if (vector.has_error()) return failed("model", vector.error().message);
  return ok("model", fmt::format("{}, {} dimensions", (*embedder)->model_name(), (*embedder)->dimension()));
}

Finding check_space(const config::Settings& settings) {
  struct statvfs space {};
  if (statvfs(settings.data_dir.c_str(), &space) != 0)
    return ok("disk", fmt::format("{} does not exist yet", settings.data_dir));
  const double free_mb = static_cast<double>(space.f_bavail) * static_cast<double>(space.f_frsize) / 1e6;
  if (free_mb < 100)
    return failed("disk", fmt::format("{:.0f} MB free for {}, want at least 100 MB; make room", free_mb,
                                      settings.data_dir));
  return ok("disk", fmt::format("{:.0f} MB free", free_mb));
}

Finding check_running_server(const std::string& url) {
  HttpClient client(url, "");
  auto reply = client.get("/health/ready");
  if (reply.has_error()) return failed("server", reply.error().message);
  if (reply->status != 200)
    return failed("server",
                  fmt::format("{} holds the data directory and is not ready: {}", url, reply->body));
  return ok("server", fmt::format("{} holds the data directory and is ready", url));
}

Finding check_store(const Context& context) {
  auto lock = store::DataDirLock::acquire(context.settings.data_dir);
  if (lock.has_error()) {
    if (lock.error().kind == ErrorKind::kConflict && !lock.error().subject.empty())
      return check_running_server(lock.error().subject);
    return failed("data", lock.error().message);
  }
  auto opened = store::sqlite::open_sqlite_store(context.settings.data_dir);
  if (opened.has_error()) return failed("data", opened.error().message);
  auto counts = (*opened)->articles().counts();
  if (counts.has_error()) return failed("data", counts.error().message);
  auto jobs = (*opened)->journal().counts();
  if (jobs.has_error()) return failed("data", jobs.error().message);
  const std::size_t dead = (*jobs)[model::JobState::kDead];
  const std::string text = fmt::format("{} articles, {} chunks, {} jobs queued, {} dead", counts->articles,
                                       counts->chunks, (*jobs)[model::JobState::kQueued], dead);
  return dead == 0 ? ok("data", text)
                   : warning("data", text + "; see 'Documents & jobs' on the page for the reasons");
}

Finding check_language_model(const config::Settings& settings) {
  if (settings.llm_base_url.empty()) return ok("llm", "none configured: answers are extractive");
  HttpClient client(settings.llm_base_url, settings.llm_api_key);
  auto reply = client.get("/models");
  if (reply.has_error()) return failed("llm", reply.error().message);
  if (reply->status == 401 || reply->status == 403) {
    return failed("llm", fmt::format("{} refuses the key (status {}); check llm.api_key",
                                     settings.llm_base_url, reply->status));
  }
  if (reply->status != 200)
    return warning("llm", fmt::format("{}/models answered {}; the endpoint may lack that route",
                                      settings.llm_base_url, reply->status));
  return ok("llm", fmt::format("{} reachable, model {}", settings.llm_base_url, settings.llm_model));
}

std::string_view word(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kFailed:
      return "FAILED";
  }
  return "";
}

}  // namespace

Result<void> doctor(const Context& context) {
  std::size_t failures = 0;
  for (const Finding& finding : {ok("configuration", "every option is valid"), check_listen(context.settings),
                                 check_space(context.settings), check_model(context.settings),
                                 check_store(context), check_language_model(context.settings)}) {
    fmt::print("{:<8} {:<14} {}\n", word(finding.verdict), finding.subject, finding.text);
    failures += finding.verdict == Verdict::kFailed;
  }
  if (failures > 0)
    return fail(ErrorKind::kUnavailable, fmt::format("doctor: {} of 6 checks failed", failures));
  return {};
}

}  // namespace wellspring::cli
