#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "model/access_token.hpp"

namespace wellspring::http {

/// Who may call a route.
enum class Access {
  kPublic,
  kTokenHolder,  ///< with tokens: who presents one with the route's scope; without: anyone
  kOperator,     ///< with tokens: who presents one with the route's scope; without: loopback peers (see
                 ///< access.hpp)
};

/// How a route's requests are accounted.
enum class Admission {
  kRequest,  ///< one of `ServerOptions::requests_max`; refused with 503 when those are taken
  kStream,   ///< one of `ServerOptions::streams_max`
  kAlways,   ///< never refused: health and metrics
};

struct RouteOptions {
  std::size_t body_bytes_max = 4'096;  ///< also for routes that ignore a body
  Access access = Access::kPublic;
  model::Scope scope = model::Scope::kAdmin;  ///< what a token needs, unless the route is public
  Admission admission = Admission::kRequest;
  bool counted = true;  ///< in http_requests_total
  bool cancel_on_disconnect =
      false;  ///< the handler is cancelled when the client closes, half-closing included
};

struct Route {
  Method method = Method::kGet;
  std::string path;  ///< a template: `/api/v1/sync/jobs/{id}`; the metrics label. `{path...}` as last segment
                     ///< takes the rest
  Handler handler;
  RouteOptions options;
};

/// The table of routes. Fill it, then give it to the server; const after that.
class Router {
 public:
  void add(Route route);

  struct Match {
    const Route* route = nullptr;  ///< null: see `allowed`
    std::vector<std::pair<std::string_view, std::string>> parameters;
    std::string allowed;  ///< "GET, POST" when only the method is wrong; empty when no route has this path
  };
  /// `path` is decoded; a decoded slash inside a parameter is indistinguishable from a separator and does not
  /// match.
  Match match(Method method, std::string_view path) const;

  /// Calls for each route, in no particular order.
  void for_each(const std::function<void(const Route&)>& visit) const;

 private:
  using Methods = std::vector<Route>;
  struct Template {
    std::vector<std::string> segments;
    Methods methods;
  };
  Methods& methods_of(const std::string& path);
  static Match choose(const Methods& methods, Method method);

  std::map<std::string, Methods, std::less<>> exact_;
  std::vector<Template> templates_;
};

}  // namespace wellspring::http
