#pragma once

#include <string>
#include <string_view>

#include "fake_mongod/fake_mongod.hpp"

namespace wellspring::testing {

/// Runs one line of the control interface and gives the line that answers it: a JSON object with `ok`, and
/// with `error` where that is 0. The first key of the line is the command:
///
///   {"counts": 1}           all counts of the ledger, and openCursors
///   {"connections": 1}      the open connections: id, clientPort, appName, role, ageMS, busy, hellos,
///   commands
///   {"peakHandshaking": {"appName"?, "role"?}}       -> "peak"
///   {"fault": {"command"?, "appName"?, "skip"?, "times"?, "delayMS"?, "obeysMaxTime"?, "effect"?,
///              "stage"?, "code"?, "codeName"?}} -> "id"; effect is answer, ignore, close, reset, halfClose
///              or error, stage is
///                            before or after; command as in FaultRule, "any" and "*" included
///   {"removeFault": ID}, {"clearFaults": 1}
///   {"refuse": 1}, {"accept": 1}, {"maxConnections": N or -1 for no limit}
///   {"kill": {"role"?, "appName"?, "idleOnly"?, "first"?, "effect"?}}               -> "closed"
///   {"primary": true or false}, {"clearData": 1}
std::string control(FakeMongod& server, std::string_view line);

}  // namespace wellspring::testing
