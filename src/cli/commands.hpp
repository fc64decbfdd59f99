#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "cli/http_client.hpp"
#include "config/settings.hpp"

namespace wellspring::cli {

/// Exit codes: 0 done; 1 the work failed; 2 wrong usage.
enum class ExitCode { kDone = 0, kFailed = 1, kUsage = 2 };

/// What every command is given.
struct Context {
  const Clock& clock;
  config::Settings settings;
  std::string url;    ///< of a running server; empty: the data directory's own
  std::string token;  ///< for that server
};

struct ImportRequest {
  std::vector<std::string> paths;
  bool wait = true;
  bool prune = false;  ///< remove imported articles that this import does not name
};

struct SearchRequest {
  std::string query;
  std::size_t k = 5;
  std::string mode = "hybrid";
  std::string locale;  ///< the reader's; empty: the default locale
  bool json = false;
};

struct AskRequest {
  std::string question;
  std::string locale;  ///< likewise
  bool json = false;
};

struct JobsRequest {
  std::string state;                  ///< only jobs in it; empty: all
  std::optional<std::int64_t> retry;  ///< this dead job instead of listing
  bool retry_all = false;             ///< every job that is dead now, instead of listing
  bool json = false;
};

struct EvalRequest {
  std::string folder;
  std::string mode = "hybrid";
  std::string queries = "queries.jsonl";
  std::string qrels = "qrels.tsv";
  bool whole = false;  ///< embed each document once, cut at the model's limit, instead of chunking it
  bool json = false;
};

/// Each a data directory or a MongoDB connection string.
struct MigrateRequest {
  std::string from;
  std::string to;
};

struct TokenRequest {
  std::string name;
  std::string scope;
};

struct ReconcileRequest {
  bool dry_run = false;
  bool remove_many = false;
  bool json = false;
};

Result<void> serve(const Context& context);
Result<void> import_articles(const Context& context, const ImportRequest& request);
Result<void> search(const Context& context, const SearchRequest& request);
Result<void> ask(const Context& context, const AskRequest& request);
Result<void> jobs(const Context& context, const JobsRequest& request);
Result<void> evaluate(const Context& context, const EvalRequest& request);
Result<void> doctor(const Context& context);
Result<void> migrate(const Context& context, const MigrateRequest& request);
/// The tokens of the data directory; a running server follows.
Result<void> create_token(const Context& context, const TokenRequest& request);
Result<void> list_tokens(const Context& context);
Result<void> revoke_token(const Context& context, const TokenRequest& request);
Result<void> reconcile(const Context& context, const ReconcileRequest& request);
/// A completion script for `shell` (bash, zsh or fish).
Result<std::string> completion_script(const std::string& shell);

/// The whole command line.
int run(int argc, const char* const* argv);

}  // namespace wellspring::cli
