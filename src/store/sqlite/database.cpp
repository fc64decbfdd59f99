#include "store/sqlite/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include "store/sqlite/schema.hpp"

namespace wellspring::store::sqlite {
namespace {

constexpr std::size_t kReaders = 3;
constexpr int kBusyTimeoutMs = 5'000;

ErrorKind classify(int code) {
  switch (code & 0xFF) {  // the primary code of an extended one
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
      return ErrorKind::kResource;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::kCorrupt;
    // The data directory's lock keeps other Wellsprings out, so it is a tool that holds the file for a while.
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH:
      return ErrorKind::kUnavailable;
    case SQLITE_TOOBIG:
      return ErrorKind::kTooLarge;
    case SQLITE_INTERRUPT:
      return ErrorKind::kCancelled;
    default:
      return ErrorKind::kBug;
  }
}

std::string_view advice(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kResource:
      return "; free disk space or memory for the data directory";
    case ErrorKind::kCorrupt:
      return "; restore wellspring.db from a backup, or remove it and publish again";
    case ErrorKind::kUnavailable:
      return "; check that the data directory is readable and writable and that no other program uses the "
             "database";
    case ErrorKind::kInvalidArgument:
    case ErrorKind::kNotFound:
    case ErrorKind::kConflict:
    case ErrorKind::kUnauthenticated:
    case ErrorKind::kTooLarge:
    case ErrorKind::kOverloaded:
    case ErrorKind::kDeadline:
    case ErrorKind::kCancelled:
    case ErrorKind::kUpstream:
    case ErrorKind::kUnsupported:
    case ErrorKind::kBug:
      return "";
  }
  return "";
}

[[noreturn]] void raise(sqlite3* handle, int code) {
  const ErrorKind kind = classify(code);
  const char* detail = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  throw Failure(fail(kind, fmt::format("{} (SQLite code {}){}", detail, code, advice(kind))));
}

sqlite3* open(const std::filesystem::path& file) {
  sqlite3* handle = nullptr;
  // NOMUTEX: every connection is used by one thread at a time, see Database.
  const int code = sqlite3_open_v2(
      file.c_str(), &handle,
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) {
    const std::unique_ptr<sqlite3, decltype(&sqlite3_close)> closing(handle, &sqlite3_close);
    raise(handle, code);
  }
  return handle;
}

}  // namespace

Statement::~Statement() {
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) raise(sqlite3_db_handle(handle_), code);
}

bool Statement::step() {
  const int code = sqlite3_step(handle_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) raise(sqlite3_db_handle(handle_), code);
  return code == SQLITE_ROW;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() {
  check(sqlite3_reset(handle_));
}

void Statement::bind_at(int index, std::int64_t value) {
  check(sqlite3_bind_int64(handle_, index, value));
}

void Statement::bind_at(int index, std::string_view value) {
  // A null pointer would bind NULL.
  check(sqlite3_bind_text64(handle_, index, value.empty() ? "" : value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
}

void Statement::bind_at(int index, std::span<const std::byte> value) {
  check(value.empty() ? sqlite3_bind_zeroblob(handle_, index, 0)
                      : sqlite3_bind_blob64(handle_, index, value.data(), value.size(), SQLITE_TRANSIENT));
}

void Statement::bind_null_at(int index) {
  check(sqlite3_bind_null(handle_, index));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_, column);
}

std::string Statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
  return bytes == nullptr ? std::string{} : std::string(bytes, size);
}

std::optional<std::string> Statement::optional_text(int column) const {
  return is_null(column) ? std::nullopt : std::optional(text(column));
}

std::optional<Timestamp> Statement::optional_time(int column) const {
  return is_null(column) ? std::nullopt : std::optional(time(column));
}

std::span<const std::byte> Statement::blob(int column) const {
  const auto* bytes = static_cast<const std::byte*>(sqlite3_column_blob(handle_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

void Connection::Close::operator()(sqlite3* handle) const noexcept {
  sqlite3_close(handle);
}

void Connection::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

Connection::Connection(const std::filesystem::path& file) : handle_(open(file)) {
  sqlite3_busy_timeout(handle_.get(), kBusyTimeoutMs);
  execute("PRAGMA foreign_keys = ON");
}

Statement Connection::prepare(std::string_view sql) {
  auto [entry, is_new] = statements_.try_emplace(std::string(sql));
  if (is_new) {
    sqlite3_stmt* handle = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
    if (code != SQLITE_OK) {
      statements_.erase(entry);
      raise(handle_.get(), code);
    }
    entry->second.reset(handle);
  }
  return Statement(entry->second.get());
}

void Connection::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) raise(handle_.get(), code);
}

std::int64_t Connection::last_insert_id() const {
  return sqlite3_last_insert_rowid(handle_.get());
}

std::size_t Connection::changes() const {
  return static_cast<std::size_t>(sqlite3_changes64(handle_.get()));
}

Transaction::Transaction(Connection& connection, Mode mode) : connection_(connection) {
  // IMMEDIATE: a transaction that means to write takes the lock before it reads, so it cannot fail half-way
  // on it.
  connection_.execute(mode == Mode::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    connection_.execute("ROLLBACK");
  } catch (const Failure&) {
    // SQLite has rolled back by itself already (disk full, I/O error); the first error is the one reported.
  }
}

void Transaction::commit() {
  connection_.execute("COMMIT");
  open_ = false;
}

Error at_port(const Error& error, const Operation& operation) {
  std::string message(operation.name);
  if (!operation.subject.empty()) message += fmt::format(" '{}'", operation.subject);
  return fail(error.kind, message + ": " + error.message, operation.subject);
}

Database::Database(const std::filesystem::path& file) : writer_(file) {
  migrate(writer_);
  for (std::size_t i = 0; i < kReaders; ++i) {
    readers_.push_back(std::make_unique<Connection>(file));
    readers_.back()->execute("PRAGMA query_only = ON");
    idle_.push_back(readers_.back().get());
  }
}

Database::ReaderLoan::ReaderLoan(Database& owner) : database(owner) {
  const MutexLock lock(owner.readers_mutex_);
  while (owner.idle_.empty()) owner.reader_returned_.wait(owner.readers_mutex_);
  connection = owner.idle_.back();
  owner.idle_.pop_back();
}

Database::ReaderLoan::~ReaderLoan() {
  {
    const MutexLock lock(database.readers_mutex_);
    database.idle_.push_back(connection);
  }
  database.reader_returned_.notify_one();
}

}  // namespace wellspring::store::sqlite
