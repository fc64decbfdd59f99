#include "config/options.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cstdlib>

namespace wellspring::config {
namespace {

Error bad_value(const Option& option, std::string_view source, const Error& why) {
  const std::string shown = option.secrecy == Secrecy::kSecret ? "the value given" : why.message;
  return fail(ErrorKind::kInvalidArgument,
              fmt::format("option {} ({}): {}; allowed: {}", option.name, source, shown, option.range),
              std::string(option.name));
}

Result<void> apply(Settings& settings, const Option& option, std::string_view source, std::string_view text) {
  auto applied = option.apply(settings, text);
  if (applied.has_error()) return bad_value(option, source, applied.error());
  return {};
}

/// Levenshtein distance, for "did you mean".
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view nearest_name(std::string_view key) {
  const auto all = options();
  return std::min_element(all.begin(), all.end(),
                          [&](const Option& a, const Option& b) {
                            return edit_distance(key, a.name) < edit_distance(key, b.name);
                          })
      ->name;
}

const Option* find_option(std::string_view name) {
  const auto all = options();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Option& option) { return option.name == name; });
  return found == all.end() ? nullptr : &*found;
}

/// A TOML scalar, or a list of strings, as the text that flags and environment would give.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* value = node.as_string()) return value->get();
  if (const auto* value = node.as_integer()) return std::to_string(value->get());
  if (const auto* value = node.as_floating_point()) return fmt::format("{}", value->get());
  if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
  const auto* items = node.as_array();
  if (items == nullptr) return std::nullopt;
  std::string joined;
  for (const toml::node& item : *items) {
    const auto* value = item.as_string();
    if (value == nullptr) return std::nullopt;
    joined += (joined.empty() ? "" : ",") + value->get();
  }
  return joined;
}

Result<void> apply_table(Settings& settings, const toml::table& table, const std::string& prefix,
                         const std::string& file) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const auto* nested = node.as_table()) {
      auto applied = apply_table(settings, *nested, name + ".", file);
      if (applied.has_error()) return applied;
      continue;
    }
    const std::string place = fmt::format("{} line {}", file, node.source().begin.line);
    const Option* option = find_option(name);
    if (option == nullptr) {
      return fail(
          ErrorKind::kInvalidArgument,
          fmt::format("{}: no option is called '{}'; did you mean '{}'?", place, name, nearest_name(name)),
          name);
    }
    const auto text = scalar_text(node);
    if (!text) {
      return bad_value(
          *option, place,
          fail(ErrorKind::kInvalidArgument, "neither text, a number, true or false, nor a list of texts"));
    }
    auto applied = apply(settings, *option, place, *text);
    if (applied.has_error()) return applied;
  }
  return {};
}

Result<void> apply_file(Settings& settings, const std::string& file) {
  try {
    return apply_table(settings, toml::parse_file(file), "", file);
  } catch (const toml::parse_error& thrown) {
    if (thrown.source().begin.line == 0) {
      return fail(
          ErrorKind::kNotFound,
          fmt::format("configuration file {}: cannot be read; check the path and its permissions", file),
          file);
    }
    return fail(ErrorKind::kInvalidArgument,
                fmt::format("configuration file {} line {}: {}", file, thrown.source().begin.line,
                            thrown.description()),
                file);
  }
}

std::string_view title(OptionGroup group) {
  switch (group) {
    case OptionGroup::kEssential:
      return "Essential";
    case OptionGroup::kCommon:
      return "Common";
    case OptionGroup::kRare:
      return "Rare";
  }
  return "";
}

}  // namespace

Result<Settings> load_settings(const std::string& config_file, const Environment& environment,
                               std::span<const FlagValue> flags) {
  Settings settings;
  for (const Option& option : options()) {
    auto applied = apply(settings, option, "default", option.default_text);
    if (applied.has_error()) return applied.error();
  }
  if (!config_file.empty()) {
    auto applied = apply_file(settings, config_file);
    if (applied.has_error()) return applied.error();
  }
  for (const Option& option : options()) {
    for (const std::string_view name : option.environment) {
      const auto text = environment(name);
      if (!text || text->empty()) continue;
      auto applied = apply(settings, option, name, *text);
      if (applied.has_error()) return applied.error();
      break;
    }
  }
  for (const FlagValue& flag : flags) {
    for (const Option& option : options()) {
      if (option.flag != flag.flag) continue;
      auto applied = apply(settings, option, option.flag, flag.text);
      if (applied.has_error()) return applied.error();
    }
  }
  return settings;
}

std::optional<std::string> process_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string configuration_markdown() {
  std::string text =
      "# Configuration\n\n"
      "Every option can be given, in rising order of strength, in a TOML file (`--config FILE`), in the "
      "environment, and as a flag.\n"
      "An empty environment value means unset. Durations are written `250ms`, `30s`, `5m`, `2h`, `7d`.\n"
      "This page is generated: `wellspring options --markdown`.\n";
  for (const OptionGroup group : {OptionGroup::kEssential, OptionGroup::kCommon, OptionGroup::kRare}) {
    text += fmt::format(
        "\n## {}\n\n| file key | flag | environment | default | range | meaning |\n| --- | --- | --- | --- | "
        "--- | --- |\n",
        title(group));
    for (const Option& option : options()) {
      if (option.group != group) continue;
      std::string names;
      for (const std::string_view name : option.environment)
        names += fmt::format("{}`{}`", names.empty() ? "" : ", ", name);
      text += fmt::format("| `{}` | `{}` | {} | {} | {} | {} |\n", option.name, option.flag, names,
                          option.default_text.empty() ? "(none)" : fmt::format("`{}`", option.default_text),
                          option.range, option.help);
    }
  }
  text +=
      "\nThe same in a file:\n\n```toml\n[server]\nlisten = \"0.0.0.0:8000\"\ncors_origins = "
      "[\"https://www.example.org\"]\n\n"
      "[llm]\nbase_url = \"http://127.0.0.1:11434/v1\"\nmodel = \"llama3.2\"\n```\n";
  return text;
}

}  // namespace wellspring::config
