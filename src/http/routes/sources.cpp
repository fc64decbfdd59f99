#include <boost/json.hpp>

#include "http/routes/routes.hpp"
#include "http/wire/sources.hpp"
#include "model/object_id.hpp"
#include "runtime/offload.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::size_t kBodyBytes = 16u << 10;

// The literals of contract 1.7.
constexpr std::string_view kBadId = "Invalid source ID format.";
constexpr std::string_view kUnknown = "Data source not found.";
constexpr std::string_view kUriTaken = "Data source with this URI already exists.";

Response refusal(const Error& error) {
  if (error.kind == ErrorKind::kNotFound) return wire::error_response(404, kUnknown);
  if (error.kind == ErrorKind::kConflict) return wire::error_response(409, kUriTaken);
  return wire::error_response(error);
}

std::optional<model::SourceId> source_id(const Request& request) {
  auto id = model::parse_object_id(request.path_parameter("id"));
  return id ? std::optional(model::SourceId(std::move(*id))) : std::nullopt;
}

asio::awaitable<Response> create(const Services& services, const Request& request) {
  const auto source = wire::parse_new_source(request.body);
  if (!source) co_return wire::validation_response(source.error().list);
  auto work = [&services, &source] { return services.sources.create(*source, services.clock.wall()); };
  const Result<model::Source> created = co_await runtime::offload(services.sources_lane, std::move(work));
  if (!created) co_return refusal(created.error());
  co_return wire::json_response(201, wire::to_json(*created));
}

Result<json::array> list_sources(store::SourceStore& sources) {
  const auto all = sources.list();
  if (!all) return all.error();
  return wire::to_json(*all);
}

asio::awaitable<Response> list(const Services& services, const Request&) {
  auto work = [&services] { return list_sources(services.sources); };
  const Result<json::array> sources = co_await runtime::offload(services.sources_lane, std::move(work));
  if (!sources) co_return refusal(sources.error());
  co_return wire::json_response(200, *sources);
}

Result<model::Source> find(store::SourceStore& sources, const model::SourceId& id) {
  auto found = sources.find(id);
  if (!found) return found.error();
  if (!*found) return fail(ErrorKind::kNotFound, "there is no such source", id.value());
  return std::move(**found);
}

asio::awaitable<Response> get(const Services& services, const Request& request) {
  const auto id = source_id(request);
  if (!id) co_return wire::error_response(400, kBadId);
  auto work = [&services, &id] { return find(services.sources, *id); };
  const Result<model::Source> found = co_await runtime::offload(services.sources_lane, std::move(work));
  if (!found) co_return refusal(found.error());
  co_return wire::json_response(200, wire::to_json(*found));
}

asio::awaitable<Response> update(const Services& services, const Request& request) {
  const auto changes = wire::parse_source_changes(request.body);
  if (!changes) co_return wire::validation_response(changes.error().list);
  const auto id = source_id(request);
  if (!id) co_return wire::error_response(400, kBadId);
  auto work = [&services, &id, &changes] {
    return services.sources.update(*id, *changes, services.clock.wall());
  };
  const Result<model::Source> updated = co_await runtime::offload(services.sources_lane, std::move(work));
  if (!updated) co_return refusal(updated.error());
  co_return wire::json_response(200, wire::to_json(*updated));
}

asio::awaitable<Response> remove(const Services& services, const Request& request) {
  const auto id = source_id(request);
  if (!id) co_return wire::error_response(400, kBadId);
  auto work = [&services, &id] { return services.sources.remove(*id); };
  const Result<void> removed = co_await runtime::offload(services.sources_lane, std::move(work));
  if (!removed) co_return refusal(removed.error());
  Response response;
  response.status = 204;
  response.content_type.clear();
  co_return response;
}

}  // namespace

void add_sources(Router& router, const Services& services) {
  const RouteOptions read{.access = Access::kTokenHolder, .scope = model::Scope::kRead};
  const RouteOptions write{
      .body_bytes_max = kBodyBytes, .access = Access::kTokenHolder, .scope = model::Scope::kWrite};
  for (const char* all : {"/api/v1/sources/", "/api/v1/sources"}) {  // contract D1
    router.add({Method::kPost, all, with(services, create), write});
    router.add({Method::kGet, all, with(services, list), read});
  }
  router.add({Method::kGet, "/api/v1/sources/{id}", with(services, get), read});
  router.add({Method::kPut, "/api/v1/sources/{id}", with(services, update), write});
  router.add({Method::kDelete, "/api/v1/sources/{id}", with(services, remove), write});
}

}  // namespace wellspring::http::routes
