#pragma once

#include "base/clock.hpp"
#include "config/settings.hpp"
#include "net/web_client.hpp"
#include "sync/reconciler.hpp"

namespace wellspring::app {

/// A client that may contact the CMS, public hosts and those of net.allow. kInvalidArgument naming the
/// option.
Result<std::unique_ptr<net::WebClient>> make_web_client(const config::Settings& settings, const Clock& clock);

/// GET on the CMS with its key. Borrows both. kInvalidArgument naming the option.
Result<sync::CmsGet> make_cms_get(const config::Settings& settings, net::WebClient& client,
                                  const Clock& clock);

sync::ReconcileOptions reconcile_options(const config::Settings& settings);

}  // namespace wellspring::app
