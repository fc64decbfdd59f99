#pragma once

#include <mongoc/mongoc.h>

#include "mongo/driver/seat.hpp"

namespace wellspring::mongo::driver {

/// Opens the sockets of a pooled client: a mongoc_stream_initiator_t whose user data is the Seat. The stream
/// owns its socket, so that every opening and closing is counted, an idle socket can be looked at and one in
/// use be cut; it lets at most as many handshakes through as the seat's gate.
///
/// When an established socket dies in the middle of an operation, the stream says that it timed out.
/// libmongoc then drops this connection alone, where for any other error it would declare the server unknown
/// and give up every connection of the pool (mongoc-topology.c, _mongoc_topology_handle_app_error, 1.23.1). A
/// server that is really gone is noticed when connecting again fails, and by the monitor.
mongoc_stream_t* open_stream(const mongoc_uri_t* uri, const mongoc_host_list_t* host, void* seat,
                             bson_error_t* error);

}  // namespace wellspring::mongo::driver
