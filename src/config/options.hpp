#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "config/settings.hpp"

namespace wellspring::config {

enum class OptionGroup { kEssential, kCommon, kRare };
/// Which commands take the option as a flag. Environment and file reach every command.
enum class OptionScope { kEveryCommand, kServe };
enum class Secrecy { kPublic, kSecret };

/// One configurable value: the only place that knows its names, default, range and meaning.
struct Option {
  std::string_view name;                      ///< TOML path, `server.listen`
  std::string_view flag;                      ///< `--listen`
  std::vector<std::string_view> environment;  ///< first ours, then the reference's names
  std::string_view default_text;
  std::string_view range;  ///< for people: "1 to 64", "int8 or fp32"
  std::string_view help;
  OptionGroup group;
  OptionScope scope;
  Secrecy secrecy;
  /// Parses and checks `text` and stores it. Errors: kInvalidArgument, without the option's name.
  std::function<Result<void>(Settings&, std::string_view text)> apply;
};

/// The table, in the order of the documentation.
std::span<const Option> options();

/// A flag given on the command line.
struct FlagValue {
  std::string flag;
  std::string text;
};

using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// Settings from, in rising order: defaults, the TOML file (empty path: none), the environment, flags. An
/// empty environment value means unset. Errors: kInvalidArgument naming source, option, value and what is
/// allowed; kNotFound when the file cannot be read; an unknown key in the file is an error that names the
/// nearest known one.
Result<Settings> load_settings(const std::string& config_file, const Environment& environment,
                               std::span<const FlagValue> flags);

/// The process's environment.
std::optional<std::string> process_environment(std::string_view name);

/// docs/configuration.md.
std::string configuration_markdown();

}  // namespace wellspring::config
