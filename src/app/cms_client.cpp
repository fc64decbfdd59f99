#include "app/cms_client.hpp"

#include <algorithm>

#include "base/limits.hpp"

namespace wellspring::app {
namespace {

Result<net::Url> cms_url(const config::Settings& settings) {
  auto url = net::parse_base_url(settings.cms_url, "option cms.url");
  if (!url) url.error().subject = "cms.url";
  return url;
}

}  // namespace

Result<std::unique_ptr<net::WebClient>> make_web_client(const config::Settings& settings,
                                                        const Clock& clock) {
  auto guard = net::AddressGuard::create(settings.net_allow);
  if (!guard) {
    return fail(ErrorKind::kInvalidArgument, "option net.allow: " + guard.error().message, "net.allow");
  }
  if (!settings.cms_url.empty()) {
    auto url = cms_url(settings);
    if (!url) return url.error();
    guard->allow_origin(std::move(*url));
  }
  return std::make_unique<net::WebClient>(std::move(*guard), net::WebClientOptions{}, clock);
}

Result<sync::CmsGet> make_cms_get(const config::Settings& settings, net::WebClient& client,
                                  const Clock& clock) {
  const auto base = cms_url(settings);
  if (!base) return base.error();
  net::GetRequest request{.url = *base};
  // A key must not get lost on the way: without it the CMS would show drafts as missing.
  if (!settings.cms_api_key.empty()) {
    request.headers.emplace_back("Authorization", settings.cms_api_key);
    request.redirects = net::Redirects::kSameOrigin;
  }
  request.headers.emplace_back("Accept", "application/json");
  request.limits.body_bytes = limits::kSyncBodyBytes;
  request.limits.total_timeout = settings.cms_timeout;
  request.limits.connect_timeout = std::min(request.limits.connect_timeout, settings.cms_timeout);
  return sync::CmsGet([&client, &clock, request](const std::string& target) {
    net::GetRequest one = request;
    const std::size_t query = target.find('?');
    one.url.path += target.substr(0, query);
    if (query != std::string::npos) one.url.query = target.substr(query + 1);
    const Deadline deadline = Deadline::after(clock, one.limits.total_timeout);
    return client.get(std::move(one), deadline);
  });
}

sync::ReconcileOptions reconcile_options(const config::Settings& settings) {
  sync::ReconcileOptions options;
  options.collection = settings.cms_collection;
  options.locales = settings.cms_locales;
  options.default_locale = settings.default_locale;
  options.page_size = settings.cms_page_size;
  options.pause = settings.cms_pause;
  options.every = settings.cms_reconcile_every;
  options.removals.share_max = static_cast<double>(settings.cms_removals_percent_max) / 100;
  return options;
}

}  // namespace wellspring::app
