#include "app/protection.hpp"

#include <random>

namespace wellspring::app {
namespace {

constexpr std::string_view kLogger = "wellspring";

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

http::RequestLimitOptions request_limit_options(const config::Settings& settings) {
  http::RequestLimitOptions options;
  options.chat = {settings.rate_limit_per_minute, settings.rate_limit_per_hour};
  if (settings.global_rate_limit)
    options.chat_global = {settings.global_rate_limit_per_minute, settings.global_rate_limit_per_hour};
  options.bans = settings.rate_limit_bans;
  options.search = {settings.search_rate_limit_per_minute, settings.search_rate_limit_per_hour};
  options.hash_seed = random_seed();
  return options;
}

http::AccessOptions access_options(const config::Settings& settings, store::TokenWatch& stored) {
  http::AccessOptions options;
  options.admin_token = settings.admin_token;
  options.stored_tokens = [&stored]() -> const store::TokenTable& { return stored.current(); };
  return options;
}

void warn_of_openings(const config::Settings& settings, store::TokenWatch& stored, bool reachable,
                      obs::Log& log) {
  if (reachable && settings.admin_token.empty() && !stored.current().exists) {
    log.warning(kLogger,
                "sources and the questions people ask are open to whoever reaches this address; set "
                "ADMIN_TOKEN to close them");
  }
  if (settings.trust_x_forwarded_for && settings.trusted_proxies.empty()) {
    log.warning(
        kLogger,
        "TRUST_X_FORWARDED_FOR is on, and X-Forwarded-For is believed from nobody: name your proxies in "
        "server.trusted_proxies, or their visitors share one budget of questions");
  }
}

}  // namespace wellspring::app
