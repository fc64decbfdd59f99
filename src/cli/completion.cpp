#include <fmt/format.h>

#include "cli/commands.hpp"
#include "config/options.hpp"

namespace wellspring::cli {
namespace {

constexpr std::string_view kCommands =
    "serve import search ask jobs eval doctor migrate reconcile token options completion";

std::string all_flags() {
  std::string flags =
      "--help --config --url --token --json --mode --prune --no-wait --locale --whole --state --retry "
      "--retry-all --dry-run --remove-many";
  for (const config::Option& option : config::options()) flags += fmt::format(" {}", option.flag);
  return flags;
}

}  // namespace

Result<std::string> completion_script(const std::string& shell) {
  if (shell == "bash" || shell == "zsh") {
    const std::string prologue = shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "";
    return fmt::format(R"({}_wellspring() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}"
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{}" -- "$word"))
  elif [[ "$word" == -* ]]; then
    COMPREPLY=($(compgen -W "{}" -- "$word"))
  else
    COMPREPLY=($(compgen -f -- "$word"))
  fi
}}
complete -F _wellspring wellspring
)",
                       prologue, kCommands, all_flags());
  }
  if (shell == "fish") {
    std::string script =
        fmt::format("complete -c wellspring -n __fish_use_subcommand -f -a \"{}\"\n", kCommands);
    for (const config::Option& option : config::options()) {
      script += fmt::format("complete -c wellspring -l {} -d \"{}\"\n", option.flag.substr(2), option.range);
    }
    return script;
  }
  return fail(ErrorKind::kInvalidArgument, "completion: '" + shell + "' is none of: bash, zsh, fish");
}

}  // namespace wellspring::cli
