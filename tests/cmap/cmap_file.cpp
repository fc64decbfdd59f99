#include "cmap_file.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>

namespace wellspring::cmap {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

bool is_anything(const json::value& expected) {
  return (expected.is_int64() && expected.get_int64() == 42) ||
         (expected.is_string() && expected.get_string() == "42");
}

const json::object& object_at(const json::object& parent, std::string_view name) {
  static const json::object kEmpty;
  const json::value* member = parent.if_contains(name);
  return member != nullptr ? member->as_object() : kEmpty;
}

std::int64_t number_at(const json::object& parent, std::string_view name, std::int64_t otherwise) {
  const json::value* member = parent.if_contains(name);
  return member != nullptr ? member->to_number<std::int64_t>() : otherwise;
}

/// The defaults are those of the specification, not the product's.
void read_options(const json::object& given, TestFile& file) {
  mongo::PoolOptions& options = file.options;
  options.name = "cmap";
  options.on_connect_failure = mongo::ConnectFailure::kFailOldestWaiter;
  options.retry_first = milliseconds{0};
  options.keepalive_after = milliseconds{0};
  options.overdue_after = milliseconds{0};
  options.max_size = static_cast<std::size_t>(number_at(given, "maxPoolSize", 100));
  options.min_size = static_cast<std::size_t>(number_at(given, "minPoolSize", 0));
  options.connecting_max = static_cast<std::size_t>(number_at(given, "maxConnecting", 2));
  options.idle_limit = milliseconds{number_at(given, "maxIdleTimeMS", 0)};
  options.wait_limit = milliseconds{number_at(given, "waitQueueTimeoutMS", 0)};
  if (options.max_size == 0) options.max_size = 1'000;  // "no limit"
  const std::int64_t interval = number_at(given, "backgroundThreadIntervalMS", 50);
  file.background_runs = interval >= 0;
  options.sweep_every = milliseconds{std::max<std::int64_t>(interval, 1)};
  file.option_members = given;
  file.option_members.erase("backgroundThreadIntervalMS");
  file.option_members.erase("appName");
}

void read_fail_point(const json::object& fail_point, TestFile& file) {
  const json::object& data = object_at(fail_point, "data");
  file.connect_takes = milliseconds{number_at(data, "blockTimeMS", 0)};
  const json::value* closes = data.if_contains("closeConnection");
  const bool fails =
      data.contains("errorCode") || (closes != nullptr && closes->is_bool() && closes->get_bool());
  if (!fails) return;
  const json::value* mode = fail_point.if_contains("mode");
  file.connects_that_fail = mode != nullptr && mode->is_object()
                                ? static_cast<int>(number_at(mode->get_object(), "times", 0))
                                : std::numeric_limits<int>::max();
}

}  // namespace

TestFile read_test_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot be read");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const json::value parsed = json::parse(text);
  const json::object& root = parsed.as_object();
  TestFile file;
  file.description = root.at("description").as_string();
  read_options(object_at(root, "poolOptions"), file);
  read_fail_point(object_at(root, "failPoint"), file);
  file.operations = root.at("operations").as_array();
  if (const json::value* events = root.if_contains("events")) file.events = events->as_array();
  if (const json::value* ignored = root.if_contains("ignore")) {
    for (const json::value& name : ignored->as_array()) file.ignored.emplace_back(name.as_string());
  }
  file.error = object_at(root, "error");
  return file;
}

bool matches(const json::value& expected, const json::value& actual) {
  if (is_anything(expected)) return true;
  if (const json::object* wanted = expected.if_object()) {
    const json::object* got = actual.if_object();
    if (got == nullptr) return false;
    return std::all_of(wanted->begin(), wanted->end(), [&](const auto& member) {
      const json::value* value = got->if_contains(member.key());
      return value != nullptr && matches(member.value(), *value);
    });
  }
  if (expected.is_number() && actual.is_number())
    return expected.to_number<double>() == actual.to_number<double>();
  return expected == actual;
}

}  // namespace wellspring::cmap
