#pragma once

#include <functional>

#include "cli/commands.hpp"

namespace wellspring::cli {

/// Runs `work` against the server that the context means: the one at its URL; else the one that holds the
/// data directory; else one of our own, started on a loopback port for as long as `work` takes.
Result<void> with_server(const Context& context, const std::function<Result<void>(HttpClient&)>& work);

}  // namespace wellspring::cli
