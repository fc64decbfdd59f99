#include "mongo/driver/errors.hpp"

#include <fmt/format.h>

#include "mongo/driver/diagnosis.hpp"

namespace wellspring::mongo::driver {
namespace {

// Server error codes, https://www.mongodb.com/docs/manual/reference/error-codes/.
ErrorKind kind_of_server_code(std::uint32_t code) {
  switch (code) {
    case 50:   // MaxTimeMSExpired
    case 262:  // ExceededTimeLimit
      return ErrorKind::kDeadline;
    case 11000:  // DuplicateKey
    case 11001:
    case 12582:
      return ErrorKind::kConflict;
    case 13:    // Unauthorized
    case 18:    // AuthenticationFailed
    case 8000:  // AtlasError, for bad credentials
      return ErrorKind::kUnauthenticated;
    case 10334:  // BSONObjectTooLarge
    case 17419:  // the resulting document after an update
    case 17420:
      return ErrorKind::kTooLarge;
    case 14031:  // OutOfDiskSpace
      return ErrorKind::kResource;
    case 6:      // HostUnreachable
    case 7:      // HostNotFound
    case 89:     // NetworkTimeout
    case 91:     // ShutdownInProgress
    case 189:    // PrimarySteppedDown
    case 9001:   // SocketException
    case 10107:  // NotWritablePrimary
    case 11600:  // InterruptedAtShutdown
    case 11602:  // InterruptedDueToReplStateChange
    case 13435:  // NotPrimaryNoSecondaryOk
    case 13436:  // NotPrimaryOrSecondary
      return ErrorKind::kUnavailable;
    default:
      return ErrorKind::kUpstream;
  }
}

ErrorKind kind_of(const bson_error_t& error) {
  switch (error.domain) {
    case MONGOC_ERROR_STREAM:
      return ErrorKind::kUnavailable;
    case MONGOC_ERROR_SERVER_SELECTION:
      return error.code == MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION ? ErrorKind::kUnsupported
                                                                  : ErrorKind::kUnavailable;
    case MONGOC_ERROR_PROTOCOL:
      return error.code == MONGOC_ERROR_PROTOCOL_BAD_WIRE_VERSION ? ErrorKind::kUnsupported
                                                                  : ErrorKind::kUpstream;
    case MONGOC_ERROR_CLIENT:
      return error.code == MONGOC_ERROR_CLIENT_AUTHENTICATE ? ErrorKind::kUnauthenticated
                                                            : ErrorKind::kUnavailable;
    case MONGOC_ERROR_SCRAM:
    case MONGOC_ERROR_SASL:
      return ErrorKind::kUnauthenticated;
    case MONGOC_ERROR_BSON:
      return ErrorKind::kTooLarge;
    case MONGOC_ERROR_SERVER:
    case MONGOC_ERROR_WRITE_CONCERN:
      return kind_of_server_code(error.code);
    default:
      return ErrorKind::kUpstream;
  }
}

}  // namespace

Error classify(const bson_error_t& error, std::string_view operation) {
  const ErrorKind kind = kind_of(error);
  std::string what = error.message;
  if (kind == ErrorKind::kUnauthenticated) {
    const bool forbidden = error.domain == MONGOC_ERROR_SERVER && error.code == 13;
    what = forbidden ? explain_forbidden(what) : explain_turned_away(what);
  }
  return fail(kind, fmt::format("{}: {}", operation, what), "mongo");
}

bool spoils_connection(const bson_error_t& error) {
  return error.domain == MONGOC_ERROR_STREAM || error.domain == MONGOC_ERROR_SERVER_SELECTION ||
         error.domain == MONGOC_ERROR_CLIENT || error.domain == MONGOC_ERROR_PROTOCOL;
}

}  // namespace wellspring::mongo::driver
