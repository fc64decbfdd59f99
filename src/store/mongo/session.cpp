#include "store/mongo/session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "mongo/driver/cursor.hpp"
#include "mongo/driver/errors.hpp"

namespace wellspring::store::mongo {
namespace {

using ::wellspring::mongo::Returned;
using ::wellspring::mongo::driver::CollectionHandle;
using ::wellspring::mongo::driver::CursorHandle;
namespace driver = ::wellspring::mongo::driver;

constexpr std::size_t kReplyRows = 1'000;
constexpr std::size_t kInsertRows = 100'000;  // the server's own limit

// Codes of the server of which the pools know nothing:
// https://www.mongodb.com/docs/manual/reference/error-codes/.
constexpr std::uint32_t kNamespaceNotFound = 26, kIndexOptionsConflict = 85, kIndexKeySpecsConflict = 86;

Error error_of(const bson_error_t& error, const std::string& operation) {
  Error failed = driver::classify(error, operation);
  if (error.domain != MONGOC_ERROR_SERVER) return failed;
  if (error.code == kNamespaceNotFound) failed.kind = ErrorKind::kNotFound;
  if (error.code == kIndexOptionsConflict || error.code == kIndexKeySpecsConflict) {
    failed.kind = ErrorKind::kConflict;
  }
  return failed;
}

/// Filled by libmongoc, which sets it up whether or not the command works.
struct Reply {
  Reply() = default;
  ~Reply() { bson_destroy(&raw); }
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  bson_t raw = BSON_INITIALIZER;
};

}  // namespace

std::vector<std::size_t> batch_ends(std::span<const std::size_t> bytes, std::size_t limit, std::size_t rows) {
  std::vector<std::size_t> ends;
  std::size_t total = 0;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > begin && (total + bytes[i] > limit || i - begin == rows)) {
      ends.push_back(i);
      begin = i;
      total = 0;
    }
    total += bytes[i];
  }
  if (!bytes.empty()) ends.push_back(bytes.size());
  return ends;
}

std::int64_t batch_rows(std::size_t row_bytes) {
  return static_cast<std::int64_t>(
      std::clamp<std::size_t>(kReplyBytes / std::max<std::size_t>(row_bytes, 1), 1, kReplyRows));
}

Error at_port(const Error& error, const Operation& operation) {
  std::string message(operation.name);
  if (!operation.subject.empty()) message += fmt::format(" '{}'", operation.subject);
  return fail(error.kind, message + ": " + error.message, operation.subject);
}

std::int64_t Session::milliseconds_left() {
  return std::max<std::int64_t>(Deadline(deadline_).left(clock_.steady()).count(), 1);
}

Doc Session::with_time(const Doc& command) {
  Doc timed(*command);
  append(*timed.get(), "maxTimeMS", milliseconds_left());
  return timed;
}

Doc Session::durably() {
  return doc("writeConcern", doc("w", "majority", "j", true, "wtimeout", milliseconds_left()));
}

void Session::raise(const bson_error_t& error) {
  const bool late = clock_.steady() >= deadline_;
  if (driver::spoils_connection(error)) lease_.mark(late ? Returned::kTimeout : Returned::kError);
  throw Failure(error_of(error, "MongoDB"));
}

Doc Session::read(const Doc& command) {
  Reply reply;
  bson_error_t error{};
  if (!mongoc_client_read_command_with_opts(lease_.client(), database_.c_str(), with_time(command).get(),
                                            nullptr, nullptr, &reply.raw, &error)) {
    raise(error);
  }
  return Doc(reply.raw);
}

Doc Session::write(const Doc& command) {
  Reply reply;
  bson_error_t error{};
  if (!mongoc_client_write_command_with_opts(lease_.client(), database_.c_str(), with_time(command).get(),
                                             durably().get(), &reply.raw, &error)) {
    raise(error);
  }
  for (const Doc& refused : Fields(reply.raw, "the server's reply").documents("writeErrors")) {
    const Fields fields(*refused, "the server's reply");
    bson_set_error(&error, MONGOC_ERROR_SERVER,
                   static_cast<std::uint32_t>(fields.optional_integer("code").value_or(0)), "%s",
                   fields.optional_text("errmsg").value_or("the write was refused").c_str());
    raise(error);
  }
  return Doc(reply.raw);
}

void Session::insert(const std::string& collection, std::span<const Doc* const> rows, std::size_t& inserted) {
  const CollectionHandle handle(
      mongoc_client_get_collection(lease_.client(), database_.c_str(), collection.c_str()));
  std::vector<const bson_t*> documents;
  for (const Doc* row : rows) documents.push_back(row->get());
  Doc options = durably();
  append(*options.get(), "maxTimeMS", milliseconds_left());
  Reply reply;
  bson_error_t error{};
  const bool all = mongoc_collection_insert_many(handle.get(), documents.data(), documents.size(),
                                                 options.get(), &reply.raw, &error);
  inserted = static_cast<std::size_t>(
      Fields(reply.raw, "the server's reply").optional_integer("insertedCount").value_or(0));
  if (!all) raise(error);
}

std::size_t Session::remove(const std::string& collection, const Doc& filter) {
  const Doc reply =
      write(doc("delete", collection, "deletes", array(doc("q", filter, "limit", std::int64_t{0}))));
  return static_cast<std::size_t>(Fields(*reply, "the server's reply").optional_integer("n").value_or(0));
}

