#include <boost/json.hpp>

#include "http/routes/routes.hpp"
#include "http/wire/search.hpp"

namespace wellspring::http::routes {
namespace {

boost::asio::awaitable<Response> search(const Services& services, const Request& request) {
  auto query = wire::parse_query(request.body, reader_locale(services, request));
  if (!query) co_return wire::validation_response(query.error().list);
  if (auto refused = services.request_limits.refuse_search(request)) co_return std::move(*refused);
  const model::SearchMode mode = query->mode;
  const Result<rag::Retrieved> retrieved = co_await services.retriever.retrieve(std::move(*query));
  if (!retrieved) co_return wire::error_response(retrieved.error());
  co_return wire::json_response(200, wire::to_json(*retrieved, mode));
}

}  // namespace

void add_search(Router& router, const Services& services) {
  router.add({Method::kPost,
              "/api/v1/search",
              when_ready(services, search),
              {.body_bytes_max = limits::kChatBodyBytes}});
}

}  // namespace wellspring::http::routes
