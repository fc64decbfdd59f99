#include "http/router.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace wellspring::http {
namespace {

constexpr std::string_view kRest = "...}";

std::vector<std::string_view> split(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    segments.push_back(segment);
    path.remove_prefix(segment.size());
  }
  return segments;
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{');
}
bool takes_rest(std::string_view segment) {
  return segment.ends_with(kRest);
}

std::string_view parameter_name(std::string_view segment) {
  return segment.substr(1, segment.size() - 1 - (takes_rest(segment) ? kRest.size() : 1));
}

/// The parameters of `path` under the template's segments; false when it does not fit.
bool bind(const std::vector<std::string>& segments, std::string_view path,
          std::vector<std::pair<std::string_view, std::string>>& parameters) {
  const std::vector<std::string_view> parts = split(path);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string& segment = segments[i];
    if (i >= parts.size()) return false;
    if (takes_rest(segment)) {
      parameters.emplace_back(parameter_name(segment),
                              std::string(parts[i].data(), path.data() + path.size()));
      return true;
    }
    if (!is_parameter(segment)) {
      if (segment != parts[i]) return false;
    } else if (parts[i].empty()) {
      return false;
    } else {
      parameters.emplace_back(parameter_name(segment), std::string(parts[i]));
    }
  }
  return parts.size() == segments.size();
}

}  // namespace

void Router::add(Route route) {
  Methods& methods = methods_of(route.path);
  const bool taken = std::any_of(methods.begin(), methods.end(),
                                 [&](const Route& other) { return other.method == route.method; });
  WELLSPRING_ASSERT(!taken, "route added twice: " + route.path);
  methods.push_back(std::move(route));
}

Router::Methods& Router::methods_of(const std::string& path) {
  if (path.find('{') == std::string::npos) return exact_[path];
  std::vector<std::string> segments;
  for (const std::string_view segment : split(path)) segments.emplace_back(segment);
  for (Template& known : templates_) {
    if (known.segments == segments) return known.methods;
  }
  return templates_.emplace_back(Template{std::move(segments), {}}).methods;
}

Router::Match Router::choose(const Methods& methods, Method method) {
  Match match;
  for (const Route& route : methods) {
    if (route.method == method) {
      match.route = &route;
      return match;
    }
    if (!match.allowed.empty()) match.allowed += ", ";
    match.allowed += name(route.method);
  }
  return match;
}

Router::Match Router::match(Method method, std::string_view path) const {
  if (const auto at = exact_.find(path); at != exact_.end()) return choose(at->second, method);
  for (const Template& candidate : templates_) {
    std::vector<std::pair<std::string_view, std::string>> parameters;
    if (!path.starts_with('/') || !bind(candidate.segments, path, parameters)) continue;
    Match match = choose(candidate.methods, method);
    match.parameters = std::move(parameters);
    return match;
  }
  return {};
}

void Router::for_each(const std::function<void(const Route&)>& visit) const {
  for (const auto& [path, methods] : exact_) {
    for (const Route& route : methods) visit(route);
  }
  for (const Template& known : templates_) {
    for (const Route& route : known.methods) visit(route);
  }
}

}  // namespace wellspring::http
