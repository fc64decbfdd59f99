#include "store/mongo/sources.hpp"

#include <fmt/format.h>

#include "base/limits.hpp"

namespace wellspring::store::mongo {
namespace {

using model::Source;

constexpr int kAttempts = 20;

Doc members_of(const Source& source) {
  return doc("name", source.name, "type", source.type, "uri", source.uri, "status", source.status,
             "last_ingested_at", source.last_ingested_at, "created_at", source.created_at, "updated_at",
             source.updated_at);
}

Error unknown_source() {
  return fail(ErrorKind::kNotFound, "there is no such source");
}

Error uri_taken(const std::string& uri) {
  return fail(ErrorKind::kConflict, fmt::format("there is a source with the URI {}", uri));
}

/// A duplicate key can only be the URI's.
[[noreturn]] void rethrow(const Failure& failure, const std::string& uri) {
  if (failure.error().kind != ErrorKind::kConflict) throw failure;
  throw Failure(uri_taken(uri));
}

/// The seconds since 1970 that an ObjectId begins with.
Timestamp time_of(const std::string& id) {
  bson_oid_t oid;
  bson_oid_init_from_string(&oid, id.c_str());
  return Timestamp{std::chrono::seconds{bson_oid_get_time_t(&oid)}};
}

}  // namespace

/// Rows of the reference may lack what their writer did not send.
std::optional<Source> MongoSources::read(const bson_t& row) {
  const std::string label = label_of(row, "_id");
  const Fields fields(row, "source " + label);
  const auto id = fields.optional_oid("_id");
  auto name = fields.optional_text("name");
  auto type = fields.optional_text("type");
  auto uri = fields.optional_text("uri");
  if (!id || !name || !type || !uri) {
    bad_rows_.tell(names_.sources, label, "name, type or uri is missing or no text");
    return std::nullopt;
  }
  const Timestamp born = fields.optional_time("created_at").value_or(time_of(id->hex));
  return Source{.id = model::SourceId(id->hex),
                .name = std::move(*name),
                .type = std::move(*type),
                .uri = std::move(*uri),
                .status = fields.optional_text("status").value_or("active"),
                .last_ingested_at = fields.optional_time("last_ingested_at"),
                .created_at = born,
                .updated_at = fields.optional_time("updated_at").value_or(born)};
}

std::optional<Source> MongoSources::find_row(const model::SourceId& id) {
  if (!model::parse_object_id(id.value())) return std::nullopt;
  const auto row = channel_.use(
      [&](Session& session) { return session.find_one(names_.sources, doc("_id", Oid{id.value()})); });
  return row ? read(**row) : std::nullopt;
}

/// The unique index decides in the end; it does not tell every server's clients what is wrong.
void MongoSources::require_free(Session& session, const Source& source) {
  if (session.find_one(names_.sources, doc("uri", source.uri, "_id", doc("$ne", Oid{source.id.value()})))) {
    throw Failure(uri_taken(source.uri));
  }
}

void MongoSources::insert(Session& session, const Source& source) {
  Doc row = doc("_id", Oid{source.id.value()}, "position",
                session.add_to_counter(names_.counters, kSourceCounter, 1));
  bson_concat(row.get(), members_of(source).get());
  std::size_t inserted = 0;
  const Doc* const only = &row;
  try {
    session.insert(names_.sources, {&only, 1}, inserted);
  } catch (const Failure& failure) {
    rethrow(failure, source.uri);
  }
}

Result<void> MongoSources::restore(std::span<const Source> sources) {
  return attempt({"restore sources"}, [&] {
    for (const Source& source : sources) {
      channel_.use([&](Session& session) {
        require_free(session, source);
        session.remove(names_.sources, doc("_id", Oid{source.id.value()}));
        insert(session, source);
      });
    }
  });
}

Result<Source> MongoSources::create(const model::NewSource& source, Timestamp now) {
  return attempt({"create source", source.uri}, [&] {
    const Source fresh = model::created(source, model::SourceId(ids_.next(now)), now);
    channel_.use([&](Session& session) {
      require_free(session, fresh);
      const std::size_t count = session.count(names_.sources, {});
      if (count >= limits::kSources) {
        throw Failure(
            fail(ErrorKind::kTooLarge,
                 fmt::format("there are {} sources, as many as are allowed; delete one first", count)));
      }
      insert(session, fresh);
    });
    return fresh;
  });
}

Result<std::vector<Source>> MongoSources::list() {
  return attempt({"list sources"}, [&] {
    std::vector<Source> all;
    channel_.use([&](Session& session) {
      session.find(names_.sources, {}, doc("sort", doc("position", 1, "_id", 1)), [&](const bson_t& row) {
        if (auto source = read(row)) all.push_back(std::move(*source));
        return true;
      });
    });
    return all;
  });
}

Result<std::optional<Source>> MongoSources::find(const model::SourceId& id) {
  return attempt({"find source", id.value()}, [&] { return find_row(id); });
}

void MongoSources::remove_passages(const std::string& uri) {
  channel_.use([&](Session& session) { session.remove(names_.chunks, doc("source_uri", uri)); });
}

Result<Source> MongoSources::update(const model::SourceId& id, const model::SourceChanges& changes,
                                    Timestamp now) {
  return attempt({"update source", id.value()}, [&] {
    for (int i = 0; i < kAttempts; ++i) {
      const auto before = find_row(id);
      if (!before) throw Failure(unknown_source());
      const Source after = model::changed(*before, changes, now);
      const bool replaced = channel_.use([&](Session& session) {
        try {
          require_free(session, after);
          const Doc unchanged = doc("_id", Oid{id.value()}, "uri", before->uri, "status", before->status,
                                    "name", before->name, "type", before->type);
          return session.update_one(names_.sources, unchanged, doc("$set", members_of(after)));
        } catch (const Failure& failure) {
          rethrow(failure, after.uri);
        }
      });
      if (!replaced) continue;
      if (after.uri != before->uri) remove_passages(before->uri);
      return after;
    }
    throw Failure(fail(ErrorKind::kUnavailable, "others keep changing this source; try again"));
  });
}

Result<void> MongoSources::remove(const model::SourceId& id) {
  return attempt({"delete source", id.value()}, [&] {
    const auto stored = find_row(id);
    if (!stored) throw Failure(unknown_source());
    remove_passages(stored->uri);
    const std::size_t removed = channel_.use(
        [&](Session& session) { return session.remove(names_.sources, doc("_id", Oid{id.value()})); });
    if (removed == 0) throw Failure(unknown_source());
  });
}

}  // namespace wellspring::store::mongo
