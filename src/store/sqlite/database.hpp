#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/mutex.hpp"
#include "base/result.hpp"
#include "base/timestamp.hpp"

struct sqlite3;
struct sqlite3_stmt;

/// SQLite behind RAII. Inside this folder a failed call throws Failure with the classified Error;
/// Database::read and Database::write turn it into a Result, so it never leaves the folder.
namespace wellspring::store::sqlite {

/// A prepared statement on loan from its connection. Parameters are numbered from 1, columns from 0.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* handle) : handle_(handle) {}
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Sets all parameters in order, from the first; values are copied.
  template <class... Values>
  Statement& bind(const Values&... values) {
    int index = 0;
    (bind_at(++index, values), ...);
    return *this;
  }
  /// Moves to the next row; false when there is none.
  bool step();
  /// Runs to the end and makes the statement ready to be bound again.
  void run();
  void reset();

  std::int64_t integer(int column) const;
  std::size_t count(int column) const { return static_cast<std::size_t>(integer(column)); }
  std::string text(int column) const;
  std::optional<std::string> optional_text(int column) const;
  Timestamp time(int column) const { return Timestamp{std::chrono::milliseconds{integer(column)}}; }
  std::optional<Timestamp> optional_time(int column) const;
  std::span<const std::byte> blob(int column) const;
  bool is_null(int column) const;

 private:
  void bind_at(int index, std::int64_t value);
  void bind_at(int index, std::size_t value) { bind_at(index, static_cast<std::int64_t>(value)); }
  void bind_at(int index, std::string_view value);
  void bind_at(int index, const std::string& value) { bind_at(index, std::string_view(value)); }
  void bind_at(int index, std::span<const std::byte> value);
  void bind_at(int index, Timestamp value) { bind_at(index, std::int64_t{value.time_since_epoch().count()}); }
  void bind_at(int index, const ArticleId& value) { bind_at(index, std::string_view(value.value())); }
  void bind_at(int index, JobId value) { bind_at(index, value.value()); }
  void bind_null_at(int index);
  template <class Enum>
  requires std::is_enum_v<Enum>
  void bind_at(int index, Enum value) { bind_at(index, static_cast<std::int64_t>(value)); }
  template <class Value>
  void bind_at(int index, const std::optional<Value>& value) {
    value ? bind_at(index, *value) : bind_null_at(index);
  }
  void check(int code) const;

  sqlite3_stmt* handle_;
};

/// One connection; used by one thread at a time.
class Connection {
 public:
  explicit Connection(const std::filesystem::path& file);

  /// The statement for `sql`, compiled once per connection. At most one loan of the same text at a time.
  Statement prepare(std::string_view sql);
  /// Runs statements that take no parameters and whose rows do not matter.
  void execute(const char* sql);
  std::int64_t last_insert_id() const;
  /// Rows that the last statement inserted, changed or deleted.
  std::size_t changes() const;

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };
  std::unique_ptr<sqlite3, Close> handle_;
  // After handle_: statements must be finalized before their connection is closed.
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
};

/// Rolled back unless committed.
class Transaction {
 public:
  enum class Mode { kRead, kWrite };
  Transaction(Connection& connection, Mode mode);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

/// What is being done to what: the beginning of an error's message, and its subject.
struct Operation {
  std::string_view name;
  std::string subject = {};
};

/// The error of `operation` that a Failure of this folder stands for.
Error at_port(const Error& error, const Operation& operation);

/// One database file: one connection that writes, a few that read. Thread-safe.
class Database {
 public:
  /// Opens or creates the file and brings its schema up to date. Throws Failure.
  explicit Database(const std::filesystem::path& file);

  /// Runs `work(Connection&)` in a transaction of its own; what it wrote is durable when this returns a
  /// value.
  template <class Work>
  auto write(const Operation& operation, Work work) -> Result<std::invoke_result_t<Work&, Connection&>> {
    const MutexLock lock(writer_mutex_);
    return run(writer_, Transaction::Mode::kWrite, operation, work);
  }
  /// Runs `work(Connection&)` on one consistent state; never waits for a writer.
  template <class Work>
  auto read(const Operation& operation, Work work) -> Result<std::invoke_result_t<Work&, Connection&>> {
    const ReaderLoan loan(*this);
    return run(*loan.connection, Transaction::Mode::kRead, operation, work);
  }

 private:
  struct ReaderLoan {
    explicit ReaderLoan(Database& owner);
    ~ReaderLoan();
    ReaderLoan(const ReaderLoan&) = delete;
    ReaderLoan& operator=(const ReaderLoan&) = delete;
    Database& database;
    Connection* connection;
  };

  template <class Work>
  static auto run(Connection& connection, Transaction::Mode mode, const Operation& operation, Work& work)
      -> Result<std::invoke_result_t<Work&, Connection&>> {
    try {
      Transaction transaction(connection, mode);
      if constexpr (std::is_void_v<std::invoke_result_t<Work&, Connection&>>) {
        work(connection);
        transaction.commit();
        return {};
      } else {
        auto value = work(connection);
        transaction.commit();
        return value;
      }
    } catch (const Failure& failure) {
      return at_port(failure.error(), operation);
    }
  }

  Mutex writer_mutex_;
  Connection writer_ WELLSPRING_GUARDED_BY(writer_mutex_);
  Mutex readers_mutex_;
  Condition reader_returned_;
  std::vector<std::unique_ptr<Connection>> readers_;
  std::vector<Connection*> idle_ WELLSPRING_GUARDED_BY(readers_mutex_);
};

}  // namespace wellspring::store::sqlite
