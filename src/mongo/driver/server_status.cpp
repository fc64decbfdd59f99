#include "mongo/driver/server_status.hpp"

#include "mongo/driver/handles.hpp"
#include "mongo/driver/with_client.hpp"

namespace wellspring::mongo::driver {
namespace {

// Of MongoDB's error_codes.yml.
constexpr std::uint32_t kUnauthorized = 13;
constexpr std::uint32_t kCommandNotFound = 59;

std::int64_t number(const bson_iter_t& parent, const char* name) {
  bson_iter_t members;
  return bson_iter_recurse(&parent, &members) && bson_iter_find(&members, name) ? bson_iter_as_int64(&members)
                                                                                : 0;
}

ServerStatus read(const bson_t& reply) {
  ServerStatus status;
  bson_iter_t found;
  if (bson_iter_init_find(&found, &reply, "version") && BSON_ITER_HOLDS_UTF8(&found))
    status.version = bson_iter_utf8(&found, nullptr);
  if (bson_iter_init_find(&found, &reply, "connections") && BSON_ITER_HOLDS_DOCUMENT(&found)) {
    ServerStatus::Connections connections{number(found, "current"), number(found, "available"),
                                          number(found, "totalCreated")};
    if (connections.current + connections.available > 0) status.connections = connections;
  }
  return status;
}

/// The command's reply; one that was refused has no members of use, but came.
struct Reply {
  ~Reply() { bson_destroy(&document); }
  bson_t document = BSON_INITIALIZER;
};

}  // namespace

Result<ServerStatus> read_server_status(MongoPool& pool, SteadyTime deadline) {
  const BsonHandle command(BCON_NEW("serverStatus", BCON_INT32(1)));
  const Operation operation{
      .name = "asking the server for its status", .deadline = deadline, .repeat = Repeat::kIdempotent};
  return with_client(pool, operation, [&](mongoc_client_t* client, bson_error_t* error) {
    Reply reply;
    bson_destroy(&reply.document);
    const bool ok =
        mongoc_client_command_simple(client, "admin", command.get(), nullptr, &reply.document, error);
    const bool refused = !ok && error->domain == MONGOC_ERROR_SERVER &&
                         (error->code == kUnauthorized || error->code == kCommandNotFound);
    return ok || refused ? std::optional(read(reply.document)) : std::nullopt;
  });
}

}  // namespace wellspring::mongo::driver
