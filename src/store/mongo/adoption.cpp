#include "store/mongo/adoption.hpp"

#include <algorithm>
#include <map>

#include "base/limits.hpp"

namespace wellspring::store::mongo {
namespace {

constexpr std::size_t kPage = 2'000;
constexpr std::size_t kRowsPerReply = 200;
constexpr std::size_t kAdoptedAtOnce = 200;

/// The first of these members that is text and not empty.
std::string text_of(const Fields& fields, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    auto text = fields.optional_text(name);
    if (text && !text->empty()) return std::move(*text);
  }
  return {};
}

bool is_served(const Fields& fields) {
  const std::string status = fields.optional_text("metadata.status").value_or("published");
  return status == "published" && !fields.flag("metadata.is_synthetic") &&
         fields.optional_text("metadata.doc_type") != "synthetic_question";
}

bool reads_before(const AdoptableRow* left, const AdoptableRow* right) {
  return std::tie(left->chunk_index, left->label) < std::tie(right->chunk_index, right->label);
}

Array ids_of(const std::vector<const AdoptableRow*>& rows) {
  Array ids;
  for (const AdoptableRow* row : rows) {
    for_each_value(*row->id, [&](const bson_value_t& id) { ids.push(id); });
  }
  return ids;
}

}  // namespace

std::optional<AdoptableRow> read_adoptable(const bson_t& row, std::string& why) {
  const Fields fields(row, "chunk");
  bson_iter_t at;
  if (!fields.has("text") || !fields.optional_text("text") || !bson_iter_init_find(&at, &row, "_id")) {
    why = "it has no text";
    return std::nullopt;
  }
  AdoptableRow read;
  append(*read.id.get(), "_id", *bson_iter_value(&at));
  read.label = label_of(row, "_id");
  read.article = text_of(fields, {"metadata.payload_id", "metadata.file_path", "metadata.source"});
  read.locale = fields.optional_text("metadata.locale").value_or(model::kDefaultLocale);
  if (read.article.empty() || read.article.size() > limits::kArticleIdBytes) {
    why = "its metadata names no article: payload_id and source are missing or too long";
    return std::nullopt;
  }
  if (read.locale.empty() || read.locale.size() > limits::kLocaleBytes) read.locale = model::kDefaultLocale;
  read.title = text_of(fields, {"metadata.doc_title", "metadata.title", "metadata.doc_title_hierarchical"});
  if (read.title.empty()) read.title = read.article;
  const bool from_cms = fields.optional_text("metadata.payload_id").has_value();
  read.source = from_cms ? fields.optional_text("metadata.source").value_or("payload") : "import";
  read.chunk_index = fields.optional_integer("metadata.chunk_index").value_or(0);
  read.bytes = row.len;
  read.served = is_served(fields);
  return read;
}

std::vector<AdoptableArticle> group_rows(const std::vector<AdoptableRow>& rows) {
  std::map<model::ArticleKey, AdoptableArticle> articles;
  for (const AdoptableRow& row : rows) {
    AdoptableArticle& article = articles[{ArticleId(row.article), row.locale}];
    (row.served ? article.served : article.unserved).push_back(&row);
  }
  std::vector<AdoptableArticle> all;
  for (auto& [key, article] : articles) {
    if (article.served.empty()) continue;
    std::stable_sort(article.served.begin(), article.served.end(), reads_before);
    article.key = key;
    article.title = article.served.front()->title;
    article.source = article.served.front()->source;
    all.push_back(std::move(article));
  }
  return all;
}

/// In pages by position, because ids of different types do not compare with each other.
std::vector<AdoptableRow> Adoption::read_rows(AdoptionReport& report) {
  std::vector<AdoptableRow> rows;
  const auto take = [&](const bson_t& row) {
    ++report.rows;
    std::string why;
    if (auto read = read_adoptable(row, why)) {
      report.skipped += read->served ? 0 : 1;
      rows.push_back(std::move(*read));
    } else {
      ++report.skipped;
      bad_rows_.tell(names_.chunks, label_of(row, "_id"), why);
    }
    return true;
  };
  std::size_t before = 0;
  do {
    before = report.rows;
    channel_.use([&](Session& session) {
      session.find(names_.chunks, doc("revision", doc("$exists", false)),
                   doc("sort", doc("_id", 1), "skip", before, "limit", kPage, "batchSize", kRowsPerReply),
                   take);
    });
  } while (report.rows > before);
  return rows;
}

LiveRevision Adoption::revision_of(const AdoptableArticle& article) {
  LiveRevision live;
  live.locale = article.key.locale;
  live.revision = documents_.make_id();
  live.title = article.title;
  live.source = article.source;
  live.chunk_count = article.served.size();
  live.stored_at = clock_.wall();
  live.rows = ids_of(article.served);
  if (!article.unserved.empty()) live.unserved = ids_of(article.unserved);
  for (const AdoptableRow* row : article.served) live.row_bytes = std::max(live.row_bytes, row->bytes);
  return live;
}

/// Articles of which nothing is known, all locales of each together, are inserted by one command.
void Adoption::adopt_some(std::span<const AdoptableArticle> articles, const std::set<ArticleId>& known) {
  std::int64_t change = documents_.next_changes(static_cast<std::int64_t>(articles.size()));
  std::vector<DocumentRow> fresh;
  for (const AdoptableArticle& article : articles) {
    const LiveRevision live = revision_of(article);
    const ArticleId& id = article.key.id;
    if (known.contains(id)) {
      documents_.modify(documents_.read(id), [&](DocumentRow& row) { return adopt(row, live, change); });
    } else {
      if (fresh.empty() || fresh.back().id != id) fresh.emplace_back().id = id;
      adopt(fresh.back(), live, change);
      fresh.back().version = 1;
    }
    ++change;
  }
  std::vector<Doc> rows;
  for (const DocumentRow& row : fresh) rows.push_back(to_bson(row));
  insert_all(channel_, names_.documents, rows);
}

AdoptionReport Adoption::run(const AdoptionProgress& progress) {
  AdoptionReport report;
  const bool done = channel_.use([&](Session& session) {
    return session.find_one(names_.counters, doc("_id", kAdoptionMark)).has_value();
  });
  if (done) return report;
  const std::vector<AdoptableRow> rows = read_rows(report);
  const std::vector<AdoptableArticle> articles = group_rows(rows);
  const std::set<ArticleId> known = documents_.ids();
  for (std::size_t begin = 0; begin < articles.size();) {
    std::size_t end = std::min(begin + kAdoptedAtOnce, articles.size());
    // All locales of an article are one row.
    while (end < articles.size() && articles[end].key.id == articles[end - 1].key.id) ++end;
    adopt_some(std::span(articles).subspan(begin, end - begin), known);
    for (; begin < end; ++begin) report.chunks += articles[begin].served.size();
    report.articles = end;
    if (progress) progress(report.articles, articles.size());
  }
  channel_.use([&](Session& session) {
    session.update(names_.counters, doc("_id", kAdoptionMark),
                   doc("$set", doc("finished_at", clock_.wall(), "rows", report.rows, "articles",
                                   report.articles, "skipped", report.skipped)),
                   true);
  });
  return report;
}

}  // namespace wellspring::store::mongo
