#include "obs/metric_families.hpp"

namespace wellspring::obs {
namespace {

constexpr auto kCounter = MetricType::kCounter;
constexpr auto kGauge = MetricType::kGauge;
constexpr auto kHistogram = MetricType::kHistogram;

// Bucket bounds of contract 6.1.
const std::vector<double> kHttpSeconds{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};
const std::vector<double> kLongSeconds{.1, .5, 1, 2, 5, 10, 30, 60};
const std::vector<double> kRetrievalSeconds{.01, .05, .1, .25, .5, 1, 2.5, 5};
const std::vector<double> kRetrievedDocuments{1, 5, 10, 15, 20, 25, 30};
// Ours: a batch is a power of two up to the intake's queue; embedding a batch takes one to some hundred ms.
const std::vector<double> kBatchSizes{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096};
const std::vector<double> kEmbedSeconds{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5};

// As mongo::Histogram::kBounds.
const std::vector<double> kPoolSeconds{.0001, .0005, .001, .005, .01, .05, .1, .5, 1, 5, 30};

const std::vector<std::string> kErrorKindNames{
    "invalid_argument", "not_found",   "conflict", "unauthenticated", "too_large",   "overloaded", "deadline",
    "cancelled",        "unavailable", "upstream", "corrupt",         "unsupported", "resource",   "bug"};

std::vector<FamilySpec> contract_http_families() {
  const std::vector<LabelSpec> request{{"method", {}}, {"endpoint", {}}, {"status_code", {}}};
  return {
      {"http_requests_total", kCounter, "HTTP requests by route template and status.", request, {}},
      {"http_request_duration_seconds", kHistogram, "Time from a request's last byte to its answer's first.",
       request, kHttpSeconds},
      {"active_connections", kGauge, "Open client connections.", {{"connection_type", {"http"}}}, {}},
      {"rate_limit_rejections_total",
       kCounter,
       "Questions refused by a rate limit.",
       {{"endpoint_type", {"chat", "chat_stream"}}},
       {}},
      {"user_questions_total", kCounter, "Questions asked.", {{"endpoint_type", {"chat", "stream"}}}, {}},
      {"user_questions_analyzed_total", kCounter, "Stored questions that were analysed.", {}, {}},
      {"user_questions_count_from_db",
       kGauge,
       "Stored questions.",
       {{"endpoint_type", {"chat", "stream", "total"}}},
       {}},
      {"application_health", kGauge, "1 while the service is ready.", {{"service", {"backend"}}}, {}},
  };
}

std::vector<FamilySpec> contract_rag_families() {
  const std::vector<LabelSpec> cache{{"cache_type", {"query"}}};
  return {
      {"rag_query_duration_seconds",
       kHistogram,
       "Time to answer a question.",
       {{"query_type", {"sync", "async", "stream"}}, {"cache_hit", {"true", "false"}}},
       kLongSeconds},
      {"rag_cache_hits_total", kCounter, "Answers found in a cache.", cache, {}},
      {"rag_cache_misses_total", kCounter, "Answers not found in a cache.", cache, {}},
      {"rag_retrieval_duration_seconds",
       kHistogram,
       "Time to embed a query and search.",
       {},
       kRetrievalSeconds},
      {"rag_documents_retrieved_total", kHistogram, "Chunks retrieved per query.", {}, kRetrievedDocuments},
      {"llm_requests_total",
       kCounter,
       "Calls of a language model.",
       {{"model", {}}, {"operation", {}}, {"status", {}}},
       {}},
      {"llm_tokens_total",
       kCounter,
       "Tokens read and written by a language model.",
       {{"model", {}}, {"token_type", {}}},
       {}},
      {"llm_cost_usd_total",
       kCounter,
       "Cost of language model calls in US dollars.",
       {{"model", {}}, {"operation", {}}},
       {}},
      {"llm_request_duration_seconds",
       kHistogram,
       "Time of a language model call.",
       {{"model", {}}, {"operation", {}}},
       kLongSeconds},
      {"vector_store_documents_total",
       kGauge,
       "Chunks by publication status.",
       {{"status", {"total", "published", "draft"}}},
       {}},
      {"vector_store_size_bytes", kGauge, "Bytes the store takes on disk.", {}, {}},
      {"vector_store_health", kGauge, "1 while the store answers.", {}, {}},
      {"webhook_processing_total",
       kCounter,
       "Webhooks by how their job ended; error: refused, or dead.",
       {{"source", {"payload_cms"}},
        {"operation", {"create", "update", "delete", "unpublish"}},
        {"status", {"success", "error"}}},
       {}},
      {"webhook_processing_duration_seconds",
       kHistogram,
       "Time from a webhook's acceptance to the end of its job, or to its refusal.",
       {{"source", {"payload_cms"}}, {"operation", {"create", "update", "delete", "unpublish"}}},
       kLongSeconds},
  };
}

std::vector<FamilySpec> own_families() {
  return {
      {"wellspring_build_info", kGauge, "1, labelled with the version.", {{"version", {}}}, {}},
      {"wellspring_errors_total",
       kCounter,
       "Requests that ended in an error, by kind.",
       {{"kind", kErrorKindNames}},
       {}},
      {"wellspring_http_requests_in_flight", kGauge, "Requests being answered.", {}, {}},
      {"wellspring_streams_open", kGauge, "Answer streams being written.", {}, {}},
      {"wellspring_http_refused_total",
       kCounter,
       "Connections and requests refused at a limit, by limit.",
       {{"limit",
         {"connections", "requests", "streams", "header_bytes", "body_bytes", "header_time", "body_time"}}},
       {}},
      {"wellspring_jobs_total",
       kCounter,
       "Jobs that reached a state.",
       {{"state", {"queued", "running", "done", "dead"}}},
       {}},
      {"wellspring_jobs",
       kGauge,
       "Jobs in a state now.",
       {{"state", {"queued", "running", "done", "dead"}}},
       {}},
      {"wellspring_questions_logged_total",
       kCounter,
       "Questions by what became of their entry in the log; dropped: the queue was full; opted_out: the "
       "reader "
       "asked not to be tracked.",
       {{"outcome", {"written", "failed", "dropped", "opted_out"}}},
       {}},
      {"wellspring_feedback_total",
       kCounter,
       "Verdicts of readers on answers.",
       {{"verdict", {"helpful", "unhelpful"}}},
       {}},
      {"wellspring_intake_batch_size", kHistogram, "Jobs made durable by one write.", {}, kBatchSizes},
      {"wellspring_chunks_embedded_total",
       kCounter,
       "Chunks embedded; unchanged chunks are not embedded again.",
       {},
       {}},
      {"wellspring_embed_duration_seconds",
       kHistogram,
       "Time to embed one batch of texts.",
       {},
       kEmbedSeconds},
      {"wellspring_index_chunks", kGauge, "Chunks that can be found.", {}, {}},
      {"wellspring_index_articles", kGauge, "Articles that can be found.", {}, {}},
      {"process_resident_memory_bytes", kGauge, "Resident memory in bytes.", {}, {}},
      {"process_cpu_seconds_total", kCounter, "User and system CPU time in seconds.", {}, {}},
      {"process_open_fds", kGauge, "Open file descriptors.", {}, {}},
      {"process_start_time_seconds", kGauge, "Start of the process in seconds since the epoch.", {}, {}},
  };
}

/// Those of a pool appear with the pool.
std::vector<FamilySpec> mongo_families() {
  return {
      {"mongo_pool_connections",
       kGauge,
       "Connections by what they are doing.",
       {{"pool", {}}, {"state", {}}},
       {}},
      {"mongo_pool_min_size", kGauge, "Connections that are kept open.", {{"pool", {}}}, {}},
      {"mongo_pool_max_size", kGauge, "Most connections.", {{"pool", {}}}, {}},
      {"mongo_pool_waiters", kGauge, "Who waits for a connection now.", {{"pool", {}}}, {}},
      {"mongo_pool_oldest_waiter_seconds",
       kGauge,
       "How long the first in the queue has waited.",
       {{"pool", {}}},
       {}},
      {"mongo_pool_oldest_lease_seconds",
       kGauge,
       "How long the longest held connection is out.",
       {{"pool", {}}},
       {}},
      {"mongo_pool_leases_overdue",
       kGauge,
       "Connections held for longer than mongo.overdue_after.",
       {{"pool", {}}},
       {}},
      {"mongo_pool_sockets_open",
       kGauge,
       "Open sockets by our own count, monitors excluded.",
       {{"pool", {}}},
       {}},
      {"mongo_pool_monitor_sockets_expected",
       kGauge,
       "Most monitoring connections of a topology, besides the pool's own; fewer after an outage.",
       {{"topology", {}}},
       {}},
      {"mongo_pool_generation", kGauge, "How often the pool was cleared.", {{"pool", {}}}, {}},
      {"mongo_pool_state", kGauge, "1 for the state the pool is in.", {{"pool", {}}, {"state", {}}}, {}},
      {"mongo_pool_below_min_seconds",
       kGauge,
       "How long fewer than the minimum have been open.",
       {{"pool", {}}},
       {}},
      {"mongo_pool_acquire_total",
       kCounter,
       "Attempts to get a connection by how they ended.",
       {{"pool", {}}, {"outcome", {}}},
       {}},
      {"mongo_pool_connections_created_total",
       kCounter,
       "Connections made, by why.",
       {{"pool", {}}, {"cause", {}}},
       {}},
      {"mongo_pool_connections_closed_total",
       kCounter,
       "Connections closed, by why.",
       {{"pool", {}}, {"reason", {}}},
       {}},
      {"mongo_pool_sockets_opened_total", kCounter, "Sockets opened.", {{"pool", {}}}, {}},
      {"mongo_pool_sockets_closed_total", kCounter, "Sockets closed.", {{"pool", {}}}, {}},
      {"mongo_pool_connect_failures_total",
       kCounter,
       "Attempts to connect that failed, by how far they came.",
       {{"pool", {}}, {"kind", {}}},
       {}},
      {"mongo_pool_cleared_total",
       kCounter,
       "Times that every connection was given up at once.",
       {{"pool", {}}},
       {}},
      {"mongo_pool_leak_suspected_total",
       kCounter,
       "Connections that were held for longer than mongo.overdue_after.",
       {{"pool", {}}},
       {}},
      {"mongo_pool_leak_recovered_total",
       kCounter,
       "Of these, connections that came back.",
       {{"pool", {}}},
       {}},
      {"mongo_pool_dirty_returns_total",
       kCounter,
       "Connections given back with a cursor or transaction open.",
       {{"pool", {}}},
       {}},
      {"mongo_pool_maintenance_runs_total", kCounter, "Rounds of maintenance.", {{"pool", {}}}, {}},
      {"mongo_pool_keepalive_pings_total",
       kCounter,
       "Idle connections pinged, by outcome.",
       {{"pool", {}}, {"outcome", {}}},
       {}},
      {"mongo_sdam_heartbeats_total",
       kCounter,
       "Looks at the servers by the monitors, by outcome.",
       {{"topology", {}}, {"outcome", {}}},
       {}},
      {"mongo_sdam_lost_total",
       kCounter,
       "Times that the last server able to serve was lost.",
       {{"topology", {}}},
       {}},
      {"mongo_pool_acquire_wait_seconds",
       kHistogram,
       "Wait for a connection, of those who got one.",
       {{"pool", {}}},
       kPoolSeconds},
      {"mongo_pool_lease_held_seconds",
       kHistogram,
       "Time a connection was held.",
       {{"pool", {}}},
       kPoolSeconds},
      {"mongo_pool_connect_seconds",
       kHistogram,
       "Time to connect, handshake included.",
       {{"pool", {}}},
       kPoolSeconds},
      {"mongo_command_seconds",
       kHistogram,
       "Time of a command.",
       {{"topology", {}}, {"command", {}}, {"outcome", {}}},
       kPoolSeconds},
      {"wellspring_spooled_jobs",
       kGauge,
       "Webhooks in the data directory that wait for MongoDB to return.",
       {},
       {}},
  };
}

}  // namespace

std::vector<FamilySpec> metric_families() {
  std::vector<FamilySpec> all = contract_http_families();
  for (const auto& families : {contract_rag_families(), own_families(), mongo_families()}) {
    all.insert(all.end(), families.begin(), families.end());
  }
  return all;
}

}  // namespace wellspring::obs
