#include "app/server_app.hpp"
#include "base/random_hex.hpp"
#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "runtime/service_thread.hpp"

namespace wellspring::cli {
namespace {

constexpr std::size_t kOwnTokenBytes = 32;

obs::LogLevel level_of(config::LogLevel level) {
  switch (level) {
    case config::LogLevel::kDebug:
      return obs::LogLevel::kDebug;
    case config::LogLevel::kInfo:
      return obs::LogLevel::kInfo;
    case config::LogLevel::kWarning:
      return obs::LogLevel::kWarning;
    case config::LogLevel::kError:
      return obs::LogLevel::kError;
  }
  return obs::LogLevel::kInfo;
}

obs::LogFormat format_of(config::LogFormat format) {
  return format == config::LogFormat::kJson ? obs::LogFormat::kJson : obs::LogFormat::kText;
}

/// Serves the data directory on a loopback port for as long as `work` takes.
Result<void> with_own_server(const Context& context, const std::function<Result<void>(HttpClient&)>& work) {
  obs::Log log(std::max(obs::LogLevel::kWarning, level_of(context.settings.log_level)),
               format_of(context.settings.log_format));
  config::Settings settings = context.settings;
  settings.listen = "127.0.0.1:0";
  // Nobody else is meant to call it: whatever tokens there are, this one opens it, and no limit holds.
  const auto token = random_hex(kOwnTokenBytes);
  if (token.has_error()) return token.error();
  settings.admin_token = *token;
  settings.rate_limit_per_minute = settings.rate_limit_per_hour = 0;
  settings.search_rate_limit_per_minute = settings.search_rate_limit_per_hour = 0;
  settings.global_rate_limit = false;
  settings.cms_reconcile_every = {};  // only the command that is for it may sweep
  auto app = app::ServerApp::open(settings, context.clock, log);
  if (app.has_error()) return app.error();
  Result<void> outcome = {};
  Result<void> served = {};
  {
    const runtime::ServiceThread serving([&] { served = (*app)->run(app::Signals::kIgnore); });
    outcome = (*app)->wait_ready();
    if (outcome.has_value()) {
      HttpClient client((*app)->url(), *token);
      outcome = work(client);
    }
    (*app)->request_stop();
  }
  return outcome.has_error() ? outcome : served;
}

/// The URL of the server that holds the data directory; empty when none does.
Result<std::string> holder_of(const std::string& data_dir) {
  auto lock = store::DataDirLock::acquire(data_dir);
  if (lock.has_value()) return std::string();
  if (lock.error().kind != ErrorKind::kConflict || lock.error().subject.empty()) return lock.error();
  return lock.error().subject;
}

}  // namespace

Result<void> serve(const Context& context) {
  obs::Log log(level_of(context.settings.log_level), format_of(context.settings.log_format));
  auto app = app::ServerApp::open(context.settings, context.clock, log);
  if (app.has_error()) return app.error();
  return (*app)->run(app::Signals::kStop);
}

Result<void> with_server(const Context& context, const std::function<Result<void>(HttpClient&)>& work) {
  std::string url = context.url;
  if (url.empty()) {
    auto holder = holder_of(context.settings.data_dir);
    if (holder.has_error()) return holder.error();
    url = *holder;
  }
  if (url.empty()) return with_own_server(context, work);
  HttpClient client(url, context.token);
  return work(client);
}

}  // namespace wellspring::cli
