#pragma once

#include <mongoc/mongoc.h>

#include <memory>

namespace wellspring::mongo::driver {

/// Destroys a cursor. libmongoc then kills it on the server, if it is still alive there, over the connection
/// it had; where that one died, libmongoc calls the server unknown and gives up every connection of the pool
/// (mongoc-cluster.c, mongoc_cluster_stream_for_server without reconnecting, 1.23.1). With the client known,
/// it is connected again first.
struct CursorEnd {
  mongoc_client_t* client = nullptr;
  void operator()(mongoc_cursor_t* cursor) const;
};
/// `CursorHandle(mongoc_collection_find_with_opts(...), {client})`.
using CursorHandle = std::unique_ptr<mongoc_cursor_t, CursorEnd>;

}  // namespace wellspring::mongo::driver
