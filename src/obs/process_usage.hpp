#pragma once

namespace wellspring::obs {

/// What the kernel says about this process; a member is 0 when /proc does not tell.
struct ProcessUsage {
  double resident_bytes = 0;
  double cpu_seconds = 0;
  double open_fds = 0;
  double start_seconds = 0;  ///< since the epoch
};

ProcessUsage read_process_usage();

}  // namespace wellspring::obs
