#include <algorithm>
#include <limits>
#include <utility>

#include "fake_mongod/matching.hpp"
#include "fake_mongod/store.hpp"

namespace wellspring::testing {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

std::size_t to_count(const bson_value_t& value, std::string_view name) {
  const std::int64_t count = to_integer(value);
  if (count < 0) {
    throw bad_value(std::string(name) + " must not be negative");
  }
  return static_cast<std::size_t>(count);
}

/// 0 when it is absent.
std::size_t count_option(const bson_t& command, std::string_view key) {
  const auto value = find(command, key);
  return value ? to_count(*value, key) : 0;
}

Document document_option(const bson_t& command, std::string_view key) {
  return find_document(command, key).value_or(Document());
}

std::vector<Document> select(Store& store, const std::string& ns, const Document& filter) {
  std::vector<Document> selected;
  if (const Collection* collection = store.find_collection(ns)) {
    for (const std::uint64_t place : collection->find(*filter)) {
      selected.push_back(collection->at(place));
    }
  }
  return selected;
}

void sort(std::vector<Document>& documents, const bson_t& specification) {
  std::stable_sort(documents.begin(), documents.end(), [&](const Document& left, const Document& right) {
    return sorts_before(specification, *left, *right);
  });
}

void skip(std::vector<Document>& documents, std::size_t count) {
  documents.erase(documents.begin(),
                  documents.begin() + static_cast<std::ptrdiff_t>(std::min(count, documents.size())));
}

void keep_first(std::vector<Document>& documents, std::size_t count) {
  documents.resize(std::min(count, documents.size()));
}

void project_all(std::vector<Document>& documents, const Document& projection) {
  if (elements(*projection).empty()) {
    return;
  }
  for (Document& document : documents) {
    document = project(*projection, *document);
  }
}

Store::Batching batching_of(const bson_t& options) {
  Store::Batching batching;
  if (find(options, "batchSize")) {
    batching.documents = count_option(options, "batchSize");
  }
  batching.single = find_flag(options, "singleBatch", false);
  return batching;
}

Document run_find(Store& store, const Request& request) {
  const bson_t& command = *request.command;
  const std::string ns = namespace_of(request);
  auto found = select(store, ns, document_option(command, "filter"));
  sort(found, *document_option(command, "sort"));
  skip(found, count_option(command, "skip"));
  const std::size_t limit = count_option(command, "limit");
  keep_first(found, limit == 0 ? kNoLimit : limit);
  project_all(found, document_option(command, "projection"));
  return store.cursor_reply(ns, std::move(found), batching_of(command));
}

Document run_get_more(Store& store, const Request& request) {
  const bson_t& command = *request.command;
  const std::size_t batch = count_option(command, "batchSize");
  return store.next_batch(find_integer(command, "getMore").value_or(0), batch == 0 ? kNoLimit : batch);
}

Document id_list(const std::vector<std::int64_t>& ids) {
  Document list;
  for (const std::int64_t id : ids) {
    list.add(std::to_string(elements(*list).size()), id);
  }
  return list;
}

void add_ids(Document& reply, const char* key, const std::vector<std::int64_t>& ids) {
  const Document list = id_list(ids);
  bson_append_array(reply.get(), key, -1, list.get());
}

Document run_kill_cursors(Store& store, const Request& request) {
  std::vector<std::int64_t> killed;
  std::vector<std::int64_t> missing;
  const auto cursors = find(*request.command, "cursors");
  if (!cursors || !is_array(*cursors)) {
    throw failed_to_parse("killCursors needs the array cursors");
  }
  for (const Element& cursor : elements(*cursors)) {
    const std::int64_t id = to_integer(cursor.value);
    (store.kill_cursor(id) ? killed : missing).push_back(id);
  }
  Document reply;
  add_ids(reply, "cursorsKilled", killed);
  add_ids(reply, "cursorsNotFound", missing);
  add_ids(reply, "cursorsAlive", {});
  add_ids(reply, "cursorsUnknown", {});
  return reply.add("ok", 1.0);
}

Document run_count(Store& store, const Request& request) {
  const bson_t& command = *request.command;
  auto found = select(store, namespace_of(request), document_option(command, "query"));
  skip(found, count_option(command, "skip"));
  const std::size_t limit = count_option(command, "limit");
  keep_first(found, limit == 0 ? kNoLimit : limit);
  return Document().add("n", static_cast<std::int32_t>(found.size())).add("ok", 1.0);
}

Document run_distinct(Store& store, const Request& request) {
  const bson_t& command = *request.command;
  const std::string key = find_string(command, "key").value_or("");
  const auto found = select(store, namespace_of(request), document_option(command, "query"));
  std::vector<bson_value_t> values;
  for (const Document& document : found) {
    for (const bson_value_t& value : values_at(*document, key)) {
      for (const Element& item : is_array(value) ? elements(value) : std::vector<Element>{{"", value}}) {
        if (std::none_of(values.begin(), values.end(),
                         [&](const bson_value_t& known) { return compare(known, item.value) == 0; })) {
          values.push_back(item.value);
        }
      }
    }
  }
  Document list;
  for (std::size_t i = 0; i < values.size(); ++i) {
    list.add(std::to_string(i), values[i]);
  }
  Document reply;
  bson_append_array(reply.get(), "values", -1, list.get());
  return reply.add("ok", 1.0);
}

/// A constant, or the value under "$path"; nothing when that is missing.
std::optional<bson_value_t> evaluated(const bson_value_t& expression, const bson_t& document) {
  if (expression.value_type != BSON_TYPE_UTF8 || expression.value.v_utf8.len == 0 ||
      expression.value.v_utf8.str[0] != '$') {
    return expression;
  }
  const auto values = values_at(document, {expression.value.v_utf8.str + 1, expression.value.v_utf8.len - 1});
  return values.empty() ? std::nullopt : std::optional(values.front());
}

struct Group {
  Document key;  ///< {_id: ...}
  std::vector<std::int64_t> sums;
};

Document group_key(const bson_value_t& expression, const bson_t& document) {
  Document key;
  if (const auto value = evaluated(expression, document)) {
    key.add("_id", *value);
  } else {
    bson_append_null(key.get(), "_id", -1);
  }
  return key;
}

void accumulate(Group& group, const std::vector<Element>& fields, const bson_t& document) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto operand = find(fields[i].value, "$sum");
    if (!operand) {
      throw bad_value("this server's $group knows $sum only");
    }
    const auto summand = evaluated(*operand, document);
    group.sums[i] += summand && is_number(*summand) ? to_integer(*summand) : 0;
  }
}

