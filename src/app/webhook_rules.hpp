#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "sync/signature.hpp"

namespace wellspring::app {

/// As the settings say. Errors: kInvalidArgument naming the option of a secret that cannot be read.
Result<sync::SignatureRules> webhook_rules(const config::Settings& settings);

}  // namespace wellspring::app
