#include "app/webhook_rules.hpp"

#include <fmt/format.h>

namespace wellspring::app {

Result<sync::SignatureRules> webhook_rules(const config::Settings& settings) {
  sync::SignatureRules rules;
  rules.unsigned_webhooks = settings.webhook_unsigned == config::UnsignedWebhooks::kRefuse
                                ? sync::UnsignedWebhooks::kRefuse
                                : sync::UnsignedWebhooks::kAccept;
  rules.require_delivery_id = settings.webhook_require_delivery_id;
  for (const auto& [option, text] :
       {std::pair("webhook.secret", &settings.webhook_secret),
        std::pair("webhook.previous_secret", &settings.webhook_previous_secret)}) {
    if (text->empty()) continue;
    auto secret = sync::read_webhook_secret(*text);
    if (secret.has_error()) {
      return fail(secret.error().kind, fmt::format("option {}: {}", option, secret.error().message), option);
    }
    rules.secrets.push_back(std::move(*secret));
  }
  return rules;
}

}  // namespace wellspring::app
