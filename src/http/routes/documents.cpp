#include <boost/json.hpp>

#include <algorithm>

#include "http/routes/routes.hpp"
#include "http/wire/jobs.hpp"
#include "http/wire/page.hpp"
#include "model/metadata_json.hpp"
#include "runtime/offload.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

json::object to_json(const store::StoredRevision& revision) {
  return {{"id", revision.key.id.value()},
          {"locale", revision.key.locale},
          {"title", revision.title},
          {"source", revision.source},
          {"updated_at", wire::to_json(revision.updated_at)},
          {"stored_at", format_timestamp(revision.stored_at)},
          {"chunk_count", revision.chunk_count}};
}

Result<json::object> list_documents(store::ArticleStore& articles, const std::string& source,
                                    const wire::Page& page) {
  const auto counts = articles.counts();
  if (!counts) return counts.error();
  const auto found = articles.list(source, page.offset, page.limit);
  if (!found) return found.error();
  json::array documents;
  for (const store::StoredRevision& revision : *found) documents.push_back(to_json(revision));
  return json::object{{"documents", std::move(documents)}, {"total", counts->articles}};
}

asio::awaitable<Response> documents(const Services& services, const Request& request) {
  wire::Problems problems;
  const wire::Page page = wire::page_parameters(request, problems);
  if (!problems.list.empty()) co_return wire::validation_response(problems.list);
  const std::string source = request.query_parameter("source").value_or("");
  auto work = [&] { return list_documents(services.articles, source, page); };
  const Result<json::object> body = co_await runtime::offload(services.executors.blocking(), std::move(work));
  if (!body) co_return wire::error_response(body.error());
  co_return wire::json_response(200, *body);
}

/// The live revision in `locale`; without one, in the default locale, else in the first.
Result<store::StoredRevision> choose(store::ArticleStore& articles, const ArticleId& id,
                                     const std::string& locale, const std::string& default_locale) {
  auto all = articles.find_all(id);
  if (!all) return all.error();
  std::erase_if(*all, [&](const auto& revision) {
    return !revision.live || (!locale.empty() && revision.key.locale != locale);
  });
  if (all->empty()) return fail(ErrorKind::kNotFound, "no article with this id is answerable", id.value());
  const auto wanted = std::find_if(
      all->begin(), all->end(), [&](const auto& revision) { return revision.key.locale == default_locale; });
  return wanted == all->end() ? all->front() : *wanted;
}

Result<json::object> read_document(store::ArticleStore& articles, const ArticleId& id,
                                   const std::string& locale, const std::string& default_locale) {
  const auto revision = choose(articles, id, locale, default_locale);
  if (!revision) return revision.error();
  const auto chunks = articles.chunks(revision->key);
  if (!chunks) return chunks.error();
  json::array passages;
  for (const model::EmbeddedChunk& embedded : *chunks) {
    const model::Chunk& chunk = embedded.chunk;
    passages.push_back(json::object{{"chunk_index", chunk.metadata.index},
                                    {"text", chunk.text},
                                    {"metadata", model::to_json(chunk.metadata)}});
  }
  json::object body = to_json(*revision);
  body["chunks"] = std::move(passages);
  return body;
}

asio::awaitable<Response> document(const Services& services, const Request& request) {
  const ArticleId id{std::string(request.path_parameter("id"))};
  const std::string locale = request.query_parameter("locale").value_or("");
  auto work = [&] { return read_document(services.articles, id, locale, services.default_locale); };
  const Result<json::object> body = co_await runtime::offload(services.executors.blocking(), std::move(work));
  if (!body) co_return wire::error_response(body.error());
  co_return wire::json_response(200, *body);
}

}  // namespace

void add_documents(Router& router, const Services& services) {
  const RouteOptions guarded{.access = Access::kOperator, .scope = model::Scope::kRead};
  router.add({Method::kGet, "/api/v1/documents", with(services, documents), guarded});
  // Ids of imported files are paths, so the rest of the path is the id.
  router.add({Method::kGet, "/api/v1/documents/{id...}", with(services, document), guarded});
}

}  // namespace wellspring::http::routes
