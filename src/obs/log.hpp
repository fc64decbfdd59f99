#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace wellspring::obs {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

/// A named value of a log line. Never a secret, never a body, never a URI with credentials.
using LogField = std::pair<std::string_view, std::string>;

/// Writes lines to standard error, `YYYY-MM-DD HH:MM:SS - logger - LEVEL - message key=value` or one JSON
/// object per line with `timestamp`, `level`, `logger`, `message` and the fields. Thread-safe; never throws,
/// never blocks on more than the write itself. Control characters in values are escaped, so a line stays a
/// line.
class Log {
 public:
  Log(LogLevel level, LogFormat format);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void write(LogLevel level, std::string_view logger, std::string_view message,
             std::initializer_list<LogField> fields = {});
  void debug(std::string_view logger, std::string_view message, std::initializer_list<LogField> fields = {}) {
    if (enabled(LogLevel::kDebug)) write(LogLevel::kDebug, logger, message, fields);
  }
  void info(std::string_view logger, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kInfo, logger, message, fields);
  }
  void warning(std::string_view logger, std::string_view message,
               std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kWarning, logger, message, fields);
  }
  void error(std::string_view logger, std::string_view message, std::initializer_list<LogField> fields = {}) {
    write(LogLevel::kError, logger, message, fields);
  }
  bool enabled(LogLevel level) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace wellspring::obs
