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
       "Questions by what became of their entry in the log; dropped: the queue was full.",
       {{"outcome", {"written", "failed", "dropped"}}},
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

}  // namespace

std::vector<FamilySpec> metric_families() {
  std::vector<FamilySpec> all = contract_http_families();
  for (const auto& families : {contract_rag_families(), own_families()}) {
    all.insert(all.end(), families.begin(), families.end());
  }
  return all;
}

}  // namespace wellspring::obs