/// $group with $sum of whole numbers only.
std::vector<Document> group(const std::vector<Document>& documents, const bson_value_t& specification) {
  const auto by = find(specification, "_id");
  if (!by) {
    throw failed_to_parse("$group needs an _id");
  }
  auto fields = elements(specification);
  std::erase_if(fields, [](const Element& field) { return field.key == "_id"; });
  std::vector<Group> groups;
  for (const Document& document : documents) {
    Document key = group_key(*by, *document);
    auto home = std::find_if(groups.begin(), groups.end(), [&](const Group& known) {
      return compare(as_value(*known.key), as_value(*key)) == 0;
    });
    if (home == groups.end()) {
      home = groups.insert(home, {std::move(key), std::vector<std::int64_t>(fields.size())});
    }
    accumulate(*home, fields, *document);
  }
  std::vector<Document> rows;
  for (Group& each : groups) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
      each.key.add(fields[i].key, each.sums[i]);
    }
    rows.push_back(std::move(each.key));
  }
  return rows;
}

void apply_stage(std::vector<Document>& rows, const Element& stage) {
  if (stage.key == "$match") {
    const Document filter = to_document(stage.value);
    std::erase_if(rows, [&](const Document& row) { return !matches(*filter, *row); });
  } else if (stage.key == "$group") {
    rows = group(rows, stage.value);
  } else if (stage.key == "$count") {
    const std::string name = to_text(stage.value);
    const auto count = static_cast<std::int32_t>(rows.size());
    rows.clear();
    if (count > 0) {
      rows.push_back(Document().add(name, count));
    }
  } else if (stage.key == "$sort") {
    sort(rows, *to_document(stage.value));
  } else if (stage.key == "$skip") {
    skip(rows, to_count(stage.value, stage.key));
  } else if (stage.key == "$limit") {
    keep_first(rows, to_count(stage.value, stage.key));
  } else if (stage.key == "$project") {
    project_all(rows, to_document(stage.value));
  } else {
    throw CommandError(40324, "Location40324", "unrecognized pipeline stage: " + std::string(stage.key));
  }
}

Document run_aggregate(Store& store, const Request& request) {
  const bson_t& command = *request.command;
  const std::string ns = namespace_of(request);
  auto rows = select(store, ns, Document());
  for (const Document& stage : find_documents(command, "pipeline")) {
    for (const Element& element : elements(*stage)) {
      apply_stage(rows, element);
    }
  }
  return store.cursor_reply(ns, std::move(rows), batching_of(*document_option(command, "cursor")));
}

}  // namespace

const StoreCommands& read_commands() {
  static const StoreCommands commands{
      {"aggregate", run_aggregate}, {"count", run_count},      {"distinct", run_distinct},
      {"find", run_find},           {"getMore", run_get_more}, {"killCursors", run_kill_cursors},
  };
  return commands;
}

}  // namespace wellspring::testing
