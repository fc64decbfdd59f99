// Webhook bodies and import rows of any bytes: refused with a reason, or read into an article that keeps its
// promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/limits.hpp"
#include "base/utf8.hpp"
#include "sync/payload.hpp"

namespace {

using namespace wellspring;

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_clean(std::string_view text) {
  return is_valid_utf8(text) && text.find('\0') == std::string_view::npos;
}

void check_article(const model::Article& article) {
  require(!article.key.id.value().empty() && article.key.id.value().size() <= limits::kArticleIdBytes);
  require(!article.key.locale.empty() && article.key.locale.size() <= limits::kLocaleBytes);
  require(article.title.size() <= limits::kTitleBytes);
  require(article.categories.size() <= limits::kCategories);
  require(is_clean(article.key.id.value()) && is_clean(article.key.locale));
  require(is_clean(article.title) && is_clean(article.markdown) && is_clean(article.slug.value_or("")));
  require(is_clean(article.author.value_or("")));
  for (const auto& category : article.categories) require(is_clean(category));
  for (const auto& [key, value] : article.extra) require(is_clean(key) && is_clean(value));
}

void check_payload(std::string_view body, std::string_view locale) {
  const auto read = sync::parse_payload(body, locale);
  if (!read) {
    const sync::PayloadRefusal refusal = read.error();
    require(!refusal.error.message.empty());
    for (const sync::FieldProblem& problem : refusal.problems) {
      require(!problem.type.empty() && !problem.loc.empty() && !problem.message.empty());
    }
    return;
  }
  const model::NewJob& job = read->job;
  check_article(job.article);
  require(read->published == (job.kind == model::JobKind::kPublish));
  require(!read->published || job.article.updated_at.has_value());
  require(read->operation != "delete" || job.kind == model::JobKind::kDelete);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  check_payload(body, "");
  check_payload(body, body.substr(0, size % 40));
  if (const auto row = sync::parse_import_row(body)) check_article(row->article);
  return 0;
}
