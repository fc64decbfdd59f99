#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fake_mongod/collection.hpp"
#include "fake_mongod/wire.hpp"

namespace wellspring::testing {

/// The databases of the server and its open cursors. Not thread-safe.
class Store {
 public:
  /// Runs a command on data. Throws CommandError; for a command nobody knows it is CommandNotFound. A
  /// retryable write that ran already is not run again: its reply is repeated.
  Document run(const std::string& name, const Request& request);

  /// Null when nothing was ever written there.
  Collection* find_collection(const std::string& ns);
  /// Made when it is missing.
  Collection& collection(const std::string& ns);
  bool drop(const std::string& ns) { return collections_.erase(ns) > 0; }
  const std::map<std::string, Collection>& collections() const { return collections_; }

  struct Batching {
    std::size_t documents = 101;  ///< in the first batch; MongoDB's default
    bool single = false;          ///< no cursor stays open
  };
  /// The reply of a command that answers with a cursor over `documents`.
  Document cursor_reply(const std::string& ns, std::vector<Document> documents, Batching batching);
  Document next_batch(std::int64_t cursor_id, std::size_t batch_documents);
  std::size_t open_cursors() const { return cursors_.size(); }
  bool kill_cursor(std::int64_t cursor_id) { return cursors_.erase(cursor_id) > 0; }

 private:
  struct Cursor {
    std::string ns;
    std::vector<Document> documents;
    std::size_t position = 0;
  };
  static std::vector<Document> take_batch(Cursor& cursor, std::size_t batch_documents);
  Document run_once(const std::string& name, const Request& request);

  std::map<std::string, Collection> collections_;
  std::map<std::int64_t, Cursor> cursors_;
  std::int64_t last_cursor_id_ = 1'000;
  /// The last retryable write of each session: its txnNumber and its reply.
  std::map<std::string, std::pair<std::int64_t, Document>> written_;
};

using StoreCommand = Document (*)(Store&, const Request&);
using StoreCommands = std::map<std::string_view, StoreCommand>;

const StoreCommands& read_commands();
const StoreCommands& write_commands();
const StoreCommands& catalog_commands();

/// "database.collection" of a command whose first value names the collection.
std::string namespace_of(const Request& request);

}  // namespace wellspring::testing
