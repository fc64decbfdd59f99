#include <fmt/format.h>

#include <cstdio>

#include "cli/commands.hpp"
#include "store/token_file.hpp"

namespace wellspring::cli {

Result<void> create_token(const Context& context, const TokenRequest& request) {
  const auto scope = model::parse_scope(request.scope);
  if (!scope)
    return fail(ErrorKind::kInvalidArgument,
                "create access token: scope '" + request.scope + "' is none of: read, write, admin");
  const auto token =
      store::create_token(context.settings.data_dir, request.name, *scope, context.clock.wall());
  if (token.has_error()) return token.error();
  // The token alone goes to standard output, for pipes.
  fmt::print(stderr, "Token '{}' with scope {}, shown this once; send it as `Authorization: Bearer TOKEN`:\n",
             request.name, request.scope);
  fmt::print("{}\n", *token);
  return {};
}

Result<void> list_tokens(const Context& context) {
  const auto table = store::read_tokens(context.settings.data_dir);
  if (table.has_error()) return table.error();
  for (const model::AccessToken& token : table->tokens)
    fmt::print("{:<30} {:<6} {}\n", token.name, model::name(token.scope), format_timestamp(token.created_at));
  return {};
}

Result<void> revoke_token(const Context& context, const TokenRequest& request) {
  if (auto revoked = store::revoke_token(context.settings.data_dir, request.name); revoked.has_error())
    return revoked;
  fmt::print("Revoked '{}'.\n", request.name);
  return {};
}

}  // namespace wellspring::cli
