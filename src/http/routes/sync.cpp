#include <boost/json.hpp>

#include <algorithm>

#include "http/routes/routes.hpp"
#include "http/wire/errors.hpp"
#include "runtime/offload.hpp"
#include "runtime/single_flight.hpp"
#include "sync/payload.hpp"
#include "sync/signature.hpp"

namespace wellspring::http::routes {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr std::size_t kParseOnIoBytes = 64u << 10;  // about a millisecond of parsing
constexpr const char* kSource = "payload_cms";
constexpr std::string_view kLogger = "sync";

struct ReadWebhook {
  sync::SignatureVerdict signature;
  std::optional<sync::PayloadResult> payload;  ///< unless the signature was refused: then nothing is parsed
};

sync::SignatureHeaders signature_headers(const Request& request) {
  return {.cms_signature = request.header("X-Webhook-Signature"),
          .cms_timestamp = request.header("X-Webhook-Timestamp"),
          .id = request.header("Webhook-Id"),
          .timestamp = request.header("Webhook-Timestamp"),
          .signatures = request.header("Webhook-Signature")};
}

/// Large bodies are read where computing does not hold up other connections.
asio::awaitable<Result<ReadWebhook>> read(const Services& services, const Request& request) {
  std::string locale = request.query_parameter("locale").value_or("");
  if (locale.empty()) locale = services.default_locale;
  const Timestamp now = services.clock.wall();
  auto work = [&services, &request, &locale, now]() -> Result<ReadWebhook> {
    ReadWebhook webhook{
        sync::check_signature(signature_headers(request), request.body, services.webhooks, now), {}};
    if (sync::is_accepted(webhook.signature.check))
      webhook.payload = sync::parse_payload(request.body, locale);
    return webhook;
  };
  if (request.body.size() <= kParseOnIoBytes) co_return work();
  co_return co_await runtime::offload(services.executors.cpu(), std::move(work));
}

std::vector<wire::Problem> problems_of(const sync::PayloadRefusal& refusal) {
  std::vector<wire::Problem> problems;
  for (const sync::FieldProblem& problem : refusal.problems) {
    problems.push_back({problem.type, problem.loc, problem.message, "null"});
  }
  return problems;
}

/// Contract 1.9: a bad document is 422 with details; what is no JSON object is 400.
Response refusal_response(const sync::PayloadRefusal& refusal) {
  if (refusal.problems.empty()) {
    if (refusal.error.kind != ErrorKind::kInvalidArgument) return wire::error_response(refusal.error);
    return wire::error_response(400, "Invalid JSON payload", refusal.error.message);
  }
  const json::object detail{{"error", "Validation failed"},
                            {"message", refusal.error.message},
                            {"details", wire::to_json(problems_of(refusal))}};
  json::object body = detail;
  body["detail"] = detail;
  return wire::json_response(422, body);
}

/// Contract 1.9: the sender learns no more than that, the operator which check failed.
Response unsigned_response(const Services& services, const Request& request, sync::SignatureCheck check) {
  services.log.warning(
      kLogger, "webhook refused because of its signature",
      {{"check", std::string(sync::name(check))}, {"peer", request.peer}, {"request", request.id}});
  return wire::error_response(401, "Unauthorized", "Invalid webhook signature or timestamp");
}

/// What a webhook that is not let in is answered; nothing for one that is.
std::optional<Response> refusal_of(const Services& services, const Request& request,
                                   const Result<ReadWebhook>& webhook) {
  if (!webhook) return wire::error_response(webhook.error());
  const sync::SignatureCheck check = webhook->signature.check;
  services.metrics.count("wellspring_webhook_signatures_total", {{"result", std::string(sync::name(check))}});
  if (!webhook->payload) return unsigned_response(services, request, check);
  return std::nullopt;
}

/// The operation as metrics know it; whatever else a sender calls it is an update.
std::string operation_label(const sync::PayloadEvent& event) {
  if (event.job.kind == model::JobKind::kDelete) return "delete";
  if (!event.published) return "unpublish";
  return event.operation == "create" ? "create" : "update";
}

/// Webhooks that become no job; the others are counted by the worker, once their job has ended.
void count_refused_webhook(const Services& services, const std::string& operation, SteadyTime start) {
  services.metrics.count("webhook_processing_total",
                         {{"source", kSource}, {"operation", operation}, {"status", "error"}});
  services.metrics.observe("webhook_processing_duration_seconds",
                           {{"source", kSource}, {"operation", operation}},
                           std::chrono::duration<double>(services.clock.steady() - start).count());
}

Response accepted_response(const sync::PayloadEvent& event, JobId job) {
  const std::string& id = event.job.article.key.id.value();
  if (event.published) {
    return wire::json_response(
        200, json::object{{"status", "processing_triggered"},
                          {"message", "The article is stored and will be answerable in a moment."},
                          {"document_id", id},
                          {"job_id", job.value()}});
  }
  return wire::json_response(200,
                             json::object{{"status", "not_published_or_deleted"},
                                          {"message", "The article will be taken out of search and answers."},
                                          {"document_id", id},
                                          {"operation", event.operation},
                                          {"job_id", job.value()}});
}

asio::awaitable<Response> payload(const Services& services, const Request& request) {
  const SteadyTime start = services.clock.steady();
  Result<ReadWebhook> webhook = co_await read(services, request);
  if (std::optional<Response> refused = refusal_of(services, request, webhook)) co_return std::move(*refused);
  sync::PayloadResult& parsed = *webhook->payload;
  if (!parsed) {
    count_refused_webhook(services, "update", start);
    co_return refusal_response(parsed.error());
  }
  sync::PayloadEvent& event = *parsed;
  event.job.delivery = std::move(webhook->signature.delivery);
  const std::string operation = operation_label(event);
  std::vector<model::NewJob> jobs;
  jobs.push_back(event.job);
  const Result<std::vector<JobId>> ids = co_await services.intake.accept(std::move(jobs));
  if (!ids) {
    count_refused_webhook(services, operation, start);
    co_return wire::error_response(ids.error());
  }
  co_return accepted_response(event, ids->front());
}

json::object test_result(const sync::PayloadResult& parsed) {
  if (parsed) {
    return {{"status", "success"},
            {"message", "The webhook is understood. Nothing was stored."},
            {"document_id", parsed->job.article.key.id.value()},
            {"document_status", parsed->published ? "published" : "draft"}};
  }
  const auto& problems = parsed.error().problems;
  const bool no_document =
      problems.empty() || (problems.size() == 1 && problems.front().loc == std::vector<std::string>{"doc"});
  if (no_document) return {{"status", "error"}, {"message", parsed.error().error.message}};
  return {{"status", "validation_error"}, {"errors", wire::to_json(problems_of(parsed.error()))}};
}

asio::awaitable<Response> test_webhook(const Services& services, const Request& request) {
  const Result<ReadWebhook> webhook = co_await read(services, request);
  if (std::optional<Response> refused = refusal_of(services, request, webhook)) co_return std::move(*refused);
  co_return wire::json_response(200, test_result(*webhook->payload));
}

struct SyncCounts {
  std::size_t total = 0;
  std::size_t from_payload_cms = 0;
};

Result<SyncCounts> count_documents(store::ArticleStore& articles) {
  constexpr std::size_t kPage = 1'000;
  const auto counts = articles.counts();
  if (!counts) return counts.error();
  SyncCounts documents{counts->chunks, 0};
  for (std::size_t offset = 0;; offset += kPage) {
    const auto page = articles.list("payload", offset, kPage);
    if (!page) return page.error();
    for (const store::StoredRevision& revision : *page) documents.from_payload_cms += revision.chunk_count;
    if (page->size() < kPage) return documents;
  }
}

using SyncLook = runtime::SingleFlight<SyncCounts>;

asio::awaitable<Result<SyncCounts>> count(const Services& services) {
  auto work = [&services] { return count_documents(services.articles); };
  co_return co_await runtime::offload(services.executors.blocking(), std::move(work));
}

asio::awaitable<Response> sync_health(const Services& services, SyncLook& look) {
  const Result<SyncCounts> counts = co_await look.get();
  const std::string now = format_timestamp(services.clock.wall());
  if (!counts) {
    co_return wire::json_response(200, json::object{{"status", "unhealthy"},
                                                    {"timestamp", now},
                                                    {"error", wire::public_message(counts.error())},
                                                    {"message", "The store does not answer."}});
  }
  co_return wire::json_response(
      200, json::object{{"status", "healthy"},
                        {"timestamp", now},
                        {"services", json::object{{"vector_store", "connected"}, {"mongodb", "available"}}},
                        {"document_counts", json::object{{"total", counts->total},
                                                         {"from_payload_cms", counts->from_payload_cms}}},
                        {"message", "Webhooks are accepted."}});
}

}  // namespace

void add_sync(Router& router, const Services& services) {
  const RouteOptions webhook{.body_bytes_max = services.sync_body_bytes_max};
  router.add({Method::kPost, "/api/v1/sync/payload", with(services, payload), webhook});
  router.add({Method::kPost, "/api/v1/sync/test-webhook", with(services, test_webhook), webhook});
  const auto look =
      std::make_shared<SyncLook>(services.executors.io(), services.clock, runtime::SingleFlightOptions{},
                                 [&services] { return count(services); });
  router.add({Method::kGet,
              "/api/v1/sync/health",
              [&services, look](const Request&) { return sync_health(services, *look); },
              {}});
}

}  // namespace wellspring::http::routes
