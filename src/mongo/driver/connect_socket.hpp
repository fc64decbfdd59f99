#pragma once

#include <mongoc/mongoc.h>

#include <string>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "mongo/socket_report.hpp"

namespace wellspring::mongo::driver {

/// A non-blocking, connected socket with keepalive and without delay, close-on-exec; to be closed by the
/// caller. Tries every address of the name until `until`. kUnavailable with the last reason; `stage` says
/// whether the name was found.
Result<int> connect_socket(const mongoc_host_list_t& host, SteadyTime until, ConnectStage& stage);

/// Waits until a socket can be read (POLLIN) or written (POLLOUT). False at `until`.
bool wait_for_socket(int socket, short events, SteadyTime until);

}  // namespace wellspring::mongo::driver
