#include <set>
#include <utility>

#include "fake_mongod/matching.hpp"
#include "fake_mongod/store.hpp"

namespace wellspring::testing {
namespace {

CommandError missing_namespace(const std::string& ns) {
  return {26, "NamespaceNotFound", "ns does not exist: " + ns};
}

Document run_create_indexes(Store& store, const Request& request) {
  const std::string ns = namespace_of(request);
  const bool existed = store.find_collection(ns) != nullptr;
  Collection& collection = store.collection(ns);
  const auto before = static_cast<std::int32_t>(collection.indexes().size());
  for (const Document& specification : find_documents(*request.command, "indexes")) {
    collection.create_index(specification);
  }
  return Document()
      .add("numIndexesBefore", before)
      .add("numIndexesAfter", static_cast<std::int32_t>(collection.indexes().size()))
      .add("createdCollectionAutomatically", !existed)
      .add("ok", 1.0);
}

Document run_list_indexes(Store& store, const Request& request) {
  const std::string ns = namespace_of(request);
  const Collection* collection = store.find_collection(ns);
  if (collection == nullptr) {
    throw missing_namespace(ns);
  }
  std::vector<Document> rows;
  for (const Index& index : collection->indexes()) {
    rows.push_back(index.specification);
  }
  return store.cursor_reply(ns, std::move(rows), {});
}

Document run_drop_indexes(Store& store, const Request& request) {
  const std::string ns = namespace_of(request);
  Collection* collection = store.find_collection(ns);
  if (collection == nullptr) {
    throw missing_namespace(ns);
  }
  const auto before = static_cast<std::int32_t>(collection->indexes().size());
  const std::string name = find_string(*request.command, "index").value_or("");
  if (!collection->drop_index(name)) {
    throw CommandError(27, "IndexNotFound", "index not found with name [" + name + "]");
  }
  return Document().add("nIndexesWas", before).add("ok", 1.0);
}

Document run_create(Store& store, const Request& request) {
  const std::string ns = namespace_of(request);
  if (store.find_collection(ns) != nullptr) {
    throw CommandError(48, "NamespaceExists", "collection already exists: " + ns);
  }
  store.collection(ns);
  return Document().add("ok", 1.0);
}

Document run_list_collections(Store& store, const Request& request) {
  const std::string prefix = request.database + ".";
  const Document filter = find_document(*request.command, "filter").value_or(Document());
  std::vector<Document> rows;
  for (const auto& [ns, collection] : store.collections()) {
    if (!ns.starts_with(prefix)) {
      continue;
    }
    Document row = Document()
                       .add("name", ns.substr(prefix.size()))
                       .add("type", "collection")
                       .add("options", Document())
                       .add("info", Document().add("readOnly", false));
    if (matches(*filter, *row)) {
      rows.push_back(std::move(row));
    }
  }
  return store.cursor_reply(prefix + "$cmd.listCollections", std::move(rows), {});
}

Document run_list_databases(Store& store, const Request&) {
  std::set<std::string> names;
  for (const auto& [ns, collection] : store.collections()) {
    names.insert(ns.substr(0, ns.find('.')));
  }
  std::vector<Document> rows;
  for (const std::string& name : names) {
    rows.push_back(Document().add("name", name).add("sizeOnDisk", 0).add("empty", false));
  }
  return Document().add("databases", rows).add("totalSize", 0).add("ok", 1.0);
}

Document run_drop(Store& store, const Request& request) {
  const std::string ns = namespace_of(request);
  if (!store.drop(ns)) {
    throw missing_namespace(ns);
  }
  return Document().add("ns", ns).add("ok", 1.0);
}

Document run_drop_database(Store& store, const Request& request) {
  std::vector<std::string> doomed;
  for (const auto& [ns, collection] : store.collections()) {
    if (ns.starts_with(request.database + ".")) {
      doomed.push_back(ns);
    }
  }
  for (const std::string& ns : doomed) {
    store.drop(ns);
  }
  return Document().add("dropped", request.database).add("ok", 1.0);
}

}  // namespace

const StoreCommands& catalog_commands() {
  static const StoreCommands commands{
      {"create", run_create},
      {"createIndexes", run_create_indexes},
      {"drop", run_drop},
      {"dropDatabase", run_drop_database},
      {"dropIndexes", run_drop_indexes},
      {"listCollections", run_list_collections},
      {"listDatabases", run_list_databases},
      {"listIndexes", run_list_indexes},
  };
  return commands;
}

}  // namespace wellspring::testing
