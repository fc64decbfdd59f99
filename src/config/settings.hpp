#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ip_address.hpp"

namespace wellspring::config {

enum class EmbedderKind { kOnnx, kHashing };
enum class ModelForm { kInt8, kFp32 };
enum class FusionKind { kConvex, kRrf };
enum class MongoLayout { kSplit, kShared };
enum class UnsignedWebhooks { kAccept, kRefuse };
enum class LogFormat { kText, kJson };
enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Every configured value of the process, with nothing parsed twice: options.hpp fills it from its table. The
/// members' defaults are placeholders; the table's defaults are applied first.
struct Settings {
  std::string listen;
  std::string data_dir;
  std::string admin_token;
  std::vector<std::string> cors_origins;
  bool strict_transport = false;
  std::vector<IpNetwork> trusted_proxies;
  bool trust_x_forwarded_for = false;  ///< asked for by the name of another backend; see its option

  std::size_t rate_limit_per_minute = 0;  ///< these: 0 is no limit
  std::size_t rate_limit_per_hour = 0;
  bool rate_limit_bans = false;
  bool global_rate_limit = false;
  std::size_t global_rate_limit_per_minute = 0;
  std::size_t global_rate_limit_per_hour = 0;
  std::size_t search_rate_limit_per_minute = 0;
  std::size_t search_rate_limit_per_hour = 0;

  std::string webhook_secret;           ///< empty: none
  std::string webhook_previous_secret;  ///< valid beside it; empty: none
  UnsignedWebhooks webhook_unsigned = UnsignedWebhooks::kAccept;
  bool webhook_require_delivery_id = false;

  EmbedderKind embedder = EmbedderKind::kOnnx;
  std::string model_dir;  ///< empty: the model installed beside the program
  ModelForm model_form = ModelForm::kInt8;
  std::size_t model_max_tokens = 0;

  std::string default_locale;

  FusionKind fusion = FusionKind::kConvex;
  double bm25_weight = 0;
  std::size_t candidates = 0;

  std::string llm_base_url;  ///< empty: extractive answers
  std::string llm_api_key;
  std::string llm_model;
  double llm_temperature = 0;
  std::size_t llm_max_tokens = 0;
  std::size_t llm_concurrency = 0;
  std::chrono::milliseconds llm_first_token_timeout{0};
  std::chrono::milliseconds llm_idle_timeout{0};
  std::chrono::milliseconds answer_timeout{0};
  std::size_t passages = 0;
  std::size_t history_pairs = 0;
  std::size_t prompt_tokens = 0;

  std::size_t cache_entries = 0;  ///< 0 in any of the three: no cache
  std::size_t cache_bytes_max = 0;
  std::chrono::milliseconds cache_ttl{0};

  double spend_input_price = 0;   ///< US dollars for a million tokens
  double spend_output_price = 0;  ///< US dollars for a million tokens
  double spend_daily_limit = 0;   ///< US dollars; 0: none
  double spend_hourly_limit = 0;  ///< US dollars; 0: none

  std::size_t cpu_threads = 0;
  std::size_t connections_max = 0;
  std::size_t requests_max = 0;
  std::size_t streams_max = 0;
  std::size_t sync_body_bytes_max = 0;
  std::chrono::milliseconds idle_timeout{0};
  std::chrono::milliseconds shutdown_grace{0};

  int job_attempts_max = 0;
  std::chrono::milliseconds job_backoff_max{0};
  std::chrono::milliseconds job_retention{0};
  std::size_t job_queue_max = 0;
  std::size_t job_queue_bytes_max = 0;

  std::vector<std::string> net_allow;
  std::string cms_url;  ///< empty: webhooks are all that is known of the CMS
  std::string cms_collection;
  std::string cms_api_key;  ///< the whole Authorization header
  std::vector<std::string> cms_locales;
  std::chrono::milliseconds cms_reconcile_every{0};
  std::size_t cms_page_size = 0;
  std::chrono::milliseconds cms_pause{0};
  std::chrono::milliseconds cms_timeout{0};
  std::size_t cms_removals_percent_max = 0;

  bool questions_log = true;
  bool questions_opt_out = true;
  std::chrono::milliseconds questions_retention{0};

  std::string mongo_uri;       ///< empty: everything is kept in data_dir
  std::string mongo_database;  ///< empty: the URI's path, else `wellspring`
  std::string mongo_collection;
  std::string mongo_questions_collection;
  MongoLayout mongo_layout = MongoLayout::kSplit;
  std::size_t mongo_vector_min = 0;
  std::size_t mongo_vector_max = 0;
  std::size_t mongo_app_min = 0;
  std::size_t mongo_app_max = 0;
  std::size_t mongo_sources_min = 0;
  std::size_t mongo_sources_max = 0;
  std::chrono::milliseconds mongo_wait_limit{0};
  std::chrono::milliseconds mongo_idle_limit{0};
  std::chrono::milliseconds mongo_overdue_after{0};
  std::chrono::milliseconds mongo_drain{0};
  std::size_t mongo_spool_jobs_max = 0;
  std::size_t mongo_instances = 0;  ///< programs like this one that share the server, for doctor

  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
};

}  // namespace wellspring::config
