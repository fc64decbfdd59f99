#include <algorithm>
#include <functional>
#include <utility>

#include "fake_mongod/matching.hpp"
#include "fake_mongod/store.hpp"
#include "fake_mongod/updating.hpp"

namespace wellspring::testing {
namespace {

constexpr std::size_t kDocumentBytesMax = 16 * 1024 * 1024;

struct Written {
  std::size_t matched = 0;
  std::size_t changed = 0;
  std::vector<Document> upserted;  ///< {index, _id}
  std::vector<Document> errors;    ///< {index, code, errmsg}
};

/// Applies `write` to each statement; an ordered command stops at the first error.
void for_each_statement(const bson_t& command, std::string_view key, Written& written,
                        const std::function<void(const Document&, std::int32_t)>& write) {
  const bool is_ordered = find_flag(command, "ordered", true);
  std::int32_t index = 0;
  for (const Document& statement : find_documents(command, key)) {
    try {
      write(statement, index);
    } catch (const CommandError& error) {
      written.errors.push_back(
          Document().add("index", index).add("code", error.code()).add("errmsg", error.what()));
      if (is_ordered) {
        return;
      }
    }
    ++index;
  }
}

Document reply_to(const Written& written) {
  Document reply;
  reply.add("n", static_cast<std::int32_t>(written.matched));
  if (!written.upserted.empty()) {
    reply.add("upserted", written.upserted);
  }
  if (!written.errors.empty()) {
    reply.add("writeErrors", written.errors);
  }
  return reply;
}

void require_storable(const bson_t& document) {
  if (document.len > kDocumentBytesMax) {
    throw CommandError(10334, "BSONObjectTooLarge", "the document is larger than 16 MiB");
  }
}

Document part(const bson_t& statement, std::string_view key) {
  return find_document(statement, key).value_or(Document());
}

Document run_insert(Store& store, const Request& request) {
  Collection& collection = store.collection(namespace_of(request));
  Written written;
  for_each_statement(*request.command, "documents", written, [&](const Document& document, std::int32_t) {
    require_storable(*document);
    collection.insert(document);
    ++written.matched;
  });
  return reply_to(written).add("ok", 1.0);
}

/// Inserts what an upsert makes of its filter and its update; gives the place.
std::uint64_t upsert(Collection& collection, const Document& filter, const Document& update) {
  const Document start = equality_fields(*filter);
  const Document made = updated(*start, *update, Occasion::kUpsertInsert);
  require_storable(*made);
  return collection.insert(made);
}

/// Whether the document changed.
bool change(Collection& collection, std::uint64_t place, const Document& update) {
  const Document changed = updated(*collection.at(place), *update, Occasion::kUpdate);
  if (bson_equal(changed.get(), collection.at(place).get())) {
    return false;
  }
  require_storable(*changed);
  collection.replace(place, changed);
  return true;
}

void update_statement(Collection& collection, const Document& statement, std::int32_t index,
                      Written& written) {
  const Document filter = part(*statement, "q");
  const Document update = part(*statement, "u");
  const bool is_multi = find_flag(*statement, "multi", false);
  if (is_multi && !is_operator_document(as_value(*update))) {
    throw failed_to_parse("a multi update needs update operators");
  }
  const auto places = collection.find(*filter, is_multi ? 0 : 1);
  for (const std::uint64_t place : places) {
    written.changed += change(collection, place, update) ? 1 : 0;
    ++written.matched;
  }
  if (places.empty() && find_flag(*statement, "upsert", false)) {
    const std::uint64_t place = upsert(collection, filter, update);
    const auto id = find(*collection.at(place), "_id");
    written.upserted.push_back(Document().add("index", index).add("_id", *id));
    ++written.matched;
  }
}

Document run_update(Store& store, const Request& request) {
  Collection& collection = store.collection(namespace_of(request));
  Written written;
  for_each_statement(*request.command, "updates", written,
                     [&](const Document& statement, std::int32_t index) {
                       update_statement(collection, statement, index, written);
                     });
  return reply_to(written).add("nModified", static_cast<std::int32_t>(written.changed)).add("ok", 1.0);
}

Document run_delete(Store& store, const Request& request) {
  Collection& collection = store.collection(namespace_of(request));
  Written written;
  for_each_statement(*request.command, "deletes", written, [&](const Document& statement, std::int32_t) {
    const auto limit = static_cast<std::size_t>(find_integer(*statement, "limit").value_or(0));
    for (const std::uint64_t place : collection.find(*part(*statement, "q"), limit)) {
      collection.erase(place);
      ++written.matched;
    }
  });
  return reply_to(written).add("ok", 1.0);
}

/// The first match in the order of `sort`.
std::optional<std::uint64_t> first_match(const Collection& collection, const Document& filter,
                                         const Document& sort) {
  const auto places = collection.find(*filter);
  const auto first = std::min_element(places.begin(), places.end(), [&](auto left, auto right) {
    return sorts_before(*sort, *collection.at(left), *collection.at(right));
  });
  return first == places.end() ? std::nullopt : std::optional(*first);
}

Document run_find_and_modify(Store& store, const Request& request) {
  const bson_t& command = *request.command;
  Collection& collection = store.collection(namespace_of(request));
  const Document filter = part(command, "query");
  const auto place = first_match(collection, filter, part(command, "sort"));
  const bool wants_new = find_flag(command, "new", false);
  std::optional<Document> value = place ? std::optional(collection.at(*place)) : std::nullopt;
  Document outcome;
  if (find_flag(command, "remove", false)) {
    if (place) {
      collection.erase(*place);
    }
    outcome.add("n", place ? 1 : 0);
  } else if (place) {
    change(collection, *place, part(command, "update"));
    outcome.add("n", 1).add("updatedExisting", true);
    value = wants_new ? collection.at(*place) : value;
  } else if (find_flag(command, "upsert", false)) {
    const Document& made = collection.at(upsert(collection, filter, part(command, "update")));
    outcome.add("n", 1).add("updatedExisting", false).add("upserted", *find(*made, "_id"));
    value = wants_new ? std::optional(made) : std::nullopt;
  } else {
    outcome.add("n", 0).add("updatedExisting", false);
  }
  Document reply;
  reply.add("lastErrorObject", outcome);
  if (value) {
    const auto fields = find_document(command, "fields");
    reply.add("value", fields ? project(**fields, **value) : *value);
  } else {
    bson_append_null(reply.get(), "value", -1);
  }
  return reply.add("ok", 1.0);
}

}  // namespace

const StoreCommands& write_commands() {
  static const StoreCommands commands{
      {"delete", run_delete},
      {"findAndModify", run_find_and_modify},
      {"findandmodify", run_find_and_modify},
      {"insert", run_insert},
      {"update", run_update},
  };
  return commands;
}

}  // namespace wellspring::testing
