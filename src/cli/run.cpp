// The command line: what each command takes, and what --help teaches.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "base/version.hpp"
#include "cli/commands.hpp"
#include "config/options.hpp"

namespace wellspring::cli {
namespace {

constexpr const char* kAbout =
    "Wellspring turns what a CMS publishes into cited answers.\n\n"
    "Start here:\n"
    "  wellspring serve                          the server, its page at http://localhost:8000/ui/\n"
    "  wellspring import docs/                   a folder of Markdown, or JSON lines "
    "{\"id\",\"title\",\"text\"}\n"
    "  wellspring search \"how do I start\"         what would be found, with scores\n"
    "  wellspring ask \"How do I start it?\"        a cited answer\n"
    "  wellspring doctor                         what is wrong, if anything\n"
    "  wellspring jobs --state dead              which articles could not be taken in, and why\n\n"
    "Commands use the server that holds the data directory, or --url, or open the directory themselves.\n"
    "Exit codes: 0 done, 1 it failed, 2 wrong usage.";

constexpr const char* kLocaleHelp =
    "The reader's locale: each article is found in the nearest one it has (else in the default locale)";

/// Flag texts given on one command, by flag.
using FlagTexts = std::map<std::string, std::string>;

/// Everything that the parser writes into.
struct CommandLine {
  std::string config_file;
  std::string url;
  FlagTexts flags;
  ImportRequest import;
  SearchRequest search;
  AskRequest ask;
  JobsRequest jobs;
  EvalRequest eval;
  MigrateRequest migrate;
  TokenRequest token;
  ReconcileRequest reconcile;
  bool options_as_markdown = false;
  std::string completion_shell;
};

std::string_view group_title(config::OptionGroup group) {
  switch (group) {
    case config::OptionGroup::kEssential:
      return "Essential options";
    case config::OptionGroup::kCommon:
      return "Common options";
    case config::OptionGroup::kRare:
      return "Rare options";
  }
  return "";
}

void add_settings(CLI::App& command, CommandLine& line, config::OptionScope scope) {
  command.add_option("--config", line.config_file, "TOML file with any of these options")
      ->group("Essential options");
  for (const config::Option& option : config::options()) {
    if (option.scope == config::OptionScope::kServe && scope != config::OptionScope::kServe) continue;
    auto help =
        fmt::format("{} [{}]{}", option.help, option.range,
                    option.default_text.empty() ? "" : fmt::format(" (default {})", option.default_text));
    command
        .add_option_function<std::string>(
            std::string(option.flag),
            [&line, flag = std::string(option.flag)](const std::string& text) { line.flags[flag] = text; },
            help)
        ->group(std::string(group_title(option.group)));
  }
}

void add_url(CLI::App& command, CommandLine& line) {
  command.add_option("--url", line.url, "Talk to the server there instead of the data directory's")
      ->group("Essential options");
  command
      .add_option_function<std::string>(
          "--token", [&line](const std::string& text) { line.flags["--admin-token"] = text; },
          "Bearer token for that server (or ADMIN_TOKEN)")
      ->group("Essential options");
}

Result<Context> make_context(const Clock& clock, const CommandLine& line) {
  std::vector<config::FlagValue> flags;
  for (const auto& [flag, text] : line.flags) flags.push_back({flag, text});
  auto settings = config::load_settings(line.config_file, config::process_environment, flags);
  if (settings.has_error()) return settings.error();
  // Of a hash nothing can be made that a server takes: --token gives the token itself.
  std::string token = settings->admin_token.starts_with("sha256:") ? std::string() : settings->admin_token;
  return Context{clock, std::move(*settings), line.url, std::move(token)};
}

int report(const Result<void>& outcome) {
  if (outcome.has_value()) return static_cast<int>(ExitCode::kDone);
  fmt::print(stderr, "wellspring: {}\n", outcome.error().message);
  return static_cast<int>(ExitCode::kFailed);
}

/// One command: its parser and what it does.
struct Command {
  CLI::App* parser;
  std::function<Result<void>(const Context&)> work;
};

Command serve_command(CLI::App& root, CommandLine& line) {
  CLI::App* parser = root.add_subcommand("serve", "Run the server until SIGTERM or Ctrl-C");
  add_settings(*parser, line, config::OptionScope::kServe);
  return {parser, serve};
}

Command import_command(CLI::App& root, CommandLine& line) {
  ImportRequest& request = line.import;
  CLI::App* parser =
      root.add_subcommand("import", "Add articles from Markdown folders or JSON lines; safe to run again");
  parser->add_option("paths", request.paths, "Folders, .md or .jsonl files")->required();
  parser->add_flag("!--no-wait", request.wait, "Return once accepted, not once answerable");
  parser->add_flag("--prune", request.prune, "Remove imported articles that these paths no longer hold");
  add_url(*parser, line);
  add_settings(*parser, line, config::OptionScope::kEveryCommand);
  return {parser, [&request](const Context& context) { return import_articles(context, request); }};
}

Command search_command(CLI::App& root, CommandLine& line) {
  SearchRequest& request = line.search;
  CLI::App* parser = root.add_subcommand("search", "Show the passages found for a query, with scores");
  parser->add_option("query", request.query)->required();
  parser->add_option("-k", request.k, "How many")->check(CLI::Range(1, 100))->capture_default_str();
  parser->add_option("--mode", request.mode)
      ->check(CLI::IsMember({"hybrid", "bm25", "dense"}))
      ->capture_default_str();
  parser->add_option("--locale", request.locale, kLocaleHelp);
  parser->add_flag("--json", request.json, "The server's JSON");
  add_url(*parser, line);
  add_settings(*parser, line, config::OptionScope::kEveryCommand);
  return {parser, [&request](const Context& context) { return search(context, request); }};
}

Command ask_command(CLI::App& root, CommandLine& line) {
  AskRequest& request = line.ask;
  CLI::App* parser = root.add_subcommand("ask", "Ask a question and see the answer with its sources");
  parser->add_option("question", request.question)->required();
  parser->add_option("--locale", request.locale, kLocaleHelp);
  parser->add_flag("--json", request.json, "The server's JSON");
  add_url(*parser, line);
  add_settings(*parser, line, config::OptionScope::kEveryCommand);
  return {parser, [&request](const Context& context) { return ask(context, request); }};
}

Command jobs_command(CLI::App& root, CommandLine& line) {
  JobsRequest& request = line.jobs;
  CLI::App* parser =
      root.add_subcommand("jobs", "List accepted webhooks and imports, or queue dead ones again");
  parser->add_option("--state", request.state, "Only queued, running, done or dead ones")
      ->check(CLI::IsMember({"queued", "running", "done", "dead"}));
  CLI::Option* one = parser->add_option("--retry", request.retry, "Queue this dead job again")
                         ->type_name("ID")
                         ->check(CLI::NonNegativeNumber);
  parser->add_flag("--retry-all", request.retry_all, "Queue every dead job again")->excludes(one);
  parser->add_flag("--json", request.json, "The server's JSON");
  add_url(*parser, line);
  add_settings(*parser, line, config::OptionScope::kEveryCommand);
  return {parser, [&request](const Context& context) { return jobs(context, request); }};
}

Command eval_command(CLI::App& root, CommandLine& line) {
  EvalRequest& request = line.eval;
  CLI::App* parser = root.add_subcommand(
      "eval", "Measure retrieval quality on a test set (corpus.jsonl, queries.jsonl, qrels.tsv)");
  parser->add_option("folder", request.folder)->required();
  parser->add_option("--mode", request.mode)
      ->check(CLI::IsMember({"hybrid", "bm25", "dense"}))
      ->capture_default_str();
  parser->add_option("--queries", request.queries, "Another queries file in the folder")
      ->capture_default_str();
  parser->add_option("--qrels", request.qrels, "Another judgements file in the folder")
      ->capture_default_str();
  parser->add_flag("--whole", request.whole,
                   "Embed each document once, cut at the model's limit, instead of its chunks");
  parser->add_flag("--json", request.json, "One JSON object on the last line");
  add_settings(*parser, line, config::OptionScope::kEveryCommand);
  return {parser, [&request](const Context& context) { return evaluate(context, request); }};
}

Command doctor_command(CLI::App& root, CommandLine& line) {
  CLI::App* parser = root.add_subcommand(
      "doctor", "Check configuration, model and data; exit 1 with the reason if something is wrong");
  add_settings(*parser, line, config::OptionScope::kServe);
  return {parser, doctor};
}

Command migrate_command(CLI::App& root, CommandLine& line) {
  MigrateRequest& request = line.migrate;
  CLI::App* parser = root.add_subcommand(
      "migrate", "Copy everything between a data directory and MongoDB, and compare; safe to run again");
  parser->add_option("--from", request.from, "Data directory or MongoDB connection string")->required();
  parser->add_option("--to", request.to, "Data directory or MongoDB connection string")->required();
  add_settings(*parser, line, config::OptionScope::kServe);
  return {parser, [&request](const Context& context) { return migrate(context, request); }};
}

std::vector<Command> token_commands(CLI::App& root, CommandLine& line) {
  TokenRequest& request = line.token;
  CLI::App* all =
      root.add_subcommand("token", "Make, list and revoke access tokens; a running server follows at once");
  all->require_subcommand(1);
  CLI::App* create = all->add_subcommand("create", "Make a token and print it, this once");
  create->add_option("--name", request.name, "Who or what it is for")->required();
  create->add_option("--scope", request.scope, "read; write: also import, retry, sources; admin: everything")
      ->required()
      ->check(CLI::IsMember({"read", "write", "admin"}));
  CLI::App* list = all->add_subcommand("list", "Names, scopes and dates");
  CLI::App* revoke = all->add_subcommand("revoke", "Take a token back");
  revoke->add_option("name", request.name)->required();
  for (CLI::App* parser : {create, list, revoke})
    add_settings(*parser, line, config::OptionScope::kEveryCommand);
  return {{create, [&request](const Context& context) { return create_token(context, request); }},
          {list, list_tokens},
          {revoke, [&request](const Context& context) { return revoke_token(context, request); }}};
}

Command reconcile_command(CLI::App& root, CommandLine& line) {
  ReconcileRequest& request = line.reconcile;
  CLI::App* parser = root.add_subcommand(
      "reconcile", "Compare with what the CMS lists and heal what its webhooks missed; safe to run again");
  parser->add_flag("--dry-run", request.dry_run, "List what would be done and change nothing");
  parser->add_flag("--remove-many", request.remove_many,
                   "Remove also when so many articles are gone that it looks like a fault of the CMS");
  parser->add_flag("--json", request.json, "The server's report as one JSON object");
  add_url(*parser, line);
  add_settings(*parser, line, config::OptionScope::kEveryCommand);
  return {parser, [&request](const Context& context) { return reconcile(context, request); }};
}

Command options_command(CLI::App& root, CommandLine& line) {
  bool& markdown = line.options_as_markdown;
  CLI::App* parser = root.add_subcommand("options", "List every option with its names, default and range");
  parser->add_flag("--markdown", markdown, "As docs/configuration.md");
  return {parser, [&markdown](const Context&) -> Result<void> {
            if (markdown) {
              fmt::print("{}", config::configuration_markdown());
              return {};
            }
            for (const config::Option& option : config::options()) {
              fmt::print("{:<28} {:<26} {}\n", option.name, option.flag,
                         option.default_text.empty() ? "-" : option.default_text);
            }
            return {};
          }};
}

Command completion_command(CLI::App& root, CommandLine& line) {
  std::string& shell = line.completion_shell;
  CLI::App* parser =
      root.add_subcommand("completion", "Print a completion script: source <(wellspring completion bash)");
  parser->add_option("shell", shell)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return {parser, [&shell](const Context&) -> Result<void> {
            auto script = completion_script(shell);
            if (script.has_error()) return script.error();
            fmt::print("{}", *script);
            return {};
          }};
}

}  // namespace

int run(int argc, const char* const* argv) {
  CLI::App root{kAbout, "wellspring"};
  root.set_version_flag("--version", "wellspring " + std::string(version()));
  root.require_subcommand(1);
  CommandLine line;
  std::vector<Command> commands{
      serve_command(root, line),   import_command(root, line),    search_command(root, line),
      ask_command(root, line),     jobs_command(root, line),      eval_command(root, line),
      doctor_command(root, line),  migrate_command(root, line),   reconcile_command(root, line),
      options_command(root, line), completion_command(root, line)};
  for (Command& command : token_commands(root, line)) commands.push_back(std::move(command));
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& thrown) {
    const int code = root.exit(thrown);
    return code == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  const SystemClock clock;
  const auto context = make_context(clock, line);
  if (context.has_error()) {
    fmt::print(stderr, "wellspring: {}\n", context.error().message);
    return static_cast<int>(ExitCode::kUsage);
  }
  for (const Command& command : commands) {
    if (command.parser->parsed()) return report(command.work(*context));
  }
  return static_cast<int>(ExitCode::kUsage);
}

}  // namespace wellspring::cli
