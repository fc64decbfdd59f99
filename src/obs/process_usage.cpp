#include "obs/process_usage.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace wellspring::obs {
namespace {

/// Fields of /proc/self/stat from the third on: the second, the program's name, may hold spaces. proc(5)
/// counts from 1.
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  std::vector<double> fields;
  const auto name_end = line.rfind(") ");
  if (name_end == std::string::npos) return fields;
  std::istringstream rest(line.substr(name_end + 4));  // past the one-letter state as well
  for (double value = 0; rest >> value;) fields.push_back(value);
  return fields;
}

double field(const std::vector<double>& fields, std::size_t number_in_manual) {
  constexpr std::size_t kFirst = 4;
  return number_in_manual - kFirst < fields.size() ? fields[number_in_manual - kFirst] : 0;
}

double boot_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return 0;
}

double count_open_fds() {
  std::error_code failed;
  double count = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", failed), end; !failed && at != end;
       at.increment(failed)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // without the directory's own
}

}  // namespace

ProcessUsage read_process_usage() {
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  const std::vector<double> fields = stat_fields();
  ProcessUsage usage;
  usage.cpu_seconds = (field(fields, 14) + field(fields, 15)) / ticks;
  usage.start_seconds = boot_seconds() + field(fields, 22) / ticks;
  usage.resident_bytes = field(fields, 24) * page;
  usage.open_fds = count_open_fds();
  return usage;
}

}  // namespace wellspring::obs