std::size_t Session::update(const std::string& collection, const Doc& filter, const Doc& change,
                            bool upsert) {
  return run_update(collection, doc("q", filter, "u", change, "multi", !upsert, "upsert", upsert));
}

bool Session::update_one(const std::string& collection, const Doc& filter, const Doc& change) {
  return run_update(collection, doc("q", filter, "u", change)) > 0;
}

std::size_t Session::run_update(const std::string& collection, const Doc& statement) {
  const Doc reply = write(doc("update", collection, "updates", array(statement)));
  return static_cast<std::size_t>(Fields(*reply, "the server's reply").optional_integer("n").value_or(0));
}

std::optional<Doc> Session::find_and_modify(const std::string& collection, const Doc& members) {
  Doc command = doc("findAndModify", collection);
  bson_concat(command.get(), members.get());
  return Fields(*write(command), "the server's reply").optional_document("value");
}

void Session::drain(mongoc_cursor_t& cursor, const std::function<bool(const bson_t&)>& each) {
  const bson_t* row = nullptr;
  while (mongoc_cursor_next(&cursor, &row)) {
    if (!each(*row)) return;
  }
  bson_error_t error{};
  if (mongoc_cursor_error(&cursor, &error)) raise(error);
}

void Session::find(const std::string& collection, const Doc& filter, const Doc& options,
                   const std::function<bool(const bson_t&)>& each) {
  const CollectionHandle handle(
      mongoc_client_get_collection(lease_.client(), database_.c_str(), collection.c_str()));
  const CursorHandle cursor(
      mongoc_collection_find_with_opts(handle.get(), filter.get(), with_time(options).get(), nullptr),
      {lease_.client()});
  drain(*cursor, each);
}

std::optional<Doc> Session::find_one(const std::string& collection, const Doc& filter, const Doc& options) {
  // Not by a cursor of libmongoc's, which costs more than all of the store does for one row.
  Doc command = doc("find", collection, "filter", filter, "limit", 1, "singleBatch", true);
  bson_concat(command.get(), options.get());
  return Fields(*read(command), "the server's reply").optional_document("cursor.firstBatch.0");
}

void Session::aggregate(const std::string& collection, const Array& pipeline,
                        const std::function<bool(const bson_t&)>& each) {
  const CollectionHandle handle(
      mongoc_client_get_collection(lease_.client(), database_.c_str(), collection.c_str()));
  const CursorHandle cursor(
      mongoc_collection_aggregate(handle.get(), MONGOC_QUERY_NONE, doc("pipeline", pipeline).get(),
                                  with_time({}).get(), nullptr),
      {lease_.client()});
  drain(*cursor, each);
}

std::size_t Session::count(const std::string& collection, const Doc& filter) {
  const Doc reply = read(doc("count", collection, "query", filter));
  return static_cast<std::size_t>(Fields(*reply, "the server's reply").integer("n"));
}

std::int64_t Session::add_to_counter(const std::string& collection, const std::string& counter,
                                     std::int64_t step) {
  const auto after =
      find_and_modify(collection, doc("query", doc("_id", counter), "update", doc("$inc", doc("value", step)),
                                      "new", true, "upsert", true));
  if (!after) throw Failure(fail(ErrorKind::kUpstream, "the server did not answer with the counter"));
  return Fields(**after, "counter " + counter).integer("value");
}

Session Channel::open(std::chrono::milliseconds limit, boost::source_location site) {
  const SteadyTime deadline = clock_.steady() + limit;
  auto lease = pool_.acquire({.site = site, .allowed = limit + kOperationLimit}, deadline);
  if (!lease) throw Failure(lease.error());
  return Session(std::move(*lease), database_, clock_, deadline);
}

namespace {

void take_back(Channel& channel, const std::string& collection, std::span<const Doc> rows) {
  Array ids;
  for (const Doc& row : rows) {
    bson_iter_t at;
    if (bson_iter_init_find(&at, row.get(), "_id")) ids.push(*bson_iter_value(&at));
  }
  channel.use([&](Session& session) { session.remove(collection, any_of("_id", ids)); });
}

}  // namespace

void insert_all(Channel& channel, const std::string& collection, std::span<const Doc> rows) {
  std::vector<std::size_t> bytes;
  std::vector<const Doc*> pointers;
  for (const Doc& row : rows) {
    if (row.bytes() > kRowBytesMax) {
      throw Failure(fail(ErrorKind::kTooLarge,
                         fmt::format("row {} for collection '{}' has {} bytes, {} are allowed",
                                     label_of(*row, "_id"), collection, row.bytes(), kRowBytesMax)));
    }
    bytes.push_back(row.bytes());
    pointers.push_back(&row);
  }
  std::size_t begin = 0;
  for (const std::size_t end : batch_ends(bytes, kInsertBytes, kInsertRows)) {
    std::size_t inserted = 0;
    try {
      channel.use([&](Session& session) {
        session.insert(collection, std::span<const Doc* const>(pointers).subspan(begin, end - begin),
                       inserted);
      });
    } catch (const Failure&) {
      if (begin + inserted > 0) {
        ignore(attempt({"take rows back"},
                       [&] { take_back(channel, collection, rows.first(begin + inserted)); }),
               "the first error is the one to report, and the caller's marks tell what was left");
      }
      throw;
    }
    begin = end;
  }
}

}  // namespace wellspring::store::mongo
