// The options table: one entry per configurable value. Adding an option here is all it takes to have its
// flag, its environment name, its TOML key, its check and its line in docs/configuration.md.
#include "config/options.hpp"
#include "config/parse.hpp"

namespace wellspring::config {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;
using Apply = std::function<Result<void>(Settings&, std::string_view)>;

template <class Member, class Value>
Result<void> store(Settings& settings, Member Settings::*member, Result<Value> parsed) {
  if (parsed.has_error()) return parsed.error();
  settings.*member = static_cast<Member>(std::move(*parsed));
  return {};
}

Apply text(std::string Settings::*member) {
  return [member](Settings& settings, std::string_view value) -> Result<void> {
    settings.*member = std::string(value);
    return {};
  };
}

Apply list(std::vector<std::string> Settings::*member) {
  return [member](Settings& settings, std::string_view value) -> Result<void> {
    settings.*member = parse_list(value);
    return {};
  };
}

template <class Integer>
Apply count(Integer Settings::*member, std::size_t least, std::size_t most) {
  return [=](Settings& settings, std::string_view value) {
    return store(settings, member, parse_count(value, least, most));
  };
}

Apply fraction(double Settings::*member, double least, double most) {
  return [=](Settings& settings, std::string_view value) {
    return store(settings, member, parse_fraction(value, least, most));
  };
}

Apply duration(milliseconds Settings::*member, milliseconds least, milliseconds most) {
  return [=](Settings& settings, std::string_view value) {
    return store(settings, member, parse_duration(value, least, most));
  };
}

template <class Value>
Apply choice(Value Settings::*member, std::vector<std::pair<std::string_view, Value>> words) {
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

constexpr auto kEssential = OptionGroup::kEssential;
constexpr auto kCommon = OptionGroup::kCommon;
constexpr auto kRare = OptionGroup::kRare;
constexpr auto kEvery = OptionScope::kEveryCommand;
constexpr auto kServe = OptionScope::kServe;
constexpr auto kPublic = Secrecy::kPublic;
constexpr auto kSecret = Secrecy::kSecret;

std::vector<Option> server_options() {
  return {
      {"server.listen",
       "--listen",
       {"WELLSPRING_LISTEN"},
       "127.0.0.1:8000",
       "HOST:PORT; port 0 takes a free one",
       "Where the server listens. Use 0.0.0.0:8000 behind a reverse proxy that ends TLS.",
       kEssential,
       kServe,
       kPublic,
       text(&Settings::listen)},
      {"server.data_dir",
       "--data-dir",
       {"WELLSPRING_DATA_DIR"},
       "./data",
       "a folder, made if missing",
       "Where articles, vectors and the job journal are kept. One process at a time holds it.",
       kEssential,
       kEvery,
       kPublic,
       text(&Settings::data_dir)},
      {"server.admin_token",
       "--admin-token",
       {"WELLSPRING_ADMIN_TOKEN", "ADMIN_TOKEN"},
       "",
       "any text",
       "Bearer token for documents, jobs, import, sources, questions and admin routes. Without it sources "
       "and "
       "questions are open, the others answer this machine only.",
       kEssential,
       kServe,
       kSecret,
       text(&Settings::admin_token)},
      {"server.cors_origins",
       "--cors-origins",
       {"WELLSPRING_CORS_ORIGINS", "CORS_ORIGINS"},
       "http://localhost:3000",
       "origins between commas",
       "Which websites may call the API from a browser.",
       kEssential,
       kServe,
       kPublic,
       list(&Settings::cors_origins)},
      {"server.strict_transport",
       "--strict-transport",
       {"WELLSPRING_STRICT_TRANSPORT"},
       "off",
       "on or off",
       "on where visitors arrive through HTTPS: every answer then carries Strict-Transport-Security.",
       kRare,
       kServe,
       kPublic,
       choice(&Settings::strict_transport, {{"off", false}, {"on", true}})},
      {"server.connections_max",
       "--connections-max",
       {"WELLSPRING_CONNECTIONS_MAX"},
       "10000",
       "1 to 100000",
       "Open connections; more are answered 503 and closed. Needs as many file descriptors.",
       kRare,
       kServe,
       kPublic,
       count(&Settings::connections_max, 1, 100'000)},
      {"server.requests_max",
       "--requests-max",
       {"WELLSPRING_REQUESTS_MAX"},
       "256",
       "1 to 100000",
       "Requests worked on at a time, streams not counted; more are answered 503 with Retry-After.",
       kCommon,
       kServe,
       kPublic,
       count(&Settings::requests_max, 1, 100'000)},
      {"server.streams_max",
       "--streams-max",
       {"WELLSPRING_STREAMS_MAX"},
       "4096",
       "1 to 100000",
       "Answers streamed at a time; more are answered 503 with Retry-After.",
       kCommon,
       kServe,
       kPublic,
       count(&Settings::streams_max, 1, 100'000)},
      {"server.sync_body_bytes_max",
       "--sync-body-bytes-max",
       {"WELLSPRING_SYNC_BODY_BYTES_MAX"},
       "16777216",
       "1024 to 16777216",
       "Largest webhook or import body.",
       kRare,
       kServe,
       kPublic,
       count(&Settings::sync_body_bytes_max, 1'024, 16u << 20)},
      {"server.idle_timeout",
       "--idle-timeout",
       {"WELLSPRING_IDLE_TIMEOUT"},
       "60s",
       "1s to 1h",
       "How long a connection may sit between requests, or dawdle within one.",
       kRare,
       kServe,
       kPublic,
       duration(&Settings::idle_timeout, 1s, 1h)},
      {"server.shutdown_grace",
       "--shutdown-grace",
       {"WELLSPRING_SHUTDOWN_GRACE"},
       "10s",
       "0s to 10m",
       "After SIGTERM: how long requests and streams may go on before they are ended.",
       kCommon,
       kServe,
       kPublic,
       duration(&Settings::shutdown_grace, 0s, 10min)},
  };
}

std::vector<Option> retrieval_options() {
  return {
      {"embedding.kind",
       "--embedder",
       {"WELLSPRING_EMBEDDER"},
       "onnx",
       "onnx or hashing",
       "How text becomes vectors. hashing needs no model and knows no synonyms: for tests.",
       kRare,
       kEvery,
       kPublic,
       choice(&Settings::embedder, {{"onnx", EmbedderKind::kOnnx}, {"hashing", EmbedderKind::kHashing}})},
      {"embedding.model_dir",
       "--model-dir",
       {"WELLSPRING_MODEL_DIR"},
       "",
       "a folder with tokenizer.json and model.onnx or model.int8.onnx; empty: the model beside the program",
       "Any model of the BERT family. Changing it embeds every chunk again at the next start.",
       kCommon,
       kEvery,
       kPublic,
       text(&Settings::model_dir)},
      {"embedding.form",
       "--model-form",
       {"WELLSPRING_MODEL_FORM"},
       "int8",
       "int8 or fp32",
       "Which file of the model: quantised (quicker, a quarter of the memory) or as published.",
       kCommon,
       kEvery,
       kPublic,
       choice(&Settings::model_form, {{"int8", ModelForm::kInt8}, {"fp32", ModelForm::kFp32}})},
      {"embedding.max_tokens",
       "--model-max-tokens",
       {"WELLSPRING_MODEL_MAX_TOKENS"},
       "256",
       "32 to 512",
       "The model's window in word pieces; chunks are cut to fit it.",
       kRare,
       kEvery,
       kPublic,
       count(&Settings::model_max_tokens, 32, 512)},
      {"retrieval.fusion",
       "--fusion",
       {"WELLSPRING_FUSION"},
       "convex",
       "convex or rrf",
       "How lexical and vector scores are joined in hybrid search.",
       kRare,
       kEvery,
       kPublic,
       choice(&Settings::fusion, {{"convex", FusionKind::kConvex}, {"rrf", FusionKind::kRrf}})},
      {"retrieval.bm25_weight",
       "--bm25-weight",
       {"WELLSPRING_BM25_WEIGHT"},
       "0.45",
       "0 to 1",
       "The lexical share in convex fusion.",
       kRare,
       kEvery,
       kPublic,
       fraction(&Settings::bm25_weight, 0, 1)},
      {"retrieval.candidates",
       "--candidates",
       {"WELLSPRING_CANDIDATES"},
       "1000",
       "10 to 100000",
       "Chunks that each stage hands to the fusion.",
       kRare,
       kEvery,
       kPublic,
       count(&Settings::candidates, 10, 100'000)},
  };
}

std::vector<Option> answer_options() {
  return {
      {"llm.base_url",
       "--llm-base-url",
       {"WELLSPRING_LLM_BASE_URL", "OPENAI_BASE_URL"},
       "",
       "http(s)://HOST[:PORT]/PATH; empty: extractive answers",
       "An OpenAI-compatible endpoint that writes the answers, such as https://api.openai.com/v1 or "
       "http://127.0.0.1:11434/v1.",
       kEssential,
       kEvery,
       kPublic,
       text(&Settings::llm_base_url)},
      {"llm.api_key",
       "--llm-api-key",
       {"WELLSPRING_LLM_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY"},
       "",
       "any text",
       "Sent as Bearer token to the endpoint, and nowhere else. Prefer the environment to the flag.",
       kEssential,
       kEvery,
       kSecret,
       text(&Settings::llm_api_key)},
      {"llm.model",
       "--llm-model",
       {"WELLSPRING_LLM_MODEL"},
       "gpt-4o-mini",
       "a model name the endpoint knows",
       "Which model writes.",
       kEssential,
       kEvery,
       kPublic,
       text(&Settings::llm_model)},
      {"llm.temperature",
       "--llm-temperature",
       {"WELLSPRING_LLM_TEMPERATURE"},
       "0.2",
       "0 to 2",
       "How freely it writes.",
       kRare,
       kEvery,
       kPublic,
       fraction(&Settings::llm_temperature, 0, 2)},
      {"llm.max_tokens",
       "--llm-max-tokens",
       {"WELLSPRING_LLM_MAX_TOKENS"},
       "1024",
       "16 to 32768",
       "Longest answer in tokens.",
       kCommon,
       kEvery,
       kPublic,
       count(&Settings::llm_max_tokens, 16, 32'768)},
      {"llm.concurrency",
       "--llm-concurrency",
       {"WELLSPRING_LLM_CONCURRENCY"},
       "64",
       "1 to 10000",
       "Calls to the endpoint at a time; as many again may wait.",
       kCommon,
       kEvery,
       kPublic,
       count(&Settings::llm_concurrency, 1, 10'000)},
      {"llm.first_token_timeout",
       "--llm-first-token-timeout",
       {"WELLSPRING_LLM_FIRST_TOKEN_TIMEOUT"},
       "20s",
       "100ms to 10m",
       "How long the endpoint may think before it writes.",
       kRare,
       kEvery,
       kPublic,
       duration(&Settings::llm_first_token_timeout, 100ms, 10min)},
      {"llm.idle_timeout",
       "--llm-idle-timeout",
       {"WELLSPRING_LLM_IDLE_TIMEOUT"},
       "20s",
       "100ms to 10m",
       "How long it may pause while writing.",
       kRare,
       kEvery,
       kPublic,
       duration(&Settings::llm_idle_timeout, 100ms, 10min)},
      {"answer.timeout",
       "--answer-timeout",
       {"WELLSPRING_ANSWER_TIMEOUT"},
       "120s",
       "1s to 30m",
       "One answer from start to end.",
       kCommon,
       kEvery,
       kPublic,
       duration(&Settings::answer_timeout, 1s, 30min)},
      {"answer.passages",
       "--passages",
       {"WELLSPRING_PASSAGES", "RETRIEVER_K"},
       "8",
       "1 to 15",
       "Passages an answer may draw on and cite.",
       kCommon,
       kEvery,
       kPublic,
       count(&Settings::passages, 1, 15)},
      {"answer.history_pairs",
       "--history-pairs",
       {"WELLSPRING_HISTORY_PAIRS", "MAX_CHAT_HISTORY_PAIRS"},
       "4",
       "0 to 50",
       "Earlier exchanges that a follow-up question may refer to.",
       kCommon,
       kEvery,
       kPublic,
       count(&Settings::history_pairs, 0, 50)},
      {"answer.prompt_tokens",
       "--prompt-tokens",
       {"WELLSPRING_PROMPT_TOKENS"},
       "6000",
       "500 to 200000",
       "Budget for the whole prompt; passages are dropped from the end to keep it.",
       kRare,
       kEvery,
       kPublic,
       count(&Settings::prompt_tokens, 500, 200'000)},
  };
}

std::vector<Option> process_options() {
  return {
      {"cpu.threads",
       "--cpu-threads",
       {"WELLSPRING_CPU_THREADS"},
       "0",
       "0 to 64; 0: one per processor",
       "Threads for embedding and search together. Ingest takes at most one less.",
       kCommon,
       kEvery,
       kPublic,
       count(&Settings::cpu_threads, 0, 64)},
      {"jobs.attempts_max",
       "--job-attempts-max",
       {"WELLSPRING_JOB_ATTEMPTS_MAX"},
       "5",
       "1 to 100",
       "Attempts before a job is dead and waits for a person.",
       kRare,
       kServe,
       kPublic,
       count(&Settings::job_attempts_max, 1, 100)},
      {"jobs.backoff_max",
       "--job-backoff-max",
       {"WELLSPRING_JOB_BACKOFF_MAX"},
       "60s",
       "100ms to 1h",
       "Longest pause between two attempts.",
       kRare,
       kServe,
       kPublic,
       duration(&Settings::job_backoff_max, 100ms, 1h)},
      {"jobs.retention",
       "--job-retention",
       {"WELLSPRING_JOB_RETENTION"},
       "7d",
       "1m to 365d",
       "How long finished jobs stay listed. Dead jobs stay until retried.",
       kRare,
       kServe,
       kPublic,
       duration(&Settings::job_retention, 1h, 24h * 365)},
      {"log.level",
       "--log-level",
       {"WELLSPRING_LOG_LEVEL", "LOG_LEVEL"},
       "info",
       "debug, info, warning or error",
       "What is logged. debug adds a line per request.",
       kCommon,
       kEvery,
       kPublic,
       choice(&Settings::log_level, {{"debug", LogLevel::kDebug},
                                     {"info", LogLevel::kInfo},
                                     {"warning", LogLevel::kWarning},
                                     {"error", LogLevel::kError},
                                     {"DEBUG", LogLevel::kDebug},
                                     {"INFO", LogLevel::kInfo},
                                     {"WARNING", LogLevel::kWarning},
                                     {"ERROR", LogLevel::kError}})},
      {"log.format",
       "--log-format",
       {"WELLSPRING_LOG_FORMAT", "JSON_LOGGING"},
       "text",
       "text or json",
       "One line per event, for people or for machines. JSON_LOGGING=true means json.",
       kCommon,
       kEvery,
       kPublic,
       choice(&Settings::log_format, {{"text", LogFormat::kText},
                                      {"json", LogFormat::kJson},
                                      {"false", LogFormat::kText},
                                      {"true", LogFormat::kJson}})},
  };
}

}  // namespace

std::span<const Option> options() {
  static const std::vector<Option> kTable = [] {
    std::vector<Option> all;
    for (auto&& part : {server_options(), answer_options(), retrieval_options(), process_options()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kTable;
}

}  // namespace wellspring::config
