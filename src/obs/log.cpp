#include "obs/log.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/utf8.hpp"

namespace wellspring::obs {
namespace {

constexpr std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarning:
      return "WARNING";
    case LogLevel::kError:
      return "ERROR";
  }
  return "ERROR";
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// Escapes as in a JSON string, which keeps a text line one line as well. Ill-formed UTF-8 becomes U+FFFD.
std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : sanitize_utf8(value)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

std::string text_value(std::string_view value) {
  const bool bare = !value.empty() && value.find_first_of(" =\"\\") == std::string_view::npos;
  return bare ? escaped(value) : fmt::format("\"{}\"", escaped(value));
}

/// A message is ours and reads better without escaped quotes; only what could break the line is replaced.
std::string text_message(std::string_view message) {
  std::string out = sanitize_utf8(message);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return out;
}

std::string text_line(LogLevel level, std::string_view logger, std::string_view message,
                      std::initializer_list<LogField> fields) {
  std::string line = fmt::format("{} - {} - {}", logger, level_name(level), text_message(message));
  for (const auto& [name, value] : fields) line += fmt::format(" {}={}", name, text_value(value));
  return line;
}

std::string json_members(LogLevel level, std::string_view logger, std::string_view message,
                         std::initializer_list<LogField> fields) {
  std::string line = fmt::format(R"("level":"{}","logger":"{}","message":"{}")", level_name(level),
                                 escaped(logger), escaped(message));
  for (const auto& [name, value] : fields)
    line += fmt::format(R"(,"{}":"{}")", escaped(name), escaped(value));
  return line;
}

}  // namespace

struct Log::State {
  State(LogLevel least, LogFormat line_format)
      : format(line_format), logger("wellspring", std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    const bool json = format == LogFormat::kJson;
    logger.set_formatter(std::make_unique<spdlog::pattern_formatter>(
        json ? R"({"timestamp":"%Y-%m-%dT%H:%M:%S.%eZ",%v})" : "%Y-%m-%d %H:%M:%S - %v",
        spdlog::pattern_time_type::utc));
    logger.set_level(to_spdlog(least));
  }

  LogFormat format;
  spdlog::logger logger;
};

Log::Log(LogLevel level, LogFormat format) : state_(std::make_unique<State>(level, format)) {}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view logger, std::string_view message,
                std::initializer_list<LogField> fields) {
  if (!enabled(level)) return;
  const bool json = state_->format == LogFormat::kJson;
  const std::string line =
      json ? json_members(level, logger, message, fields) : text_line(level, logger, message, fields);
  state_->logger.log(to_spdlog(level), spdlog::string_view_t(line));
}

bool Log::enabled(LogLevel level) const {
  return state_->logger.should_log(to_spdlog(level));
}

}  // namespace wellspring::obs
