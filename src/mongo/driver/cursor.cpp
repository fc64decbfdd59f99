#include "mongo/driver/cursor.hpp"

#include "mongo/driver/errors.hpp"
#include "mongo/driver/handles.hpp"

namespace wellspring::mongo::driver {

void CursorEnd::operator()(mongoc_cursor_t* cursor) const {
  bson_error_t error;
  const bool lost = mongoc_cursor_error(cursor, &error) && spoils_connection(error);
  if (client != nullptr && lost && mongoc_cursor_get_id(cursor) != 0) {
    const BsonHandle command(BCON_NEW("ping", BCON_INT32(1)));
    // If this fails too, the server is gone and nothing is lost by calling it unknown.
    mongoc_client_command_simple(client, "admin", command.get(), nullptr, nullptr, nullptr);
  }
  mongoc_cursor_destroy(cursor);
}

}  // namespace wellspring::mongo::driver
