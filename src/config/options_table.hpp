#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/language_tag.hpp"
#include "config/options.hpp"
#include "config/parse.hpp"

/// What the rows of the options table are written with. For the options_*.cpp of this folder alone.
namespace wellspring::config::table {

using std::chrono::milliseconds;
using namespace std::chrono_literals;
using Apply = std::function<Result<void>(Settings&, std::string_view)>;

template <class Member, class Value>
Result<void> store(Settings& settings, Member Settings::*member, Result<Value> parsed) {
  if (parsed.has_error()) return parsed.error();
  settings.*member = static_cast<Member>(std::move(*parsed));
  return {};
}

inline Apply text(std::string Settings::*member) {
  return [member](Settings& settings, std::string_view value) -> Result<void> {
    settings.*member = std::string(value);
    return {};
  };
}

/// Stored in its usual spelling.
inline Apply language_tag(std::string Settings::*member) {
  return [member](Settings& settings, std::string_view value) -> Result<void> {
    auto tag = normal_language_tag(value);
    if (!tag) {
      return fail(ErrorKind::kInvalidArgument,
                  "'" + std::string(value) + "' is no language tag such as 'en' or 'fr-CA'");
    }
    settings.*member = std::move(*tag);
    return {};
  };
}

/// `sha256:` and a hash, or anything that does not begin like that.
inline Apply token(std::string Settings::*member) {
  return [member](Settings& settings, std::string_view value) -> Result<void> {
    constexpr std::string_view kHashed = "sha256:";
    constexpr std::size_t kDigits = 64;
    if (value.starts_with(kHashed) &&
        (value.size() != kHashed.size() + kDigits ||
         value.find_first_not_of("0123456789abcdefABCDEF", kHashed.size()) != std::string_view::npos)) {
      return fail(ErrorKind::kInvalidArgument, "begins with sha256: and does not go on with a hash");
    }
    settings.*member = std::string(value);
    return {};
  };
}

inline Apply networks(std::vector<IpNetwork> Settings::*member) {
  return [member](Settings& settings, std::string_view value) -> Result<void> {
    std::vector<IpNetwork> parsed;
    for (const std::string& item : parse_list(value)) {
      const auto network = IpNetwork::parse(item);
      if (network.has_error()) return network.error();
      parsed.push_back(*network);
    }
    settings.*member = std::move(parsed);
    return {};
  };
}

inline Apply list(std::vector<std::string> Settings::*member) {
  return [member](Settings& settings, std::string_view value) -> Result<void> {
    settings.*member = parse_list(value);
    return {};
  };
}

template <class Integer>
inline Apply count(Integer Settings::*member, std::size_t least, std::size_t most) {
  return [=](Settings& settings, std::string_view value) {
    return store(settings, member, parse_count(value, least, most));
  };
}

inline Apply fraction(double Settings::*member, double least, double most) {
  return [=](Settings& settings, std::string_view value) {
    return store(settings, member, parse_fraction(value, least, most));
  };
}

inline Apply duration(milliseconds Settings::*member, milliseconds least, milliseconds most) {
  return [=](Settings& settings, std::string_view value) {
    return store(settings, member, parse_duration(value, least, most));
  };
}

template <class Value>
inline Apply choice(Value Settings::*member, std::vector<std::pair<std::string_view, Value>> words) {
  return [=](Settings& settings, std::string_view value) -> Result<void> {
    std::string allowed;
    for (const auto& [word, meaning] : words) {
      if (value == word) {
        settings.*member = meaning;
        return {};
      }
      allowed += (allowed.empty() ? "" : ", ") + std::string(word);
    }
    return fail(ErrorKind::kInvalidArgument, "'" + std::string(value) + "' is none of: " + allowed);
  };
}

inline Apply on_or_off(bool Settings::*member) {
  return choice(member,
                {{"on", true}, {"off", false}, {"true", true}, {"false", false}, {"1", true}, {"0", false}});
}

inline constexpr auto kEssential = OptionGroup::kEssential;
inline constexpr auto kCommon = OptionGroup::kCommon;
inline constexpr auto kRare = OptionGroup::kRare;
inline constexpr auto kEvery = OptionScope::kEveryCommand;
inline constexpr auto kServe = OptionScope::kServe;
inline constexpr auto kPublic = Secrecy::kPublic;
inline constexpr auto kSecret = Secrecy::kSecret;

/// The table's parts, in the order of the documentation.
std::vector<Option> server_options();
std::vector<Option> limit_options();
std::vector<Option> webhook_options();
std::vector<Option> answer_options();
std::vector<Option> question_options();
std::vector<Option> budget_options();
std::vector<Option> retrieval_options();
std::vector<Option> cms_options();
std::vector<Option> mongo_options();
std::vector<Option> process_options();

}  // namespace wellspring::config::table
