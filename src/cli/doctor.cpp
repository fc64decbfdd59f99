#include <fmt/format.h>
#include <sys/statvfs.h>

#include <boost/json.hpp>
#include <filesystem>

#include "app/engine.hpp"
#include "app/store_check.hpp"
#include "app/webhook_rules.hpp"
#include "cli/commands.hpp"
#include "store/token_file.hpp"

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
  const auto tokens = store::read_tokens(settings.data_dir);
  if (tokens.has_error()) return failed("access", tokens.error().message);
  const bool loopback = settings.listen.starts_with("127.") || settings.listen.starts_with("localhost") ||
                        settings.listen.starts_with("[::1]");
  const bool guarded = !settings.admin_token.empty() || tokens->exists;
  if (!loopback && !guarded) {
    return warning("access", fmt::format("listens on {} without server.admin_token: documents and jobs "
                                         "answer loopback peers only, and a proxy on this "
                                         "machine is one; set ADMIN_TOKEN",
                                         settings.listen));
  }
  return ok("access", fmt::format("listens on {}{}{}", settings.listen,
                                  guarded ? "" : ", admin routes for this machine only",
                                  settings.admin_token.empty() ? "" : ", admin token set") +
                          (tokens->exists ? fmt::format(", {} access tokens", tokens->tokens.size()) : ""));
}

Finding check_webhooks(const config::Settings& settings) {
  const auto rules = app::webhook_rules(settings);
  if (rules.has_error()) return failed("webhooks", rules.error().message);
  if (!rules->secrets.empty()) {
    return ok("webhooks", fmt::format("must be signed, {} valid {}", rules->secrets.size(),
                                      rules->secrets.size() == 1 ? "secret" : "secrets"));
  }
  if (rules->unsigned_webhooks == sync::UnsignedWebhooks::kRefuse)
    return warning("webhooks", "all are refused: set webhook.secret (WEBHOOK_SECRET) here and in the CMS");
  return warning("webhooks",
                 "are accepted unsigned: whoever reaches the port can publish and delete; set webhook.secret "
                 "(WEBHOOK_SECRET) here and in the CMS");
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

std::string content_text(const app::StoreContent& content) {
  const auto jobs = [&](model::JobState state) {
    const auto found = content.jobs.find(state);
    return found == content.jobs.end() ? 0 : found->second;
  };
  return fmt::format("{} articles, {} chunks, {} jobs queued, {} dead", content.counts.articles,
                     content.counts.chunks, jobs(model::JobState::kQueued), jobs(model::JobState::kDead));
}

Finding content_finding(const app::StoreContent& content, const std::string& where) {
  const auto dead = content.jobs.find(model::JobState::kDead);
  const std::string text = where + content_text(content);
  if (dead == content.jobs.end() || dead->second == 0) return ok("data", text);
  return warning("data", text + "; see 'Documents & jobs' on the page for the reasons");
}

/// The pools' sizes beside those that the server's own histograms suggest.
void add_advice(const std::string& url, const std::string& token, std::vector<Finding>& findings) {
  HttpClient client(url, token);
  const auto reply = client.get("/api/v1/admin/pools");
  if (reply.has_error() || reply->status != 200) return;  // without pools there is nothing to size
  const boost::json::value body = boost::json::parse(reply->body);
  for (const boost::json::value& pool : body.at("pools").as_array()) {
    const auto number = [&](const char* group, const char* member) {
      return pool.at(group).at(member).to_number<std::size_t>();
    };
    findings.push_back(
        ok("sizes",
           fmt::format("{}: {} to {}, advised {} to {}; {}", pool.at("name").as_string().c_str(),
                       number("connections", "min"), number("connections", "max"), number("advice", "min"),
                       number("advice", "max"), pool.at("advice").at("why").as_string().c_str())));
  }
}

Finding budget_finding(const app::MongoCheck& check, std::size_t instances) {
  const auto most = static_cast<std::int64_t>(check.budget_max * instances);
  const std::string budget =
      fmt::format("{} connections at rest and {} at most, monitors included, for each of {} processes",
                  check.budget_min, check.budget_max, instances);
  if (!check.limit)
    return ok("budget", budget + "; the server does not tell its limit: unknown whether they fit");
  const std::int64_t left = *check.limit - check.in_use;
  const std::string against =
      fmt::format("{}; the server allows {}, others use {}", budget, *check.limit, check.in_use);
  if (most > left) {
    return failed("budget",
                  fmt::format("{}: {} do not fit; lower the pools' maxima or mongo.instances, or raise "
                              "the server's maxIncomingConnections",
                              against, most));
  }
  if (most * 10 > left * 8) return warning("budget", against + ": more than 80 % of what is left");
  return ok("budget", against);
}

void add_mongo(const Context& context, std::vector<Finding>& findings) {
  obs::Log quiet(obs::LogLevel::kError, obs::LogFormat::kText);
  const auto check = app::check_mongo(context.settings, context.clock, quiet);
  if (check.has_error()) {
    findings.push_back(failed("mongodb", check.error().message));
    return;
  }
  findings.push_back(ok("mongodb", fmt::format("{} answers, version {}", check->hosts,
                                               check->version.empty() ? "unknown" : check->version)));
  for (const std::string& option : check->set_aside)
    findings.push_back(warning("mongodb", option +
                                              " in mongo.uri is not used: sizes and waits are mongo.*_min, "
                                              "mongo.*_max and mongo.wait_limit"));
  findings.push_back(content_finding(check->content, "database " + check->database + ": "));
  findings.push_back(budget_finding(*check, context.settings.mongo_instances));
}

void add_store(const Context& context, std::vector<Finding>& findings) {
  const bool in_mongo = !context.settings.mongo_uri.empty();
  const auto lock = store::DataDirLock::acquire(context.settings.data_dir);
  if (lock.has_error()) {
    const bool serving = lock.error().kind == ErrorKind::kConflict && !lock.error().subject.empty();
    findings.push_back(serving ? check_running_server(lock.error().subject)
                               : failed("data", lock.error().message));
    if (in_mongo) add_mongo(context, findings);
    if (serving) add_advice(lock.error().subject, context.token, findings);
    return;
  }
  if (in_mongo) return add_mongo(context, findings);
  const auto content = app::check_local_store(context.settings);
  findings.push_back(content ? content_finding(*content, "") : failed("data", content.error().message));
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
  std::vector<Finding> findings{ok("configuration", "every option is valid"), check_listen(context.settings),
                                check_webhooks(context.settings), check_space(context.settings),
                                check_model(context.settings)};
  add_store(context, findings);
  findings.push_back(check_language_model(context.settings));
  std::size_t failures = 0;
  for (const Finding& finding : findings) {
    fmt::print("{:<8} {:<14} {}\n", word(finding.verdict), finding.subject, finding.text);
    failures += finding.verdict == Verdict::kFailed;
  }
  if (failures > 0)
    return fail(ErrorKind::kUnavailable,
                fmt::format("doctor: {} of {} checks failed", failures, findings.size()));
  return {};
}

}  // namespace wellspring::cli
