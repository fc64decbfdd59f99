#include "fake_mongod/store.hpp"

#include <algorithm>

namespace wellspring::testing {
namespace {

constexpr std::size_t kBatchBytesMax = 16 * 1024 * 1024;
constexpr std::size_t kSessionsRemembered = 10'000;
constexpr std::size_t kCursorsMax = 10'000;

Document batch_reply(const std::string& ns, const char* batch_name, const std::vector<Document>& batch,
                     std::int64_t cursor_id) {
  return Document()
      .add("cursor", Document().add(batch_name, batch).add("id", cursor_id).add("ns", ns))
      .add("ok", 1.0);
}

}  // namespace

std::string namespace_of(const Request& request) {
  const auto collection = find_string(*request.command, request.name());
  if (!collection || collection->empty() || request.database.empty()) {
    throw CommandError(73, "InvalidNamespace", "the command names no collection");
  }
  return request.database + "." + *collection;
}

Collection* Store::find_collection(const std::string& ns) {
  const auto found = collections_.find(ns);
  return found == collections_.end() ? nullptr : &found->second;
}

Collection& Store::collection(const std::string& ns) {
  return collections_.try_emplace(ns, ns).first->second;
}

std::vector<Document> Store::take_batch(Cursor& cursor, std::size_t batch_documents) {
  std::vector<Document> batch;
  std::size_t bytes = 0;
  while (batch.size() < batch_documents && cursor.position < cursor.documents.size()) {
    const std::size_t size = cursor.documents[cursor.position].bytes().size();
    if (!batch.empty() && bytes + size > kBatchBytesMax) {
      break;
    }
    bytes += size;
    batch.push_back(std::move(cursor.documents[cursor.position++]));
  }
  return batch;
}

Document Store::cursor_reply(const std::string& ns, std::vector<Document> documents, Batching batching) {
  Cursor cursor{ns, std::move(documents)};
  const auto batch = take_batch(cursor, batching.documents);
  std::int64_t id = 0;
  if (!batching.single && cursor.position < cursor.documents.size()) {
    if (cursors_.size() == kCursorsMax) {
      throw CommandError(96, "OperationFailed", "too many open cursors");
    }
    id = ++last_cursor_id_;
    cursors_.emplace(id, std::move(cursor));
  }
  return batch_reply(ns, "firstBatch", batch, id);
}

Document Store::next_batch(std::int64_t cursor_id, std::size_t batch_documents) {
  const auto found = cursors_.find(cursor_id);
  if (found == cursors_.end()) {
    throw CommandError(43, "CursorNotFound", "cursor id " + std::to_string(cursor_id) + " not found");
  }
  Cursor& cursor = found->second;
  const auto batch = take_batch(cursor, batch_documents);
  const bool is_done = cursor.position == cursor.documents.size();
  const Document reply = batch_reply(cursor.ns, "nextBatch", batch, is_done ? 0 : cursor_id);
  if (is_done) {
    cursors_.erase(found);
  }
  return reply;
}

Document Store::run_once(const std::string& name, const Request& request) {
  for (const StoreCommands* commands : {&read_commands(), &write_commands(), &catalog_commands()}) {
    const auto command = commands->find(name);
    if (command != commands->end()) {
      return command->second(*this, request);
    }
  }
  throw CommandError(59, "CommandNotFound", "no such command: '" + name + "'");
}

Document Store::run(const std::string& name, const Request& request) {
  const bson_t& command = *request.command;
  if (find(command, "autocommit")) {
    throw CommandError(20, "IllegalOperation", "this server has no transactions");
  }
  const auto transaction = find_integer(command, "txnNumber");
  const auto lsid = find_document(command, "lsid");
  if (!transaction || !lsid) {
    return run_once(name, request);
  }
  const std::string session(lsid->bytes().begin(), lsid->bytes().end());
  const auto written = written_.find(session);
  if (written != written_.end() && written->second.first == *transaction) {
    return written->second.second;
  }
  Document reply = run_once(name, request);
  if (written_.size() >= kSessionsRemembered) {
    written_.clear();
  }
  written_.insert_or_assign(session, std::pair(*transaction, reply));
  return reply;
}

}  // namespace wellspring::testing
